"""Counts what people ordered after they came to an experiment, and keeps the sums that the pages read.

Invariant: each exposure's look, its outcome and the change of the sums are one transaction, and a look adds only what
differs from the look before, so a worker that dies loses nothing and counts nothing twice.

Only people whose window is over count, so that all have been followed for equally long: somebody who came an hour ago
has hardly had time to order, and arms that grow at different speeds would be compared unfairly. After that there are
looks a day, a week and a month later, by which cancellations and refunds are taken off again; they come to all arms by
the same calendar.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from sereno.commerce.merging import micros
from sereno.commerce.money import AmountInvalid, Money
from sereno.engine.control import CONTROL
from sereno.runtime.records import Records
from sereno.runtime.world import World
from sereno.store.database import DatabaseConflict, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")

AGAIN = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""How long after the window's end its orders are looked at again."""
ORDERED = ("order.created", "order.paid", "order.updated")
"""Any of these tells of an order; when it was placed, the order itself says."""
PAGE = 500
SECONDS = 1.0
"""How long one turn may take: it is a part of the heartbeat."""
DAY = 86_400_000_000
CREDITED = "credited"
VISITOR = "visitor:"
"""Begins the units of a checkout's visitors."""

Key = tuple[int, int, str, str, str, str, int]
"""Of a sum: shop, flow, experiment, design, arm, metric, day."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A row of `claim_exposures`."""

    id: int
    shop_id: int
    flow_id: int
    experiment: str
    design: str
    arm: str
    unit: str
    customer: str | None
    at: int
    until: int
    looks: int
    outcome: Mapping[str, Any]

    @property
    def links(self) -> list[str]:
        return [self.unit] if self.customer is None else [self.unit, f"customer:{self.customer}"]

    @property
    def address(self) -> str | None:
        return self.unit.removeprefix("email:") if self.unit.startswith("email:") else None


