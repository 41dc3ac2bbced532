"""The method without the extra `ml`, stated in full: the mean of the last 12 weeks that were in stock, the same for
every week to come, and a normal spread around it. Pure, standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

WINDOW = 12
"""Weeks the mean is taken over."""
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
"""Which quantiles every forecast states."""
FEWEST_IN_STOCK = 0.3
"""Of a week: below that, what was sold says nothing about what was asked for."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one thing, by period. `mean[h]` is what is expected in period h+1; `sums[h]` the quantiles `LEVELS` of the
    demand of the periods 1 to h+1 together. In units of the thing, never below 0 and never falling with h."""

    mean: tuple[float, ...]
    sums: tuple[tuple[float, ...], ...]
    method: str


def unconstrained(sold: float, in_stock: float | None) -> float | None:
    """What would have been sold had it been there all the period: `in_stock` is the share of the period that it was
    (None: not known, taken as all of it). None where it was there too little to say."""
    if in_stock is None or in_stock >= 1:
        return sold
    return sold / in_stock if in_stock >= FEWEST_IN_STOCK else None


def mean_of_last(history: Sequence[float | None], window: int = WINDOW) -> float:
    """Of the last `window` periods that are known; 0 where none is."""
    known = [one for one in history if one is not None][-window:]
    return sum(known) / len(known) if known else 0.0


def forecast(history: Sequence[float | None], horizon: int) -> Forecast:
    """`history` is the unconstrained demand by period, the newest last."""
    known = [one for one in history if one is not None][-WINDOW * 2 :]
    mean = mean_of_last(history)
    spread = sum((one - mean) ** 2 for one in known) / max(1, len(known) - 1)
    # Demand that came in whole units spreads at least as much as chance alone makes it.
    spread = max(spread, mean)
    normal = NormalDist()
    sums = tuple(
        tuple(max(0.0, mean * count + normal.inv_cdf(level) * sqrt(spread * count)) for level in LEVELS)
        for count in range(1, horizon + 1)
    )
    return Forecast((mean,) * horizon, _rising(sums), "mean12")


def _rising(sums: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """The demand of more periods is not less than that of fewer."""
    found: list[tuple[float, ...]] = []
    for row in sums:
        found.append(row if not found else tuple(max(pair) for pair in zip(row, found[-1], strict=True)))
    return tuple(found)
