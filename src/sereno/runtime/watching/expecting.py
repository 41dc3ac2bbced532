"""How often something usually happens, learned from its own hours, and after how long a silence to ring. Pure.

Time is counted in expected events: a silence from a to b weighs L(a, b), the integral over it of what is usual. By the
time-rescaling theorem (Brown et al., Neural Computation 14, 2002) gaps of a Poisson process weigh 1 on average whatever
the hour; nights and closed Saturdays weigh nothing. What real streams do beyond that (slow days, batches, clockwork) is
not assumed but read off the weights of the longest gaps there have been.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import exp, log
from statistics import pstdev
from zoneinfo import ZoneInfo

import msgspec

HOUR, DAY, WEEK = 3600, 24, 168
"""Seconds of an hour; hours of a day and of a week."""
KEPT = 26 * WEEK
"""Hours looked back."""
HALF_LIFE = 6 * WEEK
"""After so many hours a count says half as much."""
LEAST_HOURS, LEAST_EVENTS, LEAST_GAPS = 2 * WEEK, 10, 8
"""What must be known before anything is judged."""
FALSE_ALARMS = 0.1
"""A month: how often a silence as long as that may come by itself."""
PATIENCE = 300
"""Seconds; a shorter silence never rings, whatever it weighs."""
EXTREMES = 40
"""The longest gaps, from which their tail is read."""
LEAST_SCALE = 0.15
"""Of the tail: no stream is more regular than what is known of it."""
TREND, TURN = 14, 5
"""Days over which the present level is told from the usual one."""
HORIZON = 60 * DAY
"""Hours: who may be silent for longer is not watched for silence."""
_MONTH = 30.4 * DAY


@dataclass(frozen=True, slots=True)
class Hour:
    """`count` events, and the longest gap that ended in it: `pause` seconds, up to the instant `pause_end`."""

    count: int
    pause: float = 0.0
    pause_end: float = 0.0


class Profile(msgspec.Struct, frozen=True):
    """What is usual. `usual`: events in each hour of the week, Monday 00:00 local first, as of now; `rates`: what
    silence in such an hour weighs, the same or less. Silences of weight `high` and more come `above` times a month and
    fall off with `scale`; `ring` is the weight that rings. An hour with more than `many` is unusually busy."""

    zone: str
    usual: tuple[float, ...]
    rates: tuple[float, ...]
    high: float
    above: float
    scale: float
    ring: float
    many: float

    @property
    def monthly(self) -> float:
        return sum(self.usual) * _MONTH / WEEK

    def months_between(self, weight: float) -> float:
        """How many months pass on average between two silences as long as that, of themselves."""
        return exp(min((weight - self.high) / self.scale, 50.0)) / self.above

    def weight_of(self, per_month: float) -> float:
        """The weight that silences exceed so many times a month."""
        return self.high + self.scale * log(self.above / per_month)


def learn(
    hours: Mapping[int, Hour], first: int, until: int, zone_name: str, left_out: Collection[int] = ()
) -> Profile | None:
    """What is usual, from the hours (since 1970, UTC) `first` to before `until`; `left_out` are hours of known pauses
    and outages. None while there is too little to tell."""
    first = max(first, until - KEPT)
    first += -slots_between(first, first + 1, zone_name)[0] % DAY  # Days begin at midnight there.
    if until - first < LEAST_HOURS:
        return None
    known = {hour: held for hour, held in hours.items() if first <= hour < until and hour not in left_out}
    if sum(held.count for held in known.values()) < LEAST_EVENTS:
        return None
    slots = slots_between(first, until, zone_name)
    out = frozenset(hour - first for hour in left_out if first <= hour < until)
    counts = [0.0] * (until - first)
    cap = _cap([held.count for held in known.values()])
    for hour, held in known.items():
        counts[hour - first] = min(float(held.count), cap)
    rates, _quiet = _rates(counts, slots, out)
    out |= _dead(counts, slots, rates)
    rates, quiet = _rates(counts, slots, out)
    levels = _levels(counts, slots, rates, out)
    passed = [0.0, *accumulate(0.0 if i in out else quiet[slot] * levels[i // DAY] for i, slot in enumerate(slots))]
    gaps = [_weight(passed, held, first) for held in known.values() if held.pause > 0]
    if len(gaps) < LEAST_GAPS:
        return None
    months = (until - first - len(out)) / _MONTH
    high, above, scale = _tail(gaps, months)
    level = levels[-1]
    weeks = (until - first) / WEEK
    # What is read off a few weeks is itself uncertain: four weeks of it are taken for one e-fold too bold.
    ring = high + scale * (max(0.0, log(above / FALSE_ALARMS)) + 4 / weeks)
    return Profile(
        zone=zone_name,
        usual=tuple(round(rate * level, 5) for rate in rates),
        rates=tuple(round(rate * level, 5) for rate in quiet),
        high=high,
        above=above,
        scale=scale,
        ring=ring,
        many=1.5 * max(counts) + 10.0,
    )


def _cap(counts: Sequence[int]) -> float:
    """A loop or a bot must not teach that such hours are usual."""
    ordered = sorted(counts)
    return 4.0 * ordered[int(0.98 * (len(ordered) - 1))] + 10.0


def _rates(counts: Sequence[float], slots: Sequence[int], out: Collection[int]) -> tuple[list[float], list[float]]:
    """The mean of each hour of the week, new weeks counting more, drawn towards (hour of day) x (day of week) as Gamma
    priors worth a week and a half would (Gelman et al., Bayesian Data Analysis, 2.6): with two weeks known that says
    most, with twenty next to nothing. And what silence in such an hour weighs: -log(share of such hours that were
    empty), which for a Poisson process is the mean, and less where events come in bursts."""
    events, weights = [0.0] * WEEK, [0.0] * WEEK
    size = len(counts)
    decay = [0.5 ** (week * WEEK / HALF_LIFE) for week in range(size // WEEK + 1)]
    for i, slot in enumerate(slots):
        if i in out:
            continue
        weight = decay[(size - 1 - i) // WEEK]
        events[slot] += weight * counts[i]
        weights[slot] += weight
    mean = sum(events) / max(sum(weights), 1e-9)
    of_hour = [_share(events[h::DAY], weights[h::DAY], mean) for h in range(DAY)]
    of_day = [
        _share(events[d * DAY : d * DAY + DAY], weights[d * DAY : d * DAY + DAY], mean) for d in range(WEEK // DAY)
    ]
    prior = [mean * of_hour[slot % DAY] * of_day[slot // DAY] for slot in range(WEEK)]
    rates = [(events[s] + 1.5 * prior[s]) / (weights[s] + 1.5) for s in range(WEEK)]
    empty = [0.0] * WEEK
    for i, slot in enumerate(slots):
        if i not in out and not counts[i]:
            empty[slot] += decay[(size - 1 - i) // WEEK]
    quiet = [-log((empty[s] + 1.5 * exp(-rates[s])) / (weights[s] + 1.5)) for s in range(WEEK)]
    return rates, [min(a, b) for a, b in zip(rates, quiet, strict=True)]


def _dead(counts: Sequence[float], slots: Sequence[int], rates: Sequence[float]) -> frozenset[int]:
    """The hours of days without anything on which four and more were to be expected: holidays, outages. They teach
    nothing about other days."""
    found: list[int] = []
    for start in range(0, len(counts), DAY):
        hours = range(start, min(start + DAY, len(counts)))
        if not any(counts[i] for i in hours) and sum(rates[slots[i]] for i in hours) >= 4:
            found += hours
    return frozenset(found)


def _share(events: Sequence[float], weights: Sequence[float], mean: float) -> float:
    """How much busier than `mean`, drawn towards 1 by a few events."""
    return (sum(events) + 1.0) / (sum(weights) * mean + 1.0)


def _levels(counts: Sequence[float], slots: Sequence[int], rates: Sequence[float], out: Collection[int]) -> list[float]:
    """For each day (and the one after the last): how busy the days before were beside what is usual, between a third
    and thrice: growth, seasons. A fortnight is drawn towards 1 as by twenty events, five days as by ten; the quieter of
    the two counts, for after a rush a shop falls quiet sooner than a fortnight notices."""
    days = -(-len(counts) // DAY)
    came, usual = [0.0] * days, [0.0] * days
    for i, slot in enumerate(slots):
        if i not in out:
            came[i // DAY] += counts[i]
            usual[i // DAY] += rates[slot]
    sums = [(0.0, 0.0)]
    for a, b in zip(came, usual, strict=True):
        sums.append((sums[-1][0] + a, sums[-1][1] + b))
    found: list[float] = []
    for day in range(days + 1):
        a1, b1 = sums[day]
        ratios: list[float] = []
        for span, drawn in ((TREND, 20.0), (TURN, 10.0)):
            a0, b0 = sums[max(0, day - span)]
            ratios.append((a1 - a0 + drawn) / (b1 - b0 + drawn))
        found.append(min(3.0, max(1 / 3, min(ratios))))
    return found


def _weight(passed: Sequence[float], held: Hour, first: int) -> float:
    end = held.pause_end / HOUR - first
    return _at(passed, end) - _at(passed, end - held.pause / HOUR)


def _at(passed: Sequence[float], place: float) -> float:
    if place <= 0:
        return 0.0
    whole = min(int(place), len(passed) - 2)
    return passed[whole] + (passed[whole + 1] - passed[whole]) * min(place - whole, 1.0)


def _tail(gaps: Sequence[float], months: float) -> tuple[float, float, float]:
    """Peaks over a threshold (Coles, Introduction to Statistical Modeling of Extreme Values, 4): excesses of the
    longest gaps over `high` are taken for exponential with mean `scale`; 1 is what a Poisson process has (less what
    goes like clockwork), and counts as four gaps more. Excesses far out were outages or holidays and are cut, so that
    one of them does not blind the watch.
    Gives (high, how many a month, scale)."""
    ordered = sorted(gaps, reverse=True)
    above = max(LEAST_GAPS // 2, min(EXTREMES, len(ordered) // 4))
    high = ordered[above]
    excesses = [weight - high for weight in ordered[:above]]
    middle = excesses[above // 2] / log(2)
    mean = sum(min(excess, 5 * middle) for excess in excesses) / above
    scale = (mean * above + 4.0 * min(1.0, pstdev(gaps))) / (above + 4.0)
    return high, above / months, max(scale, LEAST_SCALE)


# --- judging ----------------------------------------------------------------------------------------


def rings_at(
    profile: Profile, last: float, pauses: Sequence[tuple[float, float]] = (), tolerance: float = 1.0
) -> float | None:
    """When a silence that began at `last` (seconds since 1970) has lasted too long; None when that is months away.
    `pauses` (from, to) weigh nothing."""
    reached = reaches(profile, last, profile.ring * tolerance, pauses)
    return None if reached is None else max(reached, last + PATIENCE)


def reaches(profile: Profile, last: float, weight: float, pauses: Sequence[tuple[float, float]] = ()) -> float | None:
    """When a silence that began at `last` weighs so much."""
    week = sum(profile.rates)
    if week <= 0 or weight / week > HORIZON / WEEK:
        return None
    left = weight
    for at, until, rate in _stretches(profile, last, last + HORIZON * HOUR, pauses):
        if rate > 0 and left <= rate * (until - at):
            return at + left / rate
        left -= rate * (until - at)
    return None


def weigh(profile: Profile, start: float, end: float, pauses: Sequence[tuple[float, float]] = ()) -> float:
    """How many events were to be expected from `start` to `end`."""
    return sum((rate * (until - at) for at, until, rate in _stretches(profile, start, end, pauses)), 0.0)


def _stretches(
    profile: Profile, start: float, end: float, pauses: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float, float]]:
    """The time between two moments without its pauses, in parts of at most an hour: (from, until, events a second)."""
    at = start
    while at < end:
        pause = next(((a, b) for a, b in pauses if a <= at < b), None)
        if pause is not None:
            at = pause[1]
            continue
        until = min((at // HOUR + 1) * HOUR, *(a for a, _ in pauses if a > at), end)
        yield at, until, _rate(profile, at) / HOUR
        at = until


def _rate(profile: Profile, at: float) -> float:
    """What silence in the hour of `at` weighs. In the week after the clocks changed some go by the old time
    still: the lighter of both."""
    hour = int(at // HOUR)
    ahead, before = _offset(hour, profile.zone), _offset(hour - WEEK, profile.zone)
    rate = profile.rates[(hour + ahead + 72) % WEEK]
    return rate if ahead == before else min(rate, profile.rates[(hour + before + 72) % WEEK])


# --- hours of the local week ------------------------------------------------------------------------


def slot_of(at: float, zone_name: str) -> int:
    """Which hour of the local week the instant lies in: 0 is Monday, 00:00."""
    return (int(at // HOUR) + _offset(int(at // HOUR), zone_name) + 72) % WEEK


def slots_between(first: int, until: int, zone_name: str) -> list[int]:
    changes, offsets = _changes(zone_name, first // (DAY * 366), until // (DAY * 366))
    found: list[int] = []
    for hour in range(first, until):
        found.append((hour + offsets[bisect_right(changes, hour) - 1] + 72) % WEEK)
    return found


def _offset(hour: int, zone_name: str) -> int:
    changes, offsets = _changes(zone_name, hour // (DAY * 366), hour // (DAY * 366))
    return offsets[bisect_right(changes, hour) - 1]


@lru_cache(maxsize=256)
def _changes(zone_name: str, first: int, last: int) -> tuple[list[int], list[int]]:
    """When the zone's clock is put forward or back, in hours since 1970, and by how many hours it is ahead after: found
    by halving, for asking for each hour anew is most of the work. `first` and `last` are spans of 366 days."""
    zone = ZoneInfo(zone_name)
    begin, end = first * DAY * 366 - DAY, (last + 1) * DAY * 366 + DAY
    changes, offsets = [begin], [_ahead(begin, zone)]
    step = 14 * DAY
    for start in range(begin, end, step):
        low, high = start, start + step
        if (after := _ahead(high, zone)) == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if _ahead(middle, zone) == after else (middle, high)
        changes.append(high)
        offsets.append(after)
    return changes, offsets


def _ahead(hour: int, zone: ZoneInfo) -> int:
    at = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(zone)
    return (at.utcoffset() or timedelta()) // timedelta(hours=1)
