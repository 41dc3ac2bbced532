"""When a message may go: never one too many in any window, never in quiet hours, and never later than need be."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.schedule import WEEKDAYS, quiet_until
from sereno.runtime.arbiter.deciding import Counted, earliest
from sereno.runtime.arbiter.rules import Cap, Quiet
from sereno.store.fields import from_micros, to_micros

MINUTE = 60_000_000
START = to_micros(datetime(2026, 3, 28, 12, tzinfo=UTC))
"""The night before clocks go forward in Europe."""
ZONES = [ZoneInfo(name) for name in ("Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")]

minutes = st.integers(0, 60 * 24 * 3)
caps = st.lists(
    st.builds(
        lambda most, length: Cap("email", most, timedelta(minutes=length)), st.integers(1, 4), st.integers(1, 2000)
    ),
    max_size=3,
)
hours_of_quiet = st.builds(
    lambda start, hours, days: Quiet(
        "email", time(start // 4, start % 4 * 15), time((start // 4 + hours) % 24, 15), frozenset(days)
    ),
    st.integers(0, 95),
    st.integers(1, 11),
    st.sets(st.sampled_from(WEEKDAYS), max_size=3),
)
quiets = st.lists(hours_of_quiet, max_size=1)


def is_quiet(at: int, quiet: list[Quiet], zone: ZoneInfo) -> bool:
    """By the clock on the reader's wall, hour by hour: said otherwise than the code says it."""
    local = from_micros(at).astimezone(zone)
    for one in quiet:
        now, overnight = local.time(), one.end <= one.start
        yesterday = WEEKDAYS[(local.weekday() - 1) % 7]
        today = WEEKDAYS[local.weekday()]
        begun_today = now >= one.start and (overnight or now < one.end)
        begun_before = overnight and now < one.end
        if (begun_today and (not one.days or today in one.days)) or (
            begun_before and (not one.days or yesterday in one.days)
        ):
            return True
    return False


def too_many(times: list[int], cap: Cap) -> bool:
    period = int(cap.period.total_seconds()) * 1_000_000
    return any(sum(end - period < time <= end for time in times) > cap.most for end in times)


@given(st.lists(minutes, max_size=25), caps, quiets, st.sampled_from(ZONES))
def test_one_after_the_other_no_window_is_ever_too_full(
    wishes: list[int], caps: list[Cap], quiet: list[Quiet], zone: ZoneInfo
) -> None:
    """Each goes at the moment it is given, or is asked again then: what it may, it still may."""
    sent: list[int] = []
    for wish in sorted(wishes):
        now = max(START + wish * MINUTE, sent[-1] if sent else 0)
        found = earliest(now, [Counted(cap, sorted(sent)) for cap in caps], quiet, zone)
        assert found.at >= now
        assert earliest(found.at, [Counted(cap, sorted(sent)) for cap in caps], quiet, zone).at == found.at
        assert not is_quiet(found.at, quiet, zone)
        sent.append(found.at)
    for cap in caps:
        assert not too_many(sent, cap)


@given(st.lists(minutes, max_size=12), st.integers(0, 3000), caps, quiets, st.sampled_from(ZONES))
def test_it_is_the_first_moment(
    before: list[int], at: int, caps: list[Cap], quiet: list[Quiet], zone: ZoneInfo
) -> None:
    """Every minute before it is forbidden by a rule, whatever lies behind and ahead."""
    times: list[int] = []
    for minute in sorted(before):
        if not any(too_many([*times, START + minute * MINUTE], cap) for cap in caps):
            times.append(START + minute * MINUTE)
    now = START + at * MINUTE
    found = earliest(now, [Counted(cap, times) for cap in caps], quiet, zone)
    assert not any(too_many(sorted([*times, found.at]), cap) for cap in caps)
    assert (found.by is None) == (found.at == now)
    for moment in [*range(now, found.at, 7 * MINUTE), found.at - 1][:300]:
        if now <= moment < found.at:
            refused = any(too_many(sorted([*times, moment]), cap) for cap in caps)
            assert refused or is_quiet(moment, quiet, zone)


@given(st.integers(0, 60 * 24 * 300), hours_of_quiet, st.sampled_from(ZONES))
def test_quiet_hours_are_those_of_the_wall_clock(minute: int, hours: Quiet, zone: ZoneInfo) -> None:
    at = from_micros(START + minute * MINUTE)
    until = quiet_until(at, hours.start, hours.end, zone, hours.days)
    local = at.astimezone(zone)
    changes = local.utcoffset() != (local - timedelta(hours=24)).utcoffset() or (
        local.utcoffset() != (local + timedelta(hours=24)).utcoffset()
    )
    if not changes:  # In those days the wall shows some times twice, and some never.
        assert (until is not None) == is_quiet(to_micros(at), [hours], zone)
    assert until is None or until > at


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T21:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        ("2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
    ],
)
def test_the_morning_comes_an_hour_earlier_or_later_where_clocks_change(now: str, until: str) -> None:
    night = Quiet("sms", time(21), time(8))
    found = earliest(to_micros(datetime.fromisoformat(now)), [], [night], ZONES[0])
    assert from_micros(found.at) == datetime.fromisoformat(until)


def test_a_whole_day_is_quiet() -> None:
    sunday = Quiet("email", time(0), time(0), frozenset({"sun"}))
    noon = to_micros(datetime(2026, 3, 29, 10, tzinfo=UTC))
    assert from_micros(earliest(noon, [], [sunday], ZONES[0]).at) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert earliest(noon - 24 * 60 * MINUTE, [], [sunday], ZONES[0]).by is None


def test_several_caps_hold_at_once() -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    times = [START - 30 * 60 * MINUTE, START - 20 * 60 * MINUTE, START - 30 * MINUTE]
    counted = [Counted(Cap("email", 1, hour), times), Counted(Cap("email", 2, day), times)]
    found = earliest(START, counted, [], ZONES[0])
    assert found.at == START + 4 * 60 * MINUTE
    assert found.by == counted[1]
