"""What list rows look like: the fields every list of Sereno promises, instants as ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Field, Path, Query, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator, field_validator

from sereno.engine.durations import is_duration, parse_duration
from sereno.sdk.masking import masked
from sereno.store.fields import from_micros, instant_text, storable
from sereno.store.models import Approval, Delivery, Effect, Event, Flow, Run, Skip

MOST = 1000
Id = Annotated[int, Path(ge=0, lt=2**63, description="The row's number.")]
Uid = Annotated[str, Path(max_length=100, description="The run's id.")]


Word = Annotated[str, Query(min_length=1, max_length=200), AfterValidator(lambda value: storable_text(value))]


Search = Annotated[str, AfterValidator(lambda value: storable_text(value))]
"""What somebody looks for; may be empty."""


def storable_text(value: str | None) -> str | None:
    """Text that a database can be asked for. Raises ValueError for zero bytes and halves of characters."""
    if value is not None and storable(value) != value:
        raise ValueError("text holds no zero bytes and no halves of characters")
    return value


Key = Annotated[
    str,
    Path(min_length=1, max_length=200, description="A record's key."),
    AfterValidator(lambda key: storable_text(key)),
]
StorableKey = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(lambda value: storable_text(value))]


def bounded_query(default: int, description: str) -> Any:
    """A whole number of a query, as large as a row's number may be."""
    return Query(default, ge=0, lt=2**63, description=description)


class Narrow(Schema):
    """What to list, newest first."""

    limit: int = Field(100, ge=1, le=MOST, description="At most so many rows.")
    before: int | None = Field(None, ge=0, lt=2**63, description="`next` of the page before this one.")
    since: str | None = Field(
        None, max_length=40, description="From this instant on: 2026-11-01T09:00Z, or a time ago such as 24h."
    )
    type: str | None = Field(
        None, max_length=100, description="Type of event, topic of delivery or name of action; `order.*` works."
    )
    flow: str | None = Field(None, max_length=100, description="Only what belongs to this flow.")
    subject: str | None = Field(
        None, max_length=200, description="Only what is about this subject, such as order:1001."
    )
    status: str | None = Field(None, max_length=20, description="Only this status.")

    @field_validator("type", "flow", "subject", "status")
    @classmethod
    def _is_text(cls, value: str | None) -> str | None:
        return storable_text(value)


class PageOf(Schema):
    """A page of a list that is not narrowed otherwise."""

    limit: int = Field(100, ge=1, le=MOST, description="At most so many rows.")
    before: int | None = Field(None, ge=0, lt=2**63, description="`next` of the page before this one.")


class Rows(Schema):
    """A page of a list. `next` goes into `before` for the page after it; null on the last page."""

    items: list[dict[str, Any]]
    next: int | None


def page(query: QuerySet[Any], narrow: Narrow, column: str, row: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """The page `narrow` asks for; `column` is the instant that `since` is compared with."""
    if narrow.since:
        query = query.filter(**{f"{column}__gte": _since(narrow.since)})
    if narrow.before is not None:
        query = query.filter(id__lt=narrow.before)
    found = list(query.order_by("-id")[: narrow.limit + 1])
    last = found[narrow.limit - 1].id if len(found) > narrow.limit else None
    return {"items": [row(item) for item in found[: narrow.limit]], "next": last}


def page_by_id(query: QuerySet[Any], page: PageOf, row: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """A page, newest first."""
    if page.before is not None:
        query = query.filter(id__lt=page.before)
    found = list(query.order_by("-id")[: page.limit + 1])
    last = found[page.limit - 1].id if len(found) > page.limit else None
    return {"items": [row(item) for item in found[: page.limit]], "next": last}


def as_instant(value: Any) -> datetime | None:
    """What an aggregate over an instant gives."""
    return from_micros(value) if isinstance(value, int) else value


def of_type(query: QuerySet[Any], column: str, pattern: str | None) -> QuerySet[Any]:
    """`order.paid`, or every type of a family by `order.*`."""
    if not pattern:
        return query
    if pattern.endswith("*"):
        return query.filter(**{f"{column}__startswith": pattern[:-1]})
    return query.filter(**{column: pattern})


def event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.uid,
        "number": event.pk,
        "connection": event.connection.name if event.connection else None,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "occurred_at": instant(event.occurred_at),
        "received_at": instant(event.received_at),
        "delivery": event.delivery_id,
        "error": event.error,
        "refs": event.refs,
        "data": event.data,
    }


def delivery_row(delivery: Delivery, events: Iterable[str]) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "connection": delivery.connection.name,
        "topic": delivery.topic,
        "received_at": instant(delivery.received_at),
        "status": delivery.status,
        "reason": delivery.reason,
        "dedupe_key": delivery.dedupe_key,
        "events": list(events),
    }


def run_row(run: Run) -> dict[str, Any]:
    return {
        "id": run.uid,
        "flow": run.flow.name,
        "version": run.version,
        "subject": run.subject,
        "key": run.key,
        "status": run.status,
        "step": run.step,
        "reason": run.reason,
        "is_shadow": run.is_shadow,
        "started_at": instant(run.started_at),
        "due_at": instant(run.due_at),
        "updated_at": instant(run.updated_at),
    }


def effect_row(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.pk,
        "key": effect.key,
        "flow": effect.flow.name,
        "run": effect.run.uid,
        "step": effect.step,
        "action": effect.action,
        "status": effect.status,
        "attempts": effect.attempts,
        "at": instant(effect.created_at),
        "due_at": instant(effect.due_at),
        "finished_at": instant(effect.finished_at),
        "subject": effect.subject,
        "connection": effect.connection,
        "config": masked(effect.config),
        "result": effect.result,
        "error": effect.error,
        "message": effect.message,
    }


def flow_row(flow: Flow) -> dict[str, Any]:
    return {
        "name": flow.name,
        "title": flow.title,
        "status": flow.status,
        "paused_reason": flow.paused_reason,
        "version": flow.version,
        "is_derived": flow.is_derived,
        "updated_at": instant(flow.updated_at),
    }


def approval_row(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.pk,
        "run": approval.run.uid,
        "flow": approval.run.flow.name,
        "subject": approval.run.subject,
        "step": approval.step,
        "by": approval.by,
        "text": approval.text,
        "status": approval.status,
        "created_at": instant(approval.created_at),
        "expires_at": instant(approval.expires_at),
        "decided_at": instant(approval.decided_at),
        "decided_by": approval.decided_by,
        "note": approval.note,
    }


def skip_row(skip: Skip) -> dict[str, Any]:
    return {
        "flow": skip.flow.name,
        "version": skip.version,
        "subject": skip.subject,
        "event": skip.event,
        "at": instant(skip.at),
        "reason": skip.reason,
        "details": skip.details,
    }


def instant(at: datetime | None) -> str | None:
    return instant_text(at)


def _since(text: str) -> datetime:
    if is_duration(text):
        return datetime.now(UTC) - abs(parse_duration(text) or timedelta())
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise HttpError(
            422, f"since: {text!r} is neither an instant (2026-11-01T09:00Z) nor a time ago (24h)"
        ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
