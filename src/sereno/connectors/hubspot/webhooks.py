"""How HubSpot tells what changed: many facts a call, signed (version 3) over method, address, body and time.

Its notices name contacts by number alone. So a change of consent becomes `person.named`, and who it is gets looked up
there before the ledger hears of it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.connectors.outside import hash_of_body, mapped, timely
from sereno.connectors.reading import parse
from sereno.engine.durations import format_instant
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    at, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "").strip()
    for secret in secrets:
        made = _made(secret, settings, body, at)
        if secret and at and hmac.compare_digest(made, given.encode("utf-8", "surrogateescape")):
            return timely(_milliseconds(at), now)
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    at = str(int(now.timestamp() * 1000))
    return {**headers, TIMESTAMP: at, SIGNATURE: _made(secret, settings, body, at).decode()}


def _made(secret: str, settings: Mapping[str, Any], body: bytes, at: str) -> bytes:
    text = b"POST" + str(settings.get("hook") or "").encode() + body + at.encode("utf-8", "surrogateescape")
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256"))


def _milliseconds(at: object) -> datetime | None:
    said = str(at)
    return (
        datetime.fromtimestamp(int(said) / 1000, UTC) if said.isascii() and said.isdigit() and len(said) < 15 else None
    )


def _facts(body: bytes) -> list[Mapping[str, Any]]:
    found = parse(body)
    if isinstance(found, Mapping):
        return [found]
    if isinstance(found, list):
        return [one for one in found if isinstance(one, Mapping)]
    raise Unmappable("HubSpot sends a list of what changed.")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        found = _facts(body)
    except Unmappable:
        return ""
    return str(found[0].get("subscriptionType") or "")[:100] if found else ""


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return mapped([_named(one, delivery.received_at) for one in _facts(delivery.body)])


def _named(one: Mapping[str, Any], received_at: datetime) -> NewEvent | None:
    kind, name = str(one.get("subscriptionType") or ""), str(one.get("propertyName") or "")
    person = str(one.get("objectId") or "")
    if not kind.endswith(".propertyChange") or name != "hs_email_optout" or not person.isdigit():
        return None
    at = min(_milliseconds(one.get("occurredAt")) or received_at, received_at)
    data = {
        "tool": "hubspot",
        "person": person,
        "what": "accepts_email",
        "value": str(one.get("propertyValue")).lower() != "true",
        "changed_at": format_instant(at),
    }
    id_ = f"hubspot|{person}|{name}|{one.get('occurredAt')}"[:200]
    return NewEvent(id_, "person.named", f"person:hubspot.{person}", at, data)


def _load() -> Any:
    from sereno.connectors.hubspot.tool import TOOL

    return TOOL


HUBSPOT = connector(
    Connector(
        kind="hubspot",
        name="HubSpot",
        verify=verify,
        topic=topic,
        dedupe_key=hash_of_body,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=_("Keeps contacts and lists, opens deals, and says who left."),
            is_store=False,
            is_secret_theirs=True,
            settings=(Setting("secret", _("Client secret"), "secret", True, _("It stands on the app's page.")),),
            steps=(
                _("In HubSpot open your private app, Webhooks, and put this connection's address as the target."),
                _("Subscribe to contacts, property changed, of the property named below."),
            ),
            topics=("contact.propertyChange: hs_email_optout",),
        ),
        load_store=_load,
    )
)
