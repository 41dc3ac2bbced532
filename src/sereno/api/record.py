"""What happened: events, deliveries, effects. Events can be put in, what failed can be replayed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.commerce.identity import refs_of
from sereno.runtime import attending, services
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.models import Delivery, Effect, Event, Flow, Run, Skip
from sereno.store.scans import narrowed, of_shop

router = Router(tags=["Record"])
OWN_SOURCE = "api"


class CanonicalEvent(Schema):
    """A fact in the canonical form. The same (source, id) twice is one event."""

    id: str = Field(min_length=1, max_length=200, description="Unique for the source, the same on every repeat.")
    type: str = Field(max_length=100, description="A type Sereno knows, or `custom.<verb>`.")
    subject: str = Field(min_length=1, max_length=200, description="What it is about, such as order:1001.")
    occurred_at: datetime = Field(description="With its offset.")
    data: dict[str, Any] = Field(default_factory=dict, description="As `sereno event schema TYPE` describes.")
    refs: dict[str, str] = Field(default_factory=dict, description="What else it is about: kind to id.")
    source: str = Field(OWN_SOURCE, min_length=1, max_length=64)


class Taken(Schema):
    """`new`: how many had not been there before."""

    received: int
    new: int


class Ids(Schema):
    ids: list[Annotated[int, Field(ge=0, lt=2**63)]] = Field(max_length=1000)


class Replayed(Schema):
    replayed: int


class TriedAgain(Replayed):
    held_back: int = Field(description="So many of them wait until their flow, which is paused, is resumed.")


@router.get("/events", response=rows.Rows)
def list_events(request: HttpRequest, narrow: Query[rows.Narrow]) -> dict[str, Any]:
    """Events, newest received first. `flow` keeps those that started a run of it."""
    shop = shop_of(request)
    query = Event.objects.select_related("connection")
    query = rows.of_type(query.filter(shop=shop), "type", narrow.type) if narrow.type else of_shop(query, shop.pk)
    if narrow.subject:
        query = query.filter(subject=narrow.subject)
    if narrow.flow:
        query = query.filter(
            pk__in=Run.objects.filter(shop=shop_of(request), flow__name=narrow.flow).values("event_id")
        )
    return rows.page(query, narrow, "received_at", rows.event_row)


@router.get("/events/{int:number}")
def show_event(request: HttpRequest, number: rows.Id) -> dict[str, Any]:
    """One event by its `number`, with the runs it started and the flows it did not."""
    event = get_object_or_404(Event.objects.select_related("connection"), shop=shop_of(request), pk=number)
    runs = Run.objects.filter(shop=shop_of(request), event=event).select_related("flow").defer("state")
    skips = Skip.objects.filter(shop=shop_of(request), subject=event.subject, event=event.pk).select_related("flow")
    return {
        **rows.event_row(event),
        "runs": [rows.run_row(run) for run in runs[:200]],
        "skipped": [rows.skip_row(skip) for skip in skips[:200]],
    }


@router.post("/events", response={202: Taken})
def put_events(request: HttpRequest, events: list[CanonicalEvent]) -> Status[dict[str, int]]:
    """Put canonical events in, up to 1,000 at once: all of them or, when one is wrong, none. Answered when durable."""
    if len(events) > rows.MOST:
        raise HttpError(422, f"at most {rows.MOST} events at once")
    plugins = registry()
    by_source: dict[str, list[NewEvent]] = {}
    for place, event in enumerate(events):
        if plugins.event_type(event.type) is None:
            raise HttpError(422, f"event {place}: there is no type {event.type!r}; a type of your own is custom.<verb>")
        if event.occurred_at.tzinfo is None:
            raise HttpError(422, f"event {place}: occurred_at needs its offset, such as 2026-11-01T09:00:00Z")
        if not 1900 <= event.occurred_at.year < 9999:
            raise HttpError(422, f"event {place}: occurred_at is not a time things happen at")
        _refuse_unkeepable(place, event)
        by_source.setdefault(event.source, []).append(
            NewEvent(
                id=event.id,
                type=event.type,
                subject=event.subject,
                occurred_at=event.occurred_at.astimezone(UTC),
                data=event.data,
                refs={**refs_of(event.type, event.subject, event.data), **event.refs},
            )
        )
    shop = shop_of(request).pk
    new = sum(services.insert_events(shop, None, source, found) for source, found in by_source.items())
    return Status(202, {"received": len(events), "new": new})


@router.get("/deliveries", response=rows.Rows)
def list_deliveries(request: HttpRequest, narrow: Query[rows.Narrow]) -> dict[str, Any]:
    """Deliveries as received, newest first; `type` is their topic."""
    query = Delivery.objects.filter(connection__in=shop_of(request).connection_set.all())
    query = rows.of_type(query.select_related("connection").defer("body", "headers"), "topic", narrow.type)
    if narrow.status:
        query = query.filter(status=narrow.status)
    found = rows.page(query, narrow, "received_at", lambda delivery: delivery)
    events: dict[int, list[str]] = {}
    ids = [delivery.pk for delivery in found["items"]]
    for delivery, uid in Event.objects.filter(delivery__in=ids).order_by("id").values_list("delivery_id", "uid"):
        events.setdefault(delivery, []).append(uid)
    found["items"] = [rows.delivery_row(delivery, events.get(delivery.pk, ())) for delivery in found["items"]]
    return found


@router.get("/deliveries/{int:id}")
def show_delivery(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One delivery with its headers and its body as text."""
    delivery = get_object_or_404(
        Delivery.objects.select_related("connection"), connection__shop=shop_of(request), pk=id
    )
    uids = Event.objects.filter(delivery=delivery).order_by("id").values_list("uid", flat=True)
    body = bytes(delivery.body).decode("utf-8", "backslashreplace")
    return {**rows.delivery_row(delivery, uids), "headers": delivery.headers, "body": body}


