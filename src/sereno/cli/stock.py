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
def sell(
    order: str,
    /,
    *items: str,
    place: Annotated[str | None, Parameter(help="Where the till stands; left out, whichever is taken first.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
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
    short = _asked(lambda: moving.sell(shop_named(shop).pk, order, lines, person(), place=place))
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
def receive(id: int, /, *items: str, shop: ShopName = None, json: Json = False) -> None:
    """Say that a transfer has arrived: all of it, or what is named.

    Parameters
    ----------
    id
        Its number.
    items
        What came where not all did: SKU, or SKU=3 for three. What is not named is lost.
    """
    _step(id, "received", shop, json, _numbers(items) if items else None)


@stock.command
def cancel(id: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Call a transfer off.

    Parameters
    ----------
    id
        Its number.
    """
    _step(id, "cancelled", shop, json)


@stock.command(name="places")
def list_places(*, shop: ShopName = None, json: Json = False) -> None:
    """List where stock is, those taken from first first."""
    _prepare()
    from sereno.runtime.stock import places

    found = places.places(shop_named(shop).pk)
    names = ("key", "name", "sells", "rank", "is_own", "channels")
    if json:
        emit([{name: getattr(one, name) for name in names} for one in found])
        return
    lines = ([*(getattr(one, name) for name in names[:-1]), ", ".join(one.channels) or "all"] for one in found)
    table(names, lines, empty="No places yet: connect a store.")


@stock.command
def place(
    name: str,
    /,
    *,
    key: Annotated[str | None, Parameter(help="Of a place that is there: call it NAME. Left out: add one.")] = None,
    sells: Annotated[bool, Parameter(help="Whether what is there may be promised.")] = True,
    rank: Annotated[int, Parameter(help="The smaller is taken from first.")] = 100,
    channel: Annotated[
        list[str] | None, Parameter(help="A connection whose orders are served from here; several times. `all`: all.")
    ] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Add a place of your own, or name one that a store counts at.

    Parameters
    ----------
    name
        What it is called.
    """
    _prepare()
    from sereno.runtime.stock import places

    channels = [] if channel == ["all"] else channel

    def put() -> str:
        given = (name, person())
        if key is None:
            return places.add_place(shop_named(shop).pk, *given, sells=sells, rank=rank, channels=channels or ())
        places.name_place(shop_named(shop).pk, key, *given, sells=sells, rank=rank, channels=channels)
        return key

    made = _asked(put)
    if json:
        emit({"key": made, "name": name, "sells": sells, "rank": rank})
        return
    say(f"{name} is the place {made}.")


@stock.command(name="keep-back")
def keep_back(
    channel: str,
    quantity: Annotated[int | None, Parameter(help="How many; left out: none any more.")] = None,
    /,
    *,
    item: Annotated[str, Parameter(help="Of this SKU; left out, of all.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Keep some back from a store that is slow to hear.

    Parameters
    ----------
    channel
        The connection's name.
    """
    _prepare()
    from sereno.runtime.stock import moving

    _asked(lambda: moving.keep_back(shop_named(shop).pk, channel, item, quantity, person()))
    if json:
        emit({"channel": channel, "item": item, "quantity": quantity})
        return
    say("Kept. Its stores are told.")


@stock.command
def barcode(item: str, code: str = "", /, *, shop: ShopName = None, json: Json = False) -> None:
    """Say by which barcode an item is found.

    Parameters
    ----------
    item
        Its SKU.
    code
        The barcode; left out, none finds it.
    """
    _prepare()
    from sereno.runtime.stock import places

    _asked(lambda: places.put_barcode(shop_named(shop).pk, item, code, person()))
    if json:
        emit({"item": item, "barcode": code})
        return
    say(f"{code} finds {item}." if code else f"No barcode finds {item} any more.")


def _step(id: int, status: str, shop: str | None, json: bool, got: dict[str, int] | None = None) -> None:
    _prepare()
    from sereno.runtime.stock import moving

    def do() -> None:
        given = (shop_named(shop).pk, id, person())
        if status == "received":
            moving.receive_transfer(*given, got)
        elif status == "sent":
            moving.send_transfer(*given)
        else:
            moving.cancel_transfer(*given)

    _asked(do)
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
