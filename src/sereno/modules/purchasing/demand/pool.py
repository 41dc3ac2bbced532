"""Learns from a shop's own past which simple ways of looking ahead to trust, and how wide to spread: the parts are
weighed by what they would have been worth at earlier moments (stacking), the quantiles fitted on what then came.

Invariant: what is said about a moment is made of what was known before it. Everything is deterministic. Needs numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from sereno.modules.purchasing.demand.methods import (
    Floats,
    common_index,
    damped_trend,
    last,
    last_year,
    mean_of_last,
    own_year,
    smoothed,
    sometimes,
    steadied,
)
from sereno.modules.purchasing.demand.occasions import kind_of_day, own_lifts
from sereno.modules.purchasing.demand.seasons import Calendar, days_in, seasonal_index
from sereno.modules.purchasing.demand.simple import LEVELS, Forecast
from sereno.modules.purchasing.demand.spreading import KINDS, Ints, Moment, spread, spreading

PARTS = ("mean4", "mean12", "mean26", "slow", "quick", "last", "sometimes", "trend", "common", "last_year", "own_year")
FEWEST_PERIODS = 8
"""Before an earlier moment, for it to be learned from."""
FEWEST_SERIES = 20
"""Known at an earlier moment; below that weights mean nothing and `EVEN` is taken."""
EVEN = np.array([0.0, 0.35, 0.0, 0.2, 0.1, 0.0, 0.0, 0.0, 0.175, 0.0, 0.175])
MOST_SERIES = 2000
MOMENTS = 12
PRIOR = 3.0
"""How strongly weights are held to `EVEN`, over the number of moments."""
ROUNDS = 1
"""Each but the first counts a series by one over its error; one round keeps the mean, and so the bias, honest."""
FADING = 0.85
"""What each earlier moment counts of the one after it."""
WHOLE = (3.0, 0.3, 0.0)
"""By kind: how strongly weights are held to a sum of 1. What sells steadily does not fade; what sells rarely may."""
RIDGE = 0.02
"""How strongly a kind of series is held to what holds for all."""
BORROWED = 3.0
"""Periods that the level of similar things counts for, where a thing has little past of its own."""
TRIED_SERIES, TRIED_MOMENTS = 400, 8
"""On which it is tried whether known days help."""
HELP = {"holiday": 0.003, "feast": 0.0, "own": -0.003}
"""By how much they have to be better with days of a kind for these to be used: most for those nobody buys for, and for
the shop's own, which it put there, not to be surely worse."""


@dataclass(frozen=True, slots=True)
class Learned:
    """`weights`: by kind of series, of `PARTS`. `spread`: by kind and level of `LEVELS`, of what `spreading` gives."""

    weights: Floats
    spread: Floats
    calendar: Calendar
    moments: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What forecasts made `horizon` periods ago were worth, by series, NaN where it cannot be said. `rmsse` and `wape`
    as in `accuracy`; `bias` is (expected - came) / came; `within`: whether the sum came between the quantiles 0.05 and
    0.95."""

    rmsse: Floats
    wape: Floats
    bias: Floats
    within: Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """`mean[i, h]` and `sums[i, h, q]` as in `simple.Forecast`, for all series."""

    mean: Floats
    sums: Floats
    methods: tuple[str, ...] = field(default=())

    def of(self, at: int) -> Forecast:
        sums = tuple(tuple(round(float(one), 3) for one in row) for row in self.sums[at])
        return Forecast(tuple(round(float(one), 4) for one in self.mean[at]), sums, self.methods[at])


# --- parts ------------------------------------------------------------------------------------------


def parts(y: Floats, horizon: int, calendar: Calendar, groups: Sequence[str] | None = None) -> Floats:
    """What each of `PARTS` expects: series x horizon x parts."""
    whole, y = y, steadied(y)
    index = common_index(y)
    before, ahead = seasonal_index(index, calendar, horizon)
    days = days_in(index, before, calendar, horizon)
    ones = (np.ones_like(before), np.ones_like(ahead)) if days is None else (days.before, days.ahead)
    before, ahead = before * ones[0], ahead * ones[1]
    plain = index / np.maximum(before, 1e-9)
    swing = before * _level_of(plain)
    to_come = _to_come(plain, horizon) * ahead
    # With the shop's own swing taken out, a long memory does no harm.
    level = 0.5 * smoothed(y, 0.08, swing) + 0.5 * smoothed(y, 0.25, swing)
    common = level[:, None] * to_come
    own = common * own_year(y, horizon, calendar.season, level, swing)
    year = last_year(y, horizon, calendar.season)
    if not calendar.is_stated(y.shape[1]):
        # A season that was learned is weighed by what it was worth; the parts below do without it.
        before, ahead = ones
    even = y / before
    flats = [mean_of_last(even, 4), mean_of_last(even, 12), mean_of_last(even, 26)]
    flats += [smoothed(even, 0.1), smoothed(even, 0.3), last(even), sometimes(even, 0.1, 0.15)]
    stacked = [one[:, None] * ahead for one in flats]
    stacked += [damped_trend(even, horizon) * ahead, common]
    stacked += [common if year is None else np.where(np.isnan(year), common, year), own]
    found = np.stack(stacked, axis=2)
    if days is not None:
        logs = own_lifts(y, swing, days)
        found *= np.exp(sum(log[:, None] * dose for log, dose in zip(logs, days.dose_ahead, strict=True)))[:, :, None]
    return _borrowed(whole, found, groups) if groups is not None else found


def _level_of(plain: Floats) -> Floats:
    """The shop's own level by period, rid of chance."""
    return np.maximum(smoothed_line(plain, 0.5), 1e-6)


