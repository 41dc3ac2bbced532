"""What people and tills do with stock: count it, take it in, sell it, move it. One function each, one transaction each;
a refusal is a ValueError or LookupError that says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime.staff import audit, open_staff
from sereno.runtime.stock import reserving
from sereno.runtime.stock.book import Book
from sereno.runtime.stock.telling import retell, tell_changed, tell_transfer
from sereno.sdk.ports import Short
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

MOST = 10**9
NEXT: Mapping[str, frozenset[str]] = {
    "sent": frozenset({"proposed"}),
    "received": frozenset({"sent"}),
    "cancelled": frozenset({"proposed", "sent"}),
}
"""From which states a transfer comes to this one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`before` is what the book had; writing that back undoes the count."""

    item: str
    location: str
    before: int
    now: int


def count(shop_id: int, item: str, location: str, there: int, by: str, *, database: Database | None = None) -> Counted:
    """Somebody counted: so many are there, what is promised and has not left included."""
    if not 0 <= there < MOST:
        raise ValueError("how many there are is a whole number of 0 or more")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        book, at = _open(tx, shop_id, item, now)
        balance = book.balance(at, location)
        before = balance.on_hand
        book.adjust(at, balance, there - before, "counted", "", by)
        tell_changed(book, book.write(), "counted", f"{location}:{there}")
        if there != before:
            audit(tx, shop_id, now, by, "stock.counted", item, {"location": location, "before": before, "now": there})
    return Counted(item, location, before, there)


def uncount(shop_id: int, movement: int, by: str, *, database: Database | None = None) -> Counted:
    """Take a count back: what came and went since stays. Raises ValueError when it is taken back already."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("stock_count", {"shop": shop_id, "id": movement})
        if row is None:
            raise LookupError("there is no such count")
        item, location, change = row
        book, at = _open(tx, shop_id, item, now)
        if tx.one("stock_count_undone", {"shop": shop_id, "item": item, "reference": f"undo:{movement}"}) is not None:
            raise ValueError("the count is taken back already")
        balance = book.balance(at, location)
        before = balance.on_hand
        book.adjust(at, balance, -change, "counted", f"undo:{movement}", by)
        tell_changed(book, book.write(), "counted", f"undo:{movement}")
        audit(tx, shop_id, now, by, "stock.count_undone", item, {"location": location, "change": -change})
    return Counted(item, location, before, before - change)


def receive(
    tx: Transaction, shop_id: int, location: str, lines: Mapping[str, int], reference: str, by: str, now: int
) -> None:
    """Goods came in at a place (a purchase, a return), within the caller's transaction; what was said to be on its way
    there is less by as many. The caller sees to it that it happens once."""
    book = Book(tx, now)
    tx.many("put_stock_items", [(shop_id, item, *[None] * 6) for item in sorted(lines)])
    book.open((shop_id, item) for item in lines)
    for item, number in sorted(lines.items()):
        balance = book.balance((shop_id, item), location)
        balance.incoming = max(balance.incoming - number, 0)
        book.adjust((shop_id, item), balance, number, "received", reference, by)
    tell_changed(book, book.write(), "received", reference)


def expect(tx: Transaction, shop_id: int, location: str, lines: Mapping[str, int], now: int) -> None:
    """So many more (or, below zero, fewer) are on their way to a place, within the caller's transaction."""
    book = Book(tx, now)
    tx.many("put_stock_items", [(shop_id, item, *[None] * 6) for item in sorted(lines)])
    book.open((shop_id, item) for item in lines)
    for item, number in sorted(lines.items()):
        balance = book.balance((shop_id, item), location)
        balance.incoming = max(balance.incoming + number, 0)
        book.touch((shop_id, item), balance)
    book.write()


def sell(
    shop_id: int,
    order: str,
    lines: Sequence[Mapping[str, Any]],
    by: str,
    *,
    place: str | None = None,
    database: Database | None = None,
) -> Sequence[Short]:
    """Sold over the counter: it has left already. `order` is the till's own number; told twice it happens once.
    `place`: where the till stands; None where that is not known. Gives what there was too little of by the book, which
    is sold all the same: it was in somebody's hand. Raises LookupError for a place that is none."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    key = storable(f"pos~{order}")[:200]
    with staff.database.transaction() as tx:
        if place and not is_place(tx, shop_id, place):
            raise LookupError(f"there is no place {place}")
        one = reserving.wish(shop_id, key, lines, place=place)
        reserving.reserve(tx, [one], now)
        if not any(lack.code == "stock.short" for lack in one.short):
            reserving.ship(tx, [(shop_id, key)], now)
            return one.short
        short = list(one.short)
        book = Book(tx, now)
        book.open({(shop_id, item) for item in one.items}, [(shop_id, key)])
        for item, number in sorted(one.items.items()):
            reserving.force(book, one, (shop_id, item), number)
        tell_changed(book, book.write(), "sold", key)
        reserving.ship(tx, [(shop_id, key)], now)
    return short


def propose_transfer(
    shop_id: int,
    origin: str,
    destination: str,
    lines: Mapping[str, int],
    by: str,
    *,
    uid: str | None = None,
    reason: str = "",
    database: Database | None = None,
) -> int | None:
    """A transfer to be sent. `uid` names it by the facts it is made of: None is given when it is there already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        return put_transfer(tx, now, shop_id, origin, destination, lines, by, uid=uid, reason=reason)


