"""Translated sentences with values in them, as safe markup: a value is always escaped, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from babel.dates import format_timedelta
from babel.units import format_unit
from django.utils.translation import ngettext
from markupsafe import Markup, escape

from sereno.web.formats import region

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = 140


def say(text: Any, **values: Any) -> Markup:
    """`text` with its `%(name)s` filled in. Both are escaped; markup among the values stays markup."""
    return escape(str(text)) % values


def expression(text: Any) -> Markup:
    """A piece of a flow's own language."""
    return Markup('<code class="expression">{}</code>').format(one_line(text))


def duration(text: Any) -> str:
    """`1d12h` as "1 day 12 hours"; what is no duration stays as it is."""
    written = str(text).strip()
    parts = [(int(number), unit) for number, unit in re.findall(r"(\d+)\s*(ms|[smhdw])", written)]
    if not parts or re.sub(r"[\d\ssmhdw+-]", "", written):
        return written
    if [unit for _, unit in parts[:2]] == ["w", "d"]:
        # People say 30 days, not 4 weeks and 2 days.
        parts[:2] = [(parts[0][0] * 7 + parts[1][0], "d")]
    said = " ".join(_length(number, unit) for number, unit in parts)
    return f"−{said}" if written.startswith("-") else said


def _length(number: int, unit: str) -> str:
    if unit == "ms":
        return str(format_unit(number, "duration-millisecond", locale=region()))
    # `format_unit` does not know one day in Portuguese.
    try:
        length = timedelta(**{_UNITS[unit]: number})
    except OverflowError:
        return f"{number}{unit}"
    return str(format_timedelta(length, granularity=_UNITS[unit][:-1], threshold=10**9, locale=region()))


def names(value: Any) -> str:
    """One name or several, as written in a flow."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def short(value: Any) -> str:
    """A value of a config, short enough for a card."""
    if isinstance(value, Mapping):
        return cut(", ".join(f"{key}: {item}" for key, item in value.items()))
    if isinstance(value, list):
        return ngettext("%(num)s item", "%(num)s items", len(value)) % {"num": len(value)}
    return cut(one_line(value))


def one_line(value: Any) -> str:
    return " ".join(str(value).split())


def cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
