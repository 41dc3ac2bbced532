"""Shopify's orders, carts and checkouts, and an order's parts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, as_decimal, compact, scalars, written
from sereno.connectors.shopify.people import address, own_id, summary

_PAYMENT_STATUSES = frozenset(
    {"pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided"}
)
_FULFILLMENT_STATUSES = {"fulfilled": "fulfilled", "partial": "partial", "restocked": "restocked"}
_DELIVERY = {
    "label_printed": "pending",
    "label_purchased": "pending",
    "confirmed": "pending",
    "in_transit": "in_transit",
    "carrier_picked_up": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "ready_for_pickup": "ready_for_pickup",
    "picked_up": "delivered",
    "delivered": "delivered",
    "attempted_delivery": "delivery_failed",
    "failure": "delivery_failed",
    "not_delivered": "delivery_failed",
    "delayed": "delivery_delayed",
}
_PAYMENTS = {"authorization": "authorized", "sale": "captured", "capture": "captured", "void": "voided"}
_AVS = (
    dict.fromkeys("DFMXY", "match")
    | dict.fromkeys("ABPWZ", "partial")
    | dict.fromkeys("CN", "no_match")
    | dict.fromkeys("EGIRSTU", "unavailable")
)
_CVV = {"M": "match", "N": "no_match"} | dict.fromkeys("PSUI", "unavailable")
"""The card schemes' letters for what the bank says of an address and of a security code."""
_CLEARED = ("note", "cancelled_at", "cancel_reason", "shipping_address")


def order(reader: Reader) -> dict[str, Any]:
    """An order as `orders/*` sends it. `total` is what was ordered; what was given back is in `total_refunded`."""
    own = own_id(reader)
    currency = currencies.code(reader.text("currency"))
    person = reader.child("customer")
    who = summary(person)
    if not who:
        reader.note("customer.missing")
    email = reader.email("email", "contact_email") or who.get("email")
    lines = [line(item, currency) for item in reader.children("line_items")]
    refunds = [refund(item, own, currency) for item in reader.children("refunds")]
    parcels = [fulfillment(item, own) for item in reader.children("fulfillments")]
    cancelled = reader.instant("cancelled_at")
    landing = reader.text("landing_site")
    return compact(
        {
            "id": own,
            "number": reader.text("name", "order_number"),
            "status": "cancelled" if cancelled else "completed" if reader.instant("closed_at") else "open",
            "currency": currency,
            "total": reader.money("total_price", currency=currency),
            "subtotal": reader.money("subtotal_price", currency=currency),
            "total_discount": reader.money("total_discounts", currency=currency),
            "total_shipping": shipping_total(reader, currency),
            "total_tax": reader.money("total_tax", currency=currency),
            "total_refunded": _refunded(refunds, currency),
            "payment_status": _payment_status(reader),
            "fulfillment_status": _FULFILLMENT_STATUSES.get(reader.text("fulfillment_status") or "", "unfulfilled"),
            "delivery_status": next((p["delivery_status"] for p in reversed(parcels) if "delivery_status" in p), None),
            "payment_method": next(iter(reader.texts("payment_gateway_names")), None) or reader.text("gateway"),
            "shipping_method": next((item.text("title") for item in reader.children("shipping_lines")), None),
            "is_test": reader.boolean("test"),
            "note": reader.text("note"),
            "tags": reader.texts("tags", split=","),
            "channel": reader.text("source_name"),
            "landing_site": landing,
            "referring_site": reader.text("referring_site"),
            **campaign(landing),
            "discount_codes": [code for item in reader.children("discount_codes") if (code := item.text("code"))],
            "customer": who,
            "customer_id": who.get("id") or customer_key(None, email),
            "email": email,
            "phone": reader.text("phone") or who.get("phone"),
            "locale": reader.text("customer_locale"),
            "accepts_marketing": reader.boolean("buyer_accepts_marketing"),
            "cart_id": bare(reader.text("cart_token", "checkout_token")),
            "checkout_id": reader.id("checkout_id"),
            "billing_address": address(reader.child("billing_address")),
            "shipping_address": address(reader.child("shipping_address")) or None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": count(lines),
            "payments": [payment(item, own) for item in reader.children("transactions")] or None,
            "refunds": refunds,
            "fulfillments": parcels,
            "ip_address": reader.text("browser_ip"),
            "status_url": reader.text("order_status_url"),
            "placed_at": reader.instant("processed_at", "created_at"),
            "cancelled_at": cancelled,
            "cancel_reason": reader.text("cancel_reason"),
            "completed_at": reader.instant("closed_at"),
            "updated_at": reader.instant("updated_at", "created_at"),
            "custom": attributes(reader.raw("note_attributes")),
        },
        keep=_CLEARED,
    )


