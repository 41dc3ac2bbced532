"""Two regressions on weighted sums of features: the chance of a yes (logistic, by Newton's method) and below which
value a share of what comes lies (quantiles, Koenker and Bassett 1978, by least squares weighed anew in each round).

Invariant: the same rows give the same weights; a small ridge gives an answer on any data.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from sereno.modules.scores.weighing import Equations, Rows, Weights, scale_of

MOST_YES, MOST_QUANTILE = 30_000, 6_000
"""Rows they are fitted on; of more, every n-th."""
RIDGE = 1.0
"""As if that many rows spoke against each weight."""
ROUNDS = 30
NEAR = 1.0
"""Nearer than this all are as far: what is measured in days needs no finer."""


def chance(total: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def fit_logistic(rows: Rows, yes: Sequence[bool]) -> Weights:
    """For `chance`. Raises ValueError where all say the same."""
    every = -(-len(rows) // MOST_YES) or 1
    rows, yes = rows[::every], yes[::every]
    if len(set(yes)) < 2:
        raise ValueError("all say the same")
    scale = scale_of(rows)
    known = scale.apply(rows)
    weights = [0.0] * len(known[0])
    for _round in range(ROUNDS):
        equations = Equations(len(weights), RIDGE)
        for j, weight in enumerate(weights[1:], start=1):
            equations.right[j] = -RIDGE * weight
        for row, is_yes in zip(known, yes, strict=True):
            here = chance(sum([w * v for w, v in zip(weights, row, strict=True)]))
            equations.add(row, here * (1 - here), is_yes - here)
        step = equations.solve()
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(abs(s) for s in step) < 1e-6:
            break
    return scale.undo(weights)


def fit_quantile(rows: Rows, came: Sequence[float], share: float) -> Weights:
    every = -(-len(rows) // MOST_QUANTILE) or 1
    rows, came = rows[::every], came[::every]
    scale = scale_of(rows)
    known = scale.apply(rows)
    weights = [float(sorted(came)[int(len(came) * share)]), *[0.0] * (len(known[0]) - 1)]
    for _round in range(ROUNDS):
        equations = Equations(len(weights), RIDGE / 10)
        for row, value in zip(known, came, strict=True):
            left = value - sum([w * v for w, v in zip(weights, row, strict=True)])
            weight = 2 * (share if left > 0 else 1 - share) / max(NEAR, abs(left))
            equations.add(row, weight, weight * value)
        found = equations.solve()
        moved = max(abs(one - two) for one, two in zip(found, weights, strict=True))
        weights = found
        if moved < 1e-2:
            break
    return scale.undo(weights)
