"""Orders and carts as last known. Payments, refunds, parcels and disputes patch the order they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key, text
from sereno.commerce.merging import fill, known, micros, overlay, parts, union, upsert
from sereno.commerce.money import finite
from sereno.commerce.payments import refunded
from sereno.sdk.columns import Column, boolean_of, instant_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection

Record = Mapping[str, Any]

MOST = 10**12
"""Pieces that no cart can hold."""
LISTS = ("payments", "refunds", "fulfillments")
IMPLIED: dict[str, dict[str, str]] = {
    "order.created": {"status": "open"},
    "order.authorized": {"payment_status": "authorized"},
    "order.paid": {"payment_status": "paid"},
    "order.partially_paid": {"payment_status": "partially_paid"},
    "order.payment_failed": {"payment_status": "failed"},
    "order.voided": {"payment_status": "voided"},
    "order.refunded": {"payment_status": "refunded"},
    "order.partially_refunded": {"payment_status": "partially_refunded"},
    "order.fulfilled": {"fulfillment_status": "fulfilled"},
    "order.partially_fulfilled": {"fulfillment_status": "partial"},
    "order.delivered": {"delivery_status": "delivered"},
    "order.completed": {"status": "completed"},
    "order.cancelled": {"status": "cancelled"},
    "order.deleted": {"status": "deleted"},
}
"""What a thin event says by its name alone."""
_OF_PLATFORM = ("platform_status", "platform_risk")
"""What a thin event is about, and says anew."""


def order_key(data: Record) -> str | None:
    """An order's own id, or the `order_id` of one of its parts."""
    return text(data.get("order_id")) if _is_part(data) else text(data.get("id"))


def project_order(old: Record | None, data: Record, event_type: str) -> Record | None:
    noun = event_type.partition(".")[0]
    if noun != "order":
        return _patched(old, data, noun)
    implied = {
        name: value
        for name, value in IMPLIED.get(event_type, {}).items()
        if data.get(name) is None and (event_type != "order.created" or not (old or {}).get(name))
    }
    said = {**data, **implied}
    if data.get("is_thin"):
        # The notice knows less than the record: it only fills gaps, but for the change it is about.
        merged = {**fill(old, said), **implied, **known({name: data.get(name) for name in _OF_PLATFORM})}
        if old is not None and not old.get("is_thin"):
            merged.pop("is_thin", None)
    else:
        merged = overlay(old, said)
        if "total" in said or "lines" in said:
            merged.pop("is_thin", None)
    for name in LISTS:
        if (joined := union((old or {}).get(name), data.get(name))) is not None:
            merged[name] = joined
    if data.get("total_refunded") is None and merged.get("refunds"):
        merged["total_refunded"] = _refunded(merged["refunds"])
    return _counted(merged, data)


def order_version(data: Record) -> int | None:
    return PATCH if _is_part(data) or data.get("is_thin") else micros(data.get("updated_at"))


def embedded(data: Record) -> list[tuple[str, Record]]:
    """The customer inside an order or cart, known only as far as those tell."""
    person = data.get("customer")
    inside: Record = person if isinstance(person, Mapping) else {}
    key = customer_key(data.get("customer_id") or inside.get("id"), data.get("email") or inside.get("email"))
    if key is None or _is_part(data):
        return []
    accepts = inside.get("accepts_email")
    found: dict[str, Any] = {
        **inside,
        "id": key,
        "email": inside.get("email") or data.get("email"),
        "phone": inside.get("phone") or data.get("phone"),
        "locale": inside.get("locale") or data.get("locale"),
        # A box left unticked withdraws nothing.
        "accepts_email": True if accepts is None and data.get("accepts_marketing") is True else accepts,
        "is_thin": True,
        "as_of": data.get("updated_at") or data.get("placed_at"),
    }
    if "placed_at" in data:
        found |= {
            "first_order_at": data["placed_at"],
            "last_order_at": data["placed_at"],
            "channel": data.get("channel"),
            "default_address": inside.get("default_address") or data.get("billing_address"),
        }
    return [("customer", known(found))]


def _counts(data: Record) -> str | None:
    """When an order was placed, "" for one that counts as none; None where that is not told."""
    if data.get("status") in ("cancelled", "deleted") or data.get("cancelled_at") or data.get("is_test") is True:
        return ""
    return text(data.get("placed_at"))


def in_cart(data: Record) -> list[tuple[str, Record]]:
    """The customer inside a cart, who was there when it changed, unless the platform cleared it away."""
    if data.get("deleted_at"):
        return embedded(data)
    return [(name, {**record, "last_seen_on": data.get("updated_at")}) for name, record in embedded(data)]


def carried(data: Record) -> list[tuple[str, Record]]:
    """What an order tells of others: its customer, and that there is nothing left to hold."""
    key, counts = text(data.get("id")), _counts(data)
    seen = {"orders_seen": {key: counts}} if key is not None and counts is not None else {}
    return [*((name, {**record, **seen}) for name, record in embedded(data)), *_over(data)]


def _over(data: Record) -> list[tuple[str, Record]]:
    """An order that was cancelled or has left is held no longer as far as anybody need look."""
    key = text(data.get("id"))
    if key is None or _is_part(data):
        return []
    is_over = data.get("status") in ("cancelled", "deleted") or data.get("fulfillment_status") == "fulfilled"
    return [("order_standing", {"id": key, "is_over": True})] if is_over else []


def project_cart(old: Record | None, data: Record, event_type: str) -> Record | None:
    if data.get("is_thin"):
        merged = fill(old, data)
        if old is not None and not old.get("is_thin"):
            merged.pop("is_thin", None)
        return _counted(merged, data)
    merged = overlay(old, data)
    if "total" in data or "lines" in data:
        merged.pop("is_thin", None)
    return _counted(merged, data)


