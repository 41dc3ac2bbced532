"""WooCommerce's orders, refunds, parcels and customers.

Times come with a GMT twin, or without it in the shop's own zone; texts carry HTML entities; a guest has customer 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, as_decimal, compact, iso, scalars, written

_STATUSES = {"completed": "completed", "refunded": "completed", "cancelled": "cancelled", "trash": "deleted"}
DRAFTS = frozenset({"auto-draft", "checkout-draft", "draft"})
_ATTRIBUTION = "_wc_order_attribution_"
STRIPE, WOOPAYMENTS = "_stripe_charge_captured", "_intention_status"
"""Meta fields in which payment plugins say whether a payment was taken (`no`, `requires_capture`)."""
_SENT = {"fulfilled": "fulfilled", "partially_fulfilled": "partial"}
TAG = "sereno_tag_"
"""Orders and customers have no tags in WooCommerce: each is a meta field of its own, so that putting one on or taking
one off never touches another."""


def order(reader: Reader, zone: str | None) -> dict[str, Any]:
    currency = currencies.code(reader.text("currency"))
    status = reader.text("status") or ""
    meta = meta_data(reader)
    lines = [line(item, currency) for item in reader.children("line_items")]
    refunds = [_refund_of(item, reader.id("id"), currency) for item in reader.children("refunds")]
    email = reader.child("billing").email("email")
    customer_id = reader.id("customer_id")
    billing = address(reader.child("billing"))
    refunded = sum((Decimal(item["amount"]) for item in refunds if item.get("amount")), Decimal(0))
    paid_at = instant(reader, "date_paid", zone)
    landing = _text(meta, _ATTRIBUTION + "session_entry")
    shipping = address(reader.child("shipping"))
    return compact(
        {
            "id": reader.id("id"),
            "number": reader.text("number", "id"),
            "status": _STATUSES.get(status, "open"),
            "platform_status": status or None,
            "currency": currency,
            "total": reader.money("total", currency=currency),
            "subtotal": _sum(lines, "total", currency),
            "total_discount": reader.money("discount_total", currency=currency),
            "total_shipping": reader.money("shipping_total", currency=currency),
            "total_tax": reader.money("total_tax", currency=currency),
            "total_refunded": written(refunded, currencies.digits_of(currency)),
            "payment_status": _payment_status(reader, status, paid_at, refunded, meta),
            "fulfillment_status": _fulfillment_status(status, meta),
            "payment_method": reader.plain("payment_method_title", "payment_method"),
            "shipping_method": next((item.plain("method_title") for item in reader.children("shipping_lines")), None),
            "is_subscription": True if "_subscription_renewal" in meta else None,
            "note": reader.plain("customer_note"),
            "channel": reader.text("created_via"),
            "landing_site": landing,
            "referring_site": _text(meta, _ATTRIBUTION + "referrer"),
            "utm_source": _source(meta),
            "utm_medium": _text(meta, _ATTRIBUTION + "utm_medium"),
            "utm_campaign": _text(meta, _ATTRIBUTION + "utm_campaign"),
            "discount_codes": [code for item in reader.children("coupon_lines") if (code := item.plain("code"))],
            "customer": compact(
                {
                    "id": customer_key(customer_id, email),
                    "email": email,
                    "phone": billing.get("phone"),
                    "first_name": billing.get("first_name"),
                    "last_name": billing.get("last_name"),
                    "name": billing.get("name"),
                    "is_guest": customer_id is None,
                }
            ),
            "customer_id": customer_key(customer_id, email),
            "email": email,
            "phone": billing.get("phone"),
            "billing_address": billing,
            "shipping_address": shipping if shipping.get("line1") or shipping.get("city") else None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "payments": _payments(reader, currency, paid_at),
            "refunds": refunds,
            "fulfillments": [parcel(item, reader.id("id")) for item in _trackings(meta)] or None,
            "ip_address": reader.text("customer_ip_address"),
            "placed_at": instant(reader, "date_created", zone),
            "paid_at": paid_at,
            "cancelled_at": instant(reader, "date_modified", zone) if status == "cancelled" else None,
            "completed_at": instant(reader, "date_completed", zone),
            "updated_at": instant(reader, "date_modified", zone) or instant(reader, "date_created", zone),
            "tags": tags(reader),
            "custom": custom(meta),
        },
        keep=("note", "shipping_address"),
    )


def line(reader: Reader, currency: str | None) -> dict[str, Any]:
    total, subtotal = reader.decimal("total"), reader.decimal("subtotal")
    product_id = reader.id("product_id")
    meta = meta_data(reader)
    digits = currencies.digits_of(currency)
    return compact(
        {
            "id": reader.id("id"),
            "product_id": product_id,
            "variant_id": reader.id("variation_id") or product_id,
            "sku": reader.text("sku"),
            "title": reader.plain("parent_name", "name"),
            "variant_title": reader.plain("name") if reader.text("parent_name") else None,
            "quantity": reader.number("quantity"),
            "price": reader.money("price", currency=currency),
            "total": reader.money("total", currency=currency),
            "total_discount": written(subtotal - total, digits) if total is not None and subtotal is not None else None,
            "total_tax": reader.money("total_tax", currency=currency),
            "parent_line_id": reader.id("bundled_by", "composite_parent"),
            "image_url": reader.child("image").text("src"),
            "properties": scalars((name, value) for name, value in meta.items() if not name.startswith("_")),
        }
    )


def refund(reader: Reader, zone: str | None) -> dict[str, Any]:
    """A refund as the REST interface gives it: it names its order only by its links."""
    return compact(
        {
            "id": reader.id("id"),
            "order_id": reader.id("order_id", "parent_id") or linked_order(reader),
            "status": "completed",
            "amount": _positive(reader, "amount", None),
            "reason": reader.plain("reason"),
            "lines": [_refunded_line(item) for item in reader.children("line_items")],
            "created_at": instant(reader, "date_created", zone),
            "updated_at": instant(reader, "date_created", zone),
        },
        keep=("order_id",),
    )


def parcel(reader: Reader, order_id: str | None) -> dict[str, Any]:
    """What the Shipment Tracking plugin keeps of a parcel."""
    number = reader.text("tracking_number")
    shipped = reader.raw("date_shipped")
    seconds = as_decimal(shipped) if isinstance(shipped, str) and shipped.isdigit() else None
    at = (
        iso(datetime.fromtimestamp(int(seconds), UTC))
        if seconds and seconds < 10**10
        else reader.instant("date_shipped")
    )
    return compact(
        {
            "id": reader.text("tracking_id") or number,
            "order_id": order_id or linked_order(reader),
            "status": "success",
            "carrier": reader.plain("custom_tracking_provider", "tracking_provider"),
            "tracking_number": number,
            "tracking_numbers": [number] if number else [],
            "tracking_url": reader.text("custom_tracking_link", "tracking_link"),
            "shipped_at": at,
            "updated_at": at,
        },
        keep=("order_id",),
    )


def customer(reader: Reader, zone: str | None) -> dict[str, Any]:
    billing = address(reader.child("billing"))
    email = reader.email("email") or billing.get("email")
    first, last = reader.plain("first_name"), reader.plain("last_name")
    return compact(
        {
            "id": customer_key(reader.id("id"), email),
            "email": email,
            "phone": billing.get("phone"),
            "first_name": first or billing.get("first_name"),
            "last_name": last or billing.get("last_name"),
            "name": " ".join(part for part in (first, last) if part) or billing.get("name"),
            "company": billing.get("company"),
            "is_guest": False,
            "status": reader.text("role"),
            "order_count": reader.integer("orders_count"),
            "total_spent": reader.money("total_spent"),
            "default_address": billing,
            "addresses": [found for found in (billing, address(reader.child("shipping"))) if found],
            "created_at": instant(reader, "date_created", zone),
            "updated_at": instant(reader, "date_modified", zone) or instant(reader, "date_created", zone),
            "tags": tags(reader),
            "custom": custom(meta_data(reader)),
        },
        keep=("phone",),
    )


def address(reader: Reader) -> dict[str, Any]:
    first, last = reader.plain("first_name"), reader.plain("last_name")
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "company": reader.plain("company"),
            "line1": reader.plain("address_1"),
            "line2": reader.plain("address_2"),
            "city": reader.plain("city"),
            "region_code": reader.text("state"),
            "postal_code": reader.text("postcode"),
            "country": reader.text("country"),
            "phone": reader.text("phone"),
            "email": reader.email("email"),
        }
    )


def instant(reader: Reader, name: str, zone: str | None) -> str | None:
    """`<name>_gmt`, which is UTC; else `<name>`, which is the shop's time: `zone` when it is known, else taken as UTC
    and noted."""
    found = reader.instant(f"{name}_gmt")
    if found is not None:
        return found
    local = reader.instant(name)
    written_down = reader.text(name)
    if local is None or written_down is None or re.search(r"(Z|[+-]\d\d:?\d\d)$", written_down):
        return local
    if zone is None:
        reader.note("time.local")
        return local
    return iso(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def meta_data(reader: Reader) -> dict[str, Any]:
    """The meta data by key; of keys said twice, the last."""
    return {key: item.raw("value") for item in reader.children("meta_data") if (key := item.text("key"))}


def tags(reader: Reader) -> list[str] | None:
    """The tags Sereno put on; None where the body does not bring meta data."""
    if not reader.has("meta_data"):
        return None
    found = sorted(meta_data(reader).items())
    return [value for name, value in found if name.startswith(TAG) and isinstance(value, str)]


def custom(meta: dict[str, Any]) -> dict[str, Any]:
    """The meta fields that are people's, not the platform's and not tags."""
    return scalars((name, value) for name, value in meta.items() if not name.startswith(("_", TAG)))


def linked_order(reader: Reader) -> str | None:
    """The order a record links to: `.../orders/198`."""
    for item in reader.child("_links").children("up"):
        match = re.search(r"/orders/(\d{1,20})(?:/|$)", item.text("href") or "")
        if match:
            return match[1]
    return None


def _trackings(meta: dict[str, Any]) -> list[Reader]:
    return Reader({"items": meta.get("_wc_shipment_tracking_items")}).children("items")


def _refund_of(reader: Reader, order_id: str | None, currency: str | None) -> dict[str, Any]:
    """A refund as an order lists it: an id, a reason, and what it takes off the total (below zero)."""
    return compact(
        {
            "id": reader.id("id"),
            "order_id": order_id,
            "status": "completed",
            "amount": _positive(reader, "total", currency),
            "currency": currency,
            "reason": reader.plain("reason"),
        }
    )


def _refunded_line(reader: Reader) -> dict[str, Any]:
    quantity = reader.number("quantity")
    return compact(
        {
            "id": next(
                (item.id("value") for item in reader.children("meta_data") if item.text("key") == "_refunded_item_id"),
                None,
            )
            or reader.id("id"),
            "product_id": reader.id("product_id"),
            "variant_id": reader.id("variation_id") or reader.id("product_id"),
            "sku": reader.text("sku"),
            "title": reader.plain("name"),
            "quantity": abs(quantity) if quantity is not None else None,
            "price": reader.money("price"),
            "total": _positive(reader, "total", None),
            "total_tax": _positive(reader, "total_tax", None),
        }
    )


def _payments(reader: Reader, currency: str | None, paid_at: str | None) -> list[dict[str, Any]] | None:
    reference = reader.text("transaction_id")
    if paid_at is None or reference is None:
        return None
    return [
        compact(
            {
                "id": reference,
                "order_id": reader.id("id"),
                "status": "captured",
                "amount": reader.money("total", currency=currency),
                "currency": currency,
                "method": reader.text("payment_method"),
                "reference": reference,
                "created_at": paid_at,
            }
        )
    ]


def _fulfillment_status(status: str, meta: dict[str, Any]) -> str:
    """WooCommerce's fulfillments say more where they are switched on; without them a completed order has left."""
    if status == "completed":
        return "fulfilled"
    return _SENT.get(_text(meta, "_fulfillment_status") or "", "unfulfilled")