def line(reader: Reader, currency: str | None) -> dict[str, Any]:
    price = reader.decimal("price", "original_price")
    quantity = reader.number("quantity")
    reduction = reader.decimal("total_discount")
    allocations = [item.decimal("amount") for item in reader.children("discount_allocations")]
    if not reduction and any(allocations):
        reduction = sum((amount for amount in allocations if amount), Decimal(0))
    total = reader.decimal("line_price")
    if total is None and price is not None and quantity is not None:
        total = price * Decimal(str(quantity)) - (reduction or 0)
    taxes = [amount for item in reader.children("tax_lines") if (amount := item.decimal("price")) is not None]
    digits = currencies.digits_of(currency)
    return compact(
        {
            "id": own_id(reader) or reader.text("key"),
            "product_id": reader.id("product_id"),
            "variant_id": reader.id("variant_id"),
            "sku": reader.text("sku"),
            "title": reader.text("title", "name", "presentment_title"),
            "variant_title": reader.text("variant_title", "presentment_variant_title"),
            "quantity": quantity,
            "price": None if price is None else written(price, digits),
            "total": None if total is None else written(total, digits),
            "total_discount": None if reduction is None else written(reduction, digits),
            "total_tax": written(sum(taxes, Decimal(0)), digits) if taxes else None,
            "vendor": reader.text("vendor"),
            "requires_shipping": reader.boolean("requires_shipping"),
            "is_gift_card": reader.boolean("gift_card"),
            "fulfillment_status": _FULFILLMENT_STATUSES.get(reader.text("fulfillment_status") or ""),
            "image_url": reader.child("featured_image").text("url") or reader.text("image"),
            "url": reader.text("url"),
            "properties": attributes(reader.raw("properties")),
        }
    )


def payment(reader: Reader, order_id: str | None = None) -> dict[str, Any]:
    """A transaction. A failed one is failed, whatever it tried."""
    currency = currencies.code(reader.text("currency"))
    status = reader.text("status")
    kind = reader.text("kind") or ""
    card = reader.child("payment_details")
    state = "pending" if status == "pending" else _PAYMENTS.get(kind, "refunded" if kind == "refund" else "pending")
    return compact(
        {
            "id": own_id(reader),
            "order_id": order_id or reader.id("order_id"),
            "status": "failed" if status in ("failure", "error") else state,
            "kind": kind or None,
            "amount": reader.money("amount", currency=currency),
            "currency": currency,
            "method": reader.text("gateway"),
            "reference": reader.text("authorization"),
            "error_code": reader.text("error_code"),
            "error_message": reader.text("message") if status in ("failure", "error") else None,
            "avs_result": _AVS.get((card.text("avs_result_code") or "").upper()),
            "cvv_result": _CVV.get((card.text("cvv_result_code") or "").upper()),
            "is_test": reader.boolean("test"),
            "created_at": reader.instant("processed_at", "created_at"),
            "updated_at": reader.instant("processed_at", "created_at"),
        }
    )


