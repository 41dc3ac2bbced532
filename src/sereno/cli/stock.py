"""`sereno stock`: what there is, counts, sales over the counter, transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

stock = App(name="stock", help="Stock: what there is, and what is done with it.", help_format="plaintext")

R = TypeVar("R")
Place = Annotated[str, Parameter(help="The place; left out, the only one.")]
Most = Annotated[int | None, Parameter(help="Only what is as scarce or scarcer.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


@stock.command(name="list")
def list_stock(*, at_most: Most = None, shop: ShopName = None, json: Json = False) -> None:
    """List what there is of each item, the scarcest first."""
    _prepare()
    from sereno.modules.stock.models import StockItem

    found = StockItem.objects.filter(shop=shop_named(shop), available__isnull=False).order_by("available", "item")
    if at_most is not None:
        found = found.filter(available__lte=at_most)
    names = ("item", "title", "on_hand", "reserved", "incoming", "available")
    lines: list[dict[str, Any]] = list(found.values(*names))
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="Nothing is counted yet: connect a store.")


@stock.command
def count(item: str, there: int, /, *, location: Place = "", shop: ShopName = None, json: Json = False) -> None:
    """Say how many of an item are there.

    Parameters
    ----------
    item
        Its SKU.
    there
        How many were counted.
    """
    _prepare()
    from sereno.runtime.stock import moving

    found = _asked(lambda: moving.count(shop_named(shop).pk, item, location, there, person()))
    if json:
        emit({"item": item, "location": location, "before": found.before, "now": found.now})
        return
    say(f"{item}: {found.before} before, {found.now} now.")


@stock.command
def sell(order: str, /, *items: str, shop: ShopName = None, json: Json = False) -> None:
    """Note a sale over the counter; told twice it happens once.

    Parameters
    ----------
    order
        The till's own number of it.
    items
        What was sold: SKU, or SKU=3 for three.
    """
    _prepare()
    from sereno.runtime.stock import moving

    lines = [{"sku": item, "quantity": number} for item, number in _numbers(items).items()]
    short = _asked(lambda: moving.sell(shop_named(shop).pk, order, lines, person()))
    if json:
        emit({"order": order, "short": [{"item": one.item, "code": one.code} for one in short]})
        return
    say("Noted." if not short else f"Noted. By the book there were too few of {', '.join(one.item for one in short)}.")


@stock.command
def transfer(origin: str, destination: str, /, *items: str, shop: ShopName = None, json: Json = False) -> None:
    """Propose a transfer between two places.

    Parameters
    ----------
    origin
        Where it leaves.
    destination
        Where it goes.
    items
        What moves: SKU, or SKU=3 for three.
    """
    _prepare()
    from sereno.runtime.stock import moving

    made = _asked(lambda: moving.propose_transfer(shop_named(shop).pk, origin, destination, _numbers(items), person()))
    if json:
        emit({"id": made, "status": "proposed"})
        return
    say(f"Transfer {made} is proposed. Send it when it leaves: sereno stock send {made}")


@stock.command
def send(id: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Say that a transfer has left.

    Parameters
    ----------
    id
        Its number.
    """
    _step(id, "sent", shop, json)


@stock.command
def receive(id: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Say that a transfer has arrived.

    Parameters
    ----------
    id
        Its number.
    """
    _step(id, "received", shop, json)


@stock.command
def cancel(id: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Call a transfer off.

    Parameters
    ----------
    id
        Its number.
    """
    _step(id, "cancelled", shop, json)


def _step(id: int, status: str, shop: str | None, json: bool) -> None:
    _prepare()
    from sereno.runtime.stock import moving

    doing = {"sent": moving.send_transfer, "received": moving.receive_transfer, "cancelled": moving.cancel_transfer}
    _asked(lambda: doing[status](shop_named(shop).pk, id, person()))
    if json:
        emit({"id": id, "status": status})
        return
    say(f"Transfer {id} is {status}.")


def _numbers(items: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        name, _equals, number = item.rpartition("=")
        if not name:
            name, number = item, "1"
        if not (number.isascii() and number.isdigit()):
            raise WrongUse(f"{item}: say SKU, or SKU=3 for three")
        found[name] = found.get(name, 0) + int(number)
    if not found:
        raise WrongUse("say what: SKU, or SKU=3 for three")
    return found


def _asked(what: Callable[[], R]) -> R:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
