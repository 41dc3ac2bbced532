"""Whether a connection's silence is unusual for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sereno.web.connecting.rhythm import BARS, HEIGHT, WIDTH, rhythm

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def every(gap: timedelta, count: int, last: datetime = NOW) -> list[datetime]:
    return [last - gap * number for number in range(count)]


def test_nothing_came_yet() -> None:
    found = rhythm([], NOW)
    assert (found.last, found.silence, found.usual, found.is_silent, found.shown) == (None, None, None, False, 0)
    assert len(found.bars) == BARS


def test_too_little_makes_no_rhythm() -> None:
    found = rhythm(every(HOUR, 5, NOW - timedelta(days=30)), NOW)
    assert found.usual is None and not found.is_silent


@pytest.mark.parametrize(("quiet", "is_silent"), [(1, False), (2, False), (7, True), (48, True)])
def test_a_pause_is_held_against_the_longest_usual_one(quiet: int, is_silent: bool) -> None:
    found = rhythm(every(2 * HOUR, 60, NOW - quiet * HOUR), NOW)
    assert found.usual == 2 * HOUR
    assert found.is_silent is is_silent


def test_nights_are_usual() -> None:
    day = [NOW.replace(hour=8) + timedelta(minutes=20 * number) for number in range(30)]
    times = sorted((at - timedelta(days=back) for at in day for back in range(1, 8)), reverse=True)
    night = times[0] + timedelta(hours=12)
    assert not rhythm(times, night).is_silent
    assert rhythm(times, times[0] + timedelta(hours=30)).is_silent


def test_a_single_outage_is_not_taken_for_usual() -> None:
    times = every(HOUR, 80, NOW - HOUR)
    times += every(HOUR, 80, times[-1] - timedelta(days=3))
    assert rhythm(times, NOW).usual == HOUR


def test_a_busy_hour_says_nothing_about_a_night() -> None:
    times = every(timedelta(seconds=3), 2000, NOW - timedelta(minutes=50))
    assert not rhythm(times, NOW, is_cut=True).is_silent
    assert rhythm(times, NOW + timedelta(hours=2), is_cut=True).is_silent


def test_bars_are_hours_or_ten_minutes_and_stay_in_their_box() -> None:
    found = rhythm(every(timedelta(minutes=15), 200), NOW)
    assert found.step == HOUR and found.span == timedelta(hours=24)
    assert found.bars[-1].start == NOW.replace(minute=0) and found.bars[-2].count == 4
    busy = rhythm(every(timedelta(seconds=10), 500), NOW, is_cut=True)
    assert busy.step == timedelta(minutes=10)
    for bar in (*found.bars, *busy.bars):
        assert 0 <= bar.x <= WIDTH and 0 <= bar.height <= HEIGHT and 0 <= bar.y <= HEIGHT