def put_transfer(
    tx: Transaction,
    now: int,
    shop_id: int,
    origin: str,
    destination: str,
    lines: Mapping[str, int],
    by: str,
    *,
    uid: str | None = None,
    reason: str = "",
) -> int | None:
    """As `propose_transfer`, in a transaction."""
    if origin == destination:
        raise ValueError("a transfer goes from one place to another")
    if not lines or not all(0 < number < MOST for number in lines.values()):
        raise ValueError("a transfer needs at least one item, and 1 or more of each")
    known = {row[0] for row in tx.all("stock_items_known", {"shop": shop_id, "items": sorted(lines)})}
    if missing := sorted(set(lines) - known):
        raise ValueError(f"there is no item {missing[0]}: a transfer moves what is in the book of stock")
    named = uid or f"{by}|{now}|{origin}|{destination}|{sorted(lines)[0]}"
    row = tx.one(
        "add_stock_transfer",
        {
            "shop": shop_id,
            "uid": storable(named)[:200],
            "origin": origin,
            "destination": destination,
            "lines": encode(sorted(lines.items())),
            "reason": reason[:200],
            "by": by[:200],
            "now": now,
        },
    )
    if row is None:
        return None
    audit(tx, shop_id, now, by, "stock.transfer_proposed", str(row[0]), {"lines": dict(lines)})
    tell_transfer(tx, shop_id, row[0], "proposed", origin, destination, dict(lines), now)
    return row[0]


def send_transfer(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It has left its origin and is on its way. What is promised to orders there cannot be sent."""

    def move(book: Book, origin: str, destination: str, lines: Mapping[str, int]) -> None:
        for item, number in lines.items():
            at = (shop_id, item)
            from_, to = book.balance(at, origin), book.balance(at, destination)
            if from_.available < number:
                raise ValueError(f"of {item} only {max(from_.available, 0)} can be sent: the rest is promised or gone")
            book.adjust(at, from_, -number, "moved_out", f"transfer:{id}", by)
            to.incoming += number
            book.touch(at, to)

    _step(shop_id, id, "sent", by, move, database)


def receive_transfer(
    shop_id: int, id: int, by: str, got: Mapping[str, int] | None = None, *, database: Database | None = None
) -> None:
    """It has arrived: all of it, or as many as `got` says of each item; the rest is lost and is not expected any
    more."""

    def move(book: Book, origin: str, destination: str, lines: Mapping[str, int]) -> None:
        if wrong := sorted(set(got or ()) - set(lines)):
            raise ValueError(f"{wrong[0]} is not in this transfer")
        for item, number in lines.items():
            came = number if got is None else got.get(item, 0)
            if not 0 <= came <= number:
                raise ValueError(f"of {item} {number} were sent: as many or fewer can arrive")
            at = (shop_id, item)
            to = book.balance(at, destination)
            to.incoming = max(to.incoming - number, 0)
            book.adjust(at, to, came, "moved_in", f"transfer:{id}", by)

    _step(shop_id, id, "received", by, move, database)


def cancel_transfer(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Not sent after all, or turned back: what had left its origin is there again."""

    def move(book: Book, origin: str, destination: str, lines: Mapping[str, int]) -> None:
        for item, number in lines.items():
            at = (shop_id, item)
            to = book.balance(at, destination)
            to.incoming = max(to.incoming - number, 0)
            book.touch(at, to)
            book.adjust(at, book.balance(at, origin), number, "moved_in", f"transfer:{id}", by)

    _step(shop_id, id, "cancelled", by, move, database)


Move = Callable[[Book, str, str, Mapping[str, int]], None]


def _step(shop_id: int, id: int, status: str, by: str, move: Move, database: Database | None) -> None:
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("stock_transfer", {"shop": shop_id, "id": id})
        if row is None:
            raise LookupError(f"there is no transfer {id}")
        _, origin, destination, was, text = row
        if was not in NEXT[status]:
            raise ValueError(f"the transfer is {was}: it cannot be {status} now")
        lines = {str(item): int(number) for item, number in decode(text)}
        if was != "proposed" or status == "sent":
            book = Book(tx, now)
            book.open((shop_id, item) for item in lines)
            move(book, origin, destination, lines)
            tell_changed(book, book.write(), f"transfer_{status}", str(id))
        tx.run("set_stock_transfer", {"shop": shop_id, "id": id, "status": status, "lines": text, "now": now})
        audit(tx, shop_id, now, by, f"stock.transfer_{status}", str(id), {})
        tell_transfer(tx, shop_id, id, status, origin, destination, lines, now)


def keep_back(
    shop_id: int, channel: str, item: str, quantity: int | None, by: str, *, database: Database | None = None
) -> None:
    """So many are kept back from a channel ("" all) of an item ("" all); None takes the rule away."""
    if quantity is not None and not 0 <= quantity < MOST:
        raise ValueError("how many are kept back is a whole number of 0 or more")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    given = {"shop": shop_id, "channel": channel, "item": item}
    with staff.database.transaction() as tx:
        if quantity is None:
            tx.run("drop_stock_safety", given)
        else:
            tx.run("put_stock_safety", {**given, "quantity": quantity})
        audit(tx, shop_id, now, by, "stock.kept_back", item or channel, {"channel": channel, "quantity": quantity})
        if item:
            retell(tx, shop_id, tx.all("stock_item_told", {"shop": shop_id, "item": item}), now, f"kept:{channel}")
        else:
            tx.run("retell_stock", {"shop": shop_id})


def is_place(tx: Transaction, shop_id: int, place: str) -> bool:
    """Whether it was named, or anything was ever kept there."""
    if tx.one("stock_location", {"shop": shop_id, "key": place}) is not None:
        return True
    return tx.one("stock_at_place", {"shop": shop_id, "location": place}) is not None


def _open(tx: Transaction, shop_id: int, item: str, now: int) -> tuple[Book, tuple[int, str]]:
    book, at = Book(tx, now), (shop_id, item)
    book.open([at])
    if at not in book.items:
        raise LookupError(f"there is no item {item}")
    return book, at
