"""A line by day, with the same of the stretch before it behind, as paths: computed here so that no script draws it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 180
Points = Sequence[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class Plot:
    """`line`, `area` and `before` are SVG path data in a box of `width` by `height`; `top` says what its upper edge
    stands for. `rows` are (day, value, value of that day in the stretch before) for the table behind it."""

    line: str
    area: str
    before: str
    top: str
    rows: tuple[tuple[date, str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def plot(points: Points, before: Points, said: Callable[[float], str]) -> Plot | None:
    """None where there is nothing to draw."""
    top = max((value for _, value in (*points, *before)), default=0)
    if top <= 0 or len(points) < 2:
        return None
    line = _path(points, top)
    rows = tuple((day, said(value), said(earlier)) for (day, value), (_, earlier) in zip(points, before, strict=True))
    area = f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z"
    return Plot(line, area, _path(before, top) if any(value for _, value in before) else "", said(top), rows)


def _path(points: Points, top: int) -> str:
    step = WIDTH / (len(points) - 1)
    places = (
        (round(index * step, 1), round(HEIGHT - max(0, value) / top * HEIGHT, 1))
        for index, (_, value) in enumerate(points)
    )
    return "M" + "L".join(f"{x} {y}" for x, y in places)
