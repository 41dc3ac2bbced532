"""How much each of the things that are bought most draws each other one into a basket, all of them weighed together: a
ridge regression of every thing on all others with a constant (EASE, Steck 2019, with the means taken off). Pure.

Invariant: what two things have in common with a third is counted once, as adding up pairs cannot. The same baskets give
the same weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from operator import mul

LONGEST = 60
"""Things of one basket that are counted: who buys more buys for a shop of their own."""
HEAD, HEAD_FAST = 300, 1500
"""Things weighed together: their matrix is inverted, in seconds by the standard library or by numpy where that is."""
ENOUGH = 300
"""Baskets, before anything is weighed."""
SEEN = 5
"""Baskets that hold a thing, before it is weighed."""
RIDGE = 100.0
"""As if so many baskets spoke against each weight."""
KEPT = 50
"""Weights remembered of one thing: the largest, of either sign."""
LEAST = 0.1
"""A chance is no smaller than this share of how often the thing is bought anyway."""


@dataclass(frozen=True, slots=True)
class Pulls:
    """`lean`: the chance of each thing beside none of the others; `to`: what each adds to the chances of others."""

    lean: Mapping[str, float] = field(default_factory=dict[str, float])
    to: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])

    def over(
        self, scores: Mapping[str, float], anchors: Iterable[str], shares: Mapping[str, float]
    ) -> dict[str, float]:
        """Logarithms of chances, those of the weighed things said anew where an anchor is one of them. `shares`: in
        which part of all baskets each thing is."""
        known = [self.to[one] for one in anchors if one in self.to]
        if not known:
            return dict(scores)
        found = dict(scores)
        for name in scores.keys() & self.lean.keys():
            chance = self.lean[name] + sum([one.get(name, 0.0) for one in known])
            found[name] = log(max(chance, LEAST * shares[name], 1e-9))
        return found


NONE = Pulls()


def fit(baskets: Sequence[Sequence[str]]) -> Pulls:
    """Of nothing where there are too few baskets."""
    held = [tuple(dict.fromkeys(one[:LONGEST])) for one in baskets if one]
    if len(held) < ENOUGH:
        return NONE
    numpy = _numpy()
    counts = Counter(item for one in held for item in one)
    often = sorted((item for item in counts if counts[item] >= SEEN), key=lambda item: (-counts[item], item))
    head = often[: HEAD if numpy is None else HEAD_FAST]
    if len(head) < 2:
        return NONE
    places, number = {item: at for at, item in enumerate(head)}, len(held)
    mean = [counts[item] / number for item in head]
    matrix = [[-number * one * other for other in mean] for one in mean]
    for basket in held:
        mine = [places[item] for item in basket if item in places]
        for at in mine:
            row = matrix[at]
            for other in mine:
                row[other] += 1.0
    for at, row in enumerate(matrix):
        row[at] += RIDGE
    inverse = _inverse(matrix) if numpy is None else numpy.linalg.inv(numpy.array(matrix)).tolist()
    # Weights are minus an element of the inverse by the diagonal's; the sum has the thing's own mean in it already.
    lean = [sum(map(mul, mean, row)) / row[at] for at, row in enumerate(inverse)]
    own = [row[at] for at, row in enumerate(inverse)]
    to = {item: _largest(head, inverse[at], own, at) for at, item in enumerate(head)}
    return Pulls(dict(zip(head, lean, strict=True)), to)


def _largest(head: Sequence[str], row: Sequence[float], own: Sequence[float], at: int) -> dict[str, float]:
    weights = [(-value / own[other], head[other]) for other, value in enumerate(row) if other != at]
    weights.sort(key=lambda one: (-abs(one[0]), one[1]))
    return {item: round(weight, 6) for weight, item in weights[:KEPT] if abs(weight) >= 1e-6}


def _inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Of a symmetric positive matrix, by Cholesky: L, then its inverse, then their product."""
    size = len(matrix)
    lower: list[list[float]] = []
    for at, line in enumerate(matrix):
        row: list[float] = []
        for other in range(at):
            row.append((line[other] - sum(map(mul, row, lower[other]))) / lower[other][other])
        row.append(sqrt(line[at] - sum(map(mul, row, row))))
        lower.append(row)
    columns = [[0.0] * size for _ in range(size)]
    for at in range(size):
        column = columns[at]
        column[at] = 1 / lower[at][at]
        for below in range(at + 1, size):
            row = lower[below]
            column[below] = -sum(map(mul, row[at:below], column[at:below])) / row[below]
    found = [[0.0] * size for _ in range(size)]
    for at in range(size):
        for other in range(at, size):
            found[at][other] = found[other][at] = sum(map(mul, columns[at][other:], columns[other][other:]))
    return found


def _numpy():
    try:
        import numpy
    except ImportError:
        return None
    return numpy
