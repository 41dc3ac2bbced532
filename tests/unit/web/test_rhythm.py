"""How often a connection has brought something of late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sereno.web.connecting.rhythm import BARS, HEIGHT, WIDTH, rhythm

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def every(gap: timedelta, count: int, last: datetime = NOW) -> list[datetime]:
    return [last - gap * number for number in range(count)]


def test_nothing_came_yet() -> None:
    found = rhythm([], NOW)
    assert (found.last, found.silence, found.shown) == (None, None, 0)
    assert len(found.bars) == BARS


def test_the_present_pause() -> None:
    assert rhythm(every(HOUR, 5, NOW - 3 * HOUR), NOW).silence == 3 * HOUR


def test_bars_are_hours_or_ten_minutes_and_stay_in_their_box() -> None:
    found = rhythm(every(timedelta(minutes=15), 200), NOW)
    assert found.step == HOUR and found.span == timedelta(hours=24)
    assert found.bars[-1].start == NOW.replace(minute=0) and found.bars[-2].count == 4
    busy = rhythm(every(timedelta(seconds=10), 500), NOW, is_cut=True)
    assert busy.step == timedelta(minutes=10)
    for bar in (*found.bars, *busy.bars):
        assert 0 <= bar.x <= WIDTH and 0 <= bar.height <= HEIGHT and 0 <= bar.y <= HEIGHT
