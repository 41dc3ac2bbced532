"""Vendure's orders. An order that is not placed yet is a cart. Money is whole hundredths, for yen too.

An order's `updatedAt` does not move when its state does, so the time of the event is taken for the order's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.reading import Reader, compact, minor, written

HUNDREDTHS = 2

_FULFILLED = {
    "PartiallyShipped": "partial",
    "Shipped": "fulfilled",
    "PartiallyDelivered": "fulfilled",
    "Delivered": "fulfilled",
}
_DELIVERED = {"PartiallyShipped": "in_transit", "Shipped": "in_transit", "Delivered": "delivered"}
_STATUSES = {"Cancelled": "cancelled", "Delivered": "completed", "Draft": "draft"}
PAYMENTS = {
    "Created": "pending",
    "Authorized": "authorized",
    "Settled": "captured",
    "Declined": "failed",
    "Error": "failed",
    "Cancelled": "voided",
}
_REFUNDS = {"Pending": "pending", "Settled": "completed", "Failed": "failed"}
_PARCELS = {
    "Created": "pending",
    "Pending": "pending",
    "Shipped": "success",
    "Delivered": "success",
    "Cancelled": "cancelled",
}
_PARCELS_DELIVERY = {"Shipped": "in_transit", "Delivered": "delivered", "Cancelled": "cancelled"}


def is_placed(reader: Reader) -> bool:
    return reader.instant("orderPlacedAt") is not None


def order(reader: Reader, at: str | None) -> dict[str, Any]:
    """A placed order, as it was at `at`."""
    state = reader.text("state") or ""
    payments = [payment(item, reader) for item in reader.children("payments")]
    refunds = [refund(item, reader) for paid in reader.children("payments") for item in paid.children("refunds")]
    parcels = [fulfillment(item, reader.id("id")) for item in reader.children("fulfillments")]
    refunded = _sum(refunds, "completed")
    currency = currencies.code(reader.text("currencyCode"))
    return compact(
        {
            **_content(reader),
            "id": reader.id("id"),
            "number": reader.text("code"),
            "status": _STATUSES.get(state, "open"),
            "platform_status": state or None,
            "total_refunded": written(refunded, currencies.digits_of(currency)),
            "payment_status": _payment_status(reader, payments, refunded),
            "fulfillment_status": _FULFILLED.get(state, "unfulfilled"),
            "delivery_status": _DELIVERED.get(state),
            "payment_method": next((item["method"] for item in reversed(payments) if item.get("method")), None),
            "cart_id": reader.text("code"),
            "payments": payments,
            "refunds": refunds,
            "fulfillments": parcels,
            "placed_at": reader.instant("orderPlacedAt"),
            "paid_at": max((item["updated_at"] for item in payments if item.get("status") == "captured"), default=None),
            "cancelled_at": at if state == "Cancelled" else None,
            "completed_at": at if state == "Delivered" else None,
            "updated_at": at,
        },
        keep=("shipping_address",),
    )


def cart(reader: Reader, at: str | None) -> dict[str, Any]:
    """An order that is not placed yet, or just was."""
    placed = reader.instant("orderPlacedAt")
    return compact(
        {
            **_content(reader),
            "id": reader.text("code"),
            "checkout_id": reader.id("id"),
            "order_id": reader.id("id") if placed else None,
            "created_at": reader.instant("createdAt"),
            "updated_at": at,
            "completed_at": placed,
        }
    )


def customer(reader: Reader) -> dict[str, Any]:
    email = reader.email("emailAddress")
    names = [name for name in (reader.text("firstName"), reader.text("lastName")) if name]
    return compact(
        {
            "id": customer_key(reader.id("id"), email),
            "email": email,
            "phone": reader.text("phoneNumber"),
            "first_name": reader.text("firstName"),
            "last_name": reader.text("lastName"),
            "name": " ".join(names) or None,
            "updated_at": reader.instant("updatedAt"),
        }
    )


def payment(reader: Reader, of: Reader) -> dict[str, Any]:
    currency = currencies.code(of.text("currencyCode"))
    person = customer(of.child("customer"))
    return compact(
        {
            "id": reader.id("id"),
            "order_id": of.id("id"),
            "status": PAYMENTS.get(reader.text("state") or "", "pending"),
            "amount": minor(reader.raw("amount"), HUNDREDTHS, currency),
            "currency": currency,
            "method": reader.text("method"),
            "reference": reader.text("transactionId"),
            "error_message": reader.text("errorMessage"),
            "customer_id": person.get("id"),
            "email": person.get("email"),
            "created_at": reader.instant("createdAt"),
            "updated_at": reader.instant("updatedAt"),
        },
        keep=("order_id",),
    )


def refund(reader: Reader, of: Reader) -> dict[str, Any]:
    """A refund stays pending until somebody settles it."""
    currency = currencies.code(of.text("currencyCode"))
    person = customer(of.child("customer"))
    lines = [
        compact({"id": item.id("orderLineId"), "quantity": item.number("quantity")})
        for item in reader.children("lines")
    ]
    return compact(
        {
            "id": reader.id("id"),
            "order_id": of.id("id"),
            "payment_id": reader.id("paymentId"),
            "status": _REFUNDS.get(reader.text("state") or "", "pending"),
            "amount": minor(reader.raw("total"), HUNDREDTHS, currency),
            "currency": currency,
            "reason": reader.text("reason"),
            "lines": lines or None,
            "customer_id": person.get("id"),
            "email": person.get("email"),
            "created_at": reader.instant("createdAt"),
            "updated_at": reader.instant("updatedAt"),
        },
        keep=("order_id",),
    )


def fulfillment(reader: Reader, order_id: str | None) -> dict[str, Any]:
    """A parcel. Vendure's notice of one does not name the order."""
    state = reader.text("state") or ""
    updated = reader.instant("updatedAt")
    code = reader.text("trackingCode")
    lines = [
        compact({"id": item.id("orderLineId"), "quantity": item.number("quantity")})
        for item in reader.children("lines")
    ]
    return compact(
        {
            "id": reader.id("id"),
            "order_id": order_id,
            "status": _PARCELS.get(state),
            "delivery_status": _PARCELS_DELIVERY.get(state),
            "carrier": reader.text("method"),
            "tracking_number": code,
            "tracking_numbers": [code] if code else [],
            "lines": lines or None,
            "shipped_at": updated if state == "Shipped" else None,
            "delivered_at": updated if state == "Delivered" else None,
            "created_at": reader.instant("createdAt"),
            "updated_at": updated,
        },
        keep=("order_id",),
    )


