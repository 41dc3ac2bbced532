"""When a message may go: pure arithmetic on what went before it, the caps and the quiet hours.

Invariant: of the moments not before now, the first at which it makes no window of any cap too full and falls in no
quiet hours. Times are microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sereno.engine.schedule import quiet_until
from sereno.runtime.arbiter.rules import Cap, Quiet
from sereno.store.fields import from_micros, to_micros

MOST_STEPS = 10_000
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """A cap, with the times of what it counts, the earliest first. They may lie ahead."""

    cap: Cap
    times: Sequence[int]


@dataclass(frozen=True, slots=True)
class Best:
    """The moment that suits its reader best, in the hour `hour` of their clock. `acts`: how many acts of their own say
    so; None: all people of the shop do."""

    at: int
    hour: int
    acts: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """`by` is the rule that put it off last, None when it may go at once."""

    at: int
    by: Counted | Quiet | Best | None


def earliest(now: int, counted: Sequence[Counted], quiet: Sequence[Quiet], zone: ZoneInfo) -> Moment:
    """The first moment at which no rule has anything against it."""
    at, by = now, None
    for _ in range(MOST_STEPS):
        before = at
        for one in counted:
            free = _free(at, one.times, one.cap.most, one.cap.period // MICROSECOND)
            if free > at:
                at, by = free, one
        for hours in quiet:
            until = quiet_until(from_micros(at), hours.start, hours.end, zone, hours.days)
            if until is not None:
                at, by = to_micros(until), hours
        if at == before:
            return Moment(at, by)
    raise RuntimeError("the quiet hours leave no moment")


def _free(at: int, times: Sequence[int], most: int, period: int) -> int:
    """The first moment from `at` on that may be added to `times`. Two that are a whole period apart are in no window
    together."""
    if len(times) < most:
        return at
    for candidate in (at, *(later for time in times if (later := time + period) > at)):
        near = [time for time in times if candidate - period < time < candidate + period]
        if len(near) < most:
            return candidate
        near.append(candidate)
        near.sort()
        if all(near[first + most] - near[first] >= period for first in range(len(near) - most)):
            return candidate
    raise AssertionError("after the last of them there is room")


def used(at: int, one: Counted) -> int:
    """How many the cap counts in the window that ends now."""
    start = at - one.cap.period // MICROSECOND
    return sum(start < time <= at for time in one.times)
