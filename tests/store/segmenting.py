"""Segments in tests: make one, see who is in it and who was told of; customers and orders as events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support import START, Place, fact, order

from sereno.runtime.segments import reading, services


def settle(place: Place) -> int:
    """PostgreSQL gathers a moment later."""
    return place.after(seconds=4)


def make(place: Place, name: str, definition: Any, **more: Any) -> str:
    made = services.create(place.shop, name, definition, "ana", database=place.database, **more)
    settle(place)
    return made


def inside(place: Place, name: str) -> list[str]:
    with place.database.read() as tx:
        return reading.members(tx, place.shop, name, "", 1000)


def told(place: Place) -> list[tuple[str, str]]:
    return place.rows("SELECT type, subject FROM event WHERE type IN ('segment.entered', 'segment.left') ORDER BY id")


def person(key: str, **data: Any) -> Any:
    at = data.pop("at", START)
    record = {"id": key, "email": f"{key}@example.com", "updated_at": at.isoformat(), **data}
    refs = {"customer": key, "email": record["email"]}
    return fact(f"c{key}{at.isoformat()}{data}"[:150], "customer.updated", f"customer:{key}", record, at, **refs)


def bought(key: str, days_ago: int, total: str = "50.00", **more: Any) -> Any:
    at = START - timedelta(days=days_ago)
    id_ = f"{key}-{days_ago}"
    data = {"customer_id": key, "customer": {"id": key}, "email": f"{key}@example.com", **more}
    made = order(id_, at=at, total=total, **data)
    return type(made)(made.id, made.type, made.subject, made.occurred_at, made.data, {"order": id_, "customer": key})