def _content(reader: Reader) -> dict[str, Any]:
    """What a cart and an order share: whose, what, how much."""
    currency = currencies.code(reader.text("currencyCode"))
    channel = next(iter(reader.children("channels")), Reader(None))
    gross = bool(channel.boolean("pricesIncludeTax"))
    who = customer(reader.child("customer"))
    lines = [line(item, currency, gross=gross) for item in reader.children("lines")]
    with_tax, without = reader.decimal("totalWithTax"), reader.decimal("total")
    discounts = [item.decimal("amountWithTax", "amount") for item in reader.children("discounts")]
    discount = -sum((found for found in discounts if found), Decimal(0))
    shipping = reader.raw("shippingWithTax" if gross else "shipping")
    tax = with_tax - without if with_tax is not None and without is not None else None
    return {
        "currency": currency,
        "total": minor(reader.raw("totalWithTax", "total"), HUNDREDTHS, currency),
        "subtotal": minor(reader.raw("subTotalWithTax" if gross else "subTotal"), HUNDREDTHS, currency),
        "total_discount": minor(discount, HUNDREDTHS, currency),
        "total_shipping": minor(shipping, HUNDREDTHS, currency),
        "total_tax": minor(tax, HUNDREDTHS, currency),
        "shipping_method": _shipping_method(reader),
        "channel": channel.text("code"),
        "discount_codes": reader.texts("couponCodes"),
        "customer": who,
        "customer_id": who.get("id") or reader.id("customerId"),
        "email": who.get("email"),
        "phone": who.get("phone") or reader.child("shippingAddress").text("phoneNumber"),
        "billing_address": address(reader.child("billingAddress")),
        "shipping_address": address(reader.child("shippingAddress")) or None,
        "lines": lines,
        "line_count": len(lines),
        "item_count": sum(item.get("quantity") or 0 for item in lines),
    }


