"""Ids of a shop's second store, and of those after it, told apart from the first one's: `order:1` of one platform and
`order:1` of another must not become one order.

Invariant: pure, and doing it twice changes nothing. Every id by which a record is kept or found gets the connection's
prefix, in data, refs and subject alike; an e-mail address and a SKU mean the same in every store and stay as they are,
so that a customer's mails meet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sereno.commerce.identity import refs_of, text
from sereno.commerce.schema import Record
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import Plugins

MARK = "~"
LONGEST = 12
"""Characters of a namespace: ids have little room to grow."""

REFERENCES: Mapping[str, frozenset[str]] = {
    "order": frozenset({"id", "customer_id", "cart_id", "checkout_id"}),
    "order_standing": frozenset({"id"}),
    "pick_ticket": frozenset({"order_id"}),
    "line": frozenset({"product_id", "variant_id"}),
    "payment": frozenset({"id", "order_id", "customer_id"}),
    "refund": frozenset({"id", "order_id", "payment_id", "customer_id"}),
    "fulfillment": frozenset({"id", "order_id", "customer_id"}),
    "dispute": frozenset({"id", "order_id", "payment_id"}),
    "risk_assessment": frozenset({"id"}),
    "risk_buying_out": frozenset({"order_ids"}),
    "cart": frozenset({"id", "checkout_id", "customer_id", "order_id"}),
    "customer": frozenset({"id"}),
    "customer_scored": frozenset({"id"}),
    "lead_scored": frozenset({"id"}),
    "customer_reached": frozenset({"id"}),
    "listing": frozenset({"id"}),
    "contact": frozenset({"id"}),
    "dealing": frozenset({"id"}),
    "chat_message": frozenset({"customer_id"}),
    "code": frozenset({"customer_id", "order_id"}),
    "points_changed": frozenset({"id", "order_id"}),
    "credit_changed": frozenset({"id", "order_id"}),
    "tier_changed": frozenset({"id"}),
    "points_expiring": frozenset({"id"}),
    "reward_bought": frozenset({"id"}),
    "customer_summary": frozenset({"id"}),
    "consent": frozenset({"customer_id"}),
    "topics_chosen": frozenset({"customer_id"}),
    "message_answer": frozenset({"customer_id"}),
    "privacy_request": frozenset({"id", "customer_id", "order_ids"}),
    "product": frozenset({"id", "product_id", "variant_id", "inventory_item_id"}),
    "product_difference": frozenset({"product_id", "variant_id"}),
    "variant": frozenset({"product_id", "variant_id", "inventory_item_id"}),
    "stock_level": frozenset({"product_id", "variant_id", "inventory_item_id"}),
    "ticket": frozenset({"customer_id"}),
    "survey_answer": frozenset({"id", "order"}),
    "opinion": frozenset({"order"}),
    "form_submitted": frozenset({"id"}),
    "lead_changed": frozenset({"id"}),
    "interest": frozenset({"customer_id", "product_id", "variant_id"}),
    "interest_told": frozenset({"customer_id", "product_id", "variant_id"}),
    "product_view": frozenset({"id", "customer_id", "variant_id"}),
    "gift_card": frozenset({"id", "customer_id", "order_id"}),
    "payout": frozenset({"id"}),
}
"""By record: the fields that hold an id other records, refs and keys are made of."""

SHARED = frozenset({"email", "sku", "shop", "custom"})
"""Kinds of refs that mean the same in every store, or nothing outside their own event."""


def put_on(event: NewEvent, namespace: str, record: Record | None) -> NewEvent:
    """The event with its ids told apart by `namespace`. `record` describes its data; without one only the refs and the
    subject are known to hold ids."""
    if not namespace:
        return event
    data, before, after = event.data, dict[str, str](), dict[str, str]()
    if record is not None:
        data = _record(event.data, record, namespace)
        before, after = refs_of(event.type, "", event.data), refs_of(event.type, "", data)
    refs = {kind: _ref(kind, key, namespace, before, after) for kind, key in event.refs.items()}
    kind, colon, key = event.subject.partition(":")
    subject = f"{kind}:{_ref(kind, key, namespace, before, after)}" if colon and key else event.subject
    return replace(event, data=data, refs=refs, subject=subject)


def told_apart(plugins: Plugins, events: Sequence[NewEvent], settings: Mapping[str, Any]) -> list[NewEvent]:
    """The events of a connection with these settings: a second store of a shop has a namespace."""
    namespace = str(settings.get("namespace") or "")
    if not namespace:
        return list(events)
    found: list[NewEvent] = []
    for event in events:
        definition = plugins.events.get(event.type)
        found.append(put_on(event, namespace, definition.data if definition else None))
    return found


def plain(key: str) -> str:
    """The id as the store itself knows it."""
    found = re.match(rf"[a-z0-9-]{{1,{LONGEST}}}{MARK}(?=.)", key)
    return key[found.end() :] if found else key


def of(key: str) -> str:
    """The namespace of an id; "" for one of the first store."""
    return key[: len(key) - len(plain(key))].removesuffix(MARK)


def choose(name: str, taken: Collection[str]) -> str:
    """A namespace for a connection of this name that none of `taken` has."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST].strip("-") or "store"
    found, number = stem, 2
    while found in taken:
        ending = f"-{number}"
        found = stem[: LONGEST - len(ending)] + ending
        number += 1
    return found


def _record(data: Mapping[str, Any], record: Record, namespace: str) -> dict[str, Any]:
    named = REFERENCES.get(record.name, frozenset())
    found: dict[str, Any] = {}
    for name, value in data.items():
        field = record.get(name)
        if name in named:
            found[name] = _values(value, namespace)
        elif field is not None and isinstance(field.of, Record):
            found[name] = _inside(value, field.of, namespace)
        else:
            found[name] = value
    return found


def _inside(value: Any, record: Record, namespace: str) -> Any:
    if isinstance(value, Mapping):
        return _record(cast("Mapping[str, Any]", value), record, namespace)
    if isinstance(value, list):
        return [_inside(item, record, namespace) for item in cast("list[Any]", value)]
    return value


def _values(value: Any, namespace: str) -> Any:
    if isinstance(value, list):
        return [_values(item, namespace) for item in cast("list[Any]", value)]
    key = text(value)
    return value if key is None else _key(key, namespace)


def _ref(kind: str, key: str, namespace: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """As the data's own refs are now, so that a record's key and the refs to it stay one thing: a variant known by its
    SKU alone keeps that name."""
    if kind in SHARED:
        return key
    if before.get(kind) == key and kind in after:
        return after[kind]
    return _key(key, namespace)


def _key(key: str, namespace: str) -> str:
    """A guest is named by the e-mail address, which is nobody's own."""
    prefix = namespace + MARK
    if key.startswith((prefix, "email:")):
        return key
    return text(prefix + key) or key
