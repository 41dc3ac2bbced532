"""When a shop's people answer, learned from what they did: by hour and weekday, of everybody together and of each.

An answer comes soon after its message: of a shop that writes at ten, everybody seems to read at eleven. So an hour
counts by how many answers it had against how many were to be expected there, given what had been sent when (indirect
standardisation). A person's own shares of the hours are drawn towards those, as by a Dirichlet prior. Its weight (as
many acts of one's own as what is known of everybody counts for) is the one under which the earlier half of people's
acts best foretold the later half (by the multinomial log score), so that chance is not taken for taste.

Invariant: nothing at or after the cut is seen. No hour is ever chosen at which the shop hardly wrote to anybody: of
that nothing is known. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from sereno.engine.moments import DAYS, HOURS, WINDOW, Profile, scaled

LAGS = 48
"""An answer later than so many hours says nothing of the message that was sent."""
UNANSWERED, VISIT = LAGS, LAGS + 1
"""In the place of a lag: nothing came of the message; something done of one's own accord (an order, a visit)."""
_BITS = 16
WHOLE = 20.0
"""So many acts of each hour stand behind the shop's own weights, as if all hours were alike."""
STRENGTHS = tuple(2.0**step for step in range(13))
"""Weights of the prior that are tried, in acts."""
FEWEST, LEAST = 30, 0.005
"""Messages that went in an hour, and their share of all, before it is one that can be chosen."""
SAMPLE = 4000
Acts = Sequence[int]
"""Ascending, packed by `act`."""


def act(at: int, bin: int, lag: int = VISIT) -> int:
    """Something a person did, or a message they left, at `at` (UTC seconds). `bin`: weekday * 24 + hour on their clock
    when the message went, or of the act itself; `lag`: how many clock hours after its going they answered."""
    return at << _BITS | bin << 8 | lag


def cut_at(at: int) -> int:
    """What is below it came before `at`."""
    return at << _BITS


def _parts(one: int) -> tuple[int, int]:
    return one >> 8 & 255, one & 255


@dataclass(frozen=True, slots=True)
class Answering:
    """What a shop's people have in common. `lags`: the share of answers by hours after the message; `hours` and `days`:
    how often something is done then against what was to be expected (mean 1); `visits` and `visit_days`: shares of what
    is done unasked. `strength`, `day_strength`: as how many acts of one's own all this counts. `known`: hours in
    which enough went to tell."""

    lags: tuple[float, ...]
    hours: tuple[float, ...]
    days: tuple[float, ...]
    visits: tuple[float, ...]
    visit_days: tuple[float, ...]
    strength: float
    day_strength: float
    acts: int
    known: tuple[bool, ...] = (True,) * HOURS

    @property
    def windows(self) -> tuple[float, ...]:
        """How likely an answer within WINDOW hours is, by the hour a message goes; 0 where that cannot be told."""
        return tuple(
            sum(self.lags[lag] * self.hours[(hour + lag) % HOURS] for lag in range(WINDOW)) if is_known else 0.0
            for hour, is_known in enumerate(self.known)
        )

    @property
    def whole(self) -> Profile:
        return Profile(scaled(self.windows), scaled(self.days))


