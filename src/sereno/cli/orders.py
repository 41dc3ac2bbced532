"""`sereno order`: what orders are there, which are held and why, and letting them go on."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

order = App(name="order", help="Orders, and what is held of them.", help_format="plaintext")

Note = Annotated[str, Parameter(help="What the team should know.")]
Search = Annotated[str | None, Parameter(help="A number, an id, a customer's name or e-mail.")]
Limit = Annotated[int | None, Parameter(help="At most so many.")]
EVERY = 10_000
"""So many of what is held are listed at most."""


def _prepare() -> None:
    host().prepare()
    database.ready()


@order.command(name="list")
def list_orders(
    *,
    held: Flag = False,
    queue: str | None = None,
    search: Search = None,
    limit: Limit = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List orders, those first that came in last; with --held those that are held, the longest first."""
    _prepare()
    from sereno.modules.orders.models import Order, OrderStanding
    from sereno.modules.orders.services import held_orders, told
    from sereno.runtime.orders.finding import meant

    place = shop_named(shop)
    if held:
        lines = held_orders(place.pk, limit or EVERY)
    else:
        query = Order.objects.filter(shop=place).defer("data").order_by("-id")
        if search:
            query = query.filter(id__in=list(meant(place.pk, search)))
        if queue is not None:
            sent = OrderStanding.objects.filter(shop=place, queue=queue).values("key")
            query = query.filter(key__in=sent)
        lines = told(place.pk, query[:limit] if limit else query)
    if json:
        emit(lines)
        return
    shown = (
        [
            line["number"] or line["order"],
            " ".join(filter(None, (line["total"], line["currency"]))),
            line["payment_status"],
            "held" if line["is_held"] else line["status"],
            ", ".join(line["hold_reasons"]),
            line["queue"],
            line["placed_at"],
        ]
        for line in lines
    )
    table(
        ["ORDER", "TOTAL", "PAYMENT", "STATUS", "WHY", "QUEUE", "PLACED"],
        shown,
        empty="Nothing is held." if held else "There are no orders.",
    )


@order.command(name="show")
def show_order(key: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Show one order, by its key or number."""
    _prepare()
    from sereno.modules.orders.services import told_whole

    found = told_whole(_order(shop_named(shop).pk, key))
    if json:
        emit(found)
        return
    for name, value in found.items():
        if name not in ("data", "tickets") and value not in (None, [], ""):
            say(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    for ticket in found["tickets"]:
        say(f"ticket: {ticket.get('id')} ({ticket.get('kind')}, {ticket.get('item_count')} pieces)")


@order.command(name="hold")
def hold_order(*keys: str, reason: str = "by.hand", note: Note = "", shop: ShopName = None, json: Json = False) -> None:
    """Hold orders: nothing of them leaves and no money is taken until they are released."""
    _prepare()
    from sereno.runtime.orders import doing

    place = shop_named(shop).pk
    wanted = _keys(place, keys)
    changed = _refused(lambda: doing.hold(place, wanted, person(), reasons=[reason], note=note))
    _tell(changed, "held", json)


@order.command(name="release")
def release_order(*keys: str, note: Note = "", shop: ShopName = None, json: Json = False) -> None:
    """Let orders that are held go on."""
    _prepare()
    from sereno.runtime.orders import doing

    place = shop_named(shop).pk
    wanted = _keys(place, keys)
    changed = _refused(lambda: doing.release(place, wanted, person(), note=note))
    _tell(changed, "released", json)


def _keys(shop: int, names: tuple[str, ...]) -> list[str]:
    if not names:
        raise WrongUse("name the orders, by key or number: sereno order release 1001 1002")
    return [_order(shop, name).key for name in names]


def _order(shop: int, name: str) -> Any:
    from sereno.modules.orders.models import Order

    rows = Order.objects.filter(shop=shop)
    bare = name.lstrip("#")
    found = rows.filter(key=name).first() or rows.filter(number__in=(bare, f"#{bare}")).first()
    if found is None:
        raise WrongUse(f"there is no order {name!r}: see `sereno order list`")
    return found


def _refused(what: Any) -> list[str]:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None


def _tell(changed: list[str], what: str, json: bool) -> None:
    if json:
        emit({"changed": changed})
        return
    say(f"{len(changed)} {what}." if changed else "Nothing changed: it was so already.")
