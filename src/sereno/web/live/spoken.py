"""Values that an expression saw, as people say them: `order.total` 250 is "Order, total: 250"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sereno.web import formats
from sereno.web.builder.forms.field_words import ROOTS, field_word

LONGEST = 120
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """`path` is what stands in the flow, `name` and `value` the words for it. `is_empty`: there was nothing."""

    path: str
    name: str
    value: str
    is_empty: bool


def spoken(values: Mapping[str, Any], zone: str) -> list[Spoken]:
    return [Spoken(path, name_of(path), value_of(value, zone), value is None) for path, value in values.items()]


def name_of(path: str) -> str:
    """The record and its field, in words."""
    root, *parts = str(path).split(".")
    said = str(ROOTS[root]) if root in ROOTS else field_word(root)
    named = [field_word(part.partition("[")[0]) for part in parts if part not in ("data",) and not part.isdigit()]
    return said if not named else f"{said} › {' › '.join(named)}"


def value_of(value: Any, zone: str) -> str:
    if value is None:
        return _("nothing")
    if value is True or value is False:
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return formats.number(value)
    if isinstance(value, str):
        return _text(value, zone)
    if isinstance(value, list):
        return ngettext("%(num)s item", "%(num)s items", len(value)) % {"num": len(value)}
    return formats.seen_value(value)


def _text(value: str, zone: str) -> str:
    if not value:
        return _("an empty text")
    if _INSTANT.match(value) and (found := formats.instant(value)) is not None and isinstance(found, datetime):
        return formats.minute(found, zone) if found.tzinfo is not None else value
    if _DATE.fullmatch(value):
        try:
            return formats.day(date.fromisoformat(value))
        except ValueError:
            return value
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
