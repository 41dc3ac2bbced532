"""Zoho Commerce's orders, products and stock. Amounts come as JSON numbers; times of orders and variants as ISO 8601
with the organisation's offset, those of products as milliseconds since 1970, written as text.

A variant is an item of its own there; orders name it as `item_id`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies, wording
from sereno.connectors.reading import Reader, as_decimal, as_instant, compact, iso, written

_STATUS = {
    "draft": "draft",
    "cancelled": "cancelled",
    "void": "cancelled",
    "declined": "cancelled",
    "completed": "completed",
    "closed": "completed",
    "returned": "completed",
}
_PAYMENT = {"paid": "paid", "partially_paid": "partially_paid", "unpaid": "pending"}
_REFUND = {"refunded": "refunded", "partially_refunded": "partially_refunded"}
_SHIPPED = {"partially_shipped": "partial"} | dict.fromkeys(
    ("shipped", "fulfilled", "delivered", "returned"), "fulfilled"
)
_OPTIONS = ("1", "2", "3")


def instant(reader: Reader, *names: str) -> str | None:
    """See above; the first of the fields that holds a time."""
    for name in names:
        value = reader.raw(name)
        number = as_decimal(value) if not isinstance(value, str) or value.isdecimal() else None
        found = as_instant(value) if number is None else as_instant(number / 1000 if number > 10**11 else number)
        if found is not None:
            return iso(found)
    return None


def zone_of(reader: Reader, *names: str) -> Any:
    """The offset a record's times are written with; UTC where none is."""
    for name in names:
        try:
            return datetime.fromisoformat(reader.text(name) or "").tzinfo or UTC
        except ValueError:
            continue
    return UTC


def order(reader: Reader) -> dict[str, Any]:
    """Zoho tells that money went back, not how much."""
    currency = currencies.code(reader.text("currency_code"))
    own, person = reader.id("salesorder_id"), _person(reader)
    email = person.get("email")
    customer_id = customer_key(reader.id("customer_id"), email)
    lines = [_line(item, currency) for item in reader.children("line_items")]
    said, shipped = reader.text("order_status", "status") or "", reader.text("shipped_status") or ""
    status, changed = _STATUS.get(said, "open"), instant(reader, "last_modified_time", "created_time")
    coupon = reader.text("coupon_code")
    return compact(
        {
            "id": own,
            "number": reader.text("salesorder_number") or own,
            "status": status,
            "platform_status": said or None,
            "currency": currency,
            "total": reader.money("total", currency=currency),
            "subtotal": reader.money("sub_total", currency=currency),
            "total_discount": _discount(reader, currency),
            "total_shipping": reader.money("shipping_charge", currency=currency),
            "total_tax": reader.money("tax_total", currency=currency),
            "payment_status": _payment_status(reader, status),
            "fulfillment_status": _SHIPPED.get(shipped, "unfulfilled"),
            "delivery_status": "delivered" if shipped == "delivered" else None,
            "payment_method": reader.text("payment_mode"),
            "shipping_method": reader.text("delivery_method"),
            "channel": reader.text("sales_channel"),
            "discount_codes": [coupon] if coupon else [],
            "customer": compact({"id": customer_id, **person}),
            "customer_id": customer_id,
            "email": email,
            "phone": person.get("phone"),
            "billing_address": address(reader.child("billing_address")),
            "shipping_address": address(reader.child("shipping_address")) or None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "fulfillments": _fulfillments(reader, own, shipped),
            "ip_address": reader.text("checkout_ip"),
            "placed_at": instant(reader, "created_time", "date"),
            "cancelled_at": changed if status == "cancelled" else None,
            "completed_at": changed if status == "completed" else None,
            "updated_at": changed,
        },
        keep=("shipping_address",),
    )


def _person(reader: Reader) -> dict[str, Any]:
    """The first of the customer's people; the customer may be a company."""
    people = reader.children("contact_persons", "contact_person_details")
    one = people[0] if people else Reader(None)
    first, last = one.text("first_name"), one.text("last_name")
    name = " ".join(part for part in (first, last) if part) or reader.text("customer_name")
    phone = one.text("mobile", "phone") or reader.child("shipping_address").text("phone")
    email = one.email("email") or reader.email("email", "customer_email")
    return compact({"email": email, "first_name": first, "last_name": last, "name": name, "phone": phone})


def _discount(reader: Reader, currency: str | None) -> str:
    """Of the order, or of its lines. `discount` may be a share, such as `10%`, so the amount is asked for first."""
    whole = reader.decimal("discount_total", "discount_amount")
    if whole is None or whole == 0:
        whole = sum(
            (item.decimal("discount_amount") or Decimal(0) for item in reader.children("line_items")), Decimal(0)
        )
    return written(whole, currencies.digits_of(currency))


def _payment_status(reader: Reader, status: str) -> str:
    """Older answers say it of the invoice."""
    if said := _REFUND.get(reader.text("refund_status") or ""):
        return said
    invoiced = reader.text("invoiced_status") or ""
    said = (
        _REFUND.get(invoiced) or _PAYMENT.get(reader.text("paid_status") or "") or _PAYMENT.get(invoiced) or "pending"
    )
    return "voided" if said == "pending" and status == "cancelled" else said


