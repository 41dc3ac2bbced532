"""How Zendesk tells how tickets stand: one fact a call, signed by HMAC-SHA256 over the time and the body.

Its own notices say who asks by number alone; a ticket we opened names its customer all the same (`external_id`), and a
trigger may send a body of the shop's own with the address in it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors.building import body_hash
from sereno.connectors.outside import part, timely, without_empty
from sereno.connectors.reading import Reader, as_instant, parse, parse_object
from sereno.engine.durations import format_instant
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
STATUSES = {
    "new": "open",
    "open": "open",
    "pending": "pending",
    "hold": "pending",
    "solved": "solved",
    "closed": "solved",
}
OPENED = frozenset({"ticket.created", "ticket_created"})


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    at, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "").strip()
    for secret in secrets:
        if secret and at and hmac.compare_digest(_made(secret, body, at), given.encode("utf-8", "surrogateescape")):
            return timely(as_instant(at), now)
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**headers, TIMESTAMP: at, SIGNATURE: _made(secret, body, at).decode()}


def _made(secret: str, body: bytes, at: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), at.encode("utf-8", "surrogateescape") + body, "sha256"))


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        return _kind(parse_object(body))[:100]
    except Unmappable:
        return ""


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """Zendesk's id of the event, the same on every try."""
    try:
        found = parse(body)
    except Unmappable:
        return body_hash(body)
    id_ = found.get("id") if isinstance(found, Mapping) and "zendesk_event_version" in found else None
    return f"event:{id_}"[:200] if isinstance(id_, str) and id_ else body_hash(body)


def _kind(found: Mapping[str, Any]) -> str:
    return str(found.get("type") or found.get("event") or "").removeprefix("zen:event-type:")


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    found = parse_object(delivery.body)
    kind = _kind(found)
    if not kind.startswith("ticket"):
        return Mapped(reason="type.not_used")
    is_own = "zendesk_event_version" in found
    ticket = Reader(part(found, "detail") if is_own else part(found, "ticket") or found)
    id_ = ticket.id("id") or ""
    if not id_:
        raise Unmappable("The notice names no ticket (id).")
    change = part(found, "event") if is_own else {}
    at = as_instant(found.get("time") or ticket.text("updated_at")) or delivery.received_at
    at = min(at, delivery.received_at)
    status = STATUSES.get(str(ticket.text("status") or "").lower(), "open")
    is_status = kind == "ticket.status_changed"
    was = STATUSES.get(str(change.get("previous") or "").lower()) if is_status else None
    type_ = _type(kind, status, is_status=is_status, is_own=is_own)
    whose = _customer(ticket)
    email = ticket.email("email", "requester_email")
    data = without_empty(
        {
            "id": id_,
            "tool": "zendesk",
            "subject": ticket.plain("subject", "title"),
            "status": status,
            "was": was,
            "urgency": (ticket.text("priority") or "").lower(),
            "tags": ticket.texts("tags", split=" "),
            "customer_id": whose,
            "email": email,
            "url": ticket.text("url", "link"),
            "changed_at": format_instant(at),
        }
    )
    key = whose or customer_key(None, email)
    refs = {"ticket": id_, **({"customer": key[:180]} if key else {}), **({"email": email} if email else {})}
    name = f"event:{found.get('id')}" if is_own else body_hash(delivery.body)
    return Mapped((NewEvent(f"zendesk|{name}"[:200], type_, f"ticket:zendesk.{id_}", at, data, refs),))


def _type(kind: str, status: str, *, is_status: bool, is_own: bool) -> str:
    if kind in OPENED:
        return "ticket.opened"
    # A trigger's own notice says how the ticket stands, not what changed.
    return "ticket.solved" if status == "solved" and (is_status or not is_own) else "ticket.changed"


def _customer(ticket: Reader) -> str | None:
    said = ticket.text("external_id") or ""
    return said.removeprefix("sereno:") or None if said.startswith("sereno:") else None


def _load() -> Any:
    from sereno.connectors.zendesk.tool import TOOL

    return TOOL


ZENDESK = connector(
    Connector(
        kind="zendesk",
        name="Zendesk",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=_("Opens tickets in the customer's name, and tells how they stand."),
            is_store=False,
            is_secret_theirs=True,
            settings=(Setting("secret", _("Signing secret"), "secret", True, _("Zendesk shows it on the webhook.")),),
            steps=(
                _("In Zendesk open Admin Center, Apps and integrations, Webhooks, and create one for Zendesk events."),
                _("Choose ticket created, ticket status changed and comment added, and put this connection's address."),
                _("Copy the webhook's signing secret from its page."),
            ),
            topics=("ticket.created", "ticket.status_changed", "ticket.comment_added"),
        ),
        load_store=_load,
    )
)
