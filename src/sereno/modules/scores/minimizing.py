"""Finds the least of a function of a few numbers without its slope: Nelder and Mead's simplex (1965), with the usual
1, 2, 1/2, 1/2. Invariant: the same function and start give the same numbers, on any machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Point = tuple[float, ...]


def minimize(
    function: Callable[[Point], float], start: Sequence[float], *, step: float = 0.5, most: int = 1500
) -> tuple[Point, float]:
    """Gives where it is least, and how much it is there. It begins anew once where it ended, so that a simplex that
    has collapsed too early does not decide. `most` evaluations in each of the two."""
    found, value = _descend(function, tuple(start), step, most)
    again, better = _descend(function, found, step / 5, most)
    return (again, better) if better <= value else (found, value)


def _descend(function: Callable[[Point], float], start: Point, step: float, most: int) -> tuple[Point, float]:
    corners = [start, *(tuple(x + step * (i == at) for i, x in enumerate(start)) for at in range(len(start)))]
    simplex = sorted((function(corner), corner) for corner in corners)
    asked = len(corners)
    while asked < most and not _is_small(simplex):
        (best, _), (second, _), (worst, corner) = simplex[0], simplex[-2], simplex[-1]
        middle = tuple(sum(xs) / (len(simplex) - 1) for xs in zip(*(one for _, one in simplex[:-1]), strict=True))
        moved = _from(middle, corner, -1.0)
        value = function(moved)
        asked += 1
        if value < best:
            further = _from(middle, corner, -2.0)
            far = function(further)
            asked += 1
            simplex[-1] = (far, further) if far < value else (value, moved)
        elif value < second:
            simplex[-1] = (value, moved)
        else:
            nearer = _from(middle, corner, -0.5 if value < worst else 0.5)
            near = function(nearer)
            asked += 1
            if near < min(value, worst):
                simplex[-1] = (near, nearer)
            else:
                origin = simplex[0][1]
                shrunk = [_from(origin, one, 0.5) for _, one in simplex[1:]]
                simplex[1:] = [(function(one), one) for one in shrunk]
                asked += len(shrunk)
        simplex.sort()
    return simplex[0][1], simplex[0][0]


def _from(middle: Point, corner: Point, factor: float) -> Point:
    return tuple(m + factor * (c - m) for m, c in zip(middle, corner, strict=True))


def _is_small(simplex: list[tuple[float, Point]]) -> bool:
    best, origin = simplex[0]
    flat = simplex[-1][0] - best <= 1e-11 * (abs(best) + 1e-11)
    return flat and all(abs(x - o) < 1e-7 for _, corner in simplex[1:] for x, o in zip(corner, origin, strict=True))
