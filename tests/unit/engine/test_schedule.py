from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from time import thread_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.durations import format_duration, format_instant, parse_date, parse_duration, parse_instant
from sereno.engine.schedule import (
    WEEKDAYS,
    Schedule,
    ScheduleInvalid,
    check_rrule,
    date_firing,
    next_firing,
    next_local_time,
    parse_time,
    quiet_until,
    to_instant,
)

MADRID = ZoneInfo("Europe/Madrid")
KOLKATA = ZoneInfo("Asia/Kolkata")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
ZONES = st.sampled_from([MADRID, KOLKATA, SAO_PAULO, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])
INSTANTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


def utc(text: str) -> datetime:
    return parse_instant(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("4h", timedelta(hours=4)),
        ("3d", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("1h 30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("-3d", timedelta(days=-3)),
        ("0s", timedelta()),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "4", "4 hours", "h4", "1y", "--1h", "1h-2m", "9999999999999w", "520w 30d 400d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"length of time|ten years"):
        parse_duration(text)


@given(st.integers(-(10**8), 10**8))
def test_durations_go_both_ways(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(length)) == length


def test_dates_and_instants() -> None:
    assert parse_date("2024-02-29") == (2024, 2, 29)
    assert parse_date("--02-29") == (None, 2, 29)
    assert parse_instant("2026-03-01T10:00:00+01:00") == utc("2026-03-01T09:00:00Z")
    assert format_instant(utc("2026-03-01T10:00:00+01:00")) == "2026-03-01T09:00:00Z"
    for wrong in ("soon", "--13-01", "2026-02-30"):
        with pytest.raises(ValueError, match=r".*"):
            parse_date(wrong)


@pytest.mark.parametrize(
    ("after", "at", "zone", "expected"),
    [
        # Madrid, 29 March 2026: 02:00 becomes 03:00; 02:30 does not happen, and counts as the jump.
        ("2026-03-28T12:00:00Z", time(2, 30), MADRID, "2026-03-29T01:00:00Z"),
        ("2026-03-28T12:00:00Z", time(9), MADRID, "2026-03-29T07:00:00Z"),
        ("2026-03-27T12:00:00Z", time(9), MADRID, "2026-03-28T08:00:00Z"),
        # Madrid, 25 October 2026: 02:30 happens twice; the first counts, and only the first.
        ("2026-10-24T12:00:00Z", time(2, 30), MADRID, "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00Z", time(2, 30), MADRID, "2026-10-26T01:30:00Z"),
        # Sao Paulo had its jump at midnight until 2018; none since 2019.
        ("2018-11-03T12:00:00Z", time(0, 0), SAO_PAULO, "2018-11-04T03:00:00Z"),
        ("2026-11-01T12:00:00Z", time(9), SAO_PAULO, "2026-11-02T12:00:00Z"),
        ("2026-03-28T12:00:00Z", time(9), KOLKATA, "2026-03-29T03:30:00Z"),
    ],
)
def test_times_of_day_across_clock_changes(after: str, at: time, zone: ZoneInfo, expected: str) -> None:
    assert next_local_time(at, utc(after), zone) == utc(expected)


def test_weekdays_are_those_of_the_zone() -> None:
    # Sunday 22:00 UTC is Monday 03:30 in Kolkata.
    assert next_local_time(time(3, 45), utc("2026-03-01T22:00:00Z"), KOLKATA, frozenset({"mon"})) == utc(
        "2026-03-01T22:15:00Z"
    )


@given(INSTANTS, st.times(), ZONES, st.sets(st.sampled_from(WEEKDAYS)))
@settings(max_examples=100, deadline=None)
def test_the_next_time_of_day_is_later_right_and_soon(
    after: datetime, at: time, zone: ZoneInfo, weekdays: set[str]
) -> None:
    at = at.replace(microsecond=0)
    found = next_local_time(at, after, zone, frozenset(weekdays))
    assert found > after
    assert found - after <= timedelta(days=8 if weekdays else 1, hours=2)
    local = found.astimezone(zone)
    if local.time() != at:
        # Only a time that the clocks skipped may be another, and then it is the jump itself.
        before = found - timedelta(seconds=1)
        assert before.astimezone(zone).utcoffset() != local.utcoffset()
    if weekdays:
        assert WEEKDAYS[local.weekday()] in weekdays or local.time() < time(2)


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.times(), ZONES)
@settings(max_examples=100, deadline=None)
def test_local_times_become_instants_in_order(day: date, at: time, zone: ZoneInfo) -> None:
    first = to_instant(day, at, zone)
    assert to_instant(day + timedelta(days=1), at, zone) > first
    local = first.astimezone(zone)
    assert (local.date(), local.replace(microsecond=0).time()) >= (
        day,
        at.replace(microsecond=0),
    ) or local.date() == day


def test_quiet_hours_end_in_the_morning() -> None:
    night, morning = time(21), time(9)
    assert quiet_until(utc("2026-03-28T21:30:00Z"), night, morning, MADRID) == utc("2026-03-29T07:00:00Z")
    assert quiet_until(utc("2026-03-29T05:00:00Z"), night, morning, MADRID) == utc("2026-03-29T07:00:00Z")
    assert quiet_until(utc("2026-03-29T07:00:00Z"), night, morning, MADRID) is None
    assert quiet_until(utc("2026-03-29T10:00:00Z"), time(13), time(15), MADRID) is None
    assert quiet_until(utc("2026-03-29T12:00:00Z"), time(13), time(15), MADRID) == utc("2026-03-29T13:00:00Z")
    assert quiet_until(utc("2026-03-29T12:00:00Z"), time(9), time(9), MADRID) is None


def firings(schedule: Schedule, after: str, zone: ZoneInfo, count: int) -> list[str]:
    found: list[str] = []
    at = utc(after)
    for _ in range(count):
        following = next_firing(schedule, at, zone)
        if following is None:
            break
        found.append(format_instant(following))
        at = following
    return found


def test_cron_keeps_local_time_over_clock_changes() -> None:
    assert firings(Schedule("cron", "0 9 * * *"), "2026-03-28T00:00:00Z", MADRID, 3) == [
        "2026-03-28T08:00:00Z",
        "2026-03-29T07:00:00Z",
        "2026-03-30T07:00:00Z",
    ]
    # 02:30 is skipped in spring and comes once in autumn.
    assert firings(Schedule("cron", "30 2 * * *"), "2026-03-28T12:00:00Z", MADRID, 2) == [
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:30:00Z",
    ]
    assert firings(Schedule("cron", "30 2 * * *"), "2026-10-24T12:00:00Z", MADRID, 2) == [
        "2026-10-25T00:30:00Z",
        "2026-10-26T01:30:00Z",
    ]


def test_recurrence_rules_keep_local_time() -> None:
    rule = Schedule("rrule", "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0")
    assert firings(rule, "2026-03-01T00:00:00Z", MADRID, 3) == [
        "2026-03-02T08:00:00Z",
        "2026-04-06T07:00:00Z",
        "2026-05-04T07:00:00Z",
    ]
    assert firings(Schedule("rrule", "FREQ=DAILY;UNTIL=20250101T000000"), "2026-01-01T00:00:00Z", MADRID, 2) == []


@given(
    INSTANTS,
    ZONES,
    st.sampled_from(["FREQ=DAILY", "FREQ=HOURLY;INTERVAL=5", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;BYHOUR=2"]),
)
@settings(max_examples=25, deadline=None)
def test_recurrences_move_on(after: datetime, zone: ZoneInfo, rule: str) -> None:
    at = max(after, utc("2024-02-01T00:00:00Z"))
    for _ in range(3):
        following = next_firing(Schedule("rrule", rule), at, zone)
        assert following is not None
        assert following > at
        at = following


def birthday(offset: str = "0s", at: time | None = time(9), yearly: bool = True) -> Schedule:
    return Schedule("date", "customer.birthday", "customer", ("birthday",), parse_duration(offset), at, yearly)


@pytest.mark.parametrize(
    ("value", "schedule", "after", "expected"),
    [
        ("1990-05-17", birthday(), "2026-03-01T00:00:00Z", "2026-05-17T07:00:00Z"),
        ("--05-17", birthday(), "2026-05-17T07:00:00Z", "2027-05-17T07:00:00Z"),
        ("--05-17", birthday("-3d"), "2026-03-01T00:00:00Z", "2026-05-14T07:00:00Z"),
        ("--01-02", birthday("-3d"), "2026-03-01T00:00:00Z", "2026-12-30T08:00:00Z"),
        ("--02-29", birthday(), "2026-01-01T00:00:00Z", "2026-02-28T08:00:00Z"),
        ("--02-29", birthday(), "2027-06-01T00:00:00Z", "2028-02-29T08:00:00Z"),
        ("2026-05-17", birthday(yearly=False), "2026-03-01T00:00:00Z", "2026-05-17T07:00:00Z"),
        ("2026-05-17", birthday(yearly=False), "2026-06-01T00:00:00Z", None),
        ("2026-05-17T10:30:00Z", birthday("-1h", None, False), "2026-03-01T00:00:00Z", "2026-05-17T09:30:00Z"),
        ("2026-05-17T23:30:00Z", birthday("0s", time(9), False), "2026-03-01T00:00:00Z", "2026-05-18T07:00:00Z"),
        (None, birthday(), "2026-03-01T00:00:00Z", None),
        ("", birthday(), "2026-03-01T00:00:00Z", None),
        ("soon", birthday(), "2026-03-01T00:00:00Z", None),
        ("9999-12-31", birthday("3d", yearly=False), "2026-03-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", birthday(yearly=False), "2026-03-01T00:00:00Z", None),
    ],
)
def test_dates_on_records(value: str | None, schedule: Schedule, after: str, expected: str | None) -> None:
    found = date_firing(schedule, value, utc(after), MADRID)
    assert found == (None if expected is None else utc(expected))


def test_records_are_looked_through_at_the_time_of_day_or_every_few_minutes() -> None:
    assert next_firing(birthday(), utc("2026-03-28T12:00:00Z"), MADRID) == utc("2026-03-29T07:00:00Z")
    assert next_firing(birthday(at=None), utc("2026-03-28T12:01:00Z"), MADRID) == utc("2026-03-28T12:05:00Z")


def test_times() -> None:
    assert parse_time("9:05") == time(9, 5)
    for wrong in ("9", "25:00", "9:5", "09:60", "x"):
        with pytest.raises(ValueError, match="time of day"):
            parse_time(wrong)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;INTERVAL=7;BYDAY=MO,TU",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,SA",
        "FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=-1",
        "FREQ=DAILY;COUNT=1200",
        "FREQ=HOURLY;COUNT=9999;INTERVAL=3",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1;COUNT=60",
        "FREQ=MONTHLY;INTERVAL=7;BYDAY=TU",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;UNTIL=20300101T000000",
    ],
)
def test_a_rule_asked_years_later_falls_on_the_same_times(rule: str) -> None:
    schedule = Schedule("rrule", rule)
    walked = utc("2023-12-30T00:00:00Z")
    asked = utc("2026-11-03T10:20:00Z")
    whole = rrulestr(rule, dtstart=datetime(2024, 1, 1, 9, 0))  # noqa: DTZ001 - local
    expected = whole.after(asked.replace(tzinfo=None))
    assert next_firing(schedule, asked, ZoneInfo("UTC")) == expected.replace(tzinfo=UTC)
    assert next_firing(schedule, walked, ZoneInfo("UTC")) == whole[0].replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;COUNT=10000",
        "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
    ],
)
def test_a_rule_asked_in_sixty_years_does_not_walk_there(rule: str) -> None:
    """It is asked inside a transaction that others wait for."""
    check_rrule(rule)
    schedule = Schedule("rrule", rule)
    begun = thread_time()
    for _ in range(5):
        next_firing(schedule, utc("2084-11-03T10:20:00Z"), MADRID)
    assert (thread_time() - begun) / 5 < 0.25


@pytest.mark.parametrize("frequency", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_a_rule_that_never_comes_true_is_refused(frequency: str) -> None:
    begun = thread_time()
    with pytest.raises(ScheduleInvalid, match="never"):
        check_rrule(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30")
    assert thread_time() - begun < 3


def test_a_rule_that_counts_to_the_end_of_time_is_refused() -> None:
    with pytest.raises(ScheduleInvalid, match="UNTIL"):
        check_rrule("FREQ=HOURLY;COUNT=10001")
    assert next_firing(Schedule("rrule", "FREQ=DAILY;COUNT=3"), utc("2024-01-04T00:00:00Z"), MADRID) is None
