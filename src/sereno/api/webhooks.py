"""Outgoing webhooks: who is told of Sereno's own events, their secrets, and what became of the last messages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime import services, webhooks
from sereno.runtime.hooks import DELIVER, TYPES
from sereno.store.models import Effect, Webhook

router = Router(tags=["Webhooks"])
Type = Annotated[str, Field(max_length=64)]


class NewWebhook(Schema):
    name: str = Field(min_length=1, max_length=100)
    url: str = Field(min_length=1, max_length=2000, description="Where messages are posted to.")
    types: list[Type] = Field(min_length=1, max_length=30, description="Types of events; `*` for all.")


class WebhookChange(Schema):
    name: str | None = Field(None, min_length=1, max_length=100)
    url: str | None = Field(None, min_length=1, max_length=2000)
    types: list[Type] | None = Field(None, min_length=1, max_length=30)


class WebhookStatus(Schema):
    status: Literal["active", "paused"]


class WebhookOut(Schema):
    id: int
    name: str
    url: str
    types: list[str]
    status: str
    reason: str | None
    failing_since: str | None
    succeeded_at: str | None
    created_by: str
    created_at: str | None
    updated_at: str | None


class MadeWebhook(WebhookOut):
    secret: str = Field(description="Shown only now. Verify with any library of Standard Webhooks.")


class NewSecretOut(Schema):
    secret: str = Field(description="Shown only now. The one before signs beside it until the next rotation.")


class Sent(Schema):
    message: str = Field(description="The message's id, as in its header `webhook-id`.")


class Resent(Schema):
    replayed: int


class WebhookTypes(Schema):
    items: list[dict[str, str]]


@router.get("/webhook-types", response=WebhookTypes)
def list_types(request: HttpRequest) -> dict[str, Any]:
    """What webhooks can be told of."""
    return {"items": [{"type": name, "description": what} for name, what in TYPES.items()]}


@router.get("/webhooks", response=rows.Rows)
def list_webhooks(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The shop's outgoing webhooks, newest first."""
    return rows.page_by_id(Webhook.objects.filter(shop=shop_of(request)), page, _row)


@router.post("/webhooks", response={201: MadeWebhook})
def create_webhook(request: HttpRequest, new: NewWebhook, response: HttpResponse) -> Any:
    """A new webhook, with its secret."""
    id_, secret = webhooks.create_webhook(shop_of(request).pk, new.name, new.url, new.types, caller(request))
    response["Location"] = f"/api/v1/webhooks/{id_}"
    return Status(201, {**_row(Webhook.objects.get(pk=id_)), "secret": secret})


@router.get("/webhooks/{int:id}", response=WebhookOut)
def show_webhook(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One webhook. Its secret is not shown."""
    return _row(_find(request, id))


@router.patch("/webhooks/{int:id}", response=WebhookOut)
def change_webhook(request: HttpRequest, id: rows.Id, change: WebhookChange) -> dict[str, Any]:
    """What is not given stays."""
    webhooks.change_webhook(
        shop_of(request).pk, id, caller(request), name=change.name, url=change.url, types=change.types
    )
    return _row(_find(request, id))


@router.delete("/webhooks/{int:id}", response={204: None})
def remove_webhook(request: HttpRequest, id: rows.Id) -> Any:
    """Its messages that have not gone are taken back."""
    webhooks.remove_webhook(shop_of(request).pk, id, caller(request))
    return Status(204, None)


@router.post("/webhooks/{int:id}/status", response=WebhookOut)
def set_status(request: HttpRequest, id: rows.Id, wanted: WebhookStatus) -> dict[str, Any]:
    """Pause it, so that messages wait, or switch it on again."""
    webhooks.set_webhook_status(shop_of(request).pk, id, wanted.status, caller(request))
    return _row(_find(request, id))


@router.post("/webhooks/{int:id}/secret", response={201: NewSecretOut})
def rotate_secret(request: HttpRequest, id: rows.Id) -> Any:
    """A new secret. Messages are signed with both until the next rotation, so that nothing is lost meanwhile."""
    return Status(201, {"secret": webhooks.rotate_webhook_secret(shop_of(request).pk, id, caller(request))})


@router.post("/webhooks/{int:id}/test", response={202: Sent})
def test(request: HttpRequest, id: rows.Id) -> Any:
    """Send a message of type `webhook.test`."""
    return Status(202, {"message": webhooks.test_webhook(shop_of(request).pk, id, caller(request))})


@router.get("/webhooks/{int:id}/messages", response=rows.Rows)
def list_messages(request: HttpRequest, id: rows.Id, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Its messages and what became of them, newest first."""
    found = Effect.objects.filter(run_id=_find(request, id).run, action=DELIVER)
    return rows.page_by_id(found, page, message_row)


@router.post("/webhooks/{int:id}/resend", response=Resent)
def resend(request: HttpRequest, id: rows.Id) -> dict[str, int]:
    """Send its failed messages again, up to 1,000 of them, with the same ids."""
    found = Effect.objects.filter(run_id=_find(request, id).run, action=DELIVER, status="failed").order_by("id")
    return {"replayed": services.replay_effects(list(found.values_list("id", flat=True)[:1000]), caller(request))}


def message_row(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.key,
        "number": effect.pk,
        "type": effect.config.get("type"),
        "status": effect.status,
        "attempts": effect.attempts,
        "at": rows.instant(effect.created_at),
        "due_at": rows.instant(effect.due_at),
        "finished_at": rows.instant(effect.finished_at),
        "result": effect.result,
        "error": effect.error,
        "message": effect.message,
        "body": effect.config.get("body"),
    }


def _find(request: HttpRequest, id: int) -> Webhook:
    return get_object_or_404(Webhook, shop=shop_of(request), pk=id)


def _row(row: Webhook) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": row.url,
        "types": row.types,
        "status": row.status,
        "reason": row.reason,
        "failing_since": rows.instant(row.failing_since),
        "succeeded_at": rows.instant(row.succeeded_at),
        "created_by": row.created_by,
        "created_at": rows.instant(row.created_at),
        "updated_at": rows.instant(row.updated_at),
    }
