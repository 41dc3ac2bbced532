"""How Mailgun tells what became of a mail: one event a call, signed inside the body over a time and a token.

The signature does not cover the event: the address has to be https, and each token is taken once (`dedupe_key`).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.mailing import BRINGS, EFFECT, What, answer, mapped, part
from sereno.connectors.reading import parse
from sereno.connectors.signatures import TOLERANCE
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

WHAT: dict[str, What] = {
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "failed": "bounced",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    signature = part(_held(body), "signature")
    timestamp, token, given = (str(signature.get(name) or "") for name in ("timestamp", "token", "signature"))
    if not token or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "bad_signature"
    said = given.lower().encode("utf-8", "surrogateescape")
    for secret in secrets:
        if secret and hmac.compare_digest(_digest(secret, timestamp, token).encode(), said):
            # Retries come with the first time of all, for eight hours.
            is_late = abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds() + 8 * 3600
            return "too_old" if is_late else "ok"
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    """The signature is in the body, which nobody else may change: `signed_body` makes one."""
    return dict(headers)


def signed_body(secret: str, event: Mapping[str, Any], token: str, now: datetime) -> Mapping[str, Any]:
    timestamp = str(int(now.timestamp()))
    made = {"timestamp": timestamp, "token": token, "signature": _digest(secret, timestamp, token)}
    return {"signature": made, "event-data": event}


def _digest(secret: str, timestamp: str, token: str) -> str:
    return hmac.digest(secret.encode(), f"{timestamp}{token}".encode("utf-8", "surrogateescape"), "sha256").hex()


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return str(part(_held(body), "event-data").get("event") or "")[:100]


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """The token, which is good once: with another event it would be somebody else's."""
    token = str(part(_held(body), "signature").get("token") or "")
    return f"token:{token}"[:200] if token else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    event = part(_held(delivery.body, is_strict=True), "event-data")
    what = WHAT.get(str(event.get("event") or ""))
    if what is None:
        return Mapped(reason="event.not_used")
    status, message = part(event, "delivery-status"), part(part(event, "message"), "headers")
    more: dict[str, Any] = {}
    reason = ""
    if what == "bounced":
        # Suppressed by Mailgun itself after an earlier bounce or complaint: dead all the same.
        more["is_permanent"] = event.get("severity") == "permanent" and event.get("reason") != "old"
        reason = f"{event.get('reason') or ''}: {status.get('message') or status.get('description') or ''}"
    if what in ("opened", "clicked"):
        bot = str(part(event, "client-info").get("bot") or "")
        more = {"is_machine": bool(bot), "url": event.get("url")}
    effect = part(event, "user-variables").get(EFFECT)
    id_ = str(event.get("id") or f"{message.get('message-id')}|{event.get('timestamp')}")
    to, at = event.get("recipient"), event.get("timestamp")
    return mapped([answer(what, id_, to, at, delivery.received_at, effect=effect, reason=reason, **more)])


def _held(body: bytes, *, is_strict: bool = False) -> Mapping[str, Any]:
    try:
        found = parse(body)
    except Unmappable:
        if is_strict:
            raise
        return {}
    return found if isinstance(found, Mapping) else {}


def _load() -> Any:
    from sereno.connectors.mailgun.sending import SENDING

    return SENDING


MAILGUN = connector(
    Connector(
        kind="mailgun",
        name="Mailgun",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=BRINGS,
            is_store=False,
            is_secret_theirs=True,
            settings=(Setting("secret", _("Webhook signing key"), "secret", True),),
            steps=(
                _("In Mailgun open Send, Sending, Webhooks, choose your domain and press “Add webhook”."),
                _("URL: this connection's address, once for each kind of event listed here."),
                _("Copy the HTTP webhook signing key from the same page, and paste it here."),
                _("Leave Mailgun's own open and click tracking off: Sereno follows openings and clicks itself."),
            ),
            topics=("delivered", "permanent_fail", "temporary_fail", "complained", "unsubscribed"),
        ),
        load_store=_load,
    )
)