def refund(reader: Reader, order_id: str | None = None, currency: str | None = None) -> dict[str, Any]:
    """A refund. Its amount is what its transactions moved; before they exist, what its lines and adjustments are
    worth."""
    moved = [item for item in reader.children("transactions") if item.text("kind") == "refund"]
    currency = (
        currency or next((currencies.code(item.text("currency")) for item in moved), None) or _money_currency(reader)
    )
    lines = reader.children("refund_line_items")
    if moved:
        amounts = [item.decimal("amount") for item in moved if item.text("status") not in ("failure", "error")]
        states = {item.text("status") for item in moved}
        status = "completed" if "success" in states else "pending" if "pending" in states else "failed"
    else:
        amounts = [item.decimal(name) for item in lines for name in ("subtotal", "total_tax")]
        amounts += [-amount for item in reader.children("order_adjustments") if (amount := item.decimal("amount"))]
        status = "pending"
    given = [amount for amount in amounts if amount is not None]
    return compact(
        {
            "id": own_id(reader),
            "order_id": order_id or reader.id("order_id"),
            "status": status,
            "amount": written(sum(given, Decimal(0)), currencies.digits_of(currency)) if given else None,
            "currency": currency,
            "reason": reader.text("note"),
            "lines": [_refunded_line(item, currency) for item in lines],
            "is_restocked": reader.boolean("restock"),
            "created_at": reader.instant("processed_at", "created_at"),
            "updated_at": reader.instant("processed_at", "created_at"),
        }
    )


def fulfillment(reader: Reader, order_id: str | None = None) -> dict[str, Any]:
    status = reader.text("status")
    numbers = reader.texts("tracking_numbers") or reader.texts("tracking_number")
    delivery = _DELIVERY.get(reader.text("shipment_status") or "")
    return compact(
        {
            "id": own_id(reader),
            "order_id": order_id or reader.id("order_id"),
            "status": status if status in ("pending", "open", "success", "cancelled", "error", "failure") else None,
            "delivery_status": delivery,
            "carrier": reader.text("tracking_company"),
            "service": reader.text("service"),
            "tracking_number": numbers[0] if numbers else None,
            "tracking_numbers": numbers,
            "tracking_url": reader.text("tracking_url") or next(iter(reader.texts("tracking_urls")), None),
            "location_id": reader.id("location_id"),
            "email": reader.email("email"),
            "destination": address(reader.child("destination")),
            "lines": [line(item, None) for item in reader.children("line_items")] if not order_id else None,
            "shipped_at": reader.instant("created_at") if status == "success" else None,
            "delivered_at": reader.instant("updated_at") if delivery == "delivered" else None,
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at", "created_at"),
        }
    )


def delivery_status(word: str | None) -> str | None:
    return _DELIVERY.get(word or "")


def cart(reader: Reader) -> dict[str, Any]:
    """A cart: a token, lines, and nothing of the person."""
    lines = [line(item, None) for item in reader.children("line_items")]
    totals = [total for item in lines if (total := as_decimal(item.get("total"))) is not None]
    currency = next((found for item in reader.children("line_items") if (found := _money_currency(item))), None)
    total = written(sum(totals, Decimal(0)), currencies.digits_of(currency)) if totals or not lines else None
    return compact(
        {
            "id": bare(reader.text("token", "id")),
            "token": reader.text("token"),
            "currency": currency,
            "total": total,
            "subtotal": total,
            "lines": lines,
            "line_count": len(lines),
            "item_count": count(lines),
            "note": reader.text("note"),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at", "created_at"),
        }
    )


def checkout(reader: Reader) -> dict[str, Any]:
    """A checkout: the cart it came from, and what the customer entered since."""
    currency = currencies.code(reader.text("presentment_currency", "currency"))
    who = summary(reader.child("customer"))
    email = reader.email("email") or who.get("email")
    landing = reader.text("landing_site")
    lines = [line(item, currency) for item in reader.children("line_items")]
    return compact(
        {
            "id": bare(reader.text("cart_token", "token", "id")),
            "token": reader.text("token"),
            "checkout_id": reader.id("id"),
            "currency": currency,
            "total": reader.money("total_price", currency=currency),
            "subtotal": reader.money("subtotal_price", currency=currency),
            "total_discount": reader.money("total_discounts", currency=currency),
            "total_shipping": shipping_total(reader, currency),
            "total_tax": reader.money("total_tax", currency=currency),
            "lines": lines,
            "line_count": len(lines),
            "item_count": count(lines),
            "customer": who,
            "customer_id": who.get("id") or customer_key(None, email),
            "email": email,
            "phone": reader.text("phone", "sms_marketing_phone") or who.get("phone"),
            "locale": reader.text("customer_locale"),
            "accepts_marketing": reader.boolean("buyer_accepts_marketing"),
            "recovery_url": reader.text("abandoned_checkout_url"),
            "discount_codes": [code for item in reader.children("discount_codes") if (code := item.text("code"))],
            "note": reader.text("note"),
            "channel": reader.text("source_name"),
            "landing_site": landing,
            "referring_site": reader.text("referring_site"),
            **campaign(landing),
            "billing_address": address(reader.child("billing_address")),
            "shipping_address": address(reader.child("shipping_address")),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at", "created_at"),
            "completed_at": reader.instant("completed_at"),
            "custom": attributes(reader.raw("note_attributes")),
        },
        keep=("note",),
    )


