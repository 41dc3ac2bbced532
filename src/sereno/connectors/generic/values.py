"""Values of a table as one writes them: amounts, numbers and times of many countries.

Invariant: what could mean two things (3/4/2026, 1,234) is never guessed where somebody checks the table; see `Layout`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sereno.connectors import currencies
from sereno.connectors.generic import personal
from sereno.connectors.generic.odd import Odd, bare
from sereno.connectors.reading import as_instant, iso
from sereno.sdk.tables import Kind, Layout

_YES = frozenset(
    {
        *("yes", "y", "true", "t", "1", "x", "on", "s", "sí", "si", "sim", "da", "verdadero", "verdadeiro", "adevărat"),
        *("subscribed", "opted in", "opted-in", "suscrito", "subscrito", "abonat"),
    }
)
_NO = frozenset(
    {
        *("no", "n", "false", "f", "0", "off", "não", "nao", "nu", "falso", "fals"),
        *("unsubscribed", "opted out", "opted-out"),
    }
)
_UNSAID = frozenset({"never_subscribed", "never subscribed", "not_subscribed", "not subscribed", "unknown"})
_DATE = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?"
)
_MONTHS = {
    "ene": 1, "jan": 1, "ian": 1, "feb": 2, "fev": 2, "mar": 3, "abr": 4, "apr": 4, "may": 5, "mai": 5, "jun": 6,
    "iun": 6, "jul": 7, "iul": 7, "ago": 8, "aug": 8, "set": 9, "sep": 9, "oct": 10, "out": 10, "nov": 11,
    "noi": 11, "dic": 12, "dez": 12, "dec": 12,
}  # fmt: skip
"""By their first three letters, in the four languages."""
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.?[- ](\d{1,2})[-, ]+(\d{4}|\d{2})\b(.*)")
_MONTH_SECOND = re.compile(r"(\d{1,2})\.?[- /](?:de )?([^\W\d_]{3,10})\.?[-, /]+(?:de )?(\d{4}|\d{2})\b(.*)")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
_PERSONAL = {"email": personal.email, "country": personal.country, "language": personal.language}


def value_of(kind: Kind, text: str, layout: Layout) -> str:
    """The value as canonical text. Raises Odd."""
    if kind in ("amount", "number"):
        return _number(text, layout, f"{kind}.odd")
    if kind == "instant":
        return _instant(text, layout)
    if kind == "currency":
        found = currencies.code(text)
        if found is None:
            raise Odd("currency.odd")
        return found
    if kind == "yes":
        return _yes(text)
    if kind == "day":
        return _day(text, layout)
    return _PERSONAL[kind](text) if kind in _PERSONAL else text


def _yes(text: str) -> str:
    """`yes` or `no`, in the four languages and as programs write it; nothing where nobody said anything."""
    word = text.strip().casefold()
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    if word in _UNSAID:
        return ""
    raise Odd("yes.odd")


def _day(text: str, layout: Layout) -> str:
    """`YYYY-MM-DD`, or `--MM-DD` where no year is known."""
    short = re.fullmatch(r"-{0,2}(\d{1,2})[-./](\d{1,2})\.?", text)
    whole = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([T ].*)?", text)
    if whole is not None:  # A spreadsheet's; people were born before there were instants.
        return personal.birthday(whole[1], False, date.today())  # noqa: DTZ011 - of any place
    if short is None:
        found = _instant(text, replace(layout, zone="UTC"))[:10]
        return personal.birthday(found, not re.search(r"\d{4}", text), date.today())  # noqa: DTZ011 - of any place
    first, second = int(short[1]), int(short[2])
    order = "month" if text.startswith("--") else layout.day
    order = order or ("day" if first > 12 else "month" if second > 12 or first == second else "")
    if not order:
        raise Odd("time.ambiguous")
    day, month = (first, second) if order == "day" else (second, first)
    try:
        datetime(2000, month, day, tzinfo=UTC)
    except ValueError:
        raise Odd("day.odd") from None
    return f"--{month:02}-{day:02}"


def _number(text: str, layout: Layout, odd: str) -> str:
    """Also with its currency before or after it, in brackets when below zero."""
    cleaned = re.sub(r"^[^\d.,()-]+|[^\d.,()]+$|[\s\u00a0\u202f']", "", text)
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = f"-{cleaned[1:-1]}"
    sign = layout.decimal or _sign(cleaned)
    other = "." if sign == "," else ","
    try:
        found = Decimal(cleaned.replace(other, "").replace(sign, "."))
    except InvalidOperation:
        raise Odd(odd) from None
    if not found.is_finite() or abs(found) >= 10**15:
        raise Odd(odd)
    return format(found, "f")


def _sign(cleaned: str) -> str:
    """Which of `.` and `,` stands before the decimals: the last, where there are both. `1,234` may be either."""
    if "," not in cleaned:
        return "."
    if "." in cleaned:
        return max(",.", key=cleaned.rfind)
    if _THOUSANDS.fullmatch(cleaned):
        if cleaned.count(",") > 1:
            return "."
        raise Odd("amount.ambiguous")
    return ","


def _in_figures(text: str, day: str) -> tuple[str, str]:
    """Nov-20-26 and 20 de noviembre de 2026 as figures, and whether day or month stands first."""
    for pattern, name, number in ((_MONTH_FIRST, 1, 2), (_MONTH_SECOND, 2, 1)):
        match = pattern.fullmatch(text)
        month = _MONTHS.get(bare(match[name])[:3]) if match is not None else None
        if match is not None and month is not None:
            return f"{match[number]}/{month}/{match[3]}{match[4]}", "day"
    return text, day


def _instant(text: str, layout: Layout) -> str:
    zone = ZoneInfo(layout.zone)
    text, order = _in_figures(text, layout.day)
    match = _DATE.fullmatch(text)
    if match is None:
        found = as_instant(text)
        if found is None:
            raise Odd("time.odd")
        if not re.search(r"(Z|[+-]\d\d:?\d\d)$", text):
            found = found.replace(tzinfo=zone).astimezone(UTC)
        return iso(found)
    one, two, year, hour, minute, second, half = match.groups()
    first, then = int(one), int(two)
    order = order or ("day" if first > 12 else "month" if then > 12 or first == then else "")
    if not order:
        raise Odd("time.ambiguous")
    day, month = (first, then) if order == "day" else (then, first)
    of_day = int(hour or 0)
    if half:
        of_day = of_day % 12 + (12 if half.lower() == "pm" else 0)
    try:
        whole = int(year) + (2000 if len(year) == 2 else 0)
        local = datetime(whole, month, day, of_day, int(minute or 0), int(second or 0), tzinfo=zone)
    except ValueError:
        raise Odd("time.odd") from None
    return iso(local.astimezone(UTC))
