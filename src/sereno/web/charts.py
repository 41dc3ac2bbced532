"""Small charts as paths, computed here so that a page needs no script to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 120, 28
_HEADROOM = 3


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline: `line` and `area` are SVG path data in a box of `width` by `height`."""

    points: tuple[tuple[date, int], ...]
    line: str
    area: str
    total: int
    width: int = WIDTH
    height: int = HEIGHT


def spark(points: Sequence[tuple[date, int]]) -> Spark:
    """The largest value touches the top; zero lies on the base line."""
    top = max((value for _, value in points), default=0) or 1
    step = WIDTH / max(1, len(points) - 1)
    places = [
        (round(index * step, 1), round(HEIGHT - value / top * (HEIGHT - _HEADROOM), 1))
        for index, (_, value) in enumerate(points)
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in places) if places else ""
    area = f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z" if places else ""
    return Spark(tuple(points), line, area, sum(value for _, value in points))
