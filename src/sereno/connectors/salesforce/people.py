"""Salesforce's customers and addresses."""

from __future__ import annotations

from typing import Any

from sereno.connectors.reading import Reader, compact, scalars

TAGS, NOTES, HOLD, PARCELS = "c_serenoTags", "c_serenoNotes", "c_serenoHold", "c_serenoParcels"
"""Attributes of Sereno's own, which the shop imports: Salesforce has no tags, and its interface no notes."""
OWN = frozenset({TAGS, NOTES, HOLD, PARCELS})


def customer(reader: Reader) -> dict[str, Any]:
    """Of a customer list. Its other addresses stand elsewhere and are not read."""
    first, last = reader.text("firstName"), reader.text("lastName")
    home = address(reader.child("primaryAddress"))
    birthday = reader.text("birthday")
    return compact(
        {
            "id": reader.id("customerNo"),
            "email": reader.email("email"),
            "phone": reader.text("phoneMobile", "phoneHome", "phoneBusiness"),
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "company": reader.text("companyName"),
            "locale": locale(reader.text("preferredLocale")),
            "tags": tags(reader),
            "is_guest": False,
            "birthday": birthday[:10] if birthday else None,
            "default_address": home,
            "addresses": [home] if home else None,
            "custom": custom(reader),
            "created_at": reader.instant("creationDate"),
            "updated_at": reader.instant("lastModified", "creationDate"),
        },
        keep=("phone",),
    )


def address(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("firstName"), reader.text("lastName")
    second = [reader.text("address2"), reader.text("suite"), reader.text("postBox")]
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": reader.text("fullName") or " ".join(part for part in (first, last) if part) or None,
            "company": reader.text("companyName"),
            "line1": reader.text("address1"),
            "line2": ", ".join(part for part in second if part) or None,
            "city": reader.text("city"),
            "region_code": reader.text("stateCode"),
            "postal_code": reader.text("postalCode"),
            "country": (reader.text("countryCode") or "").upper() or None,
            "phone": reader.text("phone"),
        }
    )


def locale(value: str | None) -> str | None:
    """`es_ES` as `es-ES`; Salesforce's `default` says nothing."""
    return None if value in (None, "default") else str(value).replace("_", "-")


def tags(reader: Reader) -> list[str] | None:
    """None where the record carries none: the attribute is empty, or the shop has not got it."""
    return reader.texts(TAGS) if reader.has(TAGS) else None


def custom(reader: Reader) -> dict[str, Any]:
    """Attributes of the shop's own, without their prefix."""
    return scalars((name[2:], value) for name, value in reader.data.items() if name[:2] == "c_" and name not in OWN)
