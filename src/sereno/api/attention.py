"""What waits for a person: failed effects by cause, deliveries and events that could not be read, paused flows."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Count, Max, Min
from django.http import HttpRequest
from ninja import Field, Router, Schema

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime import attending
from sereno.store.models import Approval, Delivery, Effect, Event, Flow

router = Router(tags=["Attention"])
MOST_CAUSES = 100


class CauseIn(Schema):
    """Effects that failed alike, as `GET /attention` names them."""

    action: str = Field(min_length=1, max_length=100)
    error: str = Field("", max_length=64)
    connection: str = Field("", max_length=200)


class CauseRow(Schema):
    action: str
    error: str
    connection: str
    count: int
    first_at: str | None
    last_at: str | None
    example: int = Field(description="The number of the newest effect of this cause.")


class AttentionOut(Schema):
    """`approvals`, `deliveries`, `events`: how many wait. Each has a list of its own."""

    causes: list[CauseRow]
    approvals: int
    deliveries: int
    events: int
    paused_flows: list[str]


class Tried(Schema):
    replayed: int
    held_back: int = Field(description="So many of them wait until their flow, which is paused, is resumed.")


class SkippedOut(Schema):
    """What was let be in one go: send it to `unskip` to take that back."""

    count: int
    first: int
    last: int
    at: int


Number = Annotated[int, Field(ge=0, lt=2**63)]


class SkippedIn(Schema):
    count: Number = 0
    first: Number
    last: Number
    at: Number


class EffectIds(Schema):
    ids: list[Number] = Field(min_length=1, max_length=1000)


class Unskipped(Schema):
    unskipped: int


@router.get("/attention", response=AttentionOut)
def show_attention(request: HttpRequest) -> dict[str, Any]:
    """Everything that waits for a person; failed effects by their cause, the most frequent first."""
    shop = shop_of(request)
    failed = Effect.objects.filter(shop=shop, status="failed").order_by()
    causes = (
        failed.values("action", "error", "connection")
        .annotate(count=Count("id"), first=Min("created_at"), last=Max("created_at"), example=Max("id"))
        .order_by("-count", "action")[:MOST_CAUSES]
    )
    connections = list(shop.connection_set.values_list("id", flat=True))
    return {
        "causes": [
            {
                "action": one["action"],
                "error": one["error"] or "",
                "connection": one["connection"] or "",
                "count": one["count"],
                "first_at": rows.instant(rows.as_instant(one["first"])),
                "last_at": rows.instant(rows.as_instant(one["last"])),
                "example": one["example"],
            }
            for one in causes
        ],
        "approvals": Approval.objects.filter(shop=shop, status="open").count(),
        "deliveries": Delivery.objects.filter(connection__in=connections, status="failed").count(),
        "events": Event.objects.filter(shop=shop, error__isnull=False).count(),
        "paused_flows": list(
            Flow.objects.filter(shop=shop, status="paused").order_by("name").values_list("name", flat=True)
        ),
    }


@router.post("/attention/retry", response=Tried)
def retry_cause(request: HttpRequest, cause: CauseIn) -> dict[str, int]:
    """Try all failed effects of one cause again, with the same keys."""
    tried = attending.retry_cause(shop_of(request).pk, _cause(cause), caller(request))
    return {"replayed": tried.count, "held_back": tried.held_back}


@router.post("/attention/skip", response=SkippedOut)
def skip_cause(request: HttpRequest, cause: CauseIn) -> dict[str, int]:
    """Let all failed effects of one cause be: they are cancelled."""
    return _skipped(attending.skip_cause(shop_of(request).pk, _cause(cause), caller(request)))


@router.post("/attention/unskip", response=Unskipped)
def unskip(request: HttpRequest, skipped: SkippedIn) -> dict[str, int]:
    """Put back what was skipped in one go."""
    taken = attending.Skipped(skipped.count, skipped.first, min(skipped.last, skipped.first + 10_000_000), skipped.at)
    return {"unskipped": attending.unskip(shop_of(request).pk, taken, caller(request))}


@router.post("/effects/skip", response=SkippedOut)
def skip_effects(request: HttpRequest, wanted: EffectIds) -> dict[str, int]:
    """Let these failed effects be. Others are passed over."""
    return _skipped(attending.skip_effects(shop_of(request).pk, wanted.ids, caller(request)))


def _cause(cause: CauseIn) -> attending.Cause:
    texts = (cause.action, cause.error, cause.connection)
    return attending.Cause(*(rows.storable_text(one) or "" for one in texts))


def _skipped(skipped: attending.Skipped) -> dict[str, int]:
    return {"count": skipped.count, "first": skipped.first, "last": skipped.last, "at": skipped.at}
