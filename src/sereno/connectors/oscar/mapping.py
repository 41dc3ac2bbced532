"""What the Oscar store's notices mean. An Oscar shop makes up the words for its orders' states itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.building import Found, add_order
from sereno.connectors.reading import Reader, compact, iso, object_of, written
from sereno.sdk.connector import Delivery, Mapped, Unmappable

_WORDS = (
    ("cancel", {"status": "cancelled"}),
    ("refund", {"payment_status": "refunded"}),
    ("declined", {"payment_status": "failed"}),
    ("partially shipped", {"fulfillment_status": "partial"}),
    ("shipped", {"fulfillment_status": "fulfilled", "payment_status": "paid"}),
    ("dispatched", {"fulfillment_status": "fulfilled", "payment_status": "paid"}),
    ("delivered", {"fulfillment_status": "fulfilled", "delivery_status": "delivered", "payment_status": "paid"}),
    ("complete", {"status": "completed", "fulfillment_status": "fulfilled", "payment_status": "paid"}),
    ("paid", {"payment_status": "paid"}),
    ("authori", {"payment_status": "authorized"}),
)
"""What a state's name says, by the first of these found in it."""


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    notes: list[str] = []
    body = Reader(object_of(delivery), notes)
    topic = body.text("topic") or delivery.topic
    handler = TOPICS.get(topic)
    if handler is None:
        return Mapped((), "topic.not_used" if topic else "topic.missing")
    found = Found(delivery, key, notes)
    handler(found, body.child("data"))
    return found.mapped()


def order(reader: Reader, at: str) -> dict[str, Any]:
    """An order, named by its number. Oscar's notice has no time of change: `at`, when it came, is taken."""
    currency = currencies.code(reader.text("currency"))
    number = reader.id("number")
    email = reader.email("email", "guest_email")
    lines = [_line(item, currency) for item in reader.children("lines")]
    status = reader.text("status")
    with_tax, without = reader.decimal("total_incl_tax"), reader.decimal("total_excl_tax")
    shipping = reader.decimal("shipping_incl_tax")
    tax = with_tax - without if with_tax is not None and without is not None else None
    digits = currencies.digits_of(currency)
    customer_id = reader.id("user_id", "customer_id") or customer_key(None, email)
    delivery_address = _address(reader.child("shipping_address"))
    return compact(
        {
            "id": number,
            "number": number,
            "status": "open",
            **_state(status),
            "platform_status": status,
            "currency": currency,
            "total": None if with_tax is None else written(with_tax, digits),
            "subtotal": written(with_tax - shipping, digits) if with_tax is not None and shipping is not None else None,
            "total_shipping": None if shipping is None else written(shipping, digits),
            "total_tax": None if tax is None else written(tax, digits),
            "shipping_method": reader.text("shipping_method"),
            "customer": compact(
                {
                    "id": customer_id,
                    "email": email,
                    "is_guest": reader.boolean("guest"),
                    **{name: delivery_address.get(name) for name in ("first_name", "last_name", "name", "phone")},
                }
            ),
            "customer_id": customer_id,
            "email": email,
            "phone": delivery_address.get("phone"),
            "shipping_address": delivery_address,
            "billing_address": _address(reader.child("billing_address")),
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "placed_at": reader.instant("date_placed"),
            "updated_at": at,
        }
    )


def _line(reader: Reader, currency: str | None) -> dict[str, Any]:
    """`price` is the line's, all pieces together."""
    total, quantity = reader.decimal("price", "line_price_incl_tax"), reader.decimal("quantity")
    digits = currencies.digits_of(currency)
    return compact(
        {
            "id": reader.id("id"),
            "variant_id": reader.id("product_id") or reader.text("sku"),
            "sku": reader.text("sku"),
            "title": reader.text("title"),
            "quantity": reader.number("quantity"),
            "price": written(total / quantity, digits) if total is not None and quantity else None,
            "total": None if total is None else written(total, digits),
        }
    )


def _address(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("first_name"), reader.text("last_name")
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "line1": reader.text("line1"),
            "line2": reader.text("line2"),
            "city": reader.text("line4"),
            "region": reader.text("state"),
            "postal_code": reader.text("postcode"),
            "country": reader.text("country_id"),
            "phone": reader.text("phone_number"),
        }
    )


def _state(status: str | None) -> dict[str, str]:
    word = (status or "").lower()
    return next((dict(meaning) for part, meaning in _WORDS if part in word), {})


def _order(first: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        if reader.id("number") is None:
            raise Unmappable("An order without a number.")
        add_order(found, order(reader, iso(found.delivery.received_at)), first)

    return handle


def _stock(found: Found, reader: Reader) -> None:
    sku = reader.text("sku")
    if sku is None:
        raise Unmappable("A stock record without an SKU.")
    on_hand, taken = reader.decimal("in_stock"), reader.decimal("allocated")
    available = None if on_hand is None else Reader({"n": on_hand - (taken or 0)}).number("n")
    at = iso(found.delivery.received_at)
    record = compact(
        {
            "sku": sku,
            "variant_id": reader.id("product_id"),
            "available": available,
            "on_hand": reader.number("in_stock"),
            "reserved": reader.number("allocated"),
            "updated_at": at,
        }
    )
    found.add("stock.changed", f"variant:{record.get('variant_id') or sku}", record, at=at)


TOPICS: dict[str, Callable[[Found, Reader], None]] = {
    "order.placed": _order("order.created"),
    "order.status": _order("order.updated"),
    "stock": _stock,
}
