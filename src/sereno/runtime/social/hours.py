"""At which hours a shop's own posts were answered best. Pure.

Invariant: what was learned is used where it told the shop's own past better than chance (each post by what the others
say); otherwise hours are the usual ones, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p, sqrt
from zoneinfo import ZoneInfo

from sereno.runtime.social.plan import on_clock

ENOUGH, WEIGHT, SURE = 30, 5.0, 1.64
"""Posts that were counted; posts' worth of doubt in each hour and day; how sure, in deviations (one in twenty)."""
USUAL = {9: 0.3, 12: 0.2, 18: 0.25}
"""Where nothing is known: hours of working days at which people look."""
BLOCK = 3
EARLIEST, LATEST, APART = 7, 21, timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Past:
    """A post that was counted: when, on the shop's clock, and how much more it was answered than the account's usual
    (in logarithms)."""

    weekday: int
    hour: int
    gain: float


@dataclass(frozen=True, slots=True)
class Hours:
    """`by_day` and `by_block` are what a day and three hours are worth. `is_learned`: from `count` posts of its own."""

    by_day: tuple[float, ...]
    by_block: tuple[float, ...]
    count: int
    is_learned: bool

    def worth(self, local: datetime) -> float:
        if self.is_learned:
            return self.by_day[local.weekday()] + self.by_block[local.hour // BLOCK]
        return USUAL.get(local.hour, 0.0) if local.weekday() < 5 else 0.0


def past_of(rows: Sequence[tuple[int, datetime, int]], zone: ZoneInfo) -> list[Past]:
    """From (account, published at, answers)."""
    sums: dict[int, tuple[float, int]] = {}
    for account, _at, answers in rows:
        total, count = sums.get(account, (0.0, 0))
        sums[account] = total + log1p(answers), count + 1
    found: list[Past] = []
    for account, at, answers in rows:
        total, count = sums[account]
        local = at.astimezone(zone)
        found.append(Past(local.weekday(), local.hour, log1p(answers) - total / count))
    return found


def learn(past: Sequence[Past]) -> Hours:
    """Days and blocks of hours, each pulled toward nothing by `WEIGHT` posts' worth of doubt."""
    days, blocks = _sums(past)
    by_day = tuple(total / (count + WEIGHT) for total, count in days)
    by_block = tuple(total / (count + WEIGHT) for total, count in blocks)
    return Hours(by_day, by_block, len(past), len(past) >= ENOUGH and _tells(past) >= SURE)


def _tells(past: Sequence[Past]) -> float:
    """How much better than chance each post is told by the others, in deviations."""
    days, blocks = _sums(past)
    pairs: list[tuple[float, float]] = []
    for one in past:
        day, day_count = days[one.weekday]
        block, block_count = blocks[one.hour // BLOCK]
        left = (day - one.gain) / (day_count - 1 + WEIGHT) + (block - one.gain) / (block_count - 1 + WEIGHT)
        pairs.append((left, one.gain))
    size = len(pairs)
    mean_x, mean_y = (sum(pair[at] for pair in pairs) / size for at in (0, 1))
    across = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    spread = sqrt(sum((x - mean_x) ** 2 for x, _ in pairs) * sum((y - mean_y) ** 2 for _, y in pairs))
    if not spread:
        return 0.0
    likeness = min(across / spread, 0.999999)
    return likeness * sqrt((size - 2) / (1 - likeness**2))


def _sums(past: Sequence[Past]) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    days, blocks = [(0.0, 0)] * 7, [(0.0, 0)] * (24 // BLOCK)
    for one in past:
        for held, at in ((days, one.weekday), (blocks, one.hour // BLOCK)):
            held[at] = held[at][0] + one.gain, held[at][1] + 1
    return days, blocks


def best(hours: Hours, taken: Sequence[datetime], now: datetime, zone: ZoneInfo, days: int = 7) -> datetime:
    """The hour worth most within `days`, the earliest of equals, two hours from what is planned already."""
    start = now.astimezone(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    found: list[tuple[float, datetime]] = []
    for step in range(1, days * 24):
        local = start + timedelta(hours=step)
        at = on_clock(local, zone)
        if EARLIEST <= local.hour <= LATEST and at > now + timedelta(minutes=10):
            found.append((hours.worth(local) if all(abs(at - one) >= APART for one in taken) else -99.0, at))
    worth = max(one for one, _at in found)
    # Without anything learned the next of the usual hours will do; which of them is best nobody knows.
    good = worth if hours.is_learned or worth <= 0 else min(USUAL.values())
    return next(at for one, at in found if one >= good)