def smoothed_line(line: Floats, alpha: float) -> Floats:
    found = np.empty_like(line)
    top = below = 0.0
    for at, one in enumerate(line):
        top, below = (1 - alpha) * top + alpha * float(one), (1 - alpha) * below + alpha
        found[at] = top / below
    return found


def _to_come(plain: Floats, horizon: int) -> Floats:
    """The shop's level in the periods to come: its damped trend."""
    return np.maximum(damped_trend(plain[None, :], horizon, alpha=0.4, beta=0.1, damping=0.85)[0], 1e-6)


def _borrowed(y: Floats, found: Floats, groups: Sequence[str]) -> Floats:
    """New things are expected to do as things of their group do, the less so the longer they are known."""
    known = (~np.isnan(y)).sum(1)
    names, of = np.unique(np.asarray(groups), return_inverse=True)
    old = known >= FEWEST_PERIODS * 2
    if not old.any():
        return found
    typical = np.empty((len(names), *found.shape[1:]))
    for group in range(len(names)):
        members = old & (of == group)
        members = members if members.sum() >= 3 else old
        typical[group] = np.mean(found[members], axis=0)
    share = (known / (known + BORROWED))[:, None, None]
    blend = share * found + (1 - share) * typical[of]
    return np.where((known < FEWEST_PERIODS)[:, None, None], blend, found)


def kind_of(y: Floats) -> Ints:
    """0 steady, 1 patchy, 2 rare."""
    part = y[:, -26:]
    known = np.maximum((~np.isnan(part)).sum(1), 1)
    return np.searchsorted(np.array(KINDS), np.nansum(part == 0, 1) / known, side="right")


def scale_of(y: Floats) -> Floats:
    """The root mean square of what a series moves from one period to the next (the scale of RMSSE); NaN for one that
    never moved."""
    steps = np.diff(y, axis=1)
    count = (~np.isnan(steps)).sum(1)
    found = np.sqrt(np.nansum(steps**2, 1) / np.maximum(count, 1))
    return np.where((count > 0) & (found > 0), found, np.nan)


# --- learning ---------------------------------------------------------------------------------------


def learn(y: Floats, horizon: int, calendar: Calendar | None = None, groups: Sequence[str] | None = None) -> Learned:
    """From the past of many series."""
    calendar = calendar or Calendar()
    known = y
    if len(known) > MOST_SERIES:
        # So many tell as much as all; taken evenly, so that the same is learned every time.
        chosen = np.linspace(0, len(known) - 1, MOST_SERIES).astype(int)
        known = known[chosen]
        groups = None if groups is None else [groups[at] for at in chosen]
    calendar = _with_days_that_help(known, horizon, calendar)
    agos = _moments(known.shape[1], horizon)
    moments = [_moment(known, ago, horizon, calendar, groups, FADING**at) for at, ago in enumerate(agos)]
    moments = [one for one in moments if one is not None]
    weights = np.stack([EVEN] * (len(KINDS) + 1))
    if moments:
        weights = _weights(moments)
    return Learned(weights, spread(moments, weights), calendar, len(moments))