def cart_version(data: Record) -> int | None:
    return PATCH if data.get("is_thin") else micros(data.get("updated_at"))


def _counted(merged: dict[str, Any], data: Record) -> dict[str, Any]:
    """With `line_count` and `item_count`, by its lines where nobody said them: flows ask whether a cart is empty."""
    if not isinstance(merged.get("lines"), list):
        return merged
    lines = parts(merged["lines"])
    are_new = data.get("lines") is not None and not data.get("is_thin")
    counts = {"line_count": len(lines), "item_count": _pieces(lines)}
    for name, count in counts.items():
        if merged.get(name) is None or (are_new and data.get(name) is None):
            merged[name] = count
    return merged


def _pieces(lines: Sequence[Record]) -> int | float:
    """The sum of the quantities. A line that does not say is one piece; the parts of a bundle, and what no cart can
    hold, are none."""
    said: list[Any] = [
        1 if (amount := item.get("quantity")) is None else amount
        for item in lines
        if item.get("parent_line_id") is None
    ]
    if all(type(amount) is int and -MOST < amount < MOST for amount in said):
        return sum(said)
    amounts = [finite(amount) for amount in said]
    total = sum((amount for amount in amounts if amount is not None and amount.adjusted() < 12), Decimal(0))
    return int(total) if total == total.to_integral_value() else float(total)


def _is_part(data: Record) -> bool:
    """Whether this is a payment, a refund, a parcel or a dispute, not an order."""
    return "order_id" in data or "amount" in data or "tracking_number" in data


def _patched(old: Record | None, data: Record, noun: str) -> Record | None:
    if not data.get("order_id"):
        return None
    order: dict[str, Any] = dict(old) if old else {"id": text(data.get("order_id")), "is_thin": True}
    if noun == "refund":
        order["refunds"] = upsert(order.get("refunds"), data)
        order["total_refunded"] = _refunded(order["refunds"]) or order.get("total_refunded")
    elif noun == "payment":
        order["payments"] = upsert(order.get("payments"), data)
    elif noun in ("fulfillment", "shipment"):
        order["fulfillments"] = upsert(order.get("fulfillments"), data)
        newest = max(order["fulfillments"], key=lambda item: micros(item.get("updated_at")) or 0)
        order["delivery_status"] = newest.get("delivery_status") or order.get("delivery_status")
    elif noun == "dispute":
        order["dispute_status"] = data.get("status")
    order = {name: value for name, value in order.items() if value is not None or (old and name in old)}
    return None if order == old else order


def project_standing(old: Record | None, data: Record, event_type: str) -> Record | None:
    """What an event of Sereno's own changes. Of holding and releasing the newest counts, in any order they come."""
    if event_type in ("order.held", "order.released") and old is not None and _held_changed(old) > _held_changed(data):
        return None
    if data.get("is_over"):
        return None if old is None or old.get("is_over") else {**old, "is_over": True}
    changed = {**(old or {}), **known(data)}
    if event_type == "order.held":
        changed.pop("is_over", None)
    return changed


def _held_changed(record: Record) -> int:
    """When it was last held or released."""
    return max(micros(record.get("held_at")) or 0, micros(record.get("released_at")) or 0)


def _subject_of(name: str) -> Column:
    key = text_of(name, 200)

    def read(record: Record) -> str | None:
        found = key(record)
        return f"order:{found}" if found else None

    return read


def _refunded(refunds: Sequence[Record]) -> str | None:
    found = refunded(refunds)
    return None if found is None else str(found)


projection(
    Projection(
        name="order",
        table="orders_order",
        key=order_key,
        project=project_order,
        version=order_version,
        columns={
            "number": text_of("number", 100),
            "status": text_of("status", 32),
            "payment_status": text_of("payment_status", 32),
            "fulfillment_status": text_of("fulfillment_status", 32),
            "currency": text_of("currency", 3),
            "total": text_of("total", 32),
            "email": text_of("email", 254),
            "customer_key": text_of("customer_id", 200),
            "placed_at": instant_of("placed_at"),
        },
        also=carried,
        carries=frozenset({"customer", "order_standing"}),
    )
)
projection(
    Projection(
        name="cart",
        table="orders_cart",
        key=lambda data: text(data.get("id")),
        project=project_cart,
        version=cart_version,
        columns={
            "currency": text_of("currency", 3),
            "total": text_of("total", 32),
            "email": text_of("email", 254),
            "customer_key": text_of("customer_id", 200),
            "changed_at": instant_of("updated_at", "created_at"),
            "completed_at": instant_of("completed_at"),
        },
        also=in_cart,
        carries=frozenset({"customer"}),
    )
)
projection(
    Projection(
        name="order_standing",
        table="orders_standing",
        key=lambda data: text(data.get("id")),
        project=project_standing,
        version=lambda data: PATCH,
        columns={
            "subject": _subject_of("id"),
            "is_held": lambda record: bool(record.get("is_held")) and not record.get("is_over"),
            "is_verified": boolean_of("is_verified"),
            "held_at": instant_of("held_at"),
            "warehouse": text_of("warehouse", 100),
            "team": text_of("team", 100),
            "queue": text_of("queue", 100),
        },
        carries=frozenset(),
    )
)
projection(
    Projection(
        name="pick_ticket",
        table="orders_ticket",
        key=lambda data: text(data.get("id")),
        project=lambda old, data, event_type: overlay(old, data),
        version=lambda data: micros(data.get("created_at")),
        columns={
            "subject": _subject_of("order_id"),
            "kind": text_of("kind", 8),
            "warehouse": text_of("warehouse", 100),
            "created_at": instant_of("created_at"),
        },
        carries=frozenset(),
    )
)
