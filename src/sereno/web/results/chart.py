"""The chart of an interval over time as paths: where the truth lay, day by day, and the best guess in it. For every 100
people, so that it narrows as more is known; totals would widen with everybody who comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sereno.modules.insights.experiments import Lift
from sereno.modules.insights.results import Point

WIDTH, HEIGHT = 720, 200
LOUD = 3.0
"""The first intervals are very wide: what goes past so many times the last one's width is cut off."""
PEOPLE = 100
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """`band` and `line` are SVG path data in a box of `width` by `height`, `zero` the height of zero. `rows` are (day,
    low, estimate, high) for the table behind it, `top` and `bottom` the values at the edges."""

    band: str
    line: str
    zero: float
    top: float
    bottom: float
    rows: tuple[tuple[date, float, float, float], ...]
    width: int = WIDTH
    height: int = HEIGHT


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)


def chart(history: Sequence[Point], metric: str) -> Chart | None:
    """Of `orders` or `revenue`; None with fewer than two points."""
    points = [(point.day, _each(point.orders.each if metric == "orders" else point.revenue.each)) for point in history]
    if len(points) < 2:
        return None
    low, _, high = points[-1][1]
    spread = max(high - low, 1e-9)
    top = max(0.0, min(max(found[2] for _, found in points), high + spread * (LOUD - 1) / 2))
    bottom = min(0.0, max(min(found[0] for _, found in points), low - spread * (LOUD - 1) / 2))
    span = max(top - bottom, 1e-9)
    first, length = points[0][0], max(1, points[-1][0] - points[0][0])

    def x(day: int) -> float:
        return round((day - first) / length * WIDTH, 1)

    def y(value: float) -> float:
        return round((top - max(bottom, min(top, value))) / span * HEIGHT, 1)

    upper = [f"{x(day)} {y(found[2])}" for day, found in points]
    lower = [f"{x(day)} {y(found[0])}" for day, found in reversed(points)]
    line = [f"{x(day)} {y(found[1])}" for day, found in points]
    return Chart(
        f"M{'L'.join([*upper, *lower])}Z",
        f"M{'L'.join(line)}",
        y(0.0),
        top,
        bottom,
        tuple((day_of(day), *found) for day, found in points),
    )


def _each(lift: Lift) -> tuple[float, float, float]:
    return lift.low * PEOPLE, lift.estimate * PEOPLE, lift.high * PEOPLE