@dataclass(slots=True)
class Sums:
    """Changes of sums, added up before they are written."""

    changes: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0, 0.0, 0]))

    def add(self, one: Exposed, metric: str, at: int, before: int, after: int) -> None:
        """A unit's outcome was `before` and is `after`."""
        if before == after:
            return
        for day in (0, at // DAY):
            change = self.changes[one.shop_id, one.flow_id, one.experiment, one.design, one.arm, metric, day]
            change[0] += after - before
            change[1] += float(after) ** 2 - float(before) ** 2
            change[2] += (after != 0) - (before != 0)

    def rows(self) -> list[tuple[Any, ...]]:
        """Of `add_sums`, in one order for everybody."""
        return sorted((*key, *change) for key, change in self.changes.items())


class Outcomes:
    """One per worker; several may work side by side."""

    def __init__(self, world: World) -> None:
        self._world = world

    def turn(self, seconds: float = SECONDS) -> int:
        """Count for about so long. Gives how many exposures were looked at. Never raises: the numbers are late then."""
        end, done = monotonic() + seconds, 0
        try:
            while (looked := self.run()) and monotonic() < end:
                done += looked
        except DatabaseConflict:
            return done
        except Exception:
            log.exception("the outcomes of experiments could not be counted; trying again")
        return done

    def run(self, limit: int = PAGE) -> int:
        """Look at up to `limit` exposures that are due. Gives how many."""
        world = self._world
        with world.database.transaction() as tx:
            now = to_micros(world.clock.now())
            rows = tx.all("claim_exposures", {"now": now, "limit": limit})
            if not rows:
                return 0
            found = [Exposed(*row[:11], outcome=decode(row[11]) if row[11] else {}) for row in rows]
            over = [one for one in found if one.until <= now]
            orders = self._orders(tx, over)
            credits = _credits(tx, [one for one in over if one.looks < 2], orders)
            sums = Sums()
            settled = [_look(one, orders.get(one.id, {}), credits, sums, now) for one in found]
            tx.many("settle_exposures", sorted(settled))
            tx.many("add_sums", sums.rows())
        return len(rows)

    def _orders(self, tx: Transaction, over: Sequence[Exposed]) -> dict[int, dict[str, Order]]:
        """By exposure: its orders that still stand, by their keys."""
        if not over:
            return {}
        keys: dict[tuple[int, str], dict[str, int]] = {}
        links = _links(tx, over)
        parameters = {
            "shops": sorted({one.shop_id for one in over}),
            "links": sorted({link for found in links.values() for link in found}),
            "since": min(one.at for one in over),
            "until": max(one.until for one in over) + DAY,  # an order may be told of later than it was placed
            "types": list(ORDERED),
        }
        for shop_id, link, refs, at in tx.all("orders_after", parameters):
            if key := decode(refs).get("order"):
                held = keys.setdefault((shop_id, link), {})
                held[key] = min(at, held.get(key, at))
        wanted = {(shop_id, key) for (shop_id, _), orders in keys.items() for key in orders}
        records = Records(self._world.plugins, tx, self._world.database.dialect)
        for shop_id, key in wanted:
            records.want_row("order", shop_id, key)
        records.fetch()
        found: dict[int, dict[str, Order]] = {}
        for one in over:
            orders = found.setdefault(one.id, {})
            for link in links[one.id]:
                for key, told_at in keys.get((one.shop_id, link), {}).items():
                    order = _order(records.row("order", one.shop_id, key).record, told_at)
                    if order is not None and one.at < order.placed_at <= one.until:
                        orders[key] = order
        return found


def _links(tx: Transaction, over: Sequence[Exposed]) -> dict[int, list[str]]:
    """By exposure: what the person's orders are found by. A visitor of the checkout is found by their carts, and by who
    they turned out to be."""
    found = {one.id: one.links for one in over}
    visitors: dict[tuple[int, str], list[int]] = {}
    for one in over:
        if one.unit.startswith(VISITOR):
            visitors.setdefault((one.shop_id, one.unit), []).append(one.id)
    if not visitors:
        return found
    asked = {"shops": sorted({shop for shop, _ in visitors}), "visitors": sorted({unit for _, unit in visitors})}
    for shop_id, unit, link in tx.all("links_of_visitors", asked):
        for id_ in visitors.get((shop_id, unit), ()):
            if link not in found[id_]:
                found[id_].append(link)
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """One that stands: `amount` in the currency's smallest unit, refunds taken off."""

    placed_at: int
    currency: str
    amount: int


def _order(record: Mapping[str, Any] | None, told_at: int) -> Order | None:
    """None for one that was cancelled, given back in full, or is no sale: a draft, a test, a subscription's renewal."""
    if record is None or record.get("is_test") or record.get("is_subscription"):
        return None
    if record.get("status") in ("cancelled", "deleted", "draft") or record.get("cancelled_at"):
        return None
    if record.get("payment_status") in ("refunded", "voided"):
        return None
    placed_at = micros(record.get("placed_at")) or told_at
    try:
        currency = str(record.get("currency") or "")
        total = Money.parse(str(record.get("total") or 0), currency)
        total -= Money.parse(str(record.get("total_refunded") or 0), currency)
    except AmountInvalid:
        return Order(placed_at, "", 0)
    return Order(placed_at, total.currency, max(total, total * Decimal(0)).to_minor())


def _look(
    one: Exposed, orders: Mapping[str, Order], credits: Mapping[int, list[str]], sums: Sums, now: int
) -> tuple[int, int, int | None, str | None]:
    """Add what this look found. Gives a row of `settle_exposures`."""
    looks = [one.at, one.until, *(one.until + after // timedelta(microseconds=1) for after in AGAIN)]
    over = sum(at <= now for at in looks)
    if one.looks < 1 <= over:
        sums.add(one, "exposed", one.at, 0, 1)
    if over < 2:
        return one.id, over, looks[over], None
    if one.looks < 2:
        sums.add(one, "units", one.until, 0, 1)
    credited = credits.get(one.id, []) if one.looks < 2 else list(one.outcome.get("keys") or ())
    before: dict[str, int] = dict(one.outcome.get("sums") or {})
    after = _totals(orders, credited)
    for metric in sorted({*before, *after}):
        sums.add(one, metric, one.until, before.get(metric, 0), after.get(metric, 0))
    kept = {"sums": after, **({"keys": credited} if credited else {})}
    due = looks[over] if over < len(looks) else None
    return one.id, over, due, encode(kept) if after or before else None


def _totals(orders: Mapping[str, Order], credited: Iterable[str]) -> dict[str, int]:
    """What a person's orders add up to, by metric."""
    found: dict[str, int] = {}

    def add(order: Order, count: str, money: str) -> None:
        found[count] = found.get(count, 0) + 1
        if order.amount:
            found[money] = found.get(money, 0) + order.amount

    for order in orders.values():
        add(order, "orders", order.currency)
    for key in credited:
        if (order := orders.get(key)) is not None:
            add(order, CREDITED, f"{CREDITED}:{order.currency}")
    return found


def _credits(
    tx: Transaction, over: Sequence[Exposed], orders: Mapping[int, Mapping[str, Order]]
) -> dict[int, list[str]]:
    """By exposure: the orders before which this flow was the last to write to the person, and not longer before than
    the window. Told once, at the window's end, for what was sent is not kept for ever."""
    asked = [one for one in over if one.experiment == CONTROL and one.address and orders.get(one.id)]
    if not asked:
        return {}
    parameters = {
        "shops": sorted({one.shop_id for one in asked}),
        "addresses": sorted({one.address or "" for one in asked}),
        "since": min(one.at for one in asked),
        "until": max(one.until for one in asked),
    }
    written: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for shop_id, address, flow_id, at in tx.all("last_written_to", parameters):
        written.setdefault((shop_id, address), []).append((at, flow_id))
    found: dict[int, list[str]] = {}
    for one in asked:
        touches = written.get((one.shop_id, one.address or ""), [])
        for key, order in sorted(orders[one.id].items()):
            before = [touch for touch in touches if one.at <= touch[0] <= order.placed_at]
            if before and max(before)[1] == one.flow_id:
                found.setdefault(one.id, []).append(key)
    return found