class Learned:
    """Gives each person their profile by what the shop taught."""

    def __init__(self, taught: Answering) -> None:
        self.taught = taught
        self._windows = taught.windows
        self._reach = [_reached(taught, start) for start in range(HOURS)]

    def profile(self, acts: Acts) -> Profile:
        seen, hoped, seen_days, hoped_days = self.counts(acts)
        taught, number = self.taught, sum(seen)
        own = _ratios(_windowed(seen), _windowed(hoped), number, taught.strength)
        own_days = _ratios(seen_days, hoped_days, number, taught.day_strength)
        hours = [base * ratio for base, ratio in zip(self._windows, own, strict=True)]
        days = [base * ratio for base, ratio in zip(taught.days, own_days, strict=True)]
        return Profile(scaled(hours), scaled(days), round(number))

    def counts(self, acts: Acts) -> tuple[list[float], list[float], list[float], list[float]]:
        """By hour and by weekday: what somebody did, and when they would have done as much if their hours were
        everybody's."""
        seen, days = [0.0] * HOURS, [0.0] * DAYS
        due, due_days = [0.0] * HOURS, [0.0] * DAYS
        visits = 0
        for (bin_, lag), number in Counter(_parts(one) for one in acts).items():
            if lag != UNANSWERED:
                at = bin_ if lag == VISIT else (bin_ + lag) % (HOURS * DAYS)
                seen[at % HOURS] += number
                days[at // HOURS] += number
            if lag == VISIT:
                visits += number
                continue
            hours, offsets = self._reach[bin_ % HOURS]
            for hour in range(HOURS):
                due[hour] += number * hours[hour]
            for offset, share in enumerate(offsets):
                due_days[(bin_ // HOURS + offset) % DAYS] += number * share
        answers, whole = sum(seen) - visits, sum(due)
        scale = answers / whole if whole else 0.0
        taught = self.taught
        hoped = [one * scale + visits * share for one, share in zip(due, taught.visits, strict=True)]
        hoped_days = [one * scale + visits * share for one, share in zip(due_days, taught.visit_days, strict=True)]
        return seen, hoped, days, hoped_days


def _windowed(counts: Sequence[float]) -> list[float]:
    """Summed over the WINDOW hours from each hour on."""
    return [sum(counts[(hour + step) % HOURS] for step in range(WINDOW)) for hour in range(HOURS)]


def _ratios(seen: Sequence[float], hoped: Sequence[float], number: float, strength: float) -> list[float]:
    """How much likelier each is for one who did this than for everybody, drawn towards 1 by the prior's weight."""
    if not number:
        return [1.0] * len(seen)
    found: list[float] = []
    for came, due in zip(seen, hoped, strict=True):
        prior = strength * due / number
        found.append((came + prior) / (due + prior) if due > 0 else 1.0)
    return found


def fit(people: Iterable[Acts], cut: int) -> Answering:
    """From what was done before `cut` (UTC seconds)."""
    known = [past for acts in people if (past := before(acts, cut))]
    sent: Counter[int] = Counter()
    answers: Counter[tuple[int, int]] = Counter()
    visits: Counter[int] = Counter()
    for acts in known:
        for one in acts:
            bin_, lag = _parts(one)
            if lag == VISIT:
                visits[bin_] += 1
                continue
            sent[bin_] += 1
            if lag != UNANSWERED:
                answers[bin_, lag] += 1
    lags, hours = _lags_and_hours(sent, answers, visits)
    number, visit_hours = sum(visits.values()), _folded(visits, HOURS)
    out, whole_sent = _folded(sent, HOURS), sum(sent.values())
    by_day = [sum(visits[day * HOURS + hour] for hour in range(HOURS)) for day in range(DAYS)]
    whole = Answering(
        lags=lags,
        hours=hours,
        days=(1.0,) * DAYS,
        visits=tuple((came + ratio) / (number + HOURS) for came, ratio in zip(visit_hours, hours, strict=True)),
        visit_days=tuple((came + 1) / (number + DAYS) for came in by_day),
        strength=WHOLE,
        day_strength=WHOLE,
        acts=number + sum(answers.values()),
        known=tuple(one >= max(FEWEST, LEAST * whole_sent) for one in out),
    )
    whole = replace(whole, days=_days(whole, sent, answers, by_day))
    strength, day_strength = _strengths(whole, known)
    return replace(whole, strength=strength, day_strength=day_strength)


def before(acts: Acts, cut: int) -> Acts:
    return acts[: bisect_left(acts, cut_at(cut))]


def _folded(counts: Mapping[int, int], size: int) -> list[float]:
    found = [0.0] * size
    for at, number in counts.items():
        found[at % size] += number
    return found


def _lags_and_hours(
    sent: Mapping[int, int], answers: Mapping[tuple[int, int], int], visits: Mapping[int, int]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """How soon answers come, and in which hours more of them than that would have it: of those written to at s, answers
    come at s + l by lag[l] * hour[s + l]. By turns, the lags first, so that where all was sent at one hour it is they
    that explain what came."""
    out, seen, came = _folded(sent, HOURS), _folded(visits, HOURS), [0.0] * LAGS
    unasked = sum(visits.values()) / HOURS
    for (bin_, lag), count in answers.items():
        came[lag] += count
        seen[(bin_ + lag) % HOURS] += count
    hours = [1.0] * HOURS
    lags = [0.0] * LAGS
    starts = [start for start in range(HOURS) if out[start]]
    for _ in range(12):
        for lag in range(LAGS):
            reach = sum(out[start] * hours[(start + lag) % HOURS] for start in starts)
            lags[lag] = (came[lag] + 1 / LAGS) / (reach + 1)
        due = [unasked] * HOURS
        for start in starts:
            for lag in range(LAGS):
                due[(start + lag) % HOURS] += out[start] * lags[lag]
        hours = [(one + WHOLE) / (hoped + WHOLE) for one, hoped in zip(seen, due, strict=True)]
        mean = sum(hours) / HOURS
        hours = [one / mean for one in hours]
    return tuple(lags), tuple(hours)


def _reached(taught: Answering, start: int) -> tuple[list[float], list[float]]:
    """Of a message that goes in an hour: answers expected in each hour of the clock, and on the same day and the two
    after it."""
    hours, offsets = [0.0] * HOURS, [0.0] * 3
    for lag in range(LAGS):
        share = taught.lags[lag] * taught.hours[(start + lag) % HOURS]
        hours[(start + lag) % HOURS] += share
        offsets[(start + lag) // HOURS] += share
    return hours, offsets


def _days(
    draft: Answering, sent: Mapping[int, int], answers: Mapping[tuple[int, int], int], visits: Sequence[int]
) -> tuple[float, ...]:
    """Weekdays on which more is done than what was sent when would have it (mean 1)."""
    reach = [_reached(draft, start)[1] for start in range(HOURS)]
    came, due = [WHOLE + one for one in visits], [WHOLE + sum(visits) / DAYS] * DAYS
    for (bin_, lag), count in answers.items():
        came[(bin_ + lag) // HOURS % DAYS] += count
    for bin_, count in sent.items():
        for offset, share in enumerate(reach[bin_ % HOURS]):
            due[(bin_ // HOURS + offset) % DAYS] += count * share
    ratios = [one / two for one, two in zip(came, due, strict=True)]
    mean = sum(ratios) / DAYS
    return tuple(one / mean for one in ratios)


def _strengths(taught: Answering, known: Sequence[Acts]) -> tuple[float, float]:
    """Of hours and of weekdays: the weight of the prior that foretells best."""
    learned = Learned(taught)
    step = -(-len(known) // SAMPLE) or 1
    hours: list[tuple[Sequence[float], ...]] = []
    days: list[tuple[Sequence[float], ...]] = []
    for acts in known[::step]:
        middle = len(acts) // 2
        seen, hoped, seen_days, hoped_days = learned.counts(acts[:middle])
        later, due, later_days, due_days = learned.counts(acts[middle:])
        if sum(seen) and sum(later):
            # Stretches that do not overlap.
            pairs = (_windowed(one)[::WINDOW] for one in (seen, hoped, later, due))
            hours.append(tuple(pairs))
            days.append((seen_days, hoped_days, later_days, due_days))
    return _foretelling(hours), _foretelling(days)


def _foretelling(people: Sequence[tuple[Sequence[float], ...]]) -> float:
    """With too little to tell, the greatest: then all are like everybody."""

    def score(weight: float) -> float:
        found = 0.0
        for seen, hoped, later, due in people:
            ratios = _ratios(seen, hoped, sum(seen), weight)
            shares = [one * ratio for one, ratio in zip(due, ratios, strict=True)]
            whole = sum(shares)
            found += sum(came * log(max(one / whole, 1e-9)) for came, one in zip(later, shares, strict=True) if came)
        return found

    return max(reversed(STRENGTHS), key=score) if people else STRENGTHS[-1]
