"""What a customer did up to a day, as numbers. Invariant: nothing at or after the cut is ever looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from sereno.modules.scores.lifetime import Buyer

WEEK = 7.0
USUAL = 2
"""How many gaps of the shop's usual length stand beside a customer's own."""


@dataclass(frozen=True, slots=True)
class History:
    """The days (ordinals, ascending, each once) on which somebody ordered, and what each day came to in the shop's
    currency."""

    key: str
    days: tuple[int, ...]
    spent: tuple[float, ...]

    def before(self, cut: int) -> History | None:
        """None where there was nothing yet."""
        at = bisect_left(self.days, cut)
        return History(self.key, self.days[:at], self.spent[:at]) if at else None

    def days_until_next(self, cut: int) -> int | None:
        """From the cut to the first order at or after it."""
        at = bisect_left(self.days, cut)
        return self.days[at] - cut if at < len(self.days) else None

    @property
    def total(self) -> float:
        return sum(self.spent)


def silence(past: History, cut: int) -> int:
    """Days since the last order; 1 for yesterday's."""
    return cut - past.days[-1]


def usual_gap(histories: Sequence[History]) -> float:
    """The median time between two orders of one customer, in days; 60 where nobody ordered twice."""
    gaps = sorted(two - one for past in histories for one, two in pairwise(past.days))
    return float(gaps[len(gaps) // 2]) if gaps else 60.0


def own_gap(past: History, usual: float) -> float:
    """Of one customer, drawn towards the usual one as long as there are few."""
    return (past.days[-1] - past.days[0] + USUAL * usual) / (len(past.days) - 1 + USUAL)


def features(past: History, cut: int, usual: float) -> tuple[float, ...]:
    """Recency, frequency, money and age as logarithms, the own gap, and how late somebody is by it."""
    silent, count, spent = silence(past, cut), len(past.days), max(0.0, past.total)
    gap = own_gap(past, usual)
    quiet, often = log(1 + silent), log(count)
    return (
        quiet,
        often,
        log(1 + spent),
        log(1 + cut - past.days[0]),
        log(1 + gap),
        quiet * often,
        max(0.0, log((silent + 1) / gap)),
        1.0 if count == 1 else 0.0,
    )


def buyer(past: History, cut: int) -> Buyer:
    """As the model of lifetime takes them, in weeks, seen at the end of the day before the cut."""
    first = past.days[0]
    return Buyer(len(past.days) - 1, (past.days[-1] - first) / WEEK, (cut - 1 - first) / WEEK)


def known_before(histories: Sequence[History], cut: int) -> Iterator[tuple[History, History]]:
    """Who had ordered by then: as they were, and as they are."""
    for whole in histories:
        past = whole.before(cut)
        if past is not None:
            yield past, whole


def earlier_cuts(first: int, last: int, horizon: int) -> list[int]:
    """Days to learn from: a week apart, ten at most, each with the horizon after it and enough before it. Newest
    first; none where the past is too short."""
    newest, least = last - horizon, first + max(45, horizon // 2)
    return [cut for cut in range(newest, newest - 70, -7) if cut >= least]
