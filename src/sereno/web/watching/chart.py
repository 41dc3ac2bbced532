"""A week in hours: what is usual as an area, what came as bars. Pure: numbers in, places in a box out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 840, 150
HOURS, DAY = 168, 24
STEP = WIDTH / HOURS


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Week:
    """`area` is SVG path data; `now` the place of this hour. `days`: for each day what was usual and what came, by
    four hours, for the table."""

    area: str
    bars: tuple[Bar, ...]
    now: float
    top: float
    days: tuple[tuple[tuple[float, int | None], ...], ...]
    width: int = WIDTH
    height: int = HEIGHT
    bar_width: float = round(STEP - 1, 1)
    day_width: float = WIDTH / 7


def week(usual: Sequence[float], came: Mapping[int, int], hour_now: int) -> Week:
    """`usual` and `came` by hour of the week, Monday 00:00 first; nothing has come after `hour_now` yet."""
    # One odd hour must not press all others flat: its bar is cut.
    most = max([1.0, *(float(count) for count in came.values())])
    top = max(1.0, min(most, 4 * max(usual) + 3), max(usual))

    def y(value: float) -> float:
        return round(HEIGHT - min(value / top, 1.0) * (HEIGHT - 8), 1)

    line = "L".join(
        f"{round(i * STEP, 1)} {y(value)}L{round((i + 1) * STEP, 1)} {y(value)}" for i, value in enumerate(usual)
    )
    bars = tuple(
        Bar(round(i * STEP + 0.5, 1), y(count), round(HEIGHT - y(count), 1))
        for i, count in sorted(came.items())
        if count and i <= hour_now
    )
    days = tuple(
        tuple(_span(usual, came, day * DAY + part, hour_now) for part in range(0, DAY, 4))
        for day in range(HOURS // DAY)
    )
    return Week(f"M0 {HEIGHT}L{line}L{WIDTH} {HEIGHT}Z", bars, round((hour_now + 0.5) * STEP, 1), top, days)


def _span(usual: Sequence[float], came: Mapping[int, int], first: int, hour_now: int) -> tuple[float, int | None]:
    hours = range(first, first + 4)
    return sum(usual[i] for i in hours), None if first > hour_now else sum(came.get(i, 0) for i in hours)
