"""The places where stock is: those a store named by counting there, and those the shop adds of its own, such as a
market stall or a second room; and by which barcode an item is found at them.

Invariant: a place with stock, or stock on its way to it, is never taken away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sereno.runtime.staff import audit, open_staff
from sereno.runtime.stock.book import Book
from sereno.sdk.site import handle_of
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros

MOST = 1000
"""Places of a shop."""
BARCODE = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
"""What readers give: letters, digits and signs of ASCII."""


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is the key where nobody named it; `rank`: the smaller is taken from first; `is_own`: added here, so that
    no store counts there; `is_used`: something is or was kept there."""

    key: str
    name: str
    sells: bool
    rank: int
    is_own: bool
    is_used: bool


def places(shop_id: int, *, database: Database | None = None) -> list[Place]:
    """All of a shop, those taken from first first."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        used = [str(key) for (key,) in tx.all("places_with_stock", {"shop": shop_id})]
        named = tx.all("stock_locations", {"shop": shop_id, "most": MOST})
    found = [Place(key, name, bool(sells), rank, bool(own), key in used) for key, name, sells, rank, own in named]
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
    database: Database | None = None,
) -> None:
    """Name a place, and say whether what is there may be promised. The sums of what is there follow."""
    if not name.strip():
        raise ValueError("a place needs a name")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        _not_twice(tx, shop_id, name, key)
        _put(tx, shop_id, key, name, sells=sells, rank=rank, is_own=False)
        book = Book(tx, now)
        book.open((row[0], row[1]) for row in tx.all("items_at_stock_location", {"shop": shop_id, "location": key}))
        for at, held in book.balances.items():
            if key in held:
                book.touch(at, held[key])
        book.write()
        audit(tx, shop_id, now, by, "stock.location_named", key, {"name": name, "sells": sells, "rank": rank})


def add_place(
    shop_id: int,
    name: str,
    by: str,
    *,
    sells: bool = True,
    rank: int = 100,
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
        _put(tx, shop_id, key, name, sells=sells, rank=rank, is_own=True)
        audit(tx, shop_id, now, by, "stock.location_added", key, {"name": name, "sells": sells, "rank": rank})
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


def _put(tx: Transaction, shop_id: int, key: str, name: str, *, sells: bool, rank: int, is_own: bool) -> None:
    given = {"shop": shop_id, "key": key, "name": storable(name.strip())[:200]}
    tx.run("put_stock_location", {**given, "sells": sells, "rank": rank, "is_own": is_own})


def _not_twice(tx: Transaction, shop_id: int, name: str, key: str | None) -> None:
    """Two places of one name could not be told apart in any list."""
    wanted = name.strip().casefold()
    for other, called, *_rest in tx.all("stock_locations", {"shop": shop_id, "most": MOST}):
        if other != key and str(called).casefold() == wanted:
            raise ValueError(f"there is a place called {called} already")


def _key(name: str) -> str:
    return handle_of(name)[:60] or storable(name.strip())[:60]
