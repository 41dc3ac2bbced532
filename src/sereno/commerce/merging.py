"""How what is newly heard of a record joins what was known: a thin notice never wipes a full record.

Absent means "not said" and keeps the old value; null means "said to be empty" and replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: object) -> int | None:
    """Microseconds since 1970 of an ISO 8601 string; UTC is taken where it has no offset. None for anything else."""
    return _micros(instant) if isinstance(instant, str) else None


@lru_cache(maxsize=8192)
def _micros(instant: str) -> int | None:
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def overlay(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """The newer over the older; an explicit null wins."""
    return {**old, **new} if old else dict(new)


def fill(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """What was known stays; the new only fills what was null or absent."""
    if not old:
        return dict(new)
    return {**new, **{name: value for name, value in old.items() if value is not None or name not in new}}


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the nulls."""
    return {name: value for name, value in values.items() if value is not None}


def parts(value: object) -> list[Mapping[str, Any]]:
    """The records in a list; nothing for what is no list, and without what is no record."""
    if not isinstance(value, list):
        return []
    found = cast(list[Any], value)
    return [cast(Mapping[str, Any], item) for item in found if isinstance(item, dict | Mapping)]


def upsert(items: object, item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items with this one in its place, found by `id`. Of two states of one item the one with the later
    `updated_at` wins, and the other fills its gaps; so the order of arrival does not matter."""
    found: list[Mapping[str, Any]] = parts(items)
    for place, held in enumerate(found):
        if held.get("id") is not None and held.get("id") == item.get("id"):
            before, after = micros(held.get("updated_at")), micros(item.get("updated_at"))
            is_older = before is not None and after is not None and after < before
            found[place] = fill(held, item) if is_older else overlay(held, known(item))
            return found
    found.append(dict(item))
    return found


def union(old: object, new: object) -> list[Mapping[str, Any]] | None:
    """Two lists of one record's parts, joined by `id`. Parts without an id are only as the new list has them."""
    if new is None:
        return parts(old) if old is not None else None
    found = [item for item in parts(old) if item.get("id") is not None]
    for item in parts(new):
        found = upsert(found, item)
    return found


def earliest(*instants: object) -> str | None:
    """The earliest of ISO 8601 strings; None when there is none."""
    stamps = [(stamp, instant) for instant in instants if (stamp := micros(instant)) is not None]
    return str(min(stamps)[1]) if stamps else None


def latest(*instants: object) -> str | None:
    """The latest of ISO 8601 strings; None when there is none."""
    stamps = [(stamp, instant) for instant in instants if (stamp := micros(instant)) is not None]
    return str(max(stamps)[1]) if stamps else None
