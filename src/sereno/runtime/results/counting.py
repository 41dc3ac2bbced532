"""The sums that the pages of results read, and the names under which a message is counted.

Invariant: sums are changed in the transaction that makes them true, by the day the message was sent, so that no share
of what was sent ever passes one. What adds up other sums (a source's day, its month, the shop's day) is changed with
them, by the same numbers: nothing else writes either, so they never differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zlib import crc32

from sereno.engine.tallies import SHARDS
from sereno.store.database import Transaction

DAY = 86_400_000_000
FLOW, NEWSLETTER = "flow", "newsletter"
WHOLE = "*"
"""Stands for the step where a row adds up all of a source's day or month, and for the source where it adds up the
shop's day."""
EPOCH = date(1970, 1, 1)
WHAT = (
    *("sent", "segments", "failed", "withheld", "delivered", "opened", "machine", "clicked", "unsubscribed"),
    *("complained", "bounced", "orders", "revenue", "known", "margin", "codes"),
)
"""Columns of `insights_tally`, in its order."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where a message is counted; `day` is days since 1970 UTC."""

    shop_id: int
    day: int
    source: str
    source_id: int
    step: str = ""
    variant: str = ""
    channel: str = "email"
    locale: str = ""

    def row(self) -> tuple[Any, ...]:
        return (
            *(self.shop_id, self.day, self.source, self.source_id),
            *(self.step, self.variant, self.channel, self.locale),
        )


Changes = Mapping[tuple[Spot, str], Counter[str]]
"""By spot and currency."""


@dataclass(slots=True)
class Sums:
    """Changes of one transaction."""

    held: dict[tuple[Spot, str], Counter[str]] = field(default_factory=dict[tuple[Spot, str], "Counter[str]"])

    def add(self, spot: Spot, what: str, number: int = 1, currency: str = "") -> None:
        """`what` is one of WHAT."""
        self.held.setdefault((spot, currency), Counter())[what] += number

    def write(self, tx: Transaction, worker: str) -> None:
        """Each worker adds to rows of its own, so that none waits for another."""
        shard = crc32(worker.encode()) % SHARDS
        sources = _added(self.held, lambda spot: replace(spot, step=WHOLE, variant="", locale=""))
        shops = _added(sources, lambda spot: replace(spot, source=WHOLE, source_id=0))
        days = self.held | sources | shops
        months = _added(self.held | sources, lambda spot: replace(spot, day=_month(spot.day)))
        if rows := list(_rows(days, shard)):
            tx.many("count_messages", rows)
        if rows := list(_rows(months, shard)):
            tx.many("count_months", rows)


def month_of(day: date) -> int:
    """Counted from the year 0."""
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=512)
def _month(day: int) -> int:
    return month_of(EPOCH + timedelta(days=day))


def _added(changes: Changes, at: Callable[[Spot], Spot]) -> dict[tuple[Spot, str], Counter[str]]:
    """The changes, added up where they meet."""
    found: dict[tuple[Spot, str], Counter[str]] = {}
    for (spot, currency), counts in changes.items():
        held = found.setdefault((at(spot), currency), Counter())
        for what, number in counts.items():
            held[what] += number
    return found


def _rows(changes: Changes, shard: int) -> Iterator[tuple[Any, ...]]:
    """In one order for everybody; what comes to nothing is left out."""
    for (spot, currency), counts in sorted(changes.items(), key=lambda item: item[0]):
        if any(counts.values()):
            yield (*spot.row(), currency, shard, *(counts[what] for what in WHAT))
