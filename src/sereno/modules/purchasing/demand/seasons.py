"""What the calendar does to a shop as a whole: learned where the shop's past is long enough, else the run-up to
Christmas as retail statistics have it, as far as the shop shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sereno.modules.purchasing.demand.methods import Floats
from sereno.modules.purchasing.demand.occasions import Known, Occasion, known_days

RUN_UP: tuple[tuple[int, float], ...] = (
    (-14, 1.0),
    (-10, 1.04),
    (-8, 1.10),
    (-6, 1.20),
    (-4, 1.38),
    (-3, 1.42),
    (-2, 1.40),
    (-1, 1.20),
    (0, 0.85),
    (1, 0.85),
    (2, 0.95),
    (4, 1.0),
)
"""Sales by weeks from Christmas Day, against an ordinary week. A stated assumption: about the shape of unadjusted
online retail sales by month in the United States and Britain, where the last quarter is a third above the third."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which day each period begins on, as far as that is known. `days`: of a period (7, or 30 for a month).
    `run_up`: how much of the run-up to Christmas the shop takes part in (1: as retail does; 0: not at all).
    `occasions`: the days that are known, of the past and of what is to come."""

    first_day: date | None = None
    days: float = 7.0
    run_up: float = 1.0
    occasions: tuple[Occasion, ...] = ()

    @property
    def season(self) -> int:
        """Periods of a year."""
        return round(365.25 / self.days)

    def is_stated(self, periods: int) -> bool:
        """Whether a past of so many periods is too short to learn the year from, so that `RUN_UP` stands for it."""
        return self.first_day is not None and periods < 2 * self.season

    def retail(self, periods: int) -> Floats:
        """The run-up's figure for each of so many periods from the first."""
        if self.first_day is None or not self.run_up:
            return np.ones(periods)
        weeks, figures = zip(*RUN_UP, strict=True)
        middle = [self.first_day + timedelta(days=self.days * (at + 0.5)) for at in range(periods)]
        away = np.array([_weeks_from_christmas(day) for day in middle])
        return 1 + self.run_up * (np.interp(away, weeks, figures, left=1.0, right=1.0) - 1)


def _weeks_from_christmas(day: date) -> float:
    near = min((date(year, 12, 25) for year in (day.year - 1, day.year)), key=lambda one: abs((day - one).days))
    return (day - near).days / 7


def seasonal_index(index: Floats, calendar: Calendar, horizon: int) -> tuple[Floats, Floats]:
    """What the calendar did to each period of `index`, and what it will do to the next `horizon`: 1 is an ordinary
    one. With two years of past it is learned (ratio to a centred mean over a year, smoothed); with less, `RUN_UP`."""
    periods, season = len(index), calendar.season
    if periods < 2 * season or season < 4:
        retail = calendar.retail(periods + horizon)
        whole = 1 + _share_in(index, retail[:periods]) * (retail - 1)
        return whole[:periods], whole[periods:]
    ratio = index / np.maximum(_centred(index, season), 1e-9)
    figures = np.ones(season)
    for place in range(season):
        figures[place] = np.median(ratio[place::season])
    if season > 24:
        figures = np.array([np.mean([figures[(at + near) % season] for near in (-1, 0, 1)]) for at in range(season)])
    # Two or three looks at each place of the year are few: half of the swing is believed with two, more with more.
    years = periods / season
    figures = 1 + (figures / max(float(figures.mean()), 1e-9) - 1) * years / (years + 2)
    at = np.arange(periods + horizon) % season
    return figures[at[:periods]], figures[at[periods:]]


def days_in(index: Floats, before: Floats, calendar: Calendar, horizon: int) -> Known | None:
    """What the known days did to `index` beside the season `before`, and will do."""
    plain = index / np.maximum(before, 1e-9)
    return known_days(plain, calendar.occasions, calendar.first_day, calendar.days, horizon)


SEEN = 3
"""Periods of the run-up that a past must hold to show how much of it the shop takes part in."""
NEAR = 16
"""Periods from the run-up whose ordinary ones it is held against."""
UNSEEN, MOST = 0.7, 1.3
"""How much of it is assumed where the past holds none, and believed at the most."""


def _share_in(index: Floats, retail: Floats) -> float:
    """How much of retail's run-up the shop showed: its weeks of it against the ordinary ones near them."""
    is_up = retail > 1.1
    if is_up.sum() < SEEN:
        return UNSEEN
    away = np.abs(np.arange(len(index))[:, None] - np.flatnonzero(is_up)[None, :]).min(1)
    near = away <= NEAR
    ordinary = near & (np.abs(retail - 1) < 0.03)
    if ordinary.sum() < SEEN or index[ordinary].mean() <= 0:
        return UNSEEN
    shown = index[is_up].mean() / index[ordinary].mean() - 1
    return float(np.clip(shown / (retail[is_up].mean() - 1), 0.0, MOST))


def _centred(index: Floats, season: int) -> Floats:
    half = season // 2
    padded = np.pad(index, half, mode="edge")
    sums = np.cumsum(np.concatenate(([0.0], padded)))
    width = 2 * half + 1
    return (sums[width:] - sums[:-width]) / width


def days_of(first: date, periods: int, days: float = 7.0) -> Sequence[date]:
    return [first + timedelta(days=days * at) for at in range(periods)]
