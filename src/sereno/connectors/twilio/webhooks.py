"""How Twilio signs and names what it tells: forms, with HMAC-SHA1 over its own address and the sorted fields."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sereno.connectors.building import body_hash
from sereno.connectors.talking import Status, heard, told
from sereno.connectors.twilio.channel import ADDRESS_CODES, CHANNEL
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable, Verdict
from sereno.sdk.plugin import connector

STATUSES: dict[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    given = headers.get("x-twilio-signature", "").strip().encode("utf-8", "surrogateescape")
    address = str(settings.get("hook") or "")
    for secret in secrets:
        if secret and given and hmac.compare_digest(signature(secret, address, body), given):
            return "ok"
    return "bad_signature"


def signature(secret: str, address: str, body: bytes) -> bytes:
    """As Twilio's documents say: the address, then each name and value, in the order of the names."""
    text = address + "".join(f"{name}{value}" for name, value in sorted(fields_of(body).items()))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha1"))


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, "x-twilio-signature": signature(secret, str(settings.get("hook") or ""), body).decode()}


def fields_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    fields = fields_of(body)
    return f"message.{_status(fields)}" if "MessageSid" in fields or "SmsSid" in fields else "unknown"


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    fields = fields_of(body)
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    return f"{sid}:{_status(fields)}" if sid else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    fields = fields_of(delivery.body)
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    if not sid:
        raise Unmappable("The form names no message (MessageSid).")
    said, at = _status(fields), delivery.received_at
    if said == "received":
        # A messaging service may know words of its own for stopping; it says when it took one.
        meant = {"STOP": "stop", "START": "start"}.get(fields.get("OptOutType", "").upper())
        more = {"kind": "text", "meant": meant, "reply_to": fields.get("OriginalRepliedMessageSid")}
        return Mapped((heard("sms", fields.get("From", ""), sid, fields.get("Body", ""), at, **more),))
    status = STATUSES.get(said)
    if status is None:
        return Mapped(reason="status.not_used")
    code = fields.get("ErrorCode", "")
    reason = ADDRESS_CODES.get(int(code) if code.isdigit() else 0, "message.refused") if status == "failed" else ""
    text = f"Twilio {code} {fields.get('ErrorMessage', '')}".strip() if status == "failed" else ""
    return Mapped((told("sms", sid, status, at, reason=reason, text=text),))


def _status(fields: Mapping[str, str]) -> str:
    return fields.get("MessageStatus") or fields.get("SmsStatus") or "received"


TWILIO = connector(
    Connector(
        kind="twilio",
        name="Twilio",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
    )
)
