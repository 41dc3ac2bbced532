"""Who an action is about, as a tool may know them: no more than it needs, with what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.sdk.audience import Person
from sereno.sdk.context import Context
from sereno.sdk.ports import Consents

FLAGS = {"email": "accepts_email", "sms": "accepts_sms"}


def person_of(ctx: Context, fields: Mapping[str, str] | None = None, tags: tuple[str, ...] = ()) -> Person:
    """The run's customer, else whoever the order, cart or event names by address. The ledger of consents outweighs the
    platform's flag, and an address that is suppressed has said no."""
    record: Mapping[str, Any] = ctx.records.get("customer") or {}
    other: Mapping[str, Any] = ctx.records.get("order") or ctx.records.get("cart") or {}
    email = _text(record.get("email") or other.get("email") or ctx.event.get("email")).lower()
    phone = _text(record.get("phone") or other.get("phone"))
    address: Mapping[str, Any] = record.get("default_address") or other.get("shipping_address") or {}
    return Person(
        key=customer_key(record.get("id"), email) or ctx.refs.get("customer") or "",
        email=email if "@" in email else "",
        phone=phone if phone.startswith("+") else "",
        first_name=_text(record.get("first_name") or address.get("first_name")),
        last_name=_text(record.get("last_name") or address.get("last_name")),
        country=_text(address.get("country")),
        city=_text(address.get("city")),
        postcode=_text(address.get("postal_code")),
        language=_text(record.get("locale"))[:2],
        consents=consents_of(ctx, record, email, phone),
        tags=tags,
        fields=dict(fields or {}),
    )


def consents_of(ctx: Context, record: Mapping[str, Any], email: str, phone: str) -> dict[str, bool]:
    """By channel; nothing where nothing is on record."""
    try:
        ledger = ctx.port(Consents)
    except LookupError:
        return {}
    found: dict[str, bool] = {}
    for channel, address in (("email", email), ("sms", phone)):
        if not address:
            continue
        said = ledger.allows(address, channel, "marketing")
        flag = record.get(FLAGS[channel])
        said = said if said is not None else flag if isinstance(flag, bool) else None
        if ledger.is_suppressed(address, channel):
            said = False
        if said is not None:
            found[channel] = said
    return found


def _text(value: object) -> str:
    return str(value or "").strip()[:254]