def _with_days_that_help(y: Floats, horizon: int, calendar: Calendar) -> Calendar:
    """Without the public holidays, the feasts or the own events the past holds, where forecasts made earlier would not
    have been better with them (`HELP`); what never came yet cannot be tried, and stays."""
    if not calendar.occasions or calendar.first_day is None:
        return calendar
    begun = calendar.first_day + timedelta(days=calendar.days * y.shape[1])
    came = {one.code for one in calendar.occasions if one.first < begun}
    some = y[np.linspace(0, len(y) - 1, min(len(y), TRIED_SERIES)).astype(int)]
    best = calendar
    error = _tried(some, horizon, best)
    for kind, least in HELP.items():
        left = tuple(one for one in best.occasions if one.code not in came or kind_of_day(one.code) != kind)
        if len(left) == len(best.occasions):
            continue
        other = replace(best, occasions=left)
        found = _tried(some, horizon, other)
        if found < error * (1 + least):
            best, error = other, found
    return best


def _tried(y: Floats, horizon: int, calendar: Calendar) -> float:
    """How far off evenly weighed parts were at earlier moments, each series by its own scale."""
    errors: list[float] = []
    for ago in _moments(y.shape[1], horizon)[:TRIED_MOMENTS]:
        one = _moment(y, ago, horizon, calendar, None, 1.0)
        if one is not None:
            gap = (np.einsum("ihp,p->ih", one.parts, EVEN) - one.came) ** 2
            count = (~np.isnan(gap)).sum(1)
            moved = ~np.isnan(one.scale) & (count > 0)
            error = np.sqrt(np.nansum(gap, 1)[moved] / count[moved]) / one.scale[moved]
            errors.append(float(error.sum()) / max(1, len(error)))
    return float(np.mean(errors)) if errors else 0.0


def outlook(
    y: Floats, horizon: int, learned: Learned, groups: Sequence[str] | None = None, made: Floats | None = None
) -> Outlook:
    """What is to come of each series. A series without any past is expected to do as its group does."""
    found = parts(y, horizon, learned.calendar, groups) if made is None else made
    kind = kind_of(y)
    mean = np.maximum(0.0, np.einsum("ihp,ip->ih", found, learned.weights[kind]))
    sums = np.empty((len(y), horizon, len(LEVELS)))
    for step in range(horizon):
        features = spreading(y, mean[:, : step + 1].sum(1), step + 1)
        sums[:, step, :] = np.einsum("if,iqf->iq", features, learned.spread[kind])
    sums = np.sort(np.maximum(0.0, sums), axis=2)
    sums = np.maximum.accumulate(sums, axis=1)
    words = ("steady", "patchy", "rare")
    is_new = (~np.isnan(y)).sum(1) < FEWEST_PERIODS
    return Outlook(mean, sums, tuple("new" if new else words[one] for new, one in zip(is_new, kind, strict=True)))


@dataclass(frozen=True, slots=True)
class Day:
    """A known day to come: what it is expected to do to a thing in the period it is felt most in."""

    code: str
    on: date
    effect: float
    basis: str


