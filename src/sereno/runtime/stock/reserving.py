"""Promising stock to orders, giving it back, and letting it go. Exact under any number of buyers at once: what is asked
for together is decided in one transaction, and the items' rows are locked meanwhile.

The figure of the store that counts holds its own orders already, or will: `Balance.unsaid` is what it does not know of.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.commerce.merging import micros
from sereno.commerce.stock import Room, allocate, wanted
from sereno.runtime import namespaces
from sereno.runtime.clock import Clock, SystemClock
from sereno.runtime.stock.book import At, Balance, Book, Reservation
from sereno.runtime.stock.channels import channel_of, elsewhere
from sereno.runtime.stock.telling import tell_changed
from sereno.sdk.ports import Short
from sereno.store.database import Database, DatabaseConflict, Transaction
from sereno.store.fields import to_micros

TRIES = 5
"""How often two who got into each other's way begin anew."""
AHEAD = 2_000_000
"""Microseconds by which a store's figure may be older than the order that it holds already."""


@dataclass(slots=True)
class Wish:
    """What an order wants: how many of each item. `counts_at` as in the model. `channel`: served only from the places
    that serve it; None: the one the order's key says. `place`: from there and nowhere else."""

    shop_id: int
    order: str
    items: Mapping[str, int]
    counts_at: int | None = None
    short: Sequence[Short] = field(default_factory=tuple[Short, ...])
    channel: str | None = None
    place: str | None = None

    def may_take(self, balance: Balance, channel: str | None) -> bool:
        return balance.serves(channel) if self.place is None else balance.location == self.place


def wish(
    shop_id: int,
    order: str,
    lines: Sequence[Mapping[str, Any]],
    placed_at: str | None = None,
    *,
    channel: str | None = None,
    place: str | None = None,
) -> Wish:
    """Of an order's lines. Only orders of the shop's first store are in the figures that are taken from it."""
    at = micros(placed_at) if placed_at and not namespaces.of(order) else None
    return Wish(shop_id, order, wanted(lines), None if at is None else at - AHEAD, channel=channel, place=place)


def reserve(tx: Transaction, wishes: Sequence[Wish], now: int) -> None:
    """Decide these wishes in their order; what each lacks is left in `short`."""
    book = Book(tx, now)
    book.open(
        {(one.shop_id, item) for one in wishes for item in one.items}, {(one.shop_id, one.order) for one in wishes}
    )
    for one in wishes:
        _decide(book, one)
    _close(book, "reserved")


def release(tx: Transaction, orders: Sequence[tuple[int, str]], now: int) -> int:
    """Give back what is open of these orders (shop, order). Gives how many lines."""
    book = Book(tx, now)
    book.open((), orders)
    count = sum(
        _give_back(book, shop, one, one.quantity)
        for (shop, _), held in book.reservations.items()
        for one in held
        if one.status == "open"
    )
    _close(book, "released")
    return count


def ship(tx: Transaction, orders: Sequence[tuple[int, str]], now: int) -> int:
    """What was promised to these orders has left. Gives how many lines."""
    book = Book(tx, now)
    book.open((), orders)
    count = 0
    for (shop, order), held in book.reservations.items():
        for one in held:
            if one.status != "open":
                continue
            balance = book.balance((shop, one.item), one.location)
            balance.reserved -= one.quantity
            book.move((shop, one.item), balance, -one.quantity, "shipped", f"order:{order}")
            one.shipped, one.quantity, one.is_changed = one.shipped + one.quantity, 0, True
            count += 1
    _close(book, "shipped")
    return count


def _decide(book: Book, wish: Wish) -> None:
    held = book.reservations.get((wish.shop_id, wish.order), [])
    has: dict[str, int] = {}
    for one in held:
        has[one.item] = has.get(one.item, 0) + one.quantity + one.shipped
    more = {item: number - has.get(item, 0) for item, number in wish.items.items()}
    channel = wish.channel or book.channel_of(wish.shop_id, wish.order, more)
    short: list[Short] = []
    taken: list[tuple[At, str, int]] = []
    for item, number in sorted(more.items()):
        at = (wish.shop_id, item)
        known, balances = book.items.get(at), book.balances.get(at, {})
        if number <= 0 or (known is not None and known.is_tracked is False):
            continue
        if not balances:
            short.append(Short(item, number, 0, "stock.unknown"))
            continue
        rooms = [
            Room(one.location, one.available + (number if _holds(one, wish) and one.available >= 0 else 0), one.rank)
            for one in balances.values()
            if wish.may_take(one, channel)
        ]
        found = allocate(rooms, number, can_oversell=known is not None and known.can_oversell is True)
        if found:
            taken += [(at, location, part) for location, part in found]
        else:
            short.append(Short(item, number, max(sum(room.available for room in rooms), 0)))
    wish.short = short
    if any(one.code == "stock.short" for one in short):
        return
    for at, location, number in taken:
        _take(book, wish, at, location, number)
    for one in held:
        if one.status == "open" and (over := has.get(one.item, 0) - wish.items.get(one.item, 0)) > 0:
            part = min(over, one.quantity)
            _give_back(book, wish.shop_id, one, part)
            has[one.item] -= part


def force(book: Book, wish: Wish, at: At, number: int) -> None:
    """Promise it although there may be too few: from the place named, or the one with the most."""
    if wish.place is not None:
        book.balance(at, wish.place)
    places = [one for one in book.balances.get(at, {}).values() if wish.may_take(one, wish.channel)]
    if places and number > 0:
        best = max(places, key=lambda one: (one.available, -one.rank))
        _take(book, wish, at, best.location, number)


