"""When: waits until a time of day, quiet hours, cron and calendar rules, dates on records. All are functions of now.

Local times follow the zone's own rules: a time skipped in spring counts as the moment the clocks jump to, a time that
comes twice in autumn counts once, the first time.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import DAILY, HOURLY, WEEKLY, YEARLY, rrule, rruleset, rrulestr

from sereno.engine.durations import parse_date, parse_instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TICK = timedelta(minutes=5)
_YEARS_AHEAD = 9
_RULES_FROM = datetime(2024, 1, 1, 9, 0)  # noqa: DTZ001 - local, given its zone after
_PART = re.compile(r"([A-Z]+)=([^;\s]*)")
_LONGEST_PART = 100
MOST_COUNTED = 10_000
_STEPS = {HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1)}
_FARTHEST = timedelta(days=366 * 120)
_HORIZONS = {HOURLY: timedelta(days=366 * 9), DAILY: timedelta(days=366 * 9), WEEKLY: timedelta(days=366 * 120)}
"""How far ahead the next time is sought: past any leap day, and past any interval people mean."""


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
    except (CronSimError, StopIteration, ValueError, OverflowError) as error:
        raise ScheduleInvalid(f'{rule!r} is not a cron rule such as "0 9 * * mon": {error}'.rstrip(": ")) from None


def check_rrule(rule: str) -> None:
    """Raises ScheduleInvalid; rules that fire more than every ten minutes on the second, or that count very far, are
    refused too."""
    parts: dict[str, str] = dict(_PART.findall(rule.upper()))
    if any(len(value) > _LONGEST_PART for value in parts.values()):
        raise ScheduleInvalid(f"{rule[:60]!r}... is not a recurrence rule: one of its numbers is too long")
    if parts.get("FREQ") in ("SECONDLY", "MINUTELY"):
        raise ScheduleInvalid("a recurrence rule may fire hourly at most; use cron for more")
    if parts.get("COUNT", "").isdigit() and int(parts["COUNT"]) > MOST_COUNTED:
        raise ScheduleInvalid(f"COUNT may be {MOST_COUNTED} at most; UNTIL ends a rule at a date")
    try:
        found = _rule(rule)
        is_empty = isinstance(found, rrule) and (_has_no_day(found) or _first(rule, found) is None)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ScheduleInvalid(f"{rule!r} is not a recurrence rule: {error}") from None
    if is_empty:
        raise ScheduleInvalid(f"{rule!r} never comes true")


def _first(rule: str, parsed: rrule) -> datetime | None:
    begin: datetime = _of(parsed, "dtstart")
    return _rule_near(rule, begin).after(begin, inc=True)


def _has_no_day(rule: rrule) -> bool:
    """Whether none of its months has any of its days, which a walk would take long to find out."""
    months, days = _of(rule, "bymonth"), _of(rule, "bymonthday")
    return bool(months and days) and all(monthrange(2024, month)[1] < day for month in months for day in days)


@lru_cache(maxsize=256)
def _rule(rule: str) -> rrule | rruleset:
    # Rules count in local time from a fixed Monday, so that INTERVAL=2 means the same for ever.
    return rrulestr(rule, dtstart=_RULES_FROM)


@lru_cache(maxsize=256)
def _last_counted(rule: str) -> datetime | None:
    """The last time of a rule with COUNT: what counts is where it began, so this walks it once, when it is checked.
    None for a rule that does not count."""
    parsed = _rule(rule)
    if not isinstance(parsed, rrule) or _of(parsed, "count") is None:
        return None
    endless = parsed.replace(count=None, until=_of(parsed, "dtstart") + _FARTHEST)
    found = list(islice(endless, _of(parsed, "count")))
    return found[-1] if found else _of(parsed, "dtstart")


def _rule_near(rule: str, local: datetime) -> rrule | rruleset:
    """The rule without the years before `local`, begun later where it still falls on the same times, and with an end,
    so that one that never comes true (the 30th of February) is not sought for ever."""
    parsed = _rule(rule)
    if not isinstance(parsed, rrule):
        return parsed
    begin: datetime = _of(parsed, "dtstart")
    until: datetime | None = _of(parsed, "until")
    last = _last_counted(rule)
    if last is not None:
        until = last if until is None else min(until, last)
    begin = _begin_near(begin, _of(parsed, "freq"), _of(parsed, "interval"), local)
    try:
        horizon = max(local, begin) + _HORIZONS.get(_of(parsed, "freq"), _FARTHEST)
    except OverflowError:
        horizon = datetime.max  # noqa: DTZ901 - local
    return parsed.replace(dtstart=begin, count=None, until=horizon if until is None else min(until, horizon))


def _begin_near(begin: datetime, frequency: int, interval: int, local: datetime) -> datetime:
    """A later begin, a whole number of steps on and two steps before `local`; the same where there is none."""
    step = _STEPS.get(frequency)
    if step is not None:
        skipped = max(0, (local - begin) // (step * interval) - 2)
        return begin + skipped * step * interval
    months = interval * (12 if frequency == YEARLY else 1)
    passed = (local.year - begin.year) * 12 + local.month - begin.month
    at = begin.year * 12 + begin.month - 1 + max(0, passed // months - 2) * months
    # The 29th to 31st are not in every month, and where the rule names no day it is the begin's.
    return begin.replace(year=at // 12, month=at % 12 + 1) if begin.day <= 28 else begin


def _of(rule: rrule, name: str) -> Any:
    """A part of a parsed rule; dateutil has no public way to it."""
    return getattr(rule, f"_{name}")


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


def quiet_until(
    now: datetime, start: time, end: time, zone: ZoneInfo, weekdays: frozenset[str] = frozenset()
) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` falls into, or None. `start` after `end` means overnight. `weekdays`
    are those they begin on (any, when none is given); with them, both the same means the whole day round."""
    if start == end and not weekdays:
        return None
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        if weekdays and WEEKDAYS[day.weekday()] not in weekdays:
            continue
        since, until = _stretch(day, start, end, zone)
        if since <= now < until:
            return until
    return None


@lru_cache(maxsize=4096)
def _stretch(day: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From one time of day to the next such: thousands of readers share a night."""
    return to_instant(day, start, zone), to_instant(day if start < end else day + timedelta(days=1), end, zone)


def parse_time(text: str) -> time:
    """`9:00` or `09:00`. Raises ValueError."""
    hours, colon, minutes = text.strip().partition(":")
    if not colon or not hours.isdigit() or not minutes.isdigit() or len(minutes) != 2:
        raise ValueError(f"{text!r} is not a time of day such as 09:00")
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day such as 09:00") from None
