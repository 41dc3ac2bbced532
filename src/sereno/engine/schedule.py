"""When: waits until a time of day, quiet hours, cron and calendar rules, dates on records. All are functions of now.

Local times follow the zone's own rules: a time skipped in spring counts as the moment the clocks jump to, a time that
comes twice in autumn counts once, the first time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrule, rruleset, rrulestr

from sereno.engine.durations import parse_date, parse_instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TICK = timedelta(minutes=5)
_YEARS_AHEAD = 9
_RULES_FROM = datetime(2024, 1, 1, 9, 0)  # noqa: DTZ001 - local, given its zone after
_PART = re.compile(r"([A-Z]+)=([^;]*)")
_UNITS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a scheduled or date-triggered flow fires.

    `kind` is `cron` or `rrule` (fires once, or once for each record of `over`), or `date` (each record of `over` whose
    field at `path`, moved by `offset`, is reached; `at` gives the time of day, `yearly` every year anew).
    """

    kind: Literal["cron", "rrule", "date"]
    rule: str = ""
    over: str | None = None
    path: tuple[str, ...] = ()
    offset: timedelta = timedelta()
    at: time | None = None
    yearly: bool = False


class ScheduleInvalid(ValueError):  # noqa: N818
    """A rule that cannot be understood."""


def check_cron(rule: str) -> None:
    """Raises ScheduleInvalid."""
    try:
        found = CronSim(rule, datetime(2026, 1, 1, tzinfo=UTC))
        next(found)
    except (CronSimError, StopIteration) as error:
        raise ScheduleInvalid(f'{rule!r} is not a cron rule such as "0 9 * * mon": {error}'.rstrip(": ")) from None


def check_rrule(rule: str) -> None:
    """Raises ScheduleInvalid; rules that fire more than every ten minutes on the second are refused too."""
    try:
        _rule(rule)
    except (ValueError, TypeError, KeyError) as error:
        raise ScheduleInvalid(f"{rule!r} is not a recurrence rule: {error}") from None
    if "FREQ=SECONDLY" in rule.upper() or "FREQ=MINUTELY" in rule.upper():
        raise ScheduleInvalid("a recurrence rule may fire hourly at most; use cron for more")


@lru_cache(maxsize=256)
def _rule(rule: str) -> rrule | rruleset:
    # Rules count in local time from a fixed Monday, so that INTERVAL=2 means the same for ever.
    return rrulestr(rule, dtstart=_RULES_FROM)


def _rule_near(rule: str, local: datetime) -> rrule | rruleset:
    """The rule without the years before `local`, where it can begin later and still fall on the same times."""
    parts: dict[str, str] = dict(_PART.findall(rule.upper()))
    unit = _UNITS.get(parts.get("FREQ", ""))
    if unit is None or "COUNT" in parts or "DTSTART" in rule.upper() or "\n" in rule:
        return _rule(rule)
    step = unit * int(parts.get("INTERVAL", "1"))
    skipped = max(0, (local - _RULES_FROM) // step - 2)
    return rrulestr(rule, dtstart=_RULES_FROM + skipped * step)


def next_firing(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant (UTC) after `after` at which the schedule is due; for `date`, at which records should be looked
    through. None when there is no more."""
    if schedule.kind == "cron":
        try:
            return next(CronSim(schedule.rule, after.astimezone(zone))).astimezone(UTC)
        except StopIteration:
            return None
    if schedule.kind == "rrule":
        local = after.astimezone(zone).replace(tzinfo=None)
        # A local hour that comes twice: go on from before it, and drop what is not later.
        before = local - timedelta(hours=2)
        rule = _rule_near(schedule.rule, before)
        found = rule.after(before)
        while found is not None:
            at = to_instant(found.date(), found.time(), zone)
            if at > after:
                return at
            found = rule.after(found)
        return None
    if schedule.at is not None:
        return next_local_time(schedule.at, after, zone)
    ticks = (after - datetime(2024, 1, 1, tzinfo=UTC)) // _TICK
    return datetime(2024, 1, 1, tzinfo=UTC) + (ticks + 1) * _TICK


def date_firing(schedule: Schedule, value: Any, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant (UTC) after `after` at which a record with this value in its date field is due; None when the
    value is missing, no date, or its moment has passed."""
    if not isinstance(value, str) or not value:
        return None
    try:
        year, month, day = parse_date(value)
        instant = parse_instant(value) if len(value) > 10 else None
        return _date_firing(schedule, (year, month, day), instant, after, zone)
    except (ValueError, OverflowError):
        return None


def _date_firing(
    schedule: Schedule, day_of: tuple[int | None, int, int], instant: datetime | None, after: datetime, zone: ZoneInfo
) -> datetime | None:
    year, month, day = day_of
    if instant is not None:
        local = instant.astimezone(zone)
        year, month, day = local.year, local.month, local.day
    if not schedule.yearly and year is not None:
        found = _moment(schedule, year, month, day, instant, zone)
        return found if found > after else None
    first = after.astimezone(zone).year - 1
    for candidate in range(first, first + _YEARS_AHEAD + 2):
        found = _moment(schedule, candidate, month, day, instant, zone)
        if found > after:
            return found
    return None


def _moment(schedule: Schedule, year: int, month: int, day: int, instant: datetime | None, zone: ZoneInfo) -> datetime:
    if month == 2 and day == 29 and not _is_leap(year):
        day = 28
    time_of_day = schedule.at
    if time_of_day is None:
        time_of_day = instant.astimezone(zone).time() if instant is not None else time()
    whole_days = (
        timedelta(days=schedule.offset.days)
        if schedule.offset >= timedelta()
        else -timedelta(days=(-schedule.offset).days)
    )
    at = to_instant(date(year, month, day) + whole_days, time_of_day, zone)
    return at + (schedule.offset - whole_days)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def to_instant(day: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time. Skipped in spring: the moment after the gap; twice in autumn: the first."""
    local = datetime.combine(day, time_of_day.replace(fold=0), tzinfo=zone)
    instant = local.astimezone(UTC)
    back = instant.astimezone(zone)
    if back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # In the gap, the offset from before it (fold=0) puts the instant past the jump by as much as the local time lies
    # in the gap; the jump itself is where the new offset begins.
    before = instant - timedelta(hours=3)
    low, high = before, instant
    old = before.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def next_local_time(
    time_of_day: time, after: datetime, zone: ZoneInfo, weekdays: frozenset[str] = frozenset()
) -> datetime:
    """The first instant (UTC) after `after` at which it is that time of day there, on one of the weekdays (any, when
    none is given)."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    for step in range(10):
        candidate = day + timedelta(days=step)
        if weekdays and WEEKDAYS[candidate.weekday()] not in weekdays:
            continue
        at = to_instant(candidate, time_of_day, zone)
        if at > after:
            return at
    raise AssertionError("a week has seven days")


def quiet_until(now: datetime, start: time, end: time, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` falls into, or None. `start` after `end` means overnight."""
    local = now.astimezone(zone).time()
    inside = start <= local < end if start <= end else (local >= start or local < end)
    return next_local_time(end, now, zone) if inside and start != end else None


def parse_time(text: str) -> time:
    """`9:00` or `09:00`. Raises ValueError."""
    hours, colon, minutes = text.strip().partition(":")
    if not colon or not hours.isdigit() or not minutes.isdigit() or len(minutes) != 2:
        raise ValueError(f"{text!r} is not a time of day such as 09:00")
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day such as 09:00") from None
