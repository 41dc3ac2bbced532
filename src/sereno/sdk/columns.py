"""How a projection's columns are copied out of a record, so that any record fits any database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sereno.commerce.merging import micros

Column = Callable[[Mapping[str, Any]], Any]


def text_of(name: str, length: int) -> Column:
    """The field as text, cut to what the column holds; null when it is not text or a number."""

    def read(record: Mapping[str, Any]) -> str | None:
        value = record.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        # PostgreSQL keeps no NUL in text.
        return str(value).replace("\x00", "")[:length]

    return read


def instant_of(*names: str) -> Column:
    """The first of these fields that is an instant, as the store keeps it: microseconds since 1970 UTC."""

    def read(record: Mapping[str, Any]) -> int | None:
        return next((found for name in names if (found := micros(record.get(name))) is not None), None)

    return read


def number_of(name: str) -> Column:
    """The field as a float, for sorting."""

    def read(record: Mapping[str, Any]) -> float | None:
        value = record.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    return read


def integer_of(name: str) -> Column:
    """The field as an integer of 32 bits."""

    def read(record: Mapping[str, Any]) -> int | None:
        value = record.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if -(2**31) <= value < 2**31 else None

    return read


def boolean_of(name: str) -> Column:
    def read(record: Mapping[str, Any]) -> bool | None:
        value = record.get(name)
        return value if isinstance(value, bool) else None

    return read
