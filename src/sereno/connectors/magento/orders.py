"""Magento's orders, customers, shipments and credit memos. Amounts come as floats, times as UTC without saying so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, compact, scalars, written

_STATUSES = {"complete": "completed", "closed": "completed", "canceled": "cancelled"}


def order(reader: Reader) -> dict[str, Any]:
    currency = currencies.code(reader.text("order_currency_code"))
    digits = currencies.digits_of(currency)
    email = reader.email("customer_email")
    customer_id = customer_key(reader.id("customer_id"), email)
    billing = address(reader.child("billing_address"))
    shipping = Reader(None)
    for assignment in reader.child("extension_attributes").children("shipping_assignments"):
        shipping = assignment.child("shipping").child("address")
    lines = _lines(reader, currency)
    discount = reader.decimal("discount_amount")
    state = reader.text("state") or ""
    changed = reader.instant("updated_at")
    return compact(
        {
            "id": reader.id("entity_id"),
            "number": reader.text("increment_id"),
            "status": _STATUSES.get(state, "open"),
            "platform_status": reader.text("status", "state"),
            "currency": currency,
            "total": reader.money("grand_total", currency=currency),
            "subtotal": reader.money("subtotal", currency=currency),
            "total_discount": None if discount is None else written(abs(discount), digits),
            "total_shipping": reader.money("shipping_amount", currency=currency),
            "total_tax": reader.money("tax_amount", currency=currency),
            "total_refunded": written(reader.decimal("total_refunded") or Decimal(0), digits),
            "payment_status": _payment_status(reader, state),
            "fulfillment_status": _fulfillment_status(reader),
            "payment_method": reader.child("payment").text("method"),
            "shipping_method": reader.text("shipping_description"),
            "note": reader.text("customer_note"),
            "channel": " / ".join((reader.text("store_name") or "").split("\n")) or None,
            "discount_codes": reader.texts("coupon_code"),
            "customer": _buyer(reader, customer_id),
            "customer_id": customer_id,
            "email": email,
            "phone": billing.get("phone"),
            "cart_id": reader.id("quote_id"),
            "billing_address": billing,
            "shipping_address": address(shipping) or None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines if "parent_line_id" not in item),
            "ip_address": reader.text("remote_ip"),
            "placed_at": reader.instant("created_at"),
            "cancelled_at": changed if state == "canceled" else None,
            "completed_at": changed if state in ("complete", "closed") else None,
            "updated_at": changed or reader.instant("created_at"),
        },
        keep=("shipping_address",),
    )


def _buyer(reader: Reader, customer_id: str | None) -> dict[str, Any]:
    first, last = reader.text("customer_firstname"), reader.text("customer_lastname")
    return compact(
        {
            "id": customer_id,
            "email": reader.email("customer_email"),
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "is_guest": reader.boolean("customer_is_guest"),
        }
    )


def customer(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("firstname"), reader.text("lastname")
    addresses = [address(item) for item in reader.children("addresses")]
    subscribed = reader.child("extension_attributes").boolean("is_subscribed")
    birthday = reader.text("dob")
    return compact(
        {
            "id": reader.id("id"),
            "email": reader.email("email"),
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "accepts_email": subscribed,
            "is_guest": False,
            "birthday": birthday[:10] if birthday else None,
            "phone": next((item["phone"] for item in addresses if item.get("phone")), None),
            "default_address": next((item for item in addresses), None),
            "addresses": addresses,
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at"),
            "custom": scalars(
                (item.text("attribute_code"), item.raw("value")) for item in reader.children("custom_attributes")
            ),
        }
    )


def address(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("firstname"), reader.text("lastname")
    street = reader.texts("street")
    region = reader.child("region") if isinstance(reader.raw("region"), dict) else reader
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "company": reader.text("company"),
            "line1": street[0] if street else None,
            "line2": ", ".join(street[1:]) or None,
            "city": reader.text("city"),
            "region": region.text("region"),
            "region_code": region.text("region_code"),
            "postal_code": reader.text("postcode"),
            "country": reader.text("country_id"),
            "phone": reader.text("telephone"),
            "email": reader.email("email"),
        }
    )


def shipment(reader: Reader) -> dict[str, Any]:
    tracks = reader.children("tracks")
    numbers = [number for item in tracks if (number := item.text("track_number"))]
    at = reader.instant("created_at")
    return compact(
        {
            "id": reader.id("entity_id"),
            "order_id": reader.id("order_id"),
            "status": "success",
            "carrier": next((item.text("title", "carrier_code") for item in tracks), None),
            "tracking_number": numbers[0] if numbers else None,
            "tracking_numbers": numbers,
            "lines": [
                compact(
                    {
                        "id": item.id("order_item_id"),
                        "sku": item.text("sku"),
                        "title": item.text("name"),
                        "quantity": item.number("qty"),
                    }
                )
                for item in reader.children("items")
            ],
            "shipped_at": at,
            "created_at": at,
            "updated_at": reader.instant("updated_at") or at,
        },
        keep=("order_id",),
    )


def credit_memo(reader: Reader) -> dict[str, Any]:
    currency = currencies.code(reader.text("order_currency_code"))
    return compact(
        {
            "id": reader.id("entity_id"),
            "order_id": reader.id("order_id"),
            "status": "completed",
            "amount": reader.money("grand_total", currency=currency),
            "currency": currency,
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at", "created_at"),
        },
        keep=("order_id",),
    )


def _lines(reader: Reader, currency: str | None) -> list[dict[str, Any]]:
    """A configurable product comes as two lines, itself and the variant chosen: the first, with the variant's SKU, is
    kept. The parts of a bundle are kept below it."""
    items = reader.children("items")
    kinds = {item.id("item_id"): item.text("product_type") for item in items}
    found: list[dict[str, Any]] = []
    for item in items:
        parent = item.id("parent_item_id")
        if parent is not None and kinds.get(parent) == "configurable":
            continue
        discount = item.decimal("discount_amount")
        total = item.decimal("row_total")
        digits = currencies.digits_of(currency)
        found.append(
            compact(
                {
                    "id": item.id("item_id"),
                    "product_id": item.id("product_id"),
                    "variant_id": item.id("product_id"),
                    "sku": item.text("sku"),
                    "title": item.text("name"),
                    "quantity": item.number("qty_ordered"),
                    "price": item.money("price", currency=currency),
                    "total": None if total is None else written(total - abs(discount or 0), digits),
                    "total_discount": None if discount is None else written(abs(discount), digits),
                    "total_tax": item.money("tax_amount", currency=currency),
                    "requires_shipping": None if item.boolean("is_virtual") is None else not item.boolean("is_virtual"),
                    "parent_line_id": parent,
                }
            )
        )
    return found


def _payment_status(reader: Reader, state: str) -> str:
    total = reader.decimal("grand_total") or Decimal(0)
    paid = reader.decimal("total_paid") or Decimal(0)
    refunded = reader.decimal("total_refunded") or Decimal(0)
    if refunded > 0:
        return "refunded" if refunded >= paid else "partially_refunded"
    if paid > 0:
        return "paid" if paid >= total else "partially_paid"
    if state == "canceled":
        return "voided"
    return "authorized" if reader.child("payment").decimal("amount_authorized") else "pending"


def _fulfillment_status(reader: Reader) -> str:
    whole = [item for item in reader.children("items") if item.id("parent_item_id") is None]
    sent = sum((item.decimal("qty_shipped") or Decimal(0) for item in whole), Decimal(0))
    if sent == 0:
        return "unfulfilled"
    is_all = all((item.decimal("qty_shipped") or 0) >= (item.decimal("qty_ordered") or 0) for item in whole)
    return "fulfilled" if is_all else "partial"
