"""Reading shops' platforms back: history as a job, what webhooks missed, and the webhooks a platform holds for us."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime.reading import asking, reporting
from sereno.store.models import Backfill, Connection, Event, Reading, ReadingGap

router = Router(tags=["Reading back"])
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_-]+$", description="The connection's name.")]
Kind = Annotated[str, Field(min_length=1, max_length=32)]


class NewBackfill(Schema):
    kinds: list[Kind] = Field(default_factory=list, max_length=20, description="`order`, `customer`, ...; else all.")
    since: datetime | None = Field(None, description="Only what changed from here on; all when left out.")


class KindOut(Schema):
    kind: str
    read: int
    total: int | None = Field(description="How many there are, where the platform says it.")
    new: int = Field(description="Facts that were not known.")
    failed: int = Field(description="Records that were not understood; they are among the deliveries that failed.")
    is_over: bool


class BackfillOut(Schema):
    id: int
    connection: str
    status: str = Field(description="`waiting`, `running`, `paused`, `done`, `failed` or `cancelled`.")
    kinds: list[KindOut]
    since: str | None
    until: str | None
    by: str
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    retry_at: str | None
    error: str | None
    message: str | None


class SubscriptionsOut(Schema):
    active: list[str]
    inactive: list[str]
    missing: list[str]
    problem: str | None
    looked_at: str | None


class ReadingOut(Schema):
    connection: str
    is_on: bool
    is_poll: bool = Field(description="The platform sends no webhooks: all there is, is read.")
    every: int = Field(description="Seconds between two passes.")
    begin_at: str | None = Field(description="What happened before is history: it starts no flow.")
    through_at: str | None = Field(description="What changed up to here was read.")
    last_at: str | None
    next_at: str | None
    is_reading: bool
    last: dict[str, int] = Field(description="Of the last whole pass: `read`, `new` facts, `gaps`, `failed`.")
    error: str | None
    message: str | None
    keeps_subscriptions: bool
    subscriptions: SubscriptionsOut | None


class ReadingChange(Schema):
    is_on: bool | None = None
    every: int | None = Field(None, ge=asking.LEAST_EVERY, le=asking.MOST_EVERY, description="Seconds.")
    keeps_subscriptions: bool | None = Field(None, description="Make webhooks that are missing over there.")


class ReadNow(Schema):
    since: datetime | None = Field(None, description="Read again what changed from here on.")


@router.get("/connections/{name}/backfills", response=rows.Rows)
def list_backfills(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The readings of a connection's history, newest first."""
    found = Backfill.objects.filter(connection=_find(request, name)).select_related("connection")
    return rows.page_by_id(found, page, reporting.backfill_row)


@router.post("/connections/{name}/backfills", response={201: BackfillOut})
def create_backfill(request: HttpRequest, name: Name, new: NewBackfill, response: HttpResponse) -> Any:
    """Read a store's history. It starts no flow; it can be paused, and goes on after a stop at the same page."""
    since = new.since.astimezone() if new.since is not None else None
    id_ = asking.backfill(shop_of(request).pk, name, caller(request), kinds=new.kinds, since=since)
    response["Location"] = f"/api/v1/backfills/{id_}"
    return Status(201, reporting.backfill_row(_job(request, id_)))


@router.get("/backfills/{int:id}", response=BackfillOut)
def show_backfill(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """How far one reading of history is."""
    return reporting.backfill_row(_job(request, id))


@router.post("/backfills/{int:id}/pause", response=BackfillOut)
def pause_backfill(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It stops after the page under way, and keeps its place."""
    asking.pause(shop_of(request).pk, id, caller(request))
    return reporting.backfill_row(_job(request, id))


@router.post("/backfills/{int:id}/resume", response=BackfillOut)
def resume_backfill(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It goes on where it stopped: paused, failed, or waiting for the platform."""
    asking.resume(shop_of(request).pk, id, caller(request))
    return reporting.backfill_row(_job(request, id))


@router.post("/backfills/{int:id}/cancel", response=BackfillOut)
def cancel_backfill(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It ends; what it brought stays."""
    asking.cancel(shop_of(request).pk, id, caller(request))
    return reporting.backfill_row(_job(request, id))


@router.get("/connections/{name}/reading", response=ReadingOut)
def show_reading(request: HttpRequest, name: Name) -> dict[str, Any]:
    """The steady reading of a store: when it was read, what that found, and the webhooks it holds for us."""
    return reporting.reading_row(_reading(request, name))


@router.patch("/connections/{name}/reading", response=ReadingOut)
def change_reading(request: HttpRequest, name: Name, change: ReadingChange) -> dict[str, Any]:
    """Turn it on or off, say how often, and whether missing webhooks are made anew."""
    asking.change(
        shop_of(request).pk,
        name,
        caller(request),
        is_on=change.is_on,
        every=change.every,
        keeps_subscriptions=change.keeps_subscriptions,
    )
    return reporting.reading_row(_reading(request, name))


@router.post("/connections/{name}/reading/now", response={202: ReadingOut})
def read_now(request: HttpRequest, name: Name, wanted: ReadNow) -> Any:
    """Begin a pass within seconds."""
    since = wanted.since.astimezone() if wanted.since is not None else None
    asking.read_now(shop_of(request).pk, name, caller(request), since=since)
    return Status(202, reporting.reading_row(_reading(request, name)))


@router.get("/connections/{name}/gaps", response=rows.Rows)
def list_gaps(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Records of which the store knew more than its webhooks had told, newest first, with the facts that were found."""
    found = ReadingGap.objects.filter(connection=_find(request, name))
    shown = rows.page_by_id(found, page, reporting.gap_row)
    facts: dict[int, list[dict[str, str]]] = {}
    deliveries = [row["delivery"] for row in shown["items"]]
    told = Event.objects.filter(shop=shop_of(request), delivery__in=deliveries).order_by("id")
    for delivery, type_, subject in told.values_list("delivery", "type", "subject"):
        facts.setdefault(delivery, []).append({"type": type_, "subject": subject})
    for row in shown["items"]:
        row["facts"] = facts.get(row["delivery"], [])
    return shown


def _find(request: HttpRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=shop_of(request), name=name)


def _job(request: HttpRequest, id: int) -> Backfill:
    return get_object_or_404(Backfill.objects.select_related("connection"), shop=shop_of(request), pk=id)


def _reading(request: HttpRequest, name: str) -> Reading:
    found = Reading.objects.filter(shop=shop_of(request), connection__name=name).select_related("connection").first()
    if found is None:
        _find(request, name)
        raise LookupError(f"{name} is not read: it has no key to its store, or its platform gives nothing to read")
    return found
