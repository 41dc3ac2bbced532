"""How wide to spread: the quantiles of what comes, fitted on what came at earlier moments. Needs numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sereno.modules.purchasing.demand.methods import Floats, mean_of_last
from sereno.modules.purchasing.demand.simple import LEVELS

KINDS = (0.25, 0.65)
"""Shares of periods without demand that part steady, patchy and rare demand."""
POWER = 0.5
"""Of a row's spread, by which it counts the less for the quantiles: between all things alike (1) and all units alike
(0)."""
HOLD = 0.01
"""How strongly the quantiles are held to a normal spread."""
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Moment:
    """What was known `ago` periods before the end, and what came."""

    y: Floats
    came: Floats
    parts: Floats
    kind: Ints
    scale: Floats
    trust: float


def spreading(y: Floats, mean: Floats, count: int) -> Floats:
    """Of the demand of `count` periods together, what its quantiles are made of."""
    flat = mean_of_last(y, 12) * count
    root = np.sqrt(count)
    return np.stack([mean, np.sqrt(mean), flat, _moves(y[:, -26:]) * root, _moves(y) * root], axis=1)


def _moves(part: Floats) -> Floats:
    """Standard deviation of what is known."""
    known = np.maximum((~np.isnan(part)).sum(1), 2)
    centre = np.nansum(part, 1) / known
    return np.sqrt(np.nansum((part - centre[:, None]) ** 2, 1) / (known - 1))


def spread(moments: Sequence[Moment], weights: Floats) -> Floats:
    """By kind and level: the features' coefficients that make the pinball loss least, all series counted alike."""
    kinds = len(KINDS) + 1
    rows: list[Floats] = []
    sums: list[Floats] = []
    of: list[Ints] = []
    for one in moments:
        mean = np.maximum(0.0, np.einsum("ihp,ip->ih", one.parts, weights[one.kind]))
        horizon = mean.shape[1]
        for count in sorted({1, 2, 3, 4, 6, 9, 13, horizon} & set(range(1, horizon + 1))):
            came = one.came[:, :count].sum(1)
            good = ~np.isnan(came)
            rows.append(spreading(one.y, mean[:, :count].sum(1), count)[good])
            sums.append(came[good])
            of.append(one.kind[good])
    if not rows:
        return np.stack([_usual()] * kinds)
    x, z, kind = np.concatenate(rows), np.concatenate(sums), np.concatenate(of)
    every = np.stack([_quantile(x, z, level) for level in LEVELS])
    found = np.stack([every] * kinds)
    for k in range(kinds):
        chosen = kind == k
        if chosen.sum() >= 400:
            found[k] = np.stack([_quantile(x[chosen], z[chosen], level) for level in LEVELS])
    return found


def _usual() -> Floats:
    """Where nothing can be learned: a normal spread, at least as wide as chance."""
    return np.array(
        [[0.5, 0.0, 0.5, 0.5 * NormalDist().inv_cdf(level), 0.5 * NormalDist().inv_cdf(level)] for level in LEVELS]
    )


def _quantile(x: Floats, z: Floats, level: float, rounds: int = 60) -> Floats:
    """Quantile regression by majorisation (Hunter and Lange 2000), rows scaled so that large and small count alike."""
    scale = np.maximum(x[:, 1] + x[:, 4], 0.3) ** -POWER
    x, z = x * scale[:, None], z * scale
    found = prior = _usual()[LEVELS.index(level)]
    hold = HOLD * np.eye(x.shape[1]) * len(x)
    push = (2 * level - 1) * x.sum(0)
    for _ in range(rounds):
        w = 1.0 / (np.abs(z - x @ found) + 1e-3)
        weighted = x * w[:, None]
        following = np.linalg.solve(weighted.T @ x + hold, weighted.T @ z + push + hold @ prior)
        if np.abs(following - found).max() < 1e-5:
            return following
        found = following
    return found
