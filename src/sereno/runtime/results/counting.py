"""The sums that the pages of results read, and the names under which a message is counted.

Invariant: sums are changed in the transaction that makes them true, by the day the message was sent, so that no share
of what was sent ever passes one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from sereno.engine.tallies import SHARDS
from sereno.store.database import Transaction

DAY = 86_400_000_000
FLOW, NEWSLETTER = "flow", "newsletter"
WHOLE = "*"
"""Stands for the step where a row adds up all of a source's day."""
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
        whole: dict[tuple[Spot, str], Counter[str]] = {}
        for (spot, currency), counts in self.held.items():
            of_day = replace(spot, step=WHOLE, variant="", locale="")
            held = whole.setdefault((of_day, currency), Counter())
            for what, number in counts.items():
                held[what] += number
        rows = [
            (*spot.row(), currency, shard, *(counts[what] for what in WHAT))
            for (spot, currency), counts in sorted((self.held | whole).items(), key=lambda item: item[0])
            if any(counts.values())
        ]
        if rows:
            tx.many("count_messages", rows)