def _holds(balance: Balance, wish: Wish) -> bool:
    """Whether the figure known here holds the order already."""
    return wish.counts_at is not None and balance.figure_at is not None and wish.counts_at <= balance.figure_at


def _take(book: Book, wish: Wish, at: At, location: str, number: int) -> None:
    balance = book.balances[at][location]
    held = book.reservations.setdefault((wish.shop_id, wish.order), [])
    is_said = _holds(balance, wish)
    one = next((one for one in held if one.item == at[1] and one.location == location), None)
    if one is None:
        one = Reservation(wish.order, at[1], location, 0, counts_at=wish.counts_at, is_said=is_said)
        held.append(one)
    elif one.status != "open":
        one.counts_at, one.is_said = wish.counts_at, is_said
    one.quantity += number
    one.is_changed = True
    balance.reserved += number
    if one.is_said:
        book.move(at, balance, number, "order", f"order:{wish.order}")
    else:
        balance.unsaid += number
        book.touch(at, balance)


def _give_back(book: Book, shop: int, one: Reservation, number: int) -> int:
    at = (shop, one.item)
    balance = book.balance(at, one.location)
    balance.reserved -= number
    if one.is_said:
        # The store that took it says itself when it is there again.
        book.move(at, balance, -number, "order", f"order:{one.order}")
    else:
        balance.unsaid -= number
        book.touch(at, balance)
    one.quantity -= number
    one.is_changed = True
    return 1


def _close(book: Book, reason: str) -> None:
    if book.is_changed:
        tell_changed(book, book.write(), reason, min(order for _, order in book.reservations))


# --- the port ---------------------------------------------------------------------------------------


class _Asked:
    """A wish in the queue. `woken` is set when it is decided, or when its buyer is to decide for all that wait."""

    __slots__ = ("error", "is_decided", "wish", "woken")

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.woken = threading.Event()
        self.is_decided = False
        self.error: Exception | None = None


class Counter:
    """Where buyers of one process queue: whoever is first decides for all who came meanwhile, in one transaction."""

    MOST = 256

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self.database = database
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._waiting: list[_Asked] = []
        self._is_open = False
        """Whether somebody decides just now."""

    def reserve(self, wish: Wish) -> Sequence[Short]:
        mine = _Asked(wish)
        with self._lock:
            self._waiting.append(mine)
            is_first, self._is_open = not self._is_open, True
        if not is_first:
            mine.woken.wait()
        if not mine.is_decided:
            try:
                self.serve()
            finally:
                self._hand_over()
        if mine.error is not None:
            raise mine.error
        return wish.short

    def _hand_over(self) -> None:
        with self._lock:
            self._is_open = bool(self._waiting)
            following = self._waiting[0] if self._waiting else None
        if following is not None:
            following.woken.set()

    def serve(self) -> None:
        """Decide what waits, the oldest first."""
        with self._lock:
            served, self._waiting = self._waiting[: self.MOST], self._waiting[self.MOST :]
        try:
            self._decide([one.wish for one in served])
        except Exception as error:
            # What one of them broke on must not keep the others from an answer.
            for one in served:
                one.error = error if len(served) == 1 else self._error_of(one.wish)
        except BaseException:
            for one in served:
                one.error = RuntimeError("the worker ends")
            raise
        finally:
            for one in served:
                one.is_decided = True
                one.woken.set()

    def _error_of(self, wish: Wish) -> Exception | None:
        try:
            self._decide([wish])
        except Exception as error:
            return error
        return None

    def _decide(self, wishes: Sequence[Wish]) -> None:
        for attempt in range(TRIES):
            try:
                with self.database.transaction() as tx:
                    reserve(tx, wishes, to_micros(self._clock.now()))
                return
            except DatabaseConflict:
                if attempt == TRIES - 1:
                    raise


_counters: dict[int, Counter] = {}
_counters_lock = threading.Lock()


def counter_of(database: Database) -> Counter:
    """The one of this process."""
    with _counters_lock:
        found = _counters.get(id(database))
        if found is None or found.database is not database:
            found = _counters[id(database)] = Counter(database)
        return found


class LiveReservations:
    """`Reservations` of one shop. Within `tx`, where the action runs in one, and committed with it; else by itself."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._tx = tx

    def reserve(
        self, order: str, lines: Sequence[Mapping[str, Any]], *, placed_at: str | None = None
    ) -> Sequence[Short]:
        one = wish(self._shop_id, order, lines, placed_at)
        if self._tx is None:
            return counter_of(self._database).reserve(one)
        reserve(self._tx, [one], self._now)
        return one.short

    def release(self, order: str) -> int:
        if self._tx is not None:
            return release(self._tx, [(self._shop_id, order)], self._now)
        with self._database.transaction() as tx:
            return release(tx, [(self._shop_id, order)], self._now)

    def available(self, items: Sequence[str], *, order: str = "") -> Mapping[str, int]:
        if self._tx is not None:
            return _available(self._tx, self._shop_id, items, order)
        with self._database.read() as tx:
            return _available(tx, self._shop_id, items, order)

    def holds(self, order: str) -> bool:
        parameters = {"shops": [self._shop_id], "orders": [order]}
        if self._tx is not None:
            return self._tx.one("orders_with_stock", parameters) is not None
        with self._database.read() as tx:
            return tx.one("orders_with_stock", parameters) is not None


def _available(tx: Transaction, shop_id: int, items: Sequence[str], order: str) -> Mapping[str, int]:
    found = {str(item): int(n) for item, n in tx.all("stock_available", {"shop": shop_id, "items": sorted(set(items))})}
    channel = channel_of(tx, shop_id, order) if order else None
    if channel is None:
        return found
    other = elsewhere(tx, shop_id, channel, list(found))
    return {item: number - other.get(item, 0) for item, number in found.items()}
