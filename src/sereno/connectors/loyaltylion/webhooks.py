"""How LoyaltyLion tells how its members stand, and who left its mails: one fact a call, signed by HMAC-SHA256."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors.building import body_hash
from sereno.connectors.outside import mapped, part, said, without_empty
from sereno.connectors.reading import Reader, as_instant, parse, parse_object
from sereno.connectors.schemes import hmac_header
from sereno.engine.durations import format_instant
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable
from sereno.sdk.plugin import connector

verify, sign = hmac_header("x-loyaltylion-hmac-sha256")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        return str(parse_object(body).get("topic") or "")[:100]
    except Unmappable:
        return ""


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """LoyaltyLion's id of the notice, the same on every try."""
    try:
        found = parse(body)
    except Unmappable:
        return body_hash(body)
    id_ = found.get("id") if isinstance(found, Mapping) else None
    return f"event:{id_}"[:200] if isinstance(id_, str) and id_ else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    found = parse_object(delivery.body)
    kind, received = str(found.get("topic") or ""), delivery.received_at
    inside = part(found, "payload") or found
    if kind == "loyalty_emails/unsubscribe":
        whom = part(inside, "unsubscribe", "customer") or part(inside, "customer")
        event = said(
            "loyaltylion", f"left|{found.get('id')}", whom.get("email"), False, found.get("created_at"), received
        )
        return mapped([event])
    if kind != "customers/update":
        return Mapped(reason="topic.not_used")
    member = Reader(part(inside, "customer"))
    email = member.email("email")
    key = customer_key(member.id("merchant_id"), email)
    if key is None:
        raise Unmappable("The notice names no customer (merchant_id or email).")
    at = min(as_instant(member.raw("updated_at")) or received, received)
    membership = member.child("loyalty_tier_membership").child("loyalty_tier")
    loyalty = {
        "points": member.integer("points_approved") or 0,
        "pending": member.integer("points_pending") or 0,
        "tier": membership.text("name"),
        "changed_at": format_instant(at),
    }
    data = {"id": key, "kind": "adjusted", "loyalty": without_empty(loyalty)}
    refs = {"customer": key[:180], **({"email": email} if email else {})}
    name = f"loyaltylion|{found.get('id') or body_hash(delivery.body)}"[:200]
    event = NewEvent(name, "points.changed", f"customer:{key}"[:200], at, data, refs)
    return Mapped((event,))


def _load() -> Any:
    from sereno.connectors.loyaltylion.tool import TOOL

    return TOOL


LOYALTYLION = connector(
    Connector(
        kind="loyaltylion",
        name="LoyaltyLion",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=_("Tells points and tiers of its programme, and takes points and activities."),
            is_store=False,
            is_secret_theirs=True,
            settings=(
                Setting("secret", _("Secret"), "secret", True, _("Of the programme or app that the API key is of.")),
            ),
            steps=(
                _("Put the secret of your LoyaltyLion programme here."),
                _("Give the API key below: Sereno asks LoyaltyLion to tell of its members from then on."),
            ),
            topics=("customers/update", "loyalty_emails/unsubscribe"),
        ),
        load_store=_load,
    )
)
