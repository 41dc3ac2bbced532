"""Simple ways to look ahead, each for many series at once. They are the parts `pool` puts together.

`y` is series by period, NaN where nothing is known (before the first sale, or out of stock); every function gives what
it expects of the periods to come, series by `horizon`. Units are those of `y`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


FEWEST_SALES = 4
"""Periods with sales from which on a thing shows what is usual for it."""
UNUSUAL = 2.5
"""How many times the way from the median to the upper quartile of its sales a period may lie above the median."""


def steadied(y: Floats) -> Floats:
    """What was asked for, with what one large order did cut to what is unusual for the thing at that time: beside the
    shop's own swing (`common_index`), so that a season all things share is left whole. Twice, for a large order swings
    a small shop too."""
    found = y
    for _ in range(2):
        found = np.minimum(y, _unusual(y, np.maximum(common_index(found), 1e-6)))
    return found


def _unusual(y: Floats, index: Floats) -> Floats:
    """What lies too far above what is usual, by series and period."""
    ranked = np.sort(np.where(y > 0, y / index, np.nan), axis=1)
    count = (~np.isnan(ranked)).sum(1)
    row, end = np.arange(len(y)), y.shape[1] - 1
    middle = 0.5 * (ranked[row, np.maximum(count - 1, 0) // 2] + ranked[row, np.minimum(count // 2, end)])
    upper = ranked[row, np.maximum(np.ceil(0.75 * count).astype(int) - 1, 0)]
    most = middle + UNUSUAL * np.maximum(upper - middle, 0.5 * middle)
    return np.where(count >= FEWEST_SALES, most, np.inf)[:, None] * index


def mean_of_last(y: Floats, window: int) -> Floats:
    """Of the known values among the last `window`; of all that are known where none of those is."""
    part = y[:, -window:]
    count, total = (~np.isnan(part)).sum(1), np.nansum(part, 1)
    whole_count, whole = (~np.isnan(y)).sum(1), np.nansum(y, 1)
    return np.where(count > 0, total / np.maximum(count, 1), whole / np.maximum(whole_count, 1))


def smoothed(y: Floats, alpha: float, over: Floats | None = None) -> Floats:
    """The mean with weights that fade by `alpha` a period (exponential smoothing, its beginning free of bias). With
    `over`, a figure for each period, the level for one unit of it."""
    top, below = np.zeros(len(y)), np.zeros(len(y))
    for period in range(y.shape[1]):
        now = y[:, period]
        known = ~np.isnan(now)
        unit = 1.0 if over is None else over[period]
        top = np.where(known, (1 - alpha) * top + alpha * np.nan_to_num(now), top)
        below = np.where(known, (1 - alpha) * below + alpha * unit, below)
    return top / np.maximum(below, 1e-9)


def last(y: Floats) -> Floats:
    return mean_of_last(y, 1)


def sometimes(y: Floats, alpha: float, beta: float) -> Floats:
    """Teunter, Syntetos and Babai (2011): how often times how much, so that what nobody asks for fades to 0."""
    often = smoothed(np.where(np.isnan(y), np.nan, (y > 0).astype(float)), beta)
    much = smoothed(np.where(y > 0, y, np.nan), alpha)
    return often * much


def damped_trend(y: Floats, horizon: int, alpha: float = 0.2, beta: float = 0.05, damping: float = 0.9) -> Floats:
    """Gardner and McKenzie (1985)."""
    level, slope = np.full(len(y), np.nan), np.zeros(len(y))
    for period in range(y.shape[1]):
        now = y[:, period]
        begins = np.isnan(level) & ~np.isnan(now)
        goes_on = ~np.isnan(level) & ~np.isnan(now)
        ahead = level + damping * slope
        following = np.where(goes_on, alpha * now + (1 - alpha) * ahead, ahead)
        slope = np.where(goes_on, beta * (following - level) + (1 - beta) * damping * slope, slope)
        level = np.where(begins, now, following)
        slope = np.where(np.isnan(level), 0.0, slope)
    steps = np.cumsum(damping ** np.arange(1, horizon + 1))
    return np.maximum(0.0, np.nan_to_num(level)[:, None] + slope[:, None] * steps)


def common_index(y: Floats, rounds: int = 6) -> Floats:
    """How the shop as a whole swings: the figure for each period such that series ~ its level x the figure fits best
    (maximum likelihood for counts); 1 on average."""
    known = ~np.isnan(y)
    filled = np.nan_to_num(y)
    index = np.ones(y.shape[1])
    for _ in range(rounds):
        level = filled.sum(1) / np.maximum(known @ index, 1e-9)
        index = filled.sum(0) / np.maximum(level @ known, 1e-9)
        index = index / max(float(index.mean()), 1e-9)
    return index


def last_year(y: Floats, horizon: int, season: int) -> Floats | None:
    """The same periods a year ago, with their neighbours, times how this year compares; None where there is no such
    past."""
    periods = y.shape[1]
    if periods < season + 2:
        return None
    near = 1 if season > 24 else 0
    found = np.empty((len(y), horizon))
    for step in range(horizon):
        at = periods + step - season
        while at >= periods:
            at -= season
        window = y[:, max(0, at - near) : min(periods, at + near + 1)]
        count = (~np.isnan(window)).sum(1)
        found[:, step] = np.where(count > 0, np.nansum(window, 1) / np.maximum(count, 1), np.nan)
    span = min(13 if season > 24 else 6, periods - season)
    now = mean_of_last(y[:, -span:], span)
    before = mean_of_last(y[:, periods - span - season : periods - season], span)
    ratio = np.clip((now + 0.5) / (before + 0.5), 0.33, 3.0)
    return found * ratio[:, None]


FEWEST_FOR_A_YEAR = 8
NEAR_A_YEAR_AGO = 3
"""Periods on either side that tell how a thing did a year ago, where a year has many."""
CLIPPED = 2.0
"""The natural logarithm of how far a thing may differ from the shop."""
REACH = 26
"""Periods over which a thing comes to do as it did a year ago, before that time of the year is known."""


def own_year(y: Floats, horizon: int, season: int, level: Floats, swing: Floats) -> Floats:
    """How a thing of its own swings beside the shop, for each period to come: what was asked for a year ago over what
    its `level` times the shop's `swing` then would have been. Where the past does not reach back a year it comes
    there step by step, towards the first time of the year that is known: what sold well in the last weeks of last
    year is expected to do so again. 1 where nothing is known."""
    periods = y.shape[1]
    near = NEAR_A_YEAR_AGO if season > 24 else 0
    hold = 0.1 * mean_of_last(y, periods) + 0.2

    def away(step: int) -> Floats:
        at = periods + step - season
        window = slice(max(0, at - near), min(periods, at + near + 1))
        seen = y[:, window]
        count = (~np.isnan(seen)).sum(1)
        usual = level * swing[window].mean()
        found = np.log((np.nansum(seen, 1) / np.maximum(count, 1) + hold) / (usual + hold)) * count / (count + 0.5)
        return np.clip(found, -CLIPPED, CLIPPED)

    # The first step whose time a year ago is known, by two periods at least where neighbours count.
    first = max(0, season - periods - near + (1 if near else 0))
    if periods < FEWEST_FOR_A_YEAR or first >= season:
        return np.ones((len(y), horizon))
    logs = np.empty((len(y), horizon))
    for step in range(horizon):
        share = 1.0 if step >= first else max(0.0, 1 - (first - step) / (min(first, REACH) + 1))
        logs[:, step] = share * away(max(first, step) % season)
    return np.exp(logs)
