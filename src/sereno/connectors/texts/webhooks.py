"""What a gateway tells: JSON signed as Standard Webhooks are. `{"type": "message", "id", "from", "text"}` when somebody
wrote, `{"type": "status", "id" or "key", "status": "sent|delivered|failed", "code"}` of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sereno.connectors import signatures
from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, parse_object
from sereno.connectors.talking import Status, heard, told
from sereno.connectors.texts.channel import CHANNEL
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable, Verdict
from sereno.sdk.plugin import connector
from sereno.sdk.standard_webhooks import signed_headers


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    return signatures.verify_standard(secrets, headers, body, now)


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, **signed_headers(secret, body, headers.get("webhook-id", "msg_1"), now)}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return Reader(parse_object(body)).text("type") or "unknown"


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("webhook-id") or body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    said, at = Reader(parse_object(delivery.body)), delivery.received_at
    name = said.text("id", "key") or ""
    if said.text("type") == "message" and name and said.text("from"):
        return Mapped((heard("sms", said.text("from") or "", name, said.text("text") or "", at, kind="text"),))
    status = said.text("status")
    if said.text("type") != "status" or not name or status not in ("sent", "delivered", "failed"):
        raise Unmappable("It is neither a `message` with `id` and `from` nor a `status` that is known.")
    reason = said.text("code") or "message.refused" if status == "failed" else ""
    effect = said.text("key") or ""
    event = told("sms", name, cast(Status, status), at, effect=effect, reason=reason, text=said.text("message") or "")
    return Mapped((event,))


TEXTS = connector(
    Connector(
        kind="texts",
        name="SMS gateway",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
    )
)