def days_ahead(y: Floats, horizon: int, learned: Learned) -> list[tuple[Day, ...]]:
    """By series. Those that do nothing are said too: that a day is known, and not counted with, is worth knowing."""
    calendar = learned.calendar
    held = steadied(y)
    index = common_index(held)
    before, _ahead = seasonal_index(index, calendar, horizon)
    days = days_in(index, before, calendar, horizon)
    if days is None or calendar.first_day is None:
        return [()] * len(y)
    logs = own_lifts(held, before * days.before * _level_of(index / np.maximum(before * days.before, 1e-9)), days)
    begins = calendar.first_day + timedelta(days=calendar.days * y.shape[1])
    ends = begins + timedelta(days=calendar.days * horizon)
    found: list[list[Day]] = [[] for _ in y]
    for at, one in enumerate(days.effects):
        for time in calendar.occasions:
            if time.code != one.code or time.last < begins or time.first >= ends:
                continue
            felt = slice(*(max(0, int((day - begins).days // calendar.days)) for day in (time.first, time.last)))
            dose = float(days.dose_ahead[at, felt.start : felt.stop + 1].max())
            effect = (1 + one.lift * dose) * np.exp(logs[at] * dose) - 1
            for own, much in zip(found, effect, strict=True):
                own.append(Day(one.code, time.day, round(float(much), 3), one.basis))
    return [tuple(one) for one in found]


def judge(y: Floats, horizon: int, calendar: Calendar | None = None, groups: Sequence[str] | None = None) -> Judged:
    """What would have been forecast `horizon` periods ago, by weights that were learned before then, against what
    came."""
    calendar = calendar or Calendar()
    past, came = y[:, :-horizon], y[:, -horizon:]
    if past.shape[1] < FEWEST_PERIODS:
        nothing = np.full(len(y), np.nan)
        return Judged(nothing, nothing, nothing, nothing)
    seen = outlook(past, horizon, learn(past, horizon, calendar, groups), groups)
    whole = ~np.isnan(came).any(1) & (~np.isnan(past)).any(1)
    error = np.sqrt(np.mean((came - seen.mean) ** 2, 1)) / scale_of(past)
    total, expected = came.sum(1), seen.mean.sum(1)
    sold = np.where(total > 0, total, np.nan)
    low, high = seen.sums[:, -1, LEVELS.index(0.05)], seen.sums[:, -1, LEVELS.index(0.95)]
    within = ((total >= np.floor(low)) & (total <= np.ceil(high))).astype(float)
    bad = np.where(whole, 0.0, np.nan)
    return Judged(
        error + bad, np.abs(came - seen.mean).sum(1) / sold + bad, (expected - total) / sold + bad, within + bad
    )


def _moments(periods: int, horizon: int) -> list[int]:
    most = periods - max(FEWEST_PERIODS, periods // 3)
    step = max(horizon // 2, (most - horizon) // MOMENTS, 1)
    return list(range(horizon, most + 1, step))[:MOMENTS]


def _moment(
    y: Floats, ago: int, horizon: int, calendar: Calendar, groups: Sequence[str] | None, trust: float
) -> Moment | None:
    past, came = y[:, :-ago], y[:, y.shape[1] - ago : y.shape[1] - ago + horizon]
    usable = ((~np.isnan(past)).sum(1) >= FEWEST_PERIODS) & (~np.isnan(came)).any(1)
    if usable.sum() < FEWEST_SERIES:
        return None
    made = parts(past, horizon, calendar, groups)[usable]
    past = past[usable]
    return Moment(past, came[usable], made, kind_of(past), scale_of(past), trust)


def _weights(moments: Sequence[Moment]) -> Floats:
    """By kind: weights not below 0 that make the mean of RMSSE least. Each round counts a series by one over its error
    so far, which turns squares into roots."""
    found = np.stack([EVEN] * (len(KINDS) + 1))
    for _ in range(ROUNDS):
        grams = [_gram(one, found) for one in moments]
        by_kind = [(sum(g[0][k] for g in grams), sum(g[1][k] for g in grams)) for k in range(len(KINDS) + 1)]
        gram, target = sum(g for g, _ in by_kind), sum(t for _, t in by_kind)
        # What a moment brings, it brings to all series alike: few moments are few looks, however many series.
        size = np.trace(gram) / len(PARTS)
        hold = PRIOR * size / len(moments)
        common = _not_negative(gram + hold * np.eye(len(PARTS)), target + hold * EVEN, EVEN)
        for k, (g, t) in enumerate(by_kind):
            hold = RIDGE * size + 1e-9
            tie = WHOLE[k] * float(np.trace(g)) / len(PARTS)
            found[k] = _not_negative(g + hold * np.eye(len(PARTS)) + tie, t + hold * common + tie, common)
    return found


def _gram(one: Moment, weights: Floats) -> tuple[list[Floats], list[Floats]]:
    known = ~np.isnan(one.came) & ~np.isnan(one.scale)[:, None]
    scale = np.where(np.isnan(one.scale), 1.0, one.scale)
    x = one.parts / scale[:, None, None]
    z = np.nan_to_num(one.came) / scale[:, None]
    error = np.sqrt(
        np.sum(known * (np.einsum("ihp,ip->ih", x, weights[one.kind]) - z) ** 2, 1) / np.maximum(known.sum(1), 1)
    )
    counts = known / np.maximum(error, 0.2)[:, None] / np.maximum(known.sum(1), 1)[:, None]
    even = np.einsum("ihp,p->ih", x, EVEN)
    usual = float(np.sum(counts * (even - z) ** 2)) / max(float(np.sum(counts)), 1e-9)
    counts = counts * one.trust / max(usual, 1e-9)
    grams, targets = [], []
    for k in range(len(KINDS) + 1):
        chosen = one.kind == k
        flat = x[chosen].reshape(-1, len(PARTS))
        w = counts[chosen].reshape(-1)
        grams.append(flat.T @ (flat * w[:, None]))
        targets.append(flat.T @ (w * z[chosen].reshape(-1)))
    return grams, targets


def _not_negative(gram: Floats, target: Floats, start: Floats, rounds: int = 400) -> Floats:
    """Least squares with weights >= 0, by one weight after the other."""
    found = start.copy()
    diagonal = np.maximum(np.diag(gram), 1e-9)
    for _ in range(rounds):
        before = found.copy()
        for at in range(len(found)):
            found[at] = max(0.0, found[at] + float(target[at] - gram[at] @ found) / float(diagonal[at]))
        if np.abs(found - before).max() < 1e-7:
            break
    return found
