"""Delivers one message of an outgoing webhook, signed as Standard Webhooks do, behind the guard of outgoing calls."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, Subscribers
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.standard_webhooks import signed_headers

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""Between one try and the next, as Standard Webhooks advise: about 28 hours in all."""
HELD_BACK = timedelta(minutes=10)
_LONGEST_WAIT = 86_400
_QUOTED = 300


class DeliverConfig(Config):
    webhook: int = option(_("Webhook"))
    type: str = option(_("Type"))
    body: dict[str, Any] = option(_("Message"))


@action(
    "webhooks.deliver",
    label=_("Tell another system: {type}"),
    icon="webhook",
    config=DeliverConfig,
    connection=lambda config: f"webhook:{config.get('webhook')}",
    is_internal=True,
)
def deliver(config: DeliverConfig, ctx: Context) -> Result:
    """Deliver a message of Sereno's own to a webhook. The message id stays the same on every attempt. Anything but a
    2xx answer is tried again for about a day; 410 says that nobody listens any more."""
    found = ctx.port(Subscribers).find(config.webhook)
    if found is None or found.status == "disabled":
        return Done({"sent": False, "reason": "webhook.gone" if found is None else "webhook.disabled"})
    if found.status == "paused":
        return Retry("webhook.paused", "The webhook is paused.", kind="limited", after=HELD_BACK)
    body = json.dumps(config.body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Sereno-Webhooks"}
    signed = [signed_headers(secret, body, ctx.effect_key, ctx.now) for secret in found.secrets]
    headers |= signed[0] | {"webhook-signature": " ".join(one["webhook-signature"] for one in signed)}
    try:
        answer = ctx.port(Http).send(HttpRequest("POST", found.url, headers, body))
    except HttpBlocked as blocked:
        return Fail(
            "http.address_blocked",
            f"{blocked}: webhooks go to public addresses only. Add the host to the shop's setting `allowed_hosts` if "
            "you trust it, then replay.",
        )
    except HttpFailed as failed:
        return Retry("http.no_answer", str(failed), after=_pause(ctx.attempt))
    return judge(answer, ctx.attempt)


def judge(answer: HttpAnswer, attempt: int) -> Result:
    """What the other side's answer means."""
    status = answer.status
    if 200 <= status < 300:
        return Done({"sent": True, "status": status})
    message = f"HTTP {status}: {answer.body[:_QUOTED].decode('utf-8', 'replace')}"
    if status == 410:
        return Fail("webhook.gone", f"{message} The other side says that nobody listens there any more.")
    if status == 429:
        asked = answer.headers.get("retry-after", "").strip()
        seconds = min(int(asked), _LONGEST_WAIT) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 60
        return Retry("http.rate_limited", message, kind="limited", after=timedelta(seconds=seconds))
    return Retry("http.refused" if status < 500 else "http.server_error", message, after=_pause(attempt))


def _pause(attempt: int) -> timedelta:
    return PAUSES[min(attempt, len(PAUSES)) - 1]