@router.post("/deliveries/replay", response=Replayed)
def replay_deliveries(request: HttpRequest, wanted: Ids) -> dict[str, int]:
    """Read these deliveries again. Ids of other shops are passed over."""
    mine = Delivery.objects.filter(connection__shop=shop_of(request), pk__in=wanted.ids).values_list("id", flat=True)
    return {"replayed": services.replay_deliveries(list(mine), caller(request))}


@router.get("/effects", response=rows.Rows)
def list_effects(request: HttpRequest, narrow: Query[rows.Narrow]) -> dict[str, Any]:
    """Effects, newest first; `type` is their action."""
    shop = shop_of(request)
    query = of_shop(Effect.objects.select_related("flow", "run").defer("run__state", "flow__draft"), shop.pk)
    query = rows.of_type(query, "action", narrow.type)
    if narrow.status:
        query = narrowed(query, Effect.objects.filter(shop=shop, status=narrow.status), status=narrow.status)
    if narrow.flow:
        flows = list(Flow.objects.filter(shop=shop, name=narrow.flow))
        query = narrowed(query, Effect.objects.filter(flow__in=flows), flow__in=flows)
    if narrow.subject:
        query = query.filter(subject=narrow.subject)
    return rows.page(query, narrow, "created_at", rows.effect_row)


@router.get("/effects/{int:id}")
def show_effect(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One effect."""
    return rows.effect_row(
        get_object_or_404(Effect.objects.select_related("flow", "run"), shop=shop_of(request), pk=id)
    )


@router.post("/effects/replay", response=TriedAgain)
def replay_effects(request: HttpRequest, wanted: Ids) -> dict[str, int]:
    """Try these failed effects again, with the same keys. Others are passed over."""
    found = Effect.objects.filter(shop=shop_of(request), status="failed", pk__in=wanted.ids)
    mine = list(found.values_list("id", flat=True))
    return {"replayed": services.replay_effects(mine, caller(request)), "held_back": attending.held_back(mine)}


def _refuse_unkeepable(place: int, event: CanonicalEvent) -> None:
    """The store keeps JSON exactly as RFC 8259 has it: no NaN, no half characters, and nothing nested without end."""
    try:
        json.dumps(event.data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise HttpError(422, f"event {place}: data cannot be kept: {str(error)[:200]}") from None
