"""The picture of a forecast: weeks past as bars, weeks to come as a line in a band. Paths only; the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 180
PAST, AHEAD = 52, 13
TOP = 8


@dataclass(frozen=True, slots=True)
class Week:
    """`sold` is None for weeks to come, and where nothing is known; `low` to `high` holds nine weeks of ten."""

    begins: date
    sold: float | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """SVG path data in a box of `width` by `height`; `now` is where the past ends; `top` is the highest value."""

    weeks: tuple[Week, ...]
    bars: str
    line: str
    band: str
    now: float
    top: float
    width: int = WIDTH
    height: int = HEIGHT


def plot(first: date, history: Sequence[float | None], mean: Sequence[float], sums: Sequence[Sequence[float]]) -> Plot:
    """The spread of one week to come is that of the first, around each week's mean."""
    past = list(history)[-PAST:]
    begins = first + timedelta(weeks=max(0, len(history) - PAST))
    weeks = [Week(begins + timedelta(weeks=at), sold) for at, sold in enumerate(past)]
    now = begins + timedelta(weeks=len(past))
    low, high = (sums[0][1] - mean[0], sums[0][6] - mean[0]) if sums and mean else (0.0, 0.0)
    low = min(low, sums[0][0] - mean[0]) if sums and mean else low
    for at, expected in enumerate(list(mean)[:AHEAD]):
        bounds = max(0.0, expected + low), max(expected, expected + high)
        weeks.append(Week(now + timedelta(weeks=at), None, expected, *bounds))
    top = max([week.high or week.sold or 0.0 for week in weeks], default=0.0) or 1.0
    step = WIDTH / max(1, len(weeks))

    def y(value: float) -> float:
        return round(HEIGHT - value / top * (HEIGHT - TOP), 1)

    bars = "".join(
        f"M{round(at * step + 1, 1)} {HEIGHT}V{y(week.sold)}h{round(max(1.0, step - 2), 1)}V{HEIGHT}Z"
        for at, week in enumerate(weeks)
        if week.sold
    )
    ahead = [(round((at + 0.5) * step, 1), week) for at, week in enumerate(weeks) if week.expected is not None]
    line = "M" + "L".join(f"{x} {y(week.expected or 0)}" for x, week in ahead) if ahead else ""
    upper = "L".join(f"{x} {y(week.high or 0)}" for x, week in ahead)
    lower = "L".join(f"{x} {y(week.low or 0)}" for x, week in reversed(ahead))
    band = f"M{upper}L{lower}Z" if ahead else ""
    return Plot(tuple(weeks), bars, line, band, round(len(past) * step, 1), top)


def place_of(begins_on: date, weeks_past: int, day: date) -> float | None:
    """Where a day to come stands across; None for one outside of the picture."""
    ahead = (day - begins_on).days / 7
    if not 0 <= ahead < AHEAD:
        return None
    past = min(weeks_past, PAST)
    return round((past + ahead) * WIDTH / (past + AHEAD), 1)
