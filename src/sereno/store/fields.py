"""Column types that read the same in SQLite and PostgreSQL, through the ORM and through named SQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import models

from sereno.engine.durations import format_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exact. Raises ValueError for a naive instant."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no place in the store")
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC instant."""
    return _EPOCH + timedelta(microseconds=micros)


def instant_text(at: datetime | int | None) -> str | None:
    """ISO 8601 in UTC, as everywhere in Sereno's JSON; from an instant or its microseconds."""
    if at is None:
        return None
    return format_instant(from_micros(at) if isinstance(at, int) else at)


def storable(text: str) -> str:
    """Text as every database keeps it: without zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


class InstantField(models.BigIntegerField):
    """An instant, kept as microseconds since 1970 UTC; an aware datetime in Python."""

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> datetime | None:
        return None if value is None else from_micros(value)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        return to_micros(value)

    def to_python(self, value: Any) -> Any:
        return from_micros(value) if isinstance(value, int) else value


class DocumentField(models.TextField):
    """A JSON document, kept as text so that hot loops can carry it without parsing it."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else msgspec.json.decode(value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value
        return msgspec.json.encode(value).decode()

    def to_python(self, value: Any) -> Any:
        return value
