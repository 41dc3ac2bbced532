"""Newsletters: written, scheduled, followed and stopped."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.messages import printing
from sereno.modules.newsletters import services
from sereno.modules.newsletters.models import Newsletter, NewsletterPiece
from sereno.runtime.newsletters import changing
from sereno.store.fields import instant_text

router = Router(tags=["Newsletters"])
Status = Literal["draft", "scheduled", "preparing", "sending", "paused", "sent", "cancelled"]
PieceStatus = Literal["waiting", "sending", "sent", "skipped", "failed", "unknown"]
Doing = Literal["schedule", "take_back", "pause", "resume", "cancel", "send_unknown", "show", "hide"]


class NewsletterIn(Schema):
    """`audience`: `{inside, outside, when, topic, hold_out: {share, window}}`, names of segments, a condition about the
    customer, what it is about, whom it is kept from. `schedule`: `{kind: now | at | local | best, at?, local?,
    within?}`. `trial`: `{share, wait, metric: opened | clicked, subjects: {language: text}}`. `pace`: `{per_minute?,
    providers: {name: a minute}}`."""

    name: str = Field(min_length=1, max_length=200)
    message: str = Field("", max_length=100, description="A published marketing message about a customer.")
    audience: dict[str, Any] = Field({})
    schedule: dict[str, Any] = Field({})
    trial: dict[str, Any] = Field({})
    pace: dict[str, Any] = Field({})
    is_public: bool = False


class NewsletterOut(NewsletterIn):
    """`counts` are of its mails; `left` those who were not written to, by reason."""

    id: int
    status: Status
    slug: str
    due_at: str | None
    started_at: str | None
    finished_at: str | None
    error: str | None
    winner: str | None
    verdict: dict[str, Any]
    counts: dict[str, int]
    left: dict[str, int]
    reasons: dict[str, int]


class NewsletterList(Schema):
    items: list[NewsletterOut]


class PieceOut(Schema):
    id: int
    customer: str
    address: str
    status: PieceStatus
    reason: str | None
    variant: str
    due_at: str | None
    sent_at: str | None
    delivered_at: str | None
    opened_at: str | None
    clicked_at: str | None
    trouble: str | None
    order: str | None


class PieceList(Schema):
    items: list[PieceOut]
    next: int | None = Field(description="Give it as `before` for those that come after.")


class NewsletterDoing(Schema):
    do: Doing = Field(description="`send_unknown` writes again to those of whom it is not known whether they got it.")


@router.get("/newsletters", response=NewsletterList)
def list_newsletters(
    request: HttpRequest,
    status: Annotated[Status | None, Query(description="Only with this status.")] = None,
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """The newest first."""
    found = Newsletter.objects.filter(shop=shop_of(request)).order_by("-id").defer("document")
    if status is not None:
        found = found.filter(status=status)
    held = list(found[:limit])
    standings = services.standings([row.pk for row in held])
    return {"items": [_shown(row, standings[row.pk]) for row in held]}


@router.post("/newsletters", response={201: NewsletterOut})
def make_newsletter(request: HttpRequest, given: NewsletterIn) -> Answer[Any]:
    """A draft."""
    written = changing.read_written(given.dict())
    id_ = changing.create(shop_of(request).pk, written, caller(request))
    return Answer(201, _one(request, id_))


@router.get("/newsletters/{int:id}", response=NewsletterOut)
def show_newsletter(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One, with its numbers."""
    return _one(request, id)


@router.put("/newsletters/{int:id}", response=NewsletterOut)
def change_newsletter(request: HttpRequest, id: rows.Id, given: NewsletterIn) -> dict[str, Any]:
    """While it is a draft."""
    changing.change(shop_of(request).pk, id, changing.read_written(given.dict()), caller(request))
    return _one(request, id)


@router.delete("/newsletters/{int:id}", response={204: None})
def drop_newsletter(request: HttpRequest, id: rows.Id) -> Answer[Any]:
    """Throw a draft away."""
    changing.remove(shop_of(request).pk, id, caller(request))
    return Answer(204, None)


@router.post("/newsletters/{int:id}/do", response=NewsletterOut)
def steer_newsletter(request: HttpRequest, id: rows.Id, given: NewsletterDoing) -> dict[str, Any]:
    """Schedule it with the message as it is published now, take it back, pause, resume or cancel it."""
    shop, by = shop_of(request).pk, caller(request)
    match given.do:
        case "schedule":
            row = Newsletter.objects.filter(shop_id=shop, pk=id).only("message").first()
            if row is None:
                raise HttpError(404, f"there is no newsletter {id}")
            changing.schedule(shop, id, printing.freeze(shop, row.message), by)
        case "take_back":
            changing.take_back(shop, id, by)
        case "pause":
            changing.pause(shop, id, by)
        case "resume":
            changing.resume(shop, id, by)
        case "cancel":
            changing.cancel(shop, id, by)
        case "send_unknown":
            changing.send_unknown(shop, id, by)
        case "show" | "hide":
            changing.publish(shop, id, given.do == "show", by)
    return _one(request, id)


@router.get("/newsletters/{int:id}/people", response=PieceList)
def list_newsletter_people(
    request: HttpRequest,
    id: rows.Id,
    status: Annotated[PieceStatus | None, Query(description="Only with this status.")] = None,
    *,
    page: Query[rows.PageOf],
) -> dict[str, Any]:
    """Who got it, and who did not, the newest row first."""
    if not Newsletter.objects.filter(shop=shop_of(request), pk=id).exists():
        raise HttpError(404, f"there is no newsletter {id}")
    found = NewsletterPiece.objects.filter(shop=shop_of(request), newsletter_id=id)
    if status is not None:
        found = found.filter(status=status)
    return rows.page_by_id(found, page, _piece)


def _one(request: HttpRequest, id: int) -> dict[str, Any]:
    row = Newsletter.objects.filter(shop=shop_of(request), pk=id).defer("document").first()
    if row is None:
        raise HttpError(404, f"there is no newsletter {id}")
    return _shown(row, services.standings([id])[id])


def _shown(row: Newsletter, found: services.Standing) -> dict[str, Any]:
    names = (
        "name",
        "message",
        "audience",
        "schedule",
        "trial",
        "pace",
        "is_public",
        "status",
        "slug",
        "error",
        "winner",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "id": row.pk,
        "verdict": row.verdict,
        **{name: instant_text(getattr(row, name)) for name in ("due_at", "started_at", "finished_at")},
        "counts": dict(found.whole),
        "left": dict(found.left),
        "reasons": dict(found.reasons),
    }


def _piece(row: NewsletterPiece) -> dict[str, Any]:
    instants = ("due_at", "sent_at", "delivered_at", "opened_at", "clicked_at")
    return {
        **{name: getattr(row, name) for name in ("id", "address", "status", "reason", "variant", "trouble")},
        **{name: instant_text(getattr(row, name)) for name in instants},
        "customer": row.person,
        "order": row.order_key,
    }
