"""`sereno purchase`, `sereno supplier`, `sereno demand`: what to order, from whom, and what is expected to be sold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from uuid import uuid4

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

purchase = App(name="purchase", help="Orders to suppliers, and what to order again.", help_format="plaintext")
supplier = App(name="supplier", help="Suppliers and their price lists.", help_format="plaintext")
demand = App(name="demand", help="What is expected to be sold.", help_format="plaintext")

R = TypeVar("R")
Word = Annotated[str, Parameter()]
Budget = Annotated[str | None, Parameter(help="At most so much, in the shop's currency; the most urgent first.")]
Key = Annotated[str, Parameter(help="Names this look: asked again with it, nothing new is drafted.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


def _asked(what: Callable[[], R]) -> R:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None


def _counts(lines: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in lines:
        sku, _equals, count = line.rpartition("=")
        if not sku or not (count.isascii() and count.isdigit()):
            raise WrongUse(f"write each line as SKU=QUANTITY, not {line!r}")
        counts[sku] = counts.get(sku, 0) + int(count)
    return counts


@purchase.command(name="list")
def list_purchases(*, status: Word = "", shop: ShopName = None, json: Json = False) -> None:
    """List purchase orders, newest first."""
    _prepare()
    from sereno.modules.purchasing.models import PurchaseOrder
    from sereno.store.fields import instant_text

    found = PurchaseOrder.objects.filter(shop=shop_named(shop)).select_related("supplier").order_by("-number")
    if status:
        found = found.filter(status=status)
    lines: list[dict[str, Any]] = [
        {
            "number": one.number,
            "supplier": one.supplier.code,
            "status": one.status,
            "total": one.total,
            "currency": one.currency,
            "expected_at": instant_text(one.expected_at),
        }
        for one in found
    ]
    if json:
        emit(lines)
        return
    names = ("number", "supplier", "status", "total", "currency", "expected_at")
    table(names, ([line[name] for name in names] for line in lines), empty="Nothing is on order.")


@purchase.command(name="show")
def show_purchase(number: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Show one purchase order with its lines.

    Parameters
    ----------
    number
        The order's number.
    """
    _prepare()
    from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder
    from sereno.store.fields import instant_text

    found = PurchaseOrder.objects.filter(shop=shop_named(shop), number=number).select_related("supplier").first()
    if found is None:
        raise WrongUse(f"there is no purchase order {number} in this shop")
    names = ("sku", "supplier_sku", "title", "quantity", "received", "price")
    lines = list(PurchaseLine.objects.filter(order=found).order_by("id").values(*names))
    instants = ("created_at", "approved_at", "sent_at", "confirmed_at", "expected_at", "closed_at")
    told: dict[str, Any] = {
        "number": number,
        "supplier": found.supplier.code,
        "status": found.status,
        "total": found.total,
        "currency": found.currency,
        "origin": found.origin,
        "reference": found.reference,
        "note": found.note,
        **{name: instant_text(getattr(found, name)) for name in instants},
        "lines": lines,
    }
    if json:
        emit(told)
        return
    say(f"PO-{number}, {found.supplier.name}: {found.status}, {found.total} {found.currency}.")
    table(names, ([line[name] for name in names] for line in lines), empty="It has no lines.")


