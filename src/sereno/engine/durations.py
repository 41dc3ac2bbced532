"""Lengths of time as people write them (`30m`, `4h`, `1d12h`, `2w`), and instants as documents hold them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"[+-]?\s*(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w)\s*)+")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=3660)
LONGEST_TEXT = 100


def parse_duration(text: str) -> timedelta:
    """`1d12h` and the like, with a sign where an offset is meant. Raises ValueError, also past ten years."""
    cleaned = text.strip()
    if len(cleaned) > LONGEST_TEXT:
        raise ValueError(f"{cleaned[:20]!r}... is not a length of time: it has {len(cleaned)} characters")
    if not _WHOLE.fullmatch(cleaned):
        raise ValueError(f"{text!r} is not a length of time; write it like 30m, 4h, 3d, 2w or 1d12h")
    try:
        total = sum((float(amount) * _UNITS[unit] for amount, unit in _PART.findall(cleaned)), timedelta())
    except (OverflowError, ValueError):
        total = LONGEST * 2
    if total > LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return -total if cleaned.startswith("-") else total


def is_duration(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and _WHOLE.fullmatch(text.strip()) is not None


def format_duration(length: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same length, to the millisecond."""
    rest = round(abs(length) / timedelta(milliseconds=1))
    parts: list[str] = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        size = _UNITS[unit] // timedelta(milliseconds=1)
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if length < timedelta() else "") + ("".join(parts) or "0s")


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant as an aware UTC datetime; one without offset, or a bare date, counts as UTC. Raises
    ValueError."""
    found = datetime.fromisoformat(text.strip())
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is past the end of the calendar") from None


def parse_date(text: str) -> tuple[int | None, int, int]:
    """(year, month, day) of `YYYY-MM-DD`, `--MM-DD` (no year) or an instant (its UTC day). Raises ValueError."""
    if text.startswith("--"):
        month, _, day = text[2:].partition("-")
        # 2000 was a leap year: the 29th of February is a birthday too.
        checked = date(2000, int(month), int(day))
        return None, checked.month, checked.day
    found = date.fromisoformat(text[:10])
    return found.year, found.month, found.day


def format_instant(at: datetime) -> str:
    """ISO 8601 in UTC, with `Z`."""
    text = at.isoformat() if at.tzinfo is UTC else at.astimezone(UTC).isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text
