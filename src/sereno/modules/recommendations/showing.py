"""What became of the visits that were shown recommendations: how many clicked and how many ordered, beside those that
were held out and saw what sells best.

Invariant: a visit counts once however much it sees, an order counts for one visit, and only while the shop's own book
has it, placed after the showing and not cancelled: a page cannot claim more. Visits and orders are kept as digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sereno.engine.evidence import between
from sereno.modules.recommendations.reading import Held
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros

HELD_OUT = 10
"""Per cent of visits that are shown what sells best instead, so that the difference can be seen."""
FEW = 50
"""Fewer visits than that in either arm say nothing."""
RISK = 0.05
"""The chance that an interval ever leaves out the true rate, or that the wrong arm is ever called the better."""
LATEST = timedelta(days=2)
"""So long after a visit was shown something its order is its own."""
KEPT = timedelta(days=90)
ARMS = ("ours", "popular")


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of so many visits, with the interval that holds however often one looks."""

    number: int
    of: int

    def told(self) -> dict[str, Any]:
        low, high = between(self.number, self.of, RISK / 2)
        share = round(self.number / self.of, 4) if self.of else None
        return {"number": self.number, "share": share, "low": round(low, 4), "high": round(high, 4)}


def verdict(ours: Rate, popular: Rate) -> str:
    """`better` or `worse` once one interval lies above the other's; `few`, or `alike` as long as it cannot be told."""
    if min(ours.of, popular.of) < FEW:
        return "few"
    (low, high), (other_low, other_high) = (between(one.number, one.of, RISK / 4) for one in (ours, popular))
    return "better" if low > other_high else "worse" if high < other_low else "alike"


def arm_of(visit: str) -> str:
    """`popular` for those held out, by the name of the visit alone."""
    drawn = blake2b(visit.encode(), digest_size=4, person=b"recommend arms").digest()
    return "popular" if visit and int.from_bytes(drawn) % 100 < HELD_OUT else "ours"


def shown(tx: Transaction, shop_id: int, visit: str, now: datetime) -> None:
    given = {"shop": shop_id, "visit": _digest(visit), "arm": arm_of(visit), "now": to_micros(now)}
    tx.run("put_showing", given)


def clicked(tx: Transaction, shop_id: int, visit: str) -> None:
    tx.run("click_showing", {"shop": shop_id, "visit": _digest(visit)})


def bought(database: Database, shop_id: int, visit: str, order: str) -> None:
    """A visit says it placed this order. It counts at once where the shop's book has it, else when it comes."""
    # Storefronts of one platform name it by a path: gid://shop/Order/17.
    key = order.strip().rpartition("/")[2][:200]
    if not visit or not key:
        return
    with database.transaction() as tx:
        tx.run("claim_bought", {"shop": shop_id, "visit": _digest(visit), "bought": _digest(key)})
        rows = tx.all("baskets_by_key", {"shop": shop_id, "keys": [f"order:{key}"]})
        settle(tx, shop_id, [Held(row[1], row[2], row[3], row[4], ("held",)) for row in rows])


def settle(tx: Transaction, shop_id: int, orders: Iterable[Held]) -> None:
    """What the book says of orders that visits have claimed: one without things is none any more."""
    rows = [(shop_id, _digest(one.key.removeprefix("order:")), one.at, bool(one.items)) for one in orders]
    if rows and tx.one("any_bought", {"shop": shop_id}) is not None:
        tx.many("settle_bought", [(*row, row[2] - int(LATEST / timedelta(microseconds=1))) for row in rows])


def report(database: Database, shop_id: int, since: datetime) -> dict[str, Any]:
    """By arm: visits, how many clicked and ordered; and what can be said of the difference."""
    with database.read() as tx:
        rows = tx.all("showings_by_arm", {"shop": shop_id, "since": to_micros(since)})
    held: Mapping[str, tuple[int, int, int]] = {row[0]: (row[1], row[2] or 0, row[3] or 0) for row in rows}
    found: dict[str, Any] = {}
    rates: dict[str, dict[str, Rate]] = {"clicked": {}, "ordered": {}}
    for arm in ARMS:
        visits, clicks, orders = held.get(arm, (0, 0, 0))
        rates["clicked"][arm], rates["ordered"][arm] = Rate(clicks, visits), Rate(orders, visits)
        found[arm] = {"visits": visits, **{name: rates[name][arm].told() for name in rates}}
    return found | {"verdicts": {name: verdict(one["ours"], one["popular"]) for name, one in rates.items()}}


def forget(tx: Transaction, shop_id: int, now: datetime) -> None:
    tx.run("forget_showings", {"shop": shop_id, "before": to_micros(now - KEPT)})


def _digest(name: str) -> str:
    return blake2b(name.encode("utf-8", "replace"), digest_size=16, person=b"recommend shown").hexdigest()
