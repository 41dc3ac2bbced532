"""Controls of time: a length with its unit, a time of day, weekdays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.durations import is_duration, parse_duration
from sereno.engine.schedule import WEEKDAYS, parse_time
from sereno.web.builder.forms.controls import Control, Part, Raw, Said, Wrong, drop, number_of, one, pick, put, written
from sereno.web.builder.forms.time_words import DAYS, UNITS

_SIZES = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_ONE = re.compile(r"(\d+)\s*([mhdw])")


def parted(text: str) -> tuple[str, str]:
    """A length as (number, unit), in the largest unit that is whole; the text and no unit where there is none."""
    bare = text.strip().lstrip("+-").strip()
    if found := _ONE.fullmatch(bare):
        return found[1], found[2]
    try:
        length = parse_duration(bare)
    except ValueError:
        return text, ""
    for unit, size in _SIZES.items():
        if length >= size and not length % size:
            return str(length // size), unit
    return text, ""


@dataclass(frozen=True, kw_only=True)
class Length(Control):
    """How long, as number and unit. What is neither (a Liquid text, an expression) is shown as it is written, and may
    be written where `is_open`. `is_signed`: before, at, or after."""

    is_open: bool = False
    is_signed: bool = False

    kind = "length"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        text = "" if value is None else written(value)
        number, unit = parted(text) if text else ("", "d")
        raw = {f"{self.name}-n": [number], f"{self.name}-u": [unit]}
        if self.is_signed:
            is_none = not text or (is_duration(text) and not parse_duration(text))
            raw[f"{self.name}-s"] = ["at" if is_none else "before" if text.strip().startswith("-") else "after"]
            if is_none:
                raw[f"{self.name}-n"], raw[f"{self.name}-u"] = [""], ["d"]
        return raw

    def write(self, part: Part, raw: Raw) -> None:
        number, unit = one(raw, f"{self.name}-n").strip(), one(raw, f"{self.name}-u")
        sign = one(raw, f"{self.name}-s", "after")
        if sign == "at" or (not number and not self.required):
            drop(part, self.keys)
        elif not number:
            raise Wrong(_("Say how long."))
        else:
            put(part, self.keys, f"{'-' if sign == 'before' else ''}{self._text(number, unit)}")

    def _text(self, number: str, unit: str) -> str:
        if unit not in _SIZES:
            if self.is_open or is_duration(number):
                return number
            raise Wrong(_("Write a length of time, such as 1d12h."))
        found = number_of(number)
        if found is None or found < 0:
            raise Wrong(_("Write a number, such as 3."))
        text = f"{int(found) if found == found.to_integral_value() else found}{unit}"
        try:
            parse_duration(text)
        except ValueError:
            raise Wrong(_("This is longer than ten years.")) from None
        return text

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        unit = one(raw, f"{self.name}-u")
        units: list[tuple[str, Said]] = list(UNITS)
        if self.is_open or not unit:
            units.append(("", _("as written")))
        return {
            "number": one(raw, f"{self.name}-n"),
            "unit": unit,
            "units": units,
            "sign": one(raw, f"{self.name}-s"),
            "signs": (("before", _("before it")), ("at", _("on the day")), ("after", _("after it"))),
        }


@dataclass(frozen=True, kw_only=True)
class Clock(Control):
    """A time of day."""

    kind = "clock"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        try:
            text = parse_time(str(value)).strftime("%H:%M") if value is not None else ""
        except ValueError:
            text = str(value)
        return {self.name: [text]}

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name).strip()
        if not text:
            super().write(part, raw)
            return
        try:
            put(part, self.keys, parse_time(text[:5]).strftime("%H:%M"))
        except ValueError:
            raise Wrong(_("Write a time of day, such as 09:00.")) from None


@dataclass(frozen=True, kw_only=True)
class Weekdays(Control):
    """Some of the weekdays; none ticked means any."""

    kind = "weekdays"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        chosen = [str(day) for day in value] if isinstance(value, list) else [str(value)] if value else []
        return {self.name: ["", *(day for day in WEEKDAYS if day in chosen)]}

    def write(self, part: Part, raw: Raw) -> None:
        chosen = [day for day in WEEKDAYS if day in raw.get(self.name, [])]
        if chosen:
            put(part, self.keys, chosen[0] if len(chosen) == 1 else chosen)
        else:
            drop(part, self.keys)

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        return {"chosen": raw.get(self.name, []), "days": DAYS}
