"""What is told of a visit: the events, and in them all that is kept of the customer's visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.connector import NewEvent
from sereno.store.fields import from_micros

DAY = 86_400_000_000
STARTED, ENDED = "visit.started", "visit.ended"


@dataclass(frozen=True, slots=True)
class Visit:
    """See the table; instants are microseconds."""

    id: int
    person: str
    number: int
    started_at: int
    device: str
    language: str
    source: str
    medium: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """See the table."""

    first_at: int
    last_at: int
    visits: int
    recent: int
    pages: int | None
    products: int | None
    first_source: str
    first_medium: str
    first_campaign: str


def started(visit: Visit, visitor: Visitor, before: int | None) -> NewEvent:
    """`before`: when the visit before this one began."""
    days = None if before is None else (visit.started_at - before) // DAY
    return _event(STARTED, visit, visitor, from_micros(visit.started_at), visit.started_at, {"days_since": days})


def ended(visit: Visit, visitor: Visitor, last_at: int, now: datetime) -> NewEvent:
    """`visitor` has this visit's pages and products."""
    seconds = (last_at - visit.started_at) // 1_000_000
    more = {"pages": visitor.pages, "products": visitor.products, "seconds": seconds}
    return _event(ENDED, visit, visitor, now, last_at, more)


def _event(
    type_: str, visit: Visit, visitor: Visitor, now: datetime, seen_at: int, more: Mapping[str, Any]
) -> NewEvent:
    of_one = {name: getattr(visit, name) for name in ("device", "language", "source", "medium", "campaign")}
    visits = {
        "count": visitor.visits,
        "last_30_days": visitor.recent,
        "first_at": _instant(visitor.first_at),
        "last_at": _instant(visitor.last_at),
        **of_one,
        "first_source": visitor.first_source,
        "first_medium": visitor.first_medium,
        "first_campaign": visitor.first_campaign,
        "pages": visitor.pages,
        "products": visitor.products,
        "seen_at": _instant(seen_at),
    }
    data = {
        "id": visit.person,
        "visit": str(visit.id),
        "started_at": _instant(visit.started_at),
        **of_one,
        "number": visit.number,
        **more,
        "visits": _said(visits),
    }
    address = visit.person.removeprefix("email:")
    refs = {"customer": visit.person} | ({"email": address} if address != visit.person else {})
    if address != visit.person:
        data["email"] = address
    uid = f"{type_}|{visit.id}|{visit.started_at}"
    return NewEvent(uid, type_, f"customer:{visit.person}"[:200], now, _said(data), refs)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _instant(at: int) -> str:
    return format_instant(from_micros(at))