def _payment_status(reader: Reader, status: str, paid_at: str | None, refunded: Decimal, meta: dict[str, Any]) -> str:
    if status == "refunded":
        return "refunded"
    if refunded > 0:
        return "refunded" if refunded >= (reader.decimal("total") or Decimal(0)) else "partially_refunded"
    is_open = status not in ("cancelled", "failed", "trash")
    if is_open and (meta.get(STRIPE) == "no" or meta.get(WOOPAYMENTS) == "requires_capture"):
        return "authorized"
    if paid_at is not None or status == "completed":
        return "paid"
    # Cash on delivery is being processed and not paid.
    return {"failed": "failed", "cancelled": "voided"}.get(status, "pending")


def _positive(reader: Reader, name: str, currency: str | None) -> str | None:
    found = reader.decimal(name)
    return None if found is None else written(abs(found), currencies.digits_of(currency))


def _sum(lines: Sequence[dict[str, Any]], name: str, currency: str | None) -> str | None:
    amounts = [Decimal(item[name]) for item in lines if item.get(name) is not None]
    return written(sum(amounts, Decimal(0)), currencies.digits_of(currency)) if lines else None


def _source(meta: dict[str, Any]) -> str | None:
    """Where the visit came from; WooCommerce writes `(direct)` where from nowhere."""
    found = _text(meta, _ATTRIBUTION + "utm_source")
    return None if found == "(direct)" else found


def _text(meta: dict[str, Any], name: str) -> str | None:
    value = meta.get(name)
    return value[:2000] if isinstance(value, str) and value else None
