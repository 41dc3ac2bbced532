"""Customers as last known: from the platform where it tells of them, else from their orders and carts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.commerce.merging import earliest, fill, known, latest, micros, overlay
from sereno.sdk.columns import boolean_of, instant_of, integer_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection

Record = Mapping[str, Any]

CHANNELS = ("email", "sms")
_SEEN = ("first_order_at", "last_order_at", "channel")


def key(data: Record) -> str | None:
    """A customer's own key, or that of the person a consent is about."""
    return customer_key(data.get("customer_id") if _is_consent(data) else data.get("id"), data.get("email"))


def project(old: Record | None, data: Record, event_type: str) -> Record | None:
    if _is_consent(data):
        return _with_consent(old, data)
    if data.get("is_thin"):
        return _from_order(old, data)
    merged = overlay(old, data)
    for name in ("is_thin", "as_of"):
        merged.pop(name, None)
    return _with_consents(_with_orders(merged, old, data), old, data)


def version(data: Record) -> int | None:
    return PATCH if _is_consent(data) or data.get("is_thin") else micros(data.get("updated_at"))


def _is_consent(data: Record) -> bool:
    return "granted" in data


def _from_order(old: Record | None, data: Record) -> Record | None:
    """A customer as one order carries them. Over a full record it fills gaps only, unless it is the platform's newer
    state; over what earlier orders told, the newest order wins. Any order of arrival gives the same record."""
    if not old:
        return dict(data)
    if old.get("is_thin"):
        is_newer = (micros(data.get("as_of")) or 0) >= (micros(old.get("as_of")) or 0)
        merged = overlay(old, known(data)) if is_newer else fill(old, data)
    else:
        said = {**data}
        said.pop("is_thin", None)
        said.pop("as_of", None)
        changed, held = micros(data.get("updated_at")), micros(old.get("updated_at"))
        is_newer = changed is not None and held is not None and changed > held
        merged = overlay(old, known(said)) if is_newer else fill(old, said)
    merged = _with_consents(_with_orders(merged, old, data), old, data)
    return None if merged == old else merged


def _with_consents(merged: dict[str, Any], old: Record | None, data: Record) -> dict[str, Any]:
    """Of each channel the newest word, whether it came with the customer or alone; and it outweighs what a customer
    record says that is older than it."""
    consents: dict[str, Any] = {}
    if not data.get("consent") and not (old and old.get("consent")):
        return merged
    for channel in CHANNELS:
        held, new = _consent_of(old or {}, channel), _consent_of(data, channel)
        newest = new if (micros(new.get("updated_at")) or 0) >= (micros(held.get("updated_at")) or 0) and new else held
        if not newest:
            continue
        consents[channel] = newest
        said, known_at = micros(newest.get("updated_at")), micros(merged.get("updated_at") or merged.get("as_of"))
        if said is not None and (known_at is None or said >= known_at) and newest.get("state"):
            merged[f"accepts_{channel}"] = newest["state"] == "subscribed"
    return {**merged, "consent": consents} if consents else merged


def _consent_of(record: Record, channel: str) -> Record:
    consents = record.get("consent")
    found = consents.get(channel) if isinstance(consents, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _with_orders(merged: dict[str, Any], old: Record | None, data: Record) -> dict[str, Any]:
    """First and last order are the earliest and latest ever seen; the channel is the first order's."""
    if not old or not any(name in data or name in old for name in _SEEN):
        return merged
    first = earliest(old.get("first_order_at"), data.get("first_order_at"))
    seen = {
        "first_order_at": first,
        "last_order_at": latest(old.get("last_order_at"), data.get("last_order_at")),
    }
    of_old = first is not None and first == old.get("first_order_at")
    seen["channel"] = old.get("channel") if of_old and old.get("channel") else data.get("channel") or old.get("channel")
    for name in _SEEN:
        merged.pop(name, None)
    return {**merged, **known(seen)}


def _with_consent(old: Record | None, data: Record) -> Record | None:
    channel = data.get("channel")
    if channel not in CHANNELS:
        return None
    unknown = {"id": key(data), "email": data.get("email"), "phone": data.get("phone"), "is_thin": True}
    merged: dict[str, Any] = dict(old) if old else known(unknown)
    consents = merged.get("consent")
    consent: dict[str, Any] = dict(consents) if isinstance(consents, Mapping) else {}
    held = _consent_of(merged, channel)
    before, after = micros(held.get("updated_at")), micros(data.get("changed_at"))
    if before is not None and after is not None and after < before:
        return None
    granted = data["granted"] if isinstance(data["granted"], bool) else None
    implied = None if granted is None else "subscribed" if granted else "unsubscribed"
    said = {"opt_in_level": data.get("opt_in_level"), "updated_at": data.get("changed_at")}
    consent[channel] = known({"state": data.get("state") or implied, **said})
    merged["consent"] = consent
    known_at = micros(merged.get("updated_at") or merged.get("as_of"))
    if granted is not None and (after is None or known_at is None or after >= known_at):
        merged[f"accepts_{channel}"] = granted
    return None if merged == old else merged


projection(
    Projection(
        name="customer",
        table="customers_customer",
        key=key,
        project=project,
        version=version,
        columns={
            "email": text_of("email", 254),
            "phone": text_of("phone", 64),
            "name": text_of("name", 200),
            "locale": text_of("locale", 16),
            "accepts_email": boolean_of("accepts_email"),
            "birthday": text_of("birthday", 10),
            "order_count": integer_of("order_count"),
            "currency": text_of("currency", 3),
            "total_spent": text_of("total_spent", 32),
            "last_order_at": instant_of("last_order_at"),
        },
    )
)
