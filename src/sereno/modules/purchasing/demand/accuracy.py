"""How good forecasts were: the measures that are stated beside them. Arrays are series by period."""

from __future__ import annotations

import numpy as np

from sereno.modules.purchasing.demand.methods import Floats
from sereno.modules.purchasing.demand.pool import scale_of


def rmsse(past: Floats, came: Floats, expected: Floats) -> float:
    """Root mean squared error scaled by the series' own moves from period to period, mean over the series that ever
    moved (as in the M5 competition, each series counted alike)."""
    found = np.sqrt(np.mean((came - expected) ** 2, 1)) / scale_of(past)
    return float(np.nanmean(found))


def wape_of_sum(came: Floats, expected: Floats) -> float:
    """Of the sums over the horizon: all error over all demand."""
    return float(np.abs(came.sum(1) - expected.sum(1)).sum() / came.sum())


def bias(came: Floats, expected: Floats) -> float:
    """(expected - came) / came, of all together."""
    return float((expected.sum() - came.sum()) / came.sum())


def pinball(came: Floats, stocked: Floats, level: float) -> float:
    """Mean over series, in units: what is short costs `level` each, what is over 1 - `level`."""
    gap = came - stocked
    return float(np.mean(np.maximum(level * gap, (level - 1) * gap)))


def service(came: Floats, stocked: Floats) -> float:
    """The share of series that did not run out."""
    return float(np.mean(came <= stocked))