def _line(item: Reader, currency: str | None) -> dict[str, Any]:
    options = ((item.text(f"attribute_name{n}"), item.text(f"attribute_option_name{n}")) for n in _OPTIONS)
    return compact(
        {
            "id": item.id("line_item_id"),
            "product_id": item.id("product_id"),
            "variant_id": item.id("variant_id", "item_id"),
            "sku": item.text("sku"),
            "title": item.text("name", "description"),
            "quantity": item.number("quantity"),
            "price": item.money("rate", currency=currency),
            "total": item.money("item_total", currency=currency),
            "total_discount": item.money("discount_amount", currency=currency),
            "total_tax": item.money("tax_amount", currency=currency),
            "properties": {name[:100]: value[:1000] for name, value in options if name and value},
        }
    )


def _fulfillments(reader: Reader, own: str | None, shipped: str) -> list[dict[str, Any]]:
    """An order leaves as a whole there, with one tracking number."""
    number = reader.text("tracking_number")
    if _SHIPPED.get(shipped) != "fulfilled" and not number:
        return []
    parcel = {
        "id": f"{own}:shipment",
        "order_id": own,
        "status": "success" if _SHIPPED.get(shipped) else "pending",
        "carrier": reader.text("carrier", "delivery_method"),
        "tracking_number": number,
        "tracking_url": reader.text("tracking_url"),
        "shipped_at": instant(reader, "shipment_date"),
    }
    return [compact(parcel)]


def address(reader: Reader) -> dict[str, Any]:
    """The state is written `IN-TN` or `Tamil Nadu`, the country `IN` or `India`: only codes are told as codes."""
    country = next(
        (one for one in (reader.text("country_code"), reader.text("country")) if one and len(one) == 2), None
    )
    state = reader.text("state_code", "state")
    code = state.removeprefix(f"{country}-") if state and country else None
    is_code = code is not None and len(code) <= 3
    return compact(
        {
            "name": reader.text("attention"),
            "company": reader.text("company_name"),
            "line1": reader.text("street", "address"),
            "line2": reader.text("street2"),
            "city": reader.text("city"),
            "region_code": code if is_code else None,
            "region": None if is_code else state,
            "postal_code": reader.text("zip"),
            "country": country.upper() if country else None,
            "phone": reader.text("phone"),
        }
    )


# --- the catalogue ----------------------------------------------------------------------------------


def product(reader: Reader) -> dict[str, Any]:
    """`currency_code` is put in by whoever reads: Zoho's products do not say it."""
    currency = currencies.code(reader.text("currency_code"))
    own, changed = reader.id("product_id"), instant(reader, "last_modified_time", "created_time")
    variants = [_variant(one, own, currency) for one in reader.children("variants")]
    only = variants[0] if len(variants) == 1 else {}
    is_shown = reader.boolean("show_in_storefront")
    category = reader.text("category_name") or reader.child("category").text("category_name")
    found = compact(
        {
            "id": own,
            "title": reader.plain("name"),
            "product_type": reader.text("product_type"),
            "vendor": reader.text("brand", "manufacturer"),
            "handle": reader.text("url"),
            "categories": [category] if category else None,
            "tags": _tags(reader) if reader.has("tags") else None,
            "status": None if is_shown is None else "active" if is_shown else "draft",
            "variants": variants or None,
            "variant_count": len(variants) or None,
            "sku": only.get("sku"),
            "barcode": only.get("barcode"),
            "price": only.get("price") or reader.money("min_rate", currency=currency),
            "currency": currency,
            "available": reader.number("overall_stock"),
            "created_at": instant(reader, "created_time"),
            "updated_at": changed,
        }
    )
    return found | wording.description(reader, "product_description")


def _tags(reader: Reader) -> list[str]:
    """As texts, or as objects with a name."""
    named = [name for one in reader.children("tags") if (name := one.text("tag_name", "name"))]
    return named or reader.texts("tags")


def _variant(reader: Reader, product: str | None, currency: str | None) -> dict[str, Any]:
    struck = reader.money("label_rate", currency=currency)
    price = reader.money("rate", currency=currency)
    return compact(
        {
            "variant_id": reader.id("variant_id"),
            "product_id": product,
            "sku": reader.text("sku"),
            "barcode": reader.text("ean", "upc", "isbn"),
            "variant_title": reader.plain("name"),
            "price": price,
            "compare_at_price": struck if struck and price and Decimal(struck) > Decimal(price) else None,
            "currency": None if price is None else currency,
            "available": available(reader),
            "updated_at": instant(reader, "last_modified_time"),
        }
    )


def available(reader: Reader) -> int | float | None:
    """What may be sold: what is committed to orders is out of it."""
    return reader.number("available_stock", "actual_available_stock")


def stock_level(reader: Reader) -> dict[str, Any] | None:
    """None without a variant's id. A variant without figures is not counted. When it changed is left out: a sale need
    not count as a change of the variant, and would be taken for old."""
    own, count = reader.id("variant_id", "item_id"), available(reader)
    if own is None:
        return None
    return compact(
        {
            "variant_id": own,
            "product_id": reader.id("product_id"),
            "sku": reader.text("sku"),
            "title": reader.plain("product_name", "name"),
            "available": count,
            "on_hand": reader.number("stock_on_hand", "actual_stock_on_hand"),
            "reserved": reader.number("committed_stock"),
            "is_tracked": count is not None,
        }
    )
