"""The control of a schedule: every day, some weekdays, once a month, every hour, or a rule as it is written.

It says when it would be due next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_datetime
from django.utils.translation import gettext as _

from sereno.engine.schedule import (
    WEEKDAYS,
    Schedule,
    ScheduleInvalid,
    check_cron,
    check_rrule,
    next_firing,
    parse_time,
)
from sereno.web.builder.forms.controls import Control, Part, Raw, Wrong, one, pick, put, written
from sereno.web.builder.forms.time_words import DAYS
from sereno.web.formats import language, zone_of

_CRON = re.compile(r"(\d{1,2}) (\*|\d{1,2}) (\*|\d{1,2}) \* (\*|[a-zA-Z0-7,-]+)")
_WORK_DAYS = WEEKDAYS[:5]


@dataclass(frozen=True, kw_only=True)
class ScheduleControl(Control):
    """Inputs: `-mode`, `-at`, `-days`, `-day`, `-rule`."""

    timezone: str = "UTC"

    kind = "schedule"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        if isinstance(value, Mapping):
            mode = "rrule" if "rrule" in value else "cron"
            return self._sent(mode, rule=written(value.get(mode, "")))
        rule = "" if value is None else written(value)
        return self._simple(" ".join(rule.split())) or self._sent("cron", rule=rule)

    def write(self, part: Part, raw: Raw) -> None:
        rule = self.rule_in(raw)
        if one(raw, f"{self.name}-mode") == "rrule":
            put(part, self.keys, {"rrule": rule})
        else:
            put(part, self.keys, rule)

    def rule_in(self, raw: Raw) -> str:
        """The rule these inputs stand for. Raises Wrong."""
        mode, rule = one(raw, f"{self.name}-mode"), one(raw, f"{self.name}-rule").strip()
        try:
            if mode == "rrule":
                check_rrule(rule)
                return rule
            if mode == "cron":
                check_cron(rule)
                return rule
            at = parse_time(one(raw, f"{self.name}-at")[:5])
        except ScheduleInvalid as invalid:
            raise Wrong(str(invalid)) from None
        except ValueError:
            raise Wrong(_("Write a time of day, such as 09:00.")) from None
        if mode == "hourly":
            return f"{at.minute} * * * *"
        if mode == "monthly":
            day = one(raw, f"{self.name}-day")
            if not (day.isascii() and day.isdigit() and 1 <= int(day) <= 31):
                raise Wrong(_("Write a day of the month, from 1 to 31."))
            return f"{at.minute} {at.hour} {int(day)} * *"
        days = [day for day in WEEKDAYS if day in raw.get(f"{self.name}-days", [])]
        if mode == "weekly" and not days:
            raise Wrong(_("Tick at least one day."))
        if mode == "daily" or len(days) == 7:
            return f"{at.minute} {at.hour} * * *"
        return f"{at.minute} {at.hour} * * {'mon-fri' if tuple(days) == _WORK_DAYS else ','.join(days)}"

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        modes = (
            ("daily", _("Every day")),
            ("weekly", _("On some weekdays")),
            ("monthly", _("Once a month")),
            ("hourly", _("Every hour")),
            ("cron", _("By a cron rule")),
            ("rrule", _("By a recurrence rule (RRULE)")),
        )
        return {
            "mode": one(raw, f"{self.name}-mode"),
            "modes": modes,
            "at": one(raw, f"{self.name}-at") or "09:00",
            "chosen": raw.get(f"{self.name}-days", []),
            "days": DAYS,
            "day": one(raw, f"{self.name}-day") or "1",
            "rule": one(raw, f"{self.name}-rule"),
            "next": self.next_times(raw),
            "zone": self.timezone,
        }

    def next_times(self, raw: Raw, count: int = 3) -> list[str]:
        """The next moments it would be due, in the shop's zone and the reader's language; none for a wrong rule."""
        try:
            rule = self.rule_in(raw)
        except Wrong:
            return []
        kind = "rrule" if one(raw, f"{self.name}-mode") == "rrule" else "cron"
        zone = zone_of(self.timezone)
        at: datetime | None = datetime.now(UTC)
        found: list[str] = []
        while at is not None and len(found) < count:
            at = next_firing(Schedule(kind, rule), at, zone)
            if at is not None:
                found.append(str(format_datetime(at.astimezone(zone), "EEEE d MMMM, HH:mm", locale=language())))
        return found

    def _simple(self, rule: str) -> Raw | None:
        """The inputs of a cron rule that is one of the simple ones, when they give the same rule again."""
        match = _CRON.fullmatch(rule)
        if match is None:
            return None
        minute, hour, day, weekdays = match.groups()
        if hour == "*":
            raw = self._sent("hourly", at=f"00:{int(minute):02d}")
        elif day != "*":
            raw = self._sent("monthly", at=f"{int(hour):02d}:{int(minute):02d}", day=day)
        else:
            days = _weekdays(weekdays)
            raw = self._sent("weekly" if days else "daily", at=f"{int(hour):02d}:{int(minute):02d}", days=days)
        try:
            again = self.rule_in(raw)
        except Wrong:
            return None
        same_days = weekdays == "*" or (hour != "*" and day == "*" and _weekdays(weekdays))
        return raw if again.split()[:4] == [str(int(minute)), *rule.split()[1:4]] and same_days else None

    def _sent(self, mode: str, at: str = "09:00", days: tuple[str, ...] = (), day: str = "1", rule: str = "") -> Raw:
        """Only what the form shows in this mode is sent."""
        raw: Raw = {f"{self.name}-mode": [mode]}
        if mode in ("cron", "rrule"):
            raw[f"{self.name}-rule"] = [rule]
        else:
            raw[f"{self.name}-at"] = [at]
        if mode == "weekly":
            raw[f"{self.name}-days"] = ["", *days]
        if mode == "monthly":
            raw[f"{self.name}-day"] = [day]
        return raw


def _weekdays(text: str) -> tuple[str, ...]:
    """`mon-fri`, `1,3`, `sat` as weekdays; nothing for `*` and for what is written otherwise."""
    names = ("sun", *WEEKDAYS)  # cron counts from Sunday, which is also 7
    found: set[str] = set()
    for piece in text.lower().split(","):
        first, _dash, last = piece.partition("-")
        try:
            low, high = (names.index(end) if end in names[:7] else int(end) for end in (first, last or first))
        except ValueError:
            return ()
        if not 0 <= low <= high <= 7:
            return ()
        found |= {names[number % 7] for number in range(low, high + 1)}
    return tuple(day for day in WEEKDAYS if day in found)
