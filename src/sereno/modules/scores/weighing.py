"""What the two regressions share: features brought to one scale and back, and linear equations solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Weights:
    """A weighted sum of features as they come; `base` stands alone."""

    base: float
    each: tuple[float, ...]

    def of(self, features: Sequence[float]) -> float:
        return self.base + sum([weight * value for weight, value in zip(self.each, features, strict=True)])


@dataclass(frozen=True, slots=True)
class Scale:
    """The mean and spread of each feature."""

    middle: tuple[float, ...]
    spread: tuple[float, ...]

    def apply(self, rows: Rows) -> list[tuple[float, ...]]:
        """With a 1 before each, for what stands alone."""
        both = tuple(zip(self.middle, self.spread, strict=True))
        return [(1.0, *[(value - m) / s for value, (m, s) in zip(row, both, strict=True)]) for row in rows]

    def undo(self, weights: Sequence[float]) -> Weights:
        own = tuple(weight / s for weight, s in zip(weights[1:], self.spread, strict=True))
        return Weights(weights[0] - sum(w * m for w, m in zip(own, self.middle, strict=True)), own)


def scale_of(rows: Rows) -> Scale:
    middle = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    spread = [
        sqrt(sum((value - m) ** 2 for value in column) / len(rows)) or 1.0
        for m, column in zip(middle, zip(*rows, strict=True), strict=True)
    ]
    return Scale(tuple(middle), tuple(spread))


class Equations:
    """Sums of weighted squares of rows: symmetric, gathered in one half. `ridge` keeps all but the first bounded."""

    def __init__(self, size: int, ridge: float) -> None:
        self.matrix = [[ridge if i == j and j else 0.0 for i in range(size)] for j in range(size)]
        self.right = [0.0] * size

    def add(self, row: Sequence[float], weight: float, pull: float) -> None:
        """`pull` is how much the row adds to the right side, for each of its features."""
        for j, feature in enumerate(row):
            part, line = weight * feature, self.matrix[j]
            self.right[j] += pull * feature
            for i in range(j + 1):
                line[i] += part * row[i]

    def solve(self) -> list[float]:
        """By Gauss with the largest pivot. Uses them up."""
        matrix, right, size = self.matrix, self.right, len(self.right)
        for j in range(size):
            for i in range(j):
                matrix[i][j] = matrix[j][i]
        for at in range(size):
            best = max(range(at, size), key=lambda row: abs(matrix[row][at]))
            matrix[at], matrix[best] = matrix[best], matrix[at]
            right[at], right[best] = right[best], right[at]
            pivot = matrix[at][at] or 1e-12
            for row in range(at + 1, size):
                factor = matrix[row][at] / pivot
                matrix[row] = [x - factor * y for x, y in zip(matrix[row], matrix[at], strict=True)]
                right[row] -= factor * right[at]
        found = [0.0] * size
        for at in reversed(range(size)):
            rest = sum(matrix[at][i] * found[i] for i in range(at + 1, size))
            found[at] = (right[at] - rest) / (matrix[at][at] or 1e-12)
        return found
