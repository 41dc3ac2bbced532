"""The places where stock is: those a store named by counting there, and those the shop adds of its own, such as a
market stall or a second room; and by which barcode an item is found at them.

Invariant: a place with stock, or stock on its way to it, is never taken away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sereno.runtime.staff import audit, open_staff
from sereno.runtime.stock.book import Book
from sereno.runtime.stock.channels import MOST_PLACES as MOST
from sereno.sdk.site import handle_of
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

BARCODE = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
"""What readers give: letters, digits and signs of ASCII."""


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is the key where nobody named it; `rank`: the smaller is taken from first; `is_own`: added here, so that
    no store counts there; `is_used`: something is or was kept there; `channels`: the connections whose orders are
    served from here, none for all of them."""

    key: str
    name: str
    sells: bool
    rank: int
    is_own: bool
    is_used: bool
    channels: tuple[str, ...] = ()


def places(shop_id: int, *, database: Database | None = None) -> list[Place]:
    """All of a shop, those taken from first first."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        used = [str(key) for (key,) in tx.all("places_with_stock", {"shop": shop_id})]
        named = tx.all("stock_locations", {"shop": shop_id, "most": MOST})
    found = [
        Place(key, name, bool(sells), rank, bool(own), key in used, tuple(decode(channels)))
        for key, name, sells, rank, own, channels in named
    ]
    known = {one.key for one in found}
    found += [Place(key, key, True, 100, False, True) for key in used[:MOST] if key not in known]
    return sorted(found, key=lambda one: (one.rank, one.name.casefold(), one.key))


def name_place(
    shop_id: int,
    key: str,
    name: str,
    by: str,
    *,
    sells: bool = True,
    rank: int = 100,
    channels: Sequence[str] | None = None,
    database: Database | None = None,
) -> None:
    """Name a place, and say whether what is there may be promised, and by which channels (None: as before; empty: by
    all). The sums of what is there follow, and stores are told anew."""
    if not name.strip():
        raise ValueError("a place needs a name")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        _not_twice(tx, shop_id, name, key)
        row = tx.one("stock_location", {"shop": shop_id, "key": key})
        before: list[str] = decode(row[5]) if row is not None else []
        served = before if channels is None else _known(tx, shop_id, channels, before)
        _put(tx, shop_id, key, name, sells=sells, rank=rank, is_own=False, channels=served)
        book = Book(tx, now)
        book.open((row[0], row[1]) for row in tx.all("items_at_stock_location", {"shop": shop_id, "location": key}))
        for at, held in book.balances.items():
            if key in held:
                book.touch(at, held[key])
        book.write()
        if served != before or (row is not None and bool(row[2]) != sells):
            tx.run("retell_stock", {"shop": shop_id})
        details = {"name": name, "sells": sells, "rank": rank, "channels": served}
        audit(tx, shop_id, now, by, "stock.location_named", key, details)


def add_place(
    shop_id: int,
    name: str,
    by: str,
    *,
    sells: bool = True,
    rank: int = 100,
    channels: Sequence[str] = (),
    database: Database | None = None,
) -> str:
    """A place of the shop's own. Gives its key, made of its name. Raises ValueError when there is one of that name."""
    key = _key(name)
    if not key:
        raise ValueError("a place needs a name")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        _not_twice(tx, shop_id, name, None)
        given = {"shop": shop_id, "location": key}
        if tx.one("stock_location", {"shop": shop_id, "key": key}) or tx.one("stock_at_place", given):
            raise ValueError(f"there is a place called {key} already")
        if len(tx.all("stock_locations", {"shop": shop_id, "most": MOST})) >= MOST:
            raise ValueError(f"a shop has {MOST} places at the most")
        served = _known(tx, shop_id, channels, ())
        _put(tx, shop_id, key, name, sells=sells, rank=rank, is_own=True, channels=served)
        details = {"name": name, "sells": sells, "rank": rank, "channels": served}
        audit(tx, shop_id, now, by, "stock.location_added", key, details)
    return key


def remove_place(shop_id: int, key: str, by: str, *, database: Database | None = None) -> None:
    """Take away one that was added here and that nothing was ever kept at. Raises LookupError, ValueError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("stock_location", {"shop": shop_id, "key": key})
        if row is None or not row[4]:
            raise LookupError(f"there is no place {key} of your own")
        if tx.one("stock_at_place", {"shop": shop_id, "location": key}) is not None:
            raise ValueError("something was kept there: say instead that nothing is sold from it")
        tx.run("drop_stock_location", {"shop": shop_id, "key": key})
        audit(tx, shop_id, now, by, "stock.location_removed", key, {"name": row[1]})


def put_barcode(shop_id: int, item: str, barcode: str, by: str, *, database: Database | None = None) -> None:
    """This barcode finds this item from now on; empty: none does. What the store says of the item later counts again.
    Raises LookupError, and ValueError where the barcode finds another item."""
    given = barcode.strip()
    if given and not BARCODE.fullmatch(given):
        raise ValueError("a barcode has up to 128 letters, digits and signs")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("stock_item_barcode", {"shop": shop_id, "item": item})
        if row is None:
            raise LookupError(f"there is no item {item}")
        if given and (other := tx.one("stock_item_of_code", {"shop": shop_id, "code": given, "item": item})):
            raise ValueError(f"{given} finds {other[0]} already: take it off there first")
        if (row[0] or "") == given:
            return
        tx.run("set_stock_barcode", {"shop": shop_id, "item": item, "barcode": given or None})
        audit(tx, shop_id, now, by, "stock.barcode_put", item, {"barcode": given, "before": row[0] or ""})


def _put(
    tx: Transaction, shop_id: int, key: str, name: str, *, sells: bool, rank: int, is_own: bool, channels: list[str]
) -> None:
    given = {"shop": shop_id, "key": key, "name": storable(name.strip())[:200], "channels": encode(channels)}
    tx.run("put_stock_location", {**given, "sells": sells, "rank": rank, "is_own": is_own})


def channels_of(shop_id: int, *, database: Database | None = None) -> list[str]:
    """The connections a place can be kept for, by name."""
    with open_staff(database).database.read() as tx:
        return sorted(str(row[0]) for row in tx.all("connections_by_namespace", {"shop": shop_id}))


def _known(tx: Transaction, shop_id: int, channels: Sequence[str], before: Sequence[str]) -> list[str]:
    """Sorted. One that is there already may stay although its connection is closed. Raises ValueError."""
    known = {str(row[0]) for row in tx.all("connections_by_namespace", {"shop": shop_id})} | set(before)
    for name in channels:
        if name not in known:
            raise ValueError(f"there is no connection {name}")
    return sorted(set(channels))


def _not_twice(tx: Transaction, shop_id: int, name: str, key: str | None) -> None:
    """Two places of one name could not be told apart in any list."""
    wanted = name.strip().casefold()
    for other, called, *_rest in tx.all("stock_locations", {"shop": shop_id, "most": MOST}):
        if other != key and str(called).casefold() == wanted:
            raise ValueError(f"there is a place called {called} already")


def _key(name: str) -> str:
    return handle_of(name)[:60] or storable(name.strip())[:60]
