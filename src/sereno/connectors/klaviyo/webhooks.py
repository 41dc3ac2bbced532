"""How Klaviyo tells what its readers do: many facts a call, signed by HMAC-SHA256 over the body and the time."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sereno.connectors.mailing import What, answer
from sereno.connectors.outside import hash_of_body, items, mapped, part, said, timely
from sereno.connectors.reading import as_instant, parse_object
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

SIGNATURE, TIMESTAMP = "klaviyo-signature", "klaviyo-timestamp"
SAID = {
    "subscribed_to_email_marketing": True,
    "unsubscribed_from_email_marketing": False,
    "manually_suppressed_from_email_marketing": False,
}
WHAT: dict[str, What] = {"bounced_email": "bounced", "marked_email_as_spam": "complained"}


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    at, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "").strip().lower()
    for secret in secrets:
        made = _made(secret, body, at)
        if secret and at and hmac.compare_digest(made, given.encode("utf-8", "surrogateescape")):
            return timely(_instant(at), now)
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    at = format_datetime(now.astimezone(UTC), usegmt=True)
    return {**headers, TIMESTAMP: at, SIGNATURE: _made(secret, body, at).decode()}


def _made(secret: str, body: bytes, at: str) -> bytes:
    return hmac.digest(secret.encode(), body + at.encode("utf-8", "surrogateescape"), "sha256").hex().encode()


def _instant(text: str) -> datetime | None:
    """As HTTP writes dates, or ISO 8601: Klaviyo has sent both."""
    try:
        return as_instant(text) or parsedate_to_datetime(text)
    except ValueError:
        return None


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        found = items(parse_object(body), "data")
    except Unmappable:
        return ""
    return str(found[0].get("topic") or "")[:100] if found else ""


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    events: list[NewEvent | None] = []
    for one in items(parse_object(delivery.body), "data"):
        payload = part(one, "payload")
        about = part(payload, "data", "attributes")
        facts = part(about, "event_properties")
        people = [part(held, "attributes") for held in items(payload, "included") if held.get("type") == "profile"]
        email = facts.get("email_address") or facts.get("email") or facts.get("Recipient Email Address")
        email = email or next((held.get("email") for held in people), None)
        name = str(one.get("external_id") or part(payload, "data").get("id") or "")
        what = str(one.get("topic") or "").rpartition(".")[2]
        at, received = about.get("datetime") or about.get("timestamp"), delivery.received_at
        if what in SAID:
            events.append(said("klaviyo", f"{what}|{name}", email, SAID[what], at, received))
        elif what in WHAT:
            kind = str(facts.get("Bounce Type") or "").lower()
            is_permanent = None if what != "bounced_email" else "soft" not in kind
            more = {"reason": kind, "is_permanent": is_permanent}
            events.append(answer(WHAT[what], f"klaviyo|{name}", email, at, received, **more))
    return mapped(events)


def _load() -> Any:
    from sereno.connectors.klaviyo.tool import TOOL

    return TOOL


KLAVIYO = connector(
    Connector(
        kind="klaviyo",
        name="Klaviyo",
        verify=verify,
        topic=topic,
        dedupe_key=hash_of_body,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=_("Keeps profiles and lists, is told what customers do, and says who leaves."),
            is_store=False,
            settings=(Setting("secret", _("Secret"), "secret", True, _("Any long text; one can be made here.")),),
            steps=(
                _("In Klaviyo open Settings, Webhooks, and create one with this connection's address."),
                _("Put the secret from here there, and choose the topics named below."),
            ),
            topics=(
                "event:klaviyo.subscribed_to_email_marketing",
                "event:klaviyo.unsubscribed_from_email_marketing",
                "event:klaviyo.bounced_email",
                "event:klaviyo.marked_email_as_spam",
            ),
        ),
        load_store=_load,
    )
)
