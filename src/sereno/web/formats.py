"""Values as people read them: instants in the shop's zone, numbers and money in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal
from django.utils.translation import get_language
from markupsafe import Markup

from sereno.sdk.discretion import discreet, hides
from sereno.sdk.masking import HIDDEN

_MARK = "\ue000"


def language() -> str:
    return (get_language() or "en")[:2]


def region() -> str:
    """How the language writes dates, numbers and money: Portuguese as in Portugal."""
    written = language()
    return "pt_PT" if written == "pt" else written


def zone_of(name: str) -> ZoneInfo:
    """The zone, or UTC when the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def instant(text: Any) -> datetime | None:
    """The instant an ISO 8601 text names; None for anything else."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def ago(instant: datetime | None, zone: str = "UTC") -> Markup | str:
    """`<time>`: how long ago (or in how long) within a day, else the date; the exact instant as its title."""
    if instant is None:
        return ""
    now = datetime.now(UTC)
    locale = region()
    local = _local(instant, zone)
    away = instant - now
    if abs(away) < timedelta(hours=22):
        text = format_timedelta(away, add_direction=True, format="short", locale=locale)
    elif local.year == now.astimezone(local.tzinfo).year:
        text = f"{format_date(local, 'd MMM', locale=locale)}, {format_time(local, 'HH:mm', locale=locale)}"
    else:
        text = format_date(local, "d MMM y", locale=locale)
    return _time(instant, text, full(instant, zone))


def clock(instant: datetime | None, zone: str = "UTC") -> Markup | str:
    """`<time>`: date and time to the second."""
    if instant is None:
        return ""
    return _time(instant, full(instant, zone), "")


def full(instant: datetime, zone: str = "UTC") -> str:
    local = _local(instant, zone)
    return f"{format_datetime(local, 'd MMM y, HH:mm:ss', locale=region())} {local.tzname() or ''}".strip()


def minute(instant: datetime, zone: str = "UTC") -> str:
    """To the minute, without the year when it is this one."""
    local = _local(instant, zone)
    pattern = "d MMM, HH:mm" if local.year == datetime.now(local.tzinfo).year else "d MMM y, HH:mm"
    return str(format_datetime(local, pattern, locale=region()))


def hour(instant: datetime, zone: str = "UTC") -> str:
    """The time of day, as the language writes it."""
    return str(format_time(_local(instant, zone), "short", locale=region()))


def _local(instant: datetime, zone: str) -> datetime:
    """In the zone; as it is at the two ends of the calendar, where some systems put a date they do not know."""
    try:
        return instant.astimezone(zone_of(zone))
    except OverflowError:
        return instant


def day(value: date) -> str:
    return str(format_date(value, "EEE d MMM", locale=region()))


def between(start: datetime, end: datetime) -> str:
    """How long it took, in one unit."""
    return str(format_timedelta(end - start, locale=region(), threshold=1.2))


def number(value: float | Decimal) -> str:
    return str(format_decimal(value, locale=region()))


def money(amount: Any, currency: str) -> str:
    """The amount as given when it is not a number."""
    try:
        return str(format_currency(Decimal(str(amount)), currency, locale=region()))
    except (InvalidOperation, ValueError):
        return f"{amount} {currency}"


def pretty(document: Any) -> str:
    """JSON for people, whatever it holds; half a character (`\\ud800`) as it is written."""
    document = discreet(document)
    indent = None if _is_deep(document) else 2  # laid out, what is nested deeply is all spaces
    try:
        text = json.dumps(document, indent=indent, ensure_ascii=False, default=str)
    except RecursionError:
        return "[…]"
    return text.encode("utf-8", "backslashreplace").decode()


def _is_deep(document: Any, most: int = 60) -> bool:
    level = [document]
    for _depth in range(most):
        inner = [item for item in level if isinstance(item, dict | list)]
        if not inner:
            return False
        level = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
    return True


def bytes_text(body: bytes | memoryview) -> str:
    """A body as text: JSON laid out, other text as it is, bytes that are no text marked as such."""
    raw = bytes(body)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace")
    if text[:1] in "{[" and len(text) < 400_000:
        try:
            # Numbers are kept as written: ids over 2^53 and 10.00 must not change on the way to the eye.
            laid_out = pretty(json.loads(text, parse_float=lambda written: f"{_MARK}{written}{_MARK}"))
            return laid_out.replace(f'"{_MARK}', "").replace(f'{_MARK}"', "")
        except (ValueError, RecursionError):
            return text
    return text


def seen_value(value: Any, path: str = "") -> str:
    """A value an expression saw at this path, short, in its own notation."""
    value = HIDDEN if value is not None and hides(path) else discreet(value)
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'
    if isinstance(value, Mapping | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
        return text if len(text) <= 120 else f"{text[:117]}..."
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # an expression sees every number as a fraction
    return json.dumps(value, default=str)


def _time(instant: datetime, text: str, title: str) -> Markup:
    shown = Markup(' title="{}"').format(title) if title else Markup("")
    return Markup('<time datetime="{}"{}>{}</time>').format(instant.isoformat(timespec="seconds"), shown, text)
