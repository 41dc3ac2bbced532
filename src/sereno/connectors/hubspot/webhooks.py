"""How HubSpot tells what changed: many facts a call, signed (version 3) over method, address, body and time.

Its notices name contacts and deals by number alone. So a change becomes `person.named`, and who it is about gets looked
up there before the ledger, or the customer's record, hears of it.
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

CONTACT = {"hs_email_optout": "accepts_email", "lifecyclestage": "contact", "hubspot_owner_id": "contact"}
"""Properties of a contact that we are told of, and what of the person they are."""
OBJECTS = {"0-1": "contact", "0-3": "deal"}
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
    number = str(one.get("objectId") or "")
    what = _what(kind, str(one.get("objectTypeId") or ""), name)
    if not what or not (number.isascii() and number.isdigit()):
        return None
    at = min(_milliseconds(one.get("occurredAt")) or received_at, received_at)
    data: dict[str, Any] = {"tool": "hubspot", "person": number, "what": what, "changed_at": format_instant(at)}
    if what == "accepts_email":
        data["value"] = str(one.get("propertyValue")).lower() != "true"
    of = "deal" if what == "deal" else "person"
    id_ = (
        f"hubspot|{of}|{number}|{name}|{one.get('occurredAt')}"
        if of == "deal"
        else f"hubspot|{number}|{name}|{one.get('occurredAt')}"
    )
    return NewEvent(id_[:200], "person.named", f"{of}:hubspot.{number}", at, data)


def _what(kind: str, object_type: str, name: str) -> str:
    """What of whom changed: the older notices say the object in their kind, the newer ones (`object.propertyChange`)
    beside it."""
    of, _dot, how = kind.partition(".")
    if how not in ("propertyChange", "creation"):
        return ""
    of = OBJECTS.get(object_type, "") if of == "object" else of
    if of == "deal" and (name == "dealstage" or how == "creation"):
        return "deal"
    return CONTACT.get(name, "") if of == "contact" and how == "propertyChange" else ""


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
                _("For stages and owners in segments subscribe to the other properties too, and to deals created."),
            ),
            topics=(
                "contact.propertyChange: hs_email_optout",
                "contact.propertyChange: lifecyclestage",
                "contact.propertyChange: hubspot_owner_id",
                "deal.propertyChange: dealstage",
                "deal.creation",
            ),
        ),
        load_store=_load,
    )
)