@purchase.command
def draft(
    supplier: Word,
    lines: list[str],
    /,
    *,
    note: Word = "",
    key: Annotated[str, Parameter(help="Names this order: asked again with it, it is the same one.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Draft an order by a supplier's price list. Nothing goes out before it is approved.

    Parameters
    ----------
    supplier
        The supplier's code.
    lines
        What is ordered, each as SKU=QUANTITY.
    """
    _prepare()
    from sereno.runtime.purchasing import ordering

    once, chosen, counts = f"cli:{key or uuid4().hex}", shop_named(shop).pk, _counts(lines)
    number = _asked(lambda: ordering.draft_order(chosen, supplier, counts, person(), key=once, note=note))
    if json:
        emit({"number": number, "status": "draft"})
        return
    say(f"PO-{number} is drafted. Approve it: sereno purchase step {number} approve")


@purchase.command
def reorder(*, budget: Budget = None, key: Key = "", shop: ShopName = None, json: Json = False) -> None:
    """Draft orders for all that runs low, one for each supplier. What is on order already counts."""
    _prepare()
    from sereno.runtime.purchasing import reordering

    try:
        most = None if budget is None else Decimal(budget)
    except InvalidOperation:
        raise WrongUse("the budget is an amount, such as 2500") from None
    asked = reordering.Asked(f"cli:{key or uuid4().hex}", person(), most)
    found = _asked(lambda: reordering.reorder(shop_named(shop).pk, asked))
    left_out = [one.offer.sku for one in found.left_out]
    if json:
        emit({"orders": found.orders, "left_out": left_out, "is_repeat": found.is_repeat})
        return
    say(
        f"Drafted: {', '.join(f'PO-{one}' for one in found.orders)}." if found.orders else "Nothing needs ordering now."
    )
    if left_out:
        say(f"Beyond the budget: {', '.join(left_out)}.")


@purchase.command(name="step")
def step_purchase(
    number: int,
    to: Literal["approve", "sent", "confirm", "decline", "chase", "cancel"],
    /,
    *,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Approve an order (it goes out), say that it was sent, confirmed or declined, remind the supplier, or cancel it.

    Parameters
    ----------
    number
        The order's number.
    to
        What to do with it.
    """
    _prepare()
    from sereno.runtime.purchasing import answering, ordering

    steps: dict[str, Callable[[int, int, str], object]] = {
        "approve": ordering.approve,
        "sent": ordering.mark_sent,
        "confirm": answering.confirm,
        "decline": answering.decline,
        "chase": ordering.chase,
        "cancel": ordering.cancel,
    }
    found = _asked(lambda: steps[to](shop_named(shop).pk, number, person()))
    if json:
        emit({"number": number, "step": to, "changed": bool(found)})
        return
    say("Done." if found else "Nothing was to be done.")


@purchase.command
def receive(
    number: int, lines: list[str], /, *, key: Key = "", location: Word = "", shop: ShopName = None, json: Json = False
) -> None:
    """Put away goods that came in.

    Parameters
    ----------
    number
        The order's number.
    lines
        What came, each as SKU=QUANTITY.
    """
    _prepare()
    from sereno.runtime.purchasing import ordering

    counts = _counts(lines)
    once = f"cli:{key or uuid4().hex}"
    chosen = shop_named(shop).pk
    status = _asked(lambda: ordering.receive(chosen, number, counts, person(), key=once, place=location))
    if json:
        emit({"number": number, "status": status})
        return
    say(f"Put away. The order is {status}.")


@supplier.command(name="list")
def list_suppliers(*, shop: ShopName = None, json: Json = False) -> None:
    """List suppliers by name."""
    _prepare()
    from sereno.modules.purchasing.models import Supplier

    names = ("code", "name", "currency", "lead_days", "send_by", "is_active")
    lines = list(Supplier.objects.filter(shop=shop_named(shop)).order_by("name").values(*names))
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="No suppliers yet.")


@supplier.command(name="add")
def put_supplier(
    code: str,
    name: str,
    /,
    *,
    currency: Annotated[str, Parameter(help="What it is paid in; left out, the shop's.")] = "",
    send_by: Annotated[Literal["email", "api", "hand"], Parameter(help="How orders reach it.")] = "email",
    email: Word = "",
    url: Annotated[str, Parameter(help="Where orders by API go.")] = "",
    secret: Annotated[str, Parameter(help="Signs orders by API.")] = "",
    contact: Word = "",
    locale: Annotated[Literal["en", "es", "pt", "ro"], Parameter(help="The language of its mails.")] = "en",
    lead_days: Annotated[int, Parameter(help="Days until its goods come, as it promises.")] = 14,
    confirm_days: Annotated[int, Parameter(help="Days it has for an answer.")] = 2,
    minimum: Annotated[str, Parameter(help="The least an order may come to.")] = "",
    note: Word = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Add a supplier, or change the one of this code: what is left out is as for a new one, but its secret.

    Parameters
    ----------
    code
        Its name in files and addresses, such as casa-verde.
    name
        What it is called.
    """
    _prepare()
    from sereno.runtime.purchasing import suppliers

    chosen = shop_named(shop)
    reach = {"email": email, "url": url, "secret": secret, "contact": contact, "locale": locale}
    terms = {"lead_days": lead_days, "confirm_days": confirm_days, "minimum": minimum, "note": note}
    given = suppliers.Supplier(code, name, currency or chosen.currency, send_by=send_by, **reach, **terms)
    _asked(lambda: suppliers.put_supplier(chosen.pk, given, person()))
    if json:
        emit({"code": suppliers.checked(given).code, "name": name})
        return
    say(f"Kept. Bring in its price list: sereno supplier prices {code} FILE")


@supplier.command(name="show")
def show_supplier(code: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Show a supplier, and what it keeps of what it promises.

    Parameters
    ----------
    code
        Its code.
    """
    _prepare()
    from sereno.modules.purchasing.models import Supplier
    from sereno.modules.purchasing.performing import told

    row = Supplier.objects.filter(shop=shop_named(shop), code=code).first()
    if row is None:
        raise WrongUse(f"there is no supplier {code!r} in this shop")
    names = ("code", "name", "currency", "send_by", "email", "lead_days", "confirm_days", "minimum", "is_active")
    whole = {name: getattr(row, name) for name in names} | told(row)
    if json:
        emit(whole)
        return
    table(("what", "value"), ([name, value] for name, value in whole.items()), empty="")


@supplier.command(name="prices")
def bring_prices(code: str, file: Path, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Bring in a price list.

    Parameters
    ----------
    code
        The supplier's code.
    file
        CSV whose first line names the columns; sku and price are needed.
    """
    _prepare()
    from sereno.runtime.purchasing import suppliers

    try:
        body = file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror}") from None
    chosen = shop_named(shop).pk
    count = _asked(lambda: suppliers.put_prices(chosen, code, suppliers.read_price_list(body), person()))
    if json:
        emit({"supplier": code, "lines": count})
        return
    say(f"{count} lines are kept.")


@demand.command(name="list")
def list_demand(*, shop: ShopName = None, json: Json = False) -> None:
    """List what is expected to be sold, the most first."""
    _prepare()
    from sereno.modules.purchasing.models import DemandForecast

    names = ("sku", "title", "weekly", "error", "method")
    lines = list(DemandForecast.objects.filter(shop=shop_named(shop)).order_by("-weekly", "id").values(*names))
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="No forecast yet: sereno demand forecast.")


@demand.command(name="events")
def list_events(*, shop: ShopName = None, json: Json = False) -> None:
    """List the shop's own calendar of what people buy for, by day."""
    _prepare()
    from sereno.modules.purchasing.models import DemandEvent

    names = ("id", "name", "first_day", "last_day", "lift")
    kept = DemandEvent.objects.filter(shop=shop_named(shop)).order_by("first_day", "name").values(*names)
    lines = [{**line, "first_day": str(line["first_day"]), "last_day": str(line["last_day"])} for line in kept]
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="None yet: sereno demand event NAME DAY.")


@demand.command
def event(
    name: Word, first: Word, last: Word = "", *, expect: float | None = None, shop: ShopName = None, json: Json = False
) -> None:
    """Put one time of an event into the calendar, such as `"Summer sale" 2026-07-01 2026-07-14`. Past times teach what
    the next one brings; --expect 30 says three tenths more a week."""
    _prepare()
    from datetime import date

    from sereno.runtime.purchasing.events import put_event

    def put() -> int:
        begins = date.fromisoformat(first)
        ends = date.fromisoformat(last) if last else begins
        lift = None if expect is None else expect / 100
        return put_event(shop_named(shop).pk, name, begins, ends, person(), lift=lift)

    number = _asked(put)
    if json:
        emit({"id": number})
        return
    say(f"Kept as {number}. The next forecast goes by it.")


@demand.command(name="drop-event")
def drop_event(id: int, *, shop: ShopName = None, json: Json = False) -> None:
    """Take one time of an event out of the calendar."""
    _prepare()
    from sereno.runtime.purchasing.events import drop_event as drop

    name = _asked(lambda: drop(shop_named(shop).pk, id, person()))
    if json:
        emit({"dropped": id})
        return
    say(f"{name} is out of the calendar. The next forecast goes without it.")


@demand.command
def forecast(*, shop: ShopName = None, json: Json = False) -> None:
    """Forecast anew; a running worker does it in the background."""
    _prepare()
    from sereno.runtime.purchasing.port import ask_forecast

    begun = ask_forecast(shop_named(shop).pk, person())
    if json:
        emit({"begun": begun})
        return
    say("A worker makes it in the background." if begun else "It is under way already.")