def line(reader: Reader, currency: str | None, *, gross: bool) -> dict[str, Any]:
    variant = reader.child("productVariant")
    product = variant.child("product")
    title = _translated(product) or variant.text("name") or _translated(variant)
    own = variant.text("name") or _translated(variant)
    return compact(
        {
            "id": reader.id("id"),
            "product_id": variant.id("productId"),
            "variant_id": reader.id("productVariantId") or variant.id("id"),
            "sku": variant.text("sku"),
            "title": title,
            "variant_title": own if own != title else None,
            "quantity": reader.number("quantity"),
            "price": minor(reader.raw("unitPriceWithTax" if gross else "unitPrice"), HUNDREDTHS, currency),
            "total": minor(
                reader.raw("discountedLinePriceWithTax", "linePriceWithTax") if gross else _net(reader),
                HUNDREDTHS,
                currency,
            ),
            "total_tax": minor(reader.raw("lineTax"), HUNDREDTHS, currency),
        }
    )


def address(reader: Reader) -> dict[str, Any]:
    return compact(
        {
            "name": reader.text("fullName"),
            "company": reader.text("company"),
            "line1": reader.text("streetLine1"),
            "line2": reader.text("streetLine2"),
            "city": reader.text("city"),
            "region": reader.text("province"),
            "postal_code": reader.text("postalCode"),
            "country": reader.text("countryCode"),
            "country_name": reader.text("country"),
            "phone": reader.text("phoneNumber"),
        }
    )


def _net(reader: Reader) -> object:
    """The line without tax: the notice of a half-loaded order leaves out `linePrice`."""
    found = reader.raw("discountedLinePrice", "linePrice")
    price, quantity = reader.decimal("unitPrice"), reader.decimal("quantity")
    return found if found is not None else price * quantity if price is not None and quantity is not None else None


def _shipping_method(reader: Reader) -> str | None:
    for item in reader.children("shippingLines"):
        method = item.child("shippingMethod")
        if name := _translated(method) or method.text("code"):
            return name
    return None


def _translated(reader: Reader) -> str | None:
    return reader.text("name") or next((item.text("name") for item in reader.children("translations")), None)


def _payment_status(reader: Reader, payments: Sequence[dict[str, Any]], refunded: Decimal) -> str:
    state = reader.text("state")
    paid = _sum(payments, "captured")
    total = (reader.decimal("totalWithTax", "total") or Decimal(0)).scaleb(-HUNDREDTHS)
    if refunded > 0:
        return "refunded" if refunded >= paid else "partially_refunded"
    if state == "PaymentSettled" or (paid > 0 and paid >= total):
        return "paid"
    if paid > 0:
        return "partially_paid"
    states = {item.get("status") for item in payments}
    if state == "PaymentAuthorized" or "authorized" in states:
        return "authorized"
    if state == "Cancelled" and payments:
        return "voided"
    return "failed" if states == {"failed"} else "pending"


def _sum(items: Sequence[dict[str, Any]], status: str) -> Decimal:
    amounts = [Decimal(item["amount"]) for item in items if item.get("status") == status and item.get("amount")]
    return sum(amounts, Decimal(0))
