"""How often a connection has brought something of late. Pure: instants in, figures out. Whether its silence is unusual
is for the watch to say (`runtime.watching`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR, TEN_MINUTES = timedelta(hours=1), timedelta(minutes=10)
BARS = 24
WIDTH, HEIGHT = 240, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """`count` deliveries from `start` on; `x`, `y`, `height` place it in a box of WIDTH by HEIGHT."""

    start: datetime
    count: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`silence`: for how long nothing has come. `step` is how long a bar lasts."""

    last: datetime | None
    silence: timedelta | None
    bars: tuple[Bar, ...]
    step: timedelta
    shown: int
    width: int = WIDTH
    height: int = HEIGHT
    bar_width: float = WIDTH / BARS - 2

    @property
    def span(self) -> timedelta:
        return self.step * BARS


def rhythm(times: Sequence[datetime], now: datetime, *, is_cut: bool = False) -> Rhythm:
    """`times` are the newest deliveries', the newest first. `is_cut`: there are older ones that were not read, so that
    the chart may have to show less than a day."""
    step = TEN_MINUTES if is_cut and times and now - times[-1] < HOUR * BARS else HOUR
    bars = _bars(times, now, step)
    last = times[0] if times else None
    silence = max(now - last, timedelta()) if last is not None else None
    return Rhythm(last, silence, bars, step, sum(bar.count for bar in bars))


def _bars(times: Sequence[datetime], now: datetime, step: timedelta) -> tuple[Bar, ...]:
    seconds = step.total_seconds()
    end = int(now.timestamp() // seconds)
    counts = [0] * BARS
    for at in times:
        place = BARS - 1 - (end - int(at.timestamp() // seconds))
        if 0 <= place < BARS:
            counts[place] += 1
    top = max(counts) or 1
    found: list[Bar] = []
    for place, count in enumerate(counts):
        height = max(2.0, round(count / top * (HEIGHT - 2), 1)) if count else 0.0
        start = datetime.fromtimestamp((end - BARS + 1 + place) * seconds, now.tzinfo)
        found.append(Bar(start, count, round(place * WIDTH / BARS + 1, 1), round(HEIGHT - height, 1), height))
    return tuple(found)
