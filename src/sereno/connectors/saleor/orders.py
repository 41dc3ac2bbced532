"""Saleor's records. Every name is tried in camelCase (subscription queries) and snake_case (fixed payloads)."""

from __future__ import annotations

from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, amount, compact

_STATUSES = {
    "DRAFT": "draft",
    "UNFULFILLED": "open",
    "PARTIALLY FULFILLED": "open",
    "FULFILLED": "completed",
    "CANCELED": "cancelled",
    "EXPIRED": "cancelled",
}
_PAYMENTS = {
    "NOT_CHARGED": "pending",
    "PENDING": "pending",
    "PARTIALLY_CHARGED": "partially_paid",
    "FULLY_CHARGED": "paid",
    "PARTIALLY_REFUNDED": "partially_refunded",
    "FULLY_REFUNDED": "refunded",
    "REFUSED": "failed",
    "CANCELLED": "voided",
}
_PARCELS = {"FULFILLED": "success", "WAITING_FOR_APPROVAL": "pending", "CANCELED": "cancelled"}


def is_whole(reader: Reader) -> bool:
    """Whether the subscription asked for the order itself, or for little more than its id."""
    return any(reader.has(name) for name in ("total", "lines", "total_gross_amount"))


def order(reader: Reader) -> dict[str, Any]:
    currency = _currency(reader, "total")
    status = (reader.text("status") or "").upper().replace("_", " ")
    person = customer(reader.child("user")) if reader.child("user") else {}
    email = reader.email("userEmail", "user_email") or person.get("email")
    customer_id = person.get("id") or customer_key(None, email)
    lines = [_line(item, currency) for item in reader.children("lines")]
    parcels = [fulfillment(item, reader.id("id")) for item in reader.children("fulfillments")]
    return compact(
        {
            "id": reader.id("id"),
            "number": reader.text("number", "id"),
            "status": _STATUSES.get(status, "open"),
            "platform_status": reader.text("statusDisplay", "status"),
            "currency": currency,
            "total": _money(reader, "total", "total_gross_amount", currency),
            "subtotal": _money(reader, "subtotal", "subtotal_gross_amount", currency),
            "total_shipping": _money(reader, "shippingPrice", "shipping_price_gross_amount", currency),
            "total_tax": amount(reader.child("total").child("tax").raw("amount"), currency),
            "payment_status": _PAYMENTS.get((reader.text("paymentStatus", "payment_status") or "").upper(), "pending"),
            "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY FULFILLED": "partial"}.get(
                status, "unfulfilled"
            ),
            "shipping_method": reader.text("shippingMethodName", "shipping_method_name"),
            "channel": reader.child("channel").text("slug"),
            "discount_codes": reader.texts("voucherCode", "voucher_code"),
            "note": reader.text("customerNote", "customer_note"),
            "locale": _locale(reader.text("languageCodeEnum", "language_code")),
            "customer": {**person, "id": customer_id, "email": email} if customer_id else None,
            "customer_id": customer_id,
            "email": email,
            "cart_id": reader.id("checkoutId", "checkout_id", "checkout_token"),
            "billing_address": address(reader.child("billingAddress", "billing_address")),
            "shipping_address": address(reader.child("shippingAddress", "shipping_address")),
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "fulfillments": parcels,
            "placed_at": reader.instant("created"),
            "updated_at": reader.instant("updatedAt", "updated_at"),
        }
    )


def checkout(reader: Reader) -> dict[str, Any]:
    currency = _currency(reader, "totalPrice")
    person = customer(reader.child("user")) if reader.child("user") else {}
    email = reader.email("email") or person.get("email")
    lines = [_line(item, currency) for item in reader.children("lines")]
    return compact(
        {
            "id": reader.id("id", "token"),
            "token": reader.text("token"),
            "checkout_id": reader.id("id", "token"),
            "currency": currency,
            "total": _money(reader, "totalPrice", "total_gross_amount", currency),
            "subtotal": _money(reader, "subtotalPrice", "subtotal_gross_amount", currency),
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "customer_id": person.get("id") or customer_key(None, email),
            "email": email,
            "locale": _locale(reader.text("languageCode", "language_code")),
            "channel": reader.child("channel").text("slug"),
            "billing_address": address(reader.child("billingAddress", "billing_address")),
            "shipping_address": address(reader.child("shippingAddress", "shipping_address")),
            "created_at": reader.instant("created"),
            "updated_at": reader.instant("updatedAt", "last_change"),
        }
    )


def customer(reader: Reader) -> dict[str, Any]:
    email = reader.email("email")
    first, last = reader.text("firstName", "first_name"), reader.text("lastName", "last_name")
    return compact(
        {
            "id": customer_key(reader.id("id"), email),
            "email": email,
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "locale": _locale(reader.text("languageCode", "language_code")),
            "updated_at": reader.instant("updatedAt", "updated_at"),
        }
    )


def address(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("firstName", "first_name"), reader.text("lastName", "last_name")
    country = (
        reader.child("country").text("code") if isinstance(reader.raw("country"), dict) else reader.text("country")
    )
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "company": reader.text("companyName", "company_name"),
            "line1": reader.text("streetAddress1", "street_address_1"),
            "line2": reader.text("streetAddress2", "street_address_2"),
            "city": reader.text("city"),
            "region": reader.text("countryArea", "country_area"),
            "postal_code": reader.text("postalCode", "postal_code"),
            "country": country,
            "phone": reader.text("phone"),
        }
    )


def fulfillment(reader: Reader, order_id: str | None) -> dict[str, Any]:
    number = reader.text("trackingNumber", "tracking_number")
    return compact(
        {
            "id": reader.id("id"),
            "order_id": order_id,
            "status": _PARCELS.get((reader.text("status") or "").upper()),
            "tracking_number": number,
            "tracking_numbers": [number] if number else [],
            "created_at": reader.instant("created"),
        },
        keep=("order_id",),
    )


def _line(reader: Reader, currency: str | None) -> dict[str, Any]:
    inner = reader.child("variant")
    return compact(
        {
            "id": reader.id("id"),
            "product_id": inner.child("product").id("id"),
            "variant_id": inner.id("id") or reader.id("product_variant_id", "variant_id"),
            "sku": reader.text("productSku", "product_sku", "sku") or inner.text("sku"),
            "title": reader.text("productName", "product_name") or inner.child("product").text("name"),
            "variant_title": reader.text("variantName", "variant_name") or inner.text("name"),
            "quantity": reader.number("quantity"),
            "price": _money(reader, "unitPrice", "unit_price_gross_amount", currency),
            "total": _money(reader, "totalPrice", "total_price_gross_amount", currency),
        }
    )


def _money(reader: Reader, camel: str, snake: str, currency: str | None) -> str | None:
    """`total { gross { amount } }`, or `total_gross_amount`."""
    inner = reader.child(camel) if isinstance(reader.raw(camel), dict) else Reader(None)
    found = inner.child("gross").raw("amount")
    if found is None:
        found = inner.raw("amount")
    return amount(found if found is not None else reader.raw(snake), currency)


def _currency(reader: Reader, name: str) -> str | None:
    inner = reader.child(name) if isinstance(reader.raw(name), dict) else Reader(None)
    return currencies.code(inner.child("gross").text("currency") or inner.text("currency") or reader.text("currency"))


def _locale(code: str | None) -> str | None:
    """`EN_US` and `en-us` both as `en-US`."""
    if code is None:
        return None
    language, _, region = code.replace("_", "-").partition("-")
    return f"{language.lower()}-{region.upper()}" if region else language.lower()