def dispute(reader: Reader) -> dict[str, Any]:
    currency = currencies.code(reader.text("currency"))
    return compact(
        {
            "id": own_id(reader),
            "order_id": reader.id("order_id"),
            "kind": reader.text("type"),
            "amount": reader.money("amount", currency=currency),
            "currency": currency,
            "reason": reader.text("reason"),
            "status": reader.text("status"),
            "evidence_due_at": reader.instant("evidence_due_by"),
            "created_at": reader.instant("initiated_at"),
        }
    )


def bare(token: str | None) -> str | None:
    """A cart's token without the key that some places append to it (`<token>?key=...`)."""
    return token.partition("?")[0] or None if token else None


def campaign(landing_site: str | None) -> dict[str, str]:
    """`utm_source`, `utm_medium` and `utm_campaign` of an address; those that are not there are left out."""
    if not landing_site or "utm_" not in landing_site:
        return {}
    try:
        query = parse_qs(urlsplit(landing_site).query)
    except ValueError:
        return {}
    return {name: query[name][0][:200] for name in ("utm_source", "utm_medium", "utm_campaign") if query.get(name)}


def attributes(value: object) -> dict[str, Any]:
    """Named attributes, sent as [{name, value}], as {name: value} or as [] when there are none."""
    if isinstance(value, dict):
        return scalars((str(name), item) for name, item in value.items())  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
    readers = [Reader(item) for item in value] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return scalars((item.text("name", "key"), item.raw("value")) for item in readers)


def count(lines: Sequence[dict[str, Any]]) -> int | float:
    return sum(item.get("quantity") or 0 for item in lines)


def shipping_total(reader: Reader, currency: str | None) -> str | None:
    money = reader.child("total_shipping_price_set").child("shop_money").money("amount", currency=currency)
    if money is not None:
        return money
    if not reader.has("shipping_lines"):
        return None
    prices = [item.decimal("discounted_price", "price") for item in reader.children("shipping_lines")]
    return written(sum((price for price in prices if price), Decimal(0)), currencies.digits_of(currency))


def _refunded_line(reader: Reader, currency: str | None) -> dict[str, Any]:
    inner = line(reader.child("line_item"), currency)
    return compact(
        {
            "id": inner.get("id") or reader.id("line_item_id"),
            **{
                name: inner.get(name) for name in ("product_id", "variant_id", "sku", "title", "variant_title", "price")
            },
            "quantity": reader.number("quantity"),
            "total": reader.money("subtotal", currency=currency),
            "total_tax": reader.money("total_tax", currency=currency),
        }
    )


def _refunded(refunds: Sequence[dict[str, Any]], currency: str | None) -> str:
    amounts = [
        found for item in refunds if item.get("status") == "completed" and (found := as_decimal(item.get("amount")))
    ]
    return written(sum(amounts, Decimal(0)), currencies.digits_of(currency))


def _payment_status(reader: Reader) -> str | None:
    status = reader.text("financial_status")
    if status in _PAYMENT_STATUSES:
        return status
    return {"unpaid": "pending", "expired": "voided"}.get(status or "", "pending" if status is None else None)


def _money_currency(reader: Reader) -> str | None:
    for name in ("total_duties_set", "line_price_set", "price_set"):
        if code := currencies.code(reader.child(name).child("shop_money").text("currency_code")):
            return code
    return None
