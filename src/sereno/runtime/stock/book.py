"""The pages of the book that a transaction works on: read and locked together, changed in memory, written together.

Invariant: for each balance `on_hand` is the sum of its movements; where a store counts, `available` is its figure less
what it does not know of yet (`unsaid`). Items are locked in one order by everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime.stock.channels import channel_of
from sereno.store.database import Transaction
from sereno.store.documents import decode

At = tuple[int, str]
"""Shop and item."""


@dataclass(slots=True)
class Item:
    """`is_tracked` is False for what nobody counts."""

    is_tracked: bool | None = None
    can_oversell: bool | None = None
    variant: str | None = None
    product: str | None = None
    title: str | None = None


@dataclass(slots=True)
class Balance:
    """One item at one place. `sells`: what is here may be promised, to orders of `channels` (empty: of all)."""

    location: str
    on_hand: int = 0
    reserved: int = 0
    incoming: int = 0
    figure: int | None = None
    figure_at: int | None = None
    unsaid: int = 0
    offered: int | None = None
    offered_from: int | None = None
    sells: bool = True
    rank: int = 100
    channels: frozenset[str] = frozenset()

    def serves(self, channel: str | None) -> bool:
        """Whether an order of this channel is served from here; None: of whichever."""
        return self.sells and self.is_for(channel)

    def is_for(self, channel: str | None) -> bool:
        """As `serves`, whether or not anything may be promised from here."""
        return channel is None or not self.channels or channel in self.channels

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(slots=True)
class Reservation:
    """See the model."""

    order: str
    item: str
    location: str
    quantity: int
    shipped: int = 0
    counts_at: int | None = None
    is_said: bool = False
    is_changed: bool = False

    @property
    def status(self) -> str:
        if self.quantity:
            return "open"
        return "shipped" if self.shipped else "released"


class Book:
    """Of some items, held until the transaction ends."""

    def __init__(self, tx: Transaction, now: int) -> None:
        self.tx = tx
        self.now = now
        self.items: dict[At, Item] = {}
        self.balances: dict[At, dict[str, Balance]] = {}
        self.reservations: dict[tuple[int, str], list[Reservation]] = {}
        """By shop and order."""
        self.before: dict[At, int] = {}
        """What could be promised when it was read."""
        self._changed: set[tuple[At, str]] = set()
        self._movements: list[tuple[Any, ...]] = []

    def open(self, wanted: Iterable[At], orders: Iterable[tuple[int, str]] = ()) -> None:
        """Lock these items, and those the orders have, and read all that is known of them."""
        orders = sorted(set(orders))
        wanted = set(wanted)
        if orders:
            # What an order holds may change until its items are locked; so it is read again after.
            wanted |= {(shop, held.item) for shop, held in self._of_orders(orders)}
        if not wanted:
            return
        shops, names = sorted({at[0] for at in wanted}), sorted({at[1] for at in wanted})
        parameters = {"shops": shops, "items": names}
        for shop, item, *rest in self.tx.all("lock_stock_items", parameters):
            tracked, oversell, variant, product, title = rest
            self.items[shop, item] = Item(_flag(tracked), _flag(oversell), variant, product, title)
        for shop, item, location, *numbers, sells, rank, channels in self.tx.all("stock_balances", parameters):
            held = self.balances.setdefault((shop, item), {})
            served = _served(channels)
            held[location] = Balance(location, *numbers, sells=bool(sells), rank=rank, channels=served)
        for at in self.items:
            self.before[at] = self.available(at)
        if orders:
            self.reservations = {order: [] for order in orders}
            for shop, held in self._of_orders(orders):
                self.reservations[shop, held.order].append(held)

    def _of_orders(self, orders: Sequence[tuple[int, str]]) -> list[tuple[int, Reservation]]:
        parameters = {"shops": sorted({one[0] for one in orders}), "orders": sorted({one[1] for one in orders})}
        asked = set(orders)
        rows = self.tx.all("stock_reservations_of_orders", parameters)
        return [(row[0], reservation(row)) for row in rows if (row[0], row[1]) in asked]

    def balance(self, at: At, location: str) -> Balance:
        """Also of a place where the item has not been."""
        held = self.balances.setdefault(at, {})
        if location not in held:
            row = self.tx.one("stock_location", {"shop": at[0], "key": location})
            held[location] = Balance(location)
            if row:
                held[location] = Balance(location, sells=bool(row[2]), rank=row[3], channels=_served(row[5]))
        return held[location]

    def available(self, at: At, channel: str | None = None) -> int:
        """At the places that sell, or those of them that serve a channel."""
        return sum(one.available for one in self.balances.get(at, {}).values() if one.serves(channel))

    def channel_of(self, shop: int, order: str, items: Iterable[str]) -> str | None:
        """Of which channel the order is, looked up only where a place of one of these items is not for all of them."""
        held = (one for item in items for one in self.balances.get((shop, item), {}).values())
        return channel_of(self.tx, shop, order) if any(one.channels for one in held) else None

    def move(self, at: At, balance: Balance, change: int, kind: str, reference: str, by: str = "") -> None:
        """Change what is there, with a line in the ledger."""
        self.touch(at, balance)
        if change:
            balance.on_hand += change
            line = (*at, balance.location, kind, change, balance.on_hand, reference[:200], by[:200], self.now)
            self._movements.append(line)

    def adjust(self, at: At, balance: Balance, change: int, kind: str, reference: str, by: str = "") -> None:
        """Change what is there by something the store that counts does not know of."""
        balance.unsaid -= change
        self.move(at, balance, change, kind, reference, by)

    def settle_offer(self, at: At, balance: Balance) -> None:
        """The store has been told: what it did not know of then, its figures hold from now on."""
        if balance.offered is None or balance.offered_from is None:
            return
        balance.unsaid -= balance.offered_from - balance.offered
        if balance.figure == balance.offered_from:
            balance.figure = balance.offered
        balance.offered = balance.offered_from = None
        self.level(at, balance)

    def level(self, at: At, balance: Balance) -> None:
        """Make what is there agree with the figure."""
        if balance.figure is not None:
            there = balance.figure - balance.unsaid + balance.reserved
            self.move(at, balance, there - balance.on_hand, "store", "")

    def touch(self, at: At, balance: Balance) -> None:
        """The balance has changed."""
        self._changed.add((at, balance.location))

    @property
    def is_changed(self) -> bool:
        return bool(self._changed)

    def write(self) -> dict[At, tuple[int, int]]:
        """Write what changed. Gives the items of which more or fewer can be promised: how many before, and now."""
        tx = self.tx
        rows = [(at, self.balances[at][location]) for at, location in sorted(self._changed)]
        tx.many("put_stock_balances", [(*at, *_numbers(one), self.now) for at, one in rows])
        found: dict[At, tuple[int, int]] = {}
        totals: list[tuple[Any, ...]] = []
        for at in sorted({at for at, _ in rows}):
            sold = [one for one in self.balances[at].values() if one.sells]
            now = sum(one.available for one in sold)
            sums = [sum(getattr(one, name) for one in sold) for name in ("on_hand", "reserved", "incoming")]
            totals.append((*at, *sums, now, self.now))
            if now != self.before.get(at, 0):
                found[at] = (self.before.get(at, 0), now)
        tx.many("set_stock_items", totals)
        changed = [(shop, one) for (shop, _), held in self.reservations.items() for one in held if one.is_changed]
        tx.many("put_stock_reservations", sorted(_row(shop, one, self.now) for shop, one in changed))
        tx.many("add_stock_movements", self._movements)
        return found


def reservation(row: Sequence[Any]) -> Reservation:
    """Of a row of `stock_reservations_of_orders`."""
    _, order, item, location, quantity, shipped, counts_at, is_said = row
    return Reservation(order, item, location, quantity, shipped, counts_at, bool(is_said))


def _served(text: str) -> frozenset[str]:
    # Nearly all are for all channels: these are not decoded.
    names: list[str] = decode(text) if text != "[]" else []
    return frozenset(names)


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _numbers(one: Balance) -> tuple[Any, ...]:
    figure = (one.figure, one.figure_at, one.unsaid, one.offered, one.offered_from)
    return one.location, one.on_hand, one.reserved, one.incoming, *figure


def _row(shop: int, one: Reservation, now: int) -> tuple[Any, ...]:
    settled = None if one.status == "open" else now
    said = (one.counts_at, one.is_said)
    return shop, one.order, one.item, one.location, one.quantity, one.shipped, one.status, *said, now, settled
