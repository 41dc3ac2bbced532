"""Customers as last known: from the platform where it tells of them, else from their orders and carts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.commerce.merging import earliest, fill, known, latest, micros, overlay
from sereno.commerce.ordering import placed_of, together
from sereno.sdk.columns import boolean_of, instant_of, integer_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection
from sereno.store.fields import from_micros

Record = Mapping[str, Any]

CHANNELS = ("email", "sms")
TOLD = {
    "score": "scored_at",
    "prospect": "scored_at",
    "opinion": "said_at",
    "reach": "reached_at",
    "loyalty": "changed_at",
    "credit": "changed_at",
    "signup": "submitted_at",
    "lead": "changed_at",
    "visits": "seen_at",
    "crm": "changed_at",
    "deal": "changed_at",
}
"""By name, the instant in it."""
_TOLD = frozenset(TOLD)
SPREAD = {
    "loyalty": {"points": "points", "tier": "tier"},
    "credit": {"store_credit": "amount"},
    "prospect": {"lead_score": "score"},
}
"""What of it stands in the customer's own fields too."""
GIVEN = ("email", "phone", "name", "birthday", "locale")
"""What somebody says of themselves in a form: it fills what nobody knew."""
_SEEN = ("first_order_at", "last_order_at", "channel")


def key(data: Record) -> str | None:
    """A customer's own key, or that of the person a consent is about."""
    is_of_other = _is_consent(data) or _is_answer(data)
    return customer_key(data.get("customer_id") if is_of_other else data.get("id"), data.get("email"))


def project(old: Record | None, data: Record, event_type: str) -> Record | None:
    """The record anew, None where nothing changed. Whatever it is, it may be the last that was seen of the person."""
    day = seen_on(data)
    held = str((old or {}).get("last_seen_on") or "")
    if _is_answer(data):
        return {**old, "last_seen_on": day} if old and day > held else None
    found = _project(old, {name: value for name, value in data.items() if name != "last_seen_on"})
    newest = max(day, held)
    if not newest or (found or {}).get("last_seen_on") == newest:
        return found
    if found is not None:
        return {**found, "last_seen_on": newest}
    return {**old, "last_seen_on": newest} if old and newest > held else None


def seen_on(data: Record) -> str:
    """The day (UTC) on which a person did something themselves, as far as this tells: signed up, agreed, ordered, had
    something in the cart, visited the shop, opened or followed a message. "" where it tells of none; what a program
    opened is nothing."""
    if _is_answer(data):
        return "" if data.get("is_machine") is True else _day(data.get("done_at"))
    if _is_consent(data):
        return _day(data.get("changed_at")) if data["granted"] is True else ""
    said = [
        data[name].get(TOLD[name])
        for name in ("opinion", "signup", "visits")
        if name in data and isinstance(data[name], Mapping)
    ]
    days = [_day(data[name]) for name in ("created_at", "last_order_at", "last_seen_on") if name in data]
    return max(["", *map(_day, said), *days])


def _day(instant: object) -> str:
    at = micros(instant)
    return "" if at is None else from_micros(at).date().isoformat()


def _is_answer(data: Record) -> bool:
    """That a message was opened or followed."""
    return "is_machine" in data and "granted" not in data


def _project(old: Record | None, data: Record) -> Record | None:
    if _is_consent(data):
        return _with_consent(old, data)
    told = _told(data)
    if told:
        return _with_told(old, data, told)
    if _is_listing(data):
        return _with_listing(old, data)
    if data.get("is_thin"):
        return _from_order(old, data)
    merged = overlay(old, data)
    for name in ("is_thin", "as_of"):
        merged.pop(name, None)
    return _with_consents(_counted(_with_orders(merged, old, data), old, data), old, data)


def version(data: Record) -> int | None:
    is_part = _is_consent(data) or _is_answer(data) or _is_listing(data) or _told(data) or data.get("is_thin")
    return PATCH if is_part else micros(data.get("updated_at"))


def _is_consent(data: Record) -> bool:
    return "granted" in data


def _told(data: Record) -> str:
    """What Sereno itself found out about the customer, if that is what this is."""
    if _TOLD.isdisjoint(data):  # Most tell of none: an order's customer is looked at thrice.
        return ""
    return next((name for name in TOLD if isinstance(data.get(name), Mapping)), "")


def _with_told(old: Record | None, data: Record, name: str) -> Record | None:
    """The newer by its own instant; with nothing else known of the person, that alone."""
    thin = {"id": key(data), "email": data.get("email"), "is_thin": True}
    held, at = (old or {}).get(name), TOLD[name]
    if isinstance(held, Mapping) and (micros(held.get(at)) or 0) > (micros(data[name].get(at)) or 0):
        return None
    spread = {ours: data[name].get(its) for ours, its in SPREAD.get(name, {}).items()}
    given = {field: data[field] for field in GIVEN if data.get(field)} if name == "signup" else {}
    return {**fill(old or known(thin), given), name: data[name], **spread}


def _is_listing(data: Record) -> bool:
    """That somebody is on a list of another tool, or is so no more."""
    return isinstance(data.get("listed"), Mapping)


def _with_listing(old: Record | None, data: Record) -> Record | None:
    """Of each list the newest word. Who left one and is not known otherwise stays unknown; consent is never touched."""
    listed: Record = data["listed"]
    name, at = str(listed.get("list") or ""), micros(listed.get("changed_at")) or 0
    held: Mapping[str, Any] = (old or {}).get("listings") or {}
    before: Record = held.get(name) or {}
    if not name or (micros(before.get("at")) or 0) > at or (old is None and not listed.get("is_on")):
        return None
    listings = {**held, name: {"is_on": listed.get("is_on") is True, "at": listed.get("changed_at")}}
    lists = sorted(name for name, one in listings.items() if one["is_on"])
    thin = {"id": key(data), "email": data.get("email"), "is_thin": True}
    return {**(old or known(thin)), "lists": lists, "listings": listings}


def _from_order(old: Record | None, data: Record) -> Record | None:
    """A customer as one order carries them. Over a full record it fills gaps only, unless it is the platform's newer
    state; over what earlier orders told, the newest order wins. Any order of arrival gives the same record."""
    if not old:
        return _counted(dict(data), old, data)
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
    merged = _with_consents(_counted(_with_orders(merged, old, data), old, data), old, data)
    return None if merged == old else merged


def _counted(merged: dict[str, Any], old: Record | None, data: Record) -> dict[str, Any]:
    """How many orders there were, by those that came here, each once whatever is told of it again; by the platform's
    own count where that is higher. What was cancelled stays uncounted in whatever order that is heard."""
    held, new = (one.get("orders_seen") if one else None for one in (old, data))
    if seen := together(held, new):
        merged["orders_seen"] = seen
    placed = placed_of(seen, merged.get("order_count"))
    return merged if placed is None else {**merged, "orders_placed": placed}


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
            "order_count": integer_of("orders_placed"),
            "currency": text_of("currency", 3),
            "total_spent": text_of("total_spent", 32),
            "last_order_at": instant_of("last_order_at"),
        },
    )
)
