"""Shopify's customers, addresses and consents."""

from __future__ import annotations

from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, compact

_STATES = frozenset({"subscribed", "not_subscribed", "pending", "unsubscribed", "invalid", "redacted"})
_ADDRESS = (
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("name", None),
    ("company", "company"),
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "province"),
    ("region_code", "province_code"),
    ("postal_code", "zip"),
    ("country", "country_code"),
    ("country_name", None),
    ("phone", "phone"),
    ("latitude", None),
    ("longitude", None),
)
_CLEARED = ("phone", "note", "default_address")


def own_id(reader: Reader) -> str | None:
    """The record's id. Where the id and the one in `admin_graphql_api_id` differ, the number went through JavaScript
    and lost its end: the other is right."""
    plain = reader.id("id")
    gid = reader.text("admin_graphql_api_id")
    whole = gid.rpartition("/")[2].partition("?")[0] if gid else ""
    if whole.isascii() and whole.isdigit() and whole != plain:
        if plain is not None:
            reader.note("id.damaged")
        return whole
    return plain


def address(reader: Reader) -> dict[str, Any]:
    """A postal address; {} when there is none."""
    return reader.record(
        _ADDRESS,
        {
            "name": reader.text("name") or _joined(reader),
            "country_name": reader.text("country_name", "country"),
            "latitude": reader.number("latitude"),
            "longitude": reader.number("longitude"),
        },
    )


def channel_consent(reader: Reader) -> dict[str, Any]:
    """What was last said about one channel; {} when nothing was."""
    state = (reader.text("state", "marketing_state") or "").lower()
    level = reader.text("opt_in_level", "marketing_opt_in_level")
    return compact(
        {
            "state": (state if state in _STATES else "unknown") if state else None,
            "opt_in_level": level.lower() if level else None,
            "updated_at": reader.instant("consent_updated_at"),
        }
    )


def granted(consent: dict[str, Any]) -> bool | None:
    """Whether that is a yes. `pending` (a double opt-in not confirmed) is a no; nothing said is None."""
    state = consent.get("state")
    return None if state in (None, "unknown") else state == "subscribed"


def summary(reader: Reader) -> dict[str, Any]:
    """The customer as an order or cart carries them; {} when there is none."""
    if not reader:
        return {}
    consent_email = channel_consent(reader.child("email_marketing_consent"))
    consent_sms = channel_consent(reader.child("sms_marketing_consent"))
    accepts = granted(consent_email)
    email = reader.email("email")
    return compact(
        {
            "id": customer_key(own_id(reader), email),
            "email": email,
            "phone": reader.text("phone"),
            "first_name": reader.text("first_name"),
            "last_name": reader.text("last_name"),
            "name": _joined(reader),
            "locale": reader.text("locale"),
            "accepts_email": reader.boolean("accepts_marketing") if accepts is None else accepts,
            "accepts_sms": granted(consent_sms),
            "is_guest": True if reader.text("state") == "disabled" else None,
            "tags": reader.texts("tags", split=",") if reader.has("tags") else None,
            "order_count": reader.integer("orders_count"),
            "total_spent": reader.money("total_spent", currency=currencies.code(reader.text("currency"))),
            "currency": currencies.code(reader.text("currency")),
            "updated_at": reader.instant("updated_at"),
        }
    )


def customer(reader: Reader) -> dict[str, Any]:
    """The whole customer, as `customers/*` sends them."""
    own_address = address(reader.child("default_address"))
    return compact(
        {
            **summary(reader),
            "phone": reader.text("phone"),
            "company": own_address.get("company"),
            "consent": compact(
                {
                    "email": channel_consent(reader.child("email_marketing_consent")),
                    "sms": channel_consent(reader.child("sms_marketing_consent")),
                }
            ),
            "status": reader.text("state"),
            "note": reader.text("note"),
            "default_address": own_address or None,
            "addresses": [found for item in reader.children("addresses") if (found := address(item))],
            "created_at": reader.instant("created_at"),
        },
        keep=_CLEARED,
    )


def _joined(reader: Reader) -> str | None:
    parts = [part for part in (reader.text("first_name"), reader.text("last_name")) if part]
    return " ".join(parts) or None
