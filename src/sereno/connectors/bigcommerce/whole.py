"""BigCommerce's records as its interfaces give them: orders with their lines, parcels and refunds, customers, products
and stock.

Invariant: facts are named by record and state as the thin notices name theirs, so what was told is not told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies, wording
from sereno.connectors.bigcommerce.client import instant
from sereno.connectors.building import Found, add_once, add_order
from sereno.connectors.reading import Reader, compact, iso, written
from sereno.sdk.connector import Unmappable

_FULFILLED = {2: "fulfilled", 3: "partial", 10: "fulfilled"}
_STATUS = {5: "cancelled", 6: "cancelled", 10: "completed", 4: "completed"}
_PAID = frozenset({2, 3, 8, 9, 10, 11})
"""Statuses an order only has when it is paid, or is to be paid on delivery and went its way."""
_PAYMENT = {
    "authorized": "authorized",
    "captured": "paid",
    "capture pending": "authorized",
    "paid": "paid",
    "partially refunded": "partially_refunded",
    "refunded": "refunded",
    "void": "voided",
    "voided": "voided",
    "void pending": "authorized",
    "declined": "failed",
}
_EVENTS = {"purchase": "captured", "capture": "captured", "authorization": "authorized", "void": "voided"}


def _at(reader: Reader, *names: str) -> str | None:
    for name in names:
        if (found := instant(reader.raw(name))) is not None:
            return iso(found)
    return None


def address(reader: Reader) -> dict[str, Any]:
    """Of an order (`street_1`, `state`) or of a customer (`address1`, `state_or_province`)."""
    names = [reader.text("first_name"), reader.text("last_name")]
    return compact(
        {
            "first_name": names[0],
            "last_name": names[1],
            "name": " ".join(name for name in names if name) or None,
            "company": reader.text("company"),
            "line1": reader.text("street_1", "address1"),
            "line2": reader.text("street_2", "address2"),
            "city": reader.text("city"),
            "region": reader.text("state", "state_or_province"),
            "postal_code": reader.text("zip", "postal_code"),
            "country": reader.text("country_iso2", "country_code"),
            "country_name": reader.text("country"),
            "phone": reader.text("phone"),
        }
    )


def _payment_status(reader: Reader, status: int, refunded: Decimal, total: Decimal) -> str:
    if status == 4 or (refunded > 0 and refunded >= total):
        return "refunded"
    if status == 14 or refunded > 0:
        return "partially_refunded"
    said = _PAYMENT.get((reader.text("payment_status") or "").lower())
    if said:
        return said
    return "failed" if status == 6 else "paid" if status in _PAID else "pending"


def order(reader: Reader, statuses: dict[int, str]) -> dict[str, Any]:
    """`total` is what was ordered; what was given back is in `total_refunded`. Amounts are in what the shopper pays in,
    taxes in them."""
    own = reader.id("id")
    if own is None:
        raise Unmappable("An order without an id.")
    currency = currencies.code(reader.text("default_currency_code", "currency_code"))
    status = reader.integer("status_id") or 0
    billing = reader.child("billing_address")
    email = billing.email("email")
    customer_id = customer_key(reader.id("customer_id"), email)
    total, refunded = reader.decimal("total_inc_tax") or Decimal(0), reader.decimal("refunded_amount") or Decimal(0)
    lines = [line(item, currency) for item in reader.children("products")]
    ships = [address(item) for item in reader.children("shipping_addresses")]
    ways = (item.text("shipping_method") for item in reader.children("shipping_addresses"))
    parcels = [shipment(item) for item in reader.children("shipments")]
    who = address(billing)
    applied = [one for item in reader.children("products") for one in item.children("applied_discounts")]
    return compact(
        {
            "id": own,
            "number": own,
            "status": "deleted" if reader.boolean("is_deleted") else _STATUS.get(status, "open"),
            "platform_status": statuses.get(status) or reader.text("status"),
            **_amounts(reader, currency, refunded),
            "payment_status": _payment_status(reader, status, refunded, total),
            "fulfillment_status": _fulfillment_status(reader, status),
            "payment_method": reader.text("payment_method"),
            "shipping_method": next((way for way in ways if way), None),
            "note": reader.text("customer_message"),
            "channel": reader.text("order_source"),
            "discount_codes": list(dict.fromkeys(code for item in applied if (code := item.text("code")))),
            "customer": _person(reader, customer_id, email, who),
            "customer_id": customer_id,
            "email": email,
            "phone": who.get("phone"),
            "locale": reader.text("customer_locale"),
            "cart_id": reader.text("cart_id"),
            "billing_address": who,
            "shipping_address": ships[0] if ships else None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "refunds": [refund(item, currency) for item in reader.children("refunds")],
            "fulfillments": parcels,
            "payments": [payment(item, own, currency) for item in reader.children("transactions")] or None,
            "ip_address": reader.text("ip_address"),
            "placed_at": _at(reader, "date_created"),
            "shipped_at": _at(reader, "date_shipped"),
            "updated_at": _at(reader, "date_modified", "date_created"),
        },
        keep=("note", "shipping_address"),
    )


def _amounts(reader: Reader, currency: str | None, refunded: Decimal) -> dict[str, Any]:
    reductions = [reader.decimal("discount_amount"), reader.decimal("coupon_discount")]
    return {
        "currency": currency,
        "total": reader.money("total_inc_tax", currency=currency),
        "subtotal": reader.money("subtotal_inc_tax", currency=currency),
        "total_discount": written(sum((one for one in reductions if one), Decimal(0)), _digits(currency)),
        "total_shipping": reader.money("shipping_cost_inc_tax", currency=currency),
        "total_tax": reader.money("total_tax", currency=currency),
        "total_refunded": written(refunded, _digits(currency)),
    }


def _person(reader: Reader, id: str | None, email: str | None, who: dict[str, Any]) -> dict[str, Any]:
    names = {name: who.get(name) for name in ("first_name", "last_name", "name", "phone")}
    return compact({"id": id, "email": email, **names, "is_guest": reader.id("customer_id") is None})


def _digits(currency: str | None) -> int:
    return currencies.digits_of(currency)


def _fulfillment_status(reader: Reader, status: int) -> str:
    if status in _FULFILLED:
        return _FULFILLED[status]
    total, sent = reader.integer("items_total") or 0, reader.integer("items_shipped") or 0
    return "unfulfilled" if not sent else "fulfilled" if sent >= total else "partial"


def line(reader: Reader, currency: str | None) -> dict[str, Any]:
    sent, quantity = reader.integer("quantity_shipped") or 0, reader.number("quantity")
    options = [(item.text("display_name"), item.text("display_value")) for item in reader.children("product_options")]
    reductions = [item.decimal("amount") for item in reader.children("applied_discounts")]
    return compact(
        {
            "id": reader.id("id"),
            "product_id": reader.id("product_id"),
            "variant_id": reader.id("variant_id"),
            "sku": reader.text("sku"),
            "title": reader.text("name"),
            "variant_title": " / ".join(value for _name, value in options if value) or None,
            "quantity": quantity,
            "price": reader.money("price_inc_tax", currency=currency),
            "total": reader.money("total_inc_tax", currency=currency),
            "total_tax": reader.money("total_tax", currency=currency),
            "total_discount": written(sum((one for one in reductions if one), Decimal(0)), _digits(currency)),
            "requires_shipping": reader.text("type") == "physical" if reader.has("type") else None,
            "fulfillment_status": "fulfilled" if sent and sent >= (quantity or 0) else "partial" if sent else None,
            "properties": {name[:100]: value[:1000] for name, value in options if name and value},
        }
    )


def refund(reader: Reader, currency: str | None) -> dict[str, Any]:
    at = _at(reader, "created")
    declined = [item.boolean("is_declined") for item in reader.children("payments")]
    lines = [
        compact({"id": item.id("item_id"), "quantity": item.number("quantity")})
        for item in reader.children("items")
        if item.text("item_type") == "PRODUCT"
    ]
    return compact(
        {
            "id": reader.id("id"),
            "order_id": reader.id("order_id"),
            "status": "failed" if declined and all(declined) else "completed",
            "amount": reader.money("total_amount", currency=currency),
            "currency": currency,
            "reason": reader.text("reason"),
            "lines": lines,
            "created_at": at,
            "updated_at": at,
        }
    )


def payment(reader: Reader, order_id: str, currency: str | None) -> dict[str, Any]:
    at = _at(reader, "date_created")
    status = "pending" if reader.text("status") == "pending" else _EVENTS.get(reader.text("event") or "", "pending")
    return compact(
        {
            "id": reader.id("id"),
            "order_id": order_id,
            "status": "failed" if reader.text("status") in ("error", "declined") else status,
            "kind": reader.text("event"),
            "amount": reader.money("amount", currency=currency),
            "currency": currencies.code(reader.text("currency")) or currency,
            "method": reader.text("gateway", "method"),
            "reference": reader.text("gateway_transaction_id"),
            "is_test": reader.boolean("test"),
            "created_at": at,
            "updated_at": at,
        }
    )


def shipment(reader: Reader) -> dict[str, Any]:
    at = _at(reader, "date_created")
    return compact(
        {
            "id": reader.id("id"),
            "order_id": reader.id("order_id"),
            "status": "success",
            "carrier": reader.text("shipping_provider_display_name", "shipping_method", "shipping_provider"),
            "tracking_number": reader.text("tracking_number"),
            "tracking_url": reader.text("tracking_link", "generated_tracking_link"),
            "lines": [
                compact({"id": item.id("order_product_id"), "quantity": item.number("quantity")})
                for item in reader.children("items")
            ],
            "shipped_at": at,
            "created_at": at,
            "updated_at": at,
        }
    )


def customer(reader: Reader) -> dict[str, Any]:
    """v3's customer, with its addresses where they came along."""
    own, email = reader.id("id"), reader.email("email")
    if own is None:
        raise Unmappable("A customer without an id.")
    names = [reader.text("first_name"), reader.text("last_name")]
    addresses = [found for item in reader.children("addresses") if (found := address(item))]
    return compact(
        {
            "id": own,
            "email": email,
            "phone": reader.text("phone"),
            "first_name": names[0],
            "last_name": names[1],
            "name": " ".join(name for name in names if name) or None,
            "company": reader.text("company"),
            "note": reader.text("notes"),
            "is_guest": False,
            "addresses": addresses,
            "default_address": addresses[0] if addresses else None,
            "custom": compact({"customer_group_id": reader.id("customer_group_id")}),
            "created_at": _at(reader, "date_created"),
            "updated_at": _at(reader, "date_modified", "date_created"),
        },
        keep=("phone", "note"),
    )


def product(reader: Reader) -> dict[str, Any]:
    """v3's product with its variants. What is struck through is the price, where there is a sale price."""
    own = reader.id("id")
    if own is None:
        raise Unmappable("A product without an id.")
    tracking = reader.text("inventory_tracking")
    variants = [_variant(item, reader, tracking) for item in reader.children("variants")]
    stocks = [item["available"] for item in variants if item.get("available") is not None]
    price, struck = _prices(reader)
    counted = reader.number("inventory_level") if tracking == "product" else sum(stocks) if stocks else None
    images = [item.text("url_standard") for item in (reader.child("primary_image"), *reader.children("images"))]
    found = compact(
        {
            "id": own,
            "title": reader.text("name"),
            "handle": (reader.child("custom_url").text("url") or "").strip("/") or None,
            "product_type": reader.text("type"),
            "tags": reader.texts("search_keywords", split=","),
            "status": "active" if reader.boolean("is_visible") else "draft",
            "variants": variants,
            "variant_count": len(variants),
            "sku": reader.text("sku"),
            "price": price,
            "compare_at_price": struck,
            "available": counted,
            "is_tracked": tracking in ("product", "variant") if tracking else None,
            "image_url": next((found for found in images if found), None),
            "created_at": _at(reader, "date_created"),
            "updated_at": _at(reader, "date_modified", "date_created"),
        },
        keep=("image_url", "compare_at_price"),
    )
    return {**found, **wording.description(reader, "description")}


def _prices(reader: Reader, parent: Reader | None = None) -> tuple[str | None, str | None]:
    """What is paid, and what is struck through. A variant without a price has the product's."""
    of = reader if parent is None or reader.decimal("price") is not None else parent
    sale = of.decimal("sale_price")
    return (of.money("sale_price"), of.money("price")) if sale else (of.money("price"), None)


def _variant(reader: Reader, parent: Reader, tracking: str | None) -> dict[str, Any]:
    price, struck = _prices(reader, parent)
    options = [item.text("label") for item in reader.children("option_values")]
    only = tracking == "product" and len(parent.children("variants")) == 1
    return compact(
        {
            "variant_id": reader.id("id"),
            "product_id": reader.id("product_id") or parent.id("id"),
            "sku": reader.text("sku"),
            "barcode": reader.text("upc", "gtin"),
            "variant_title": " / ".join(label for label in options if label) or None,
            "price": price,
            "compare_at_price": struck,
            "available": (parent if only else reader).number("inventory_level")
            if tracking in ("product", "variant")
            else None,
            "is_tracked": tracking in ("product", "variant") if tracking else None,
            "updated_at": _at(parent, "date_modified"),
        },
        keep=("compare_at_price",),
    )


# --- what a record read back means ------------------------------------------------------------------


def told_order(statuses: dict[int, str]) -> Any:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        data = order(reader, statuses)
        add_order(found, data, "order.created")
        if data.get("updated_at") != data.get("placed_at"):
            found.add("order.updated", f"order:{data['id']}", data, at=data.get("updated_at"))
        for one in _parts(data, "payments"):
            state = "created" if one["status"] == "pending" else one["status"]
            add_once(found, "payment", state, one, at=one.get("created_at"))
        for one in _parts(data, "refunds"):
            add_once(found, "refund", "created", {**one, "order_id": data["id"]}, at=one.get("created_at"))
        for one in _parts(data, "fulfillments"):
            add_once(found, "shipment", "shipped", {**one, "order_id": data["id"]}, at=one.get("shipped_at"))

    return handle


def _parts(data: dict[str, Any], name: str) -> Sequence[dict[str, Any]]:
    return data.get(name) or ()


def told_customer(found: Found, reader: Reader, at: str | None) -> None:
    _told(found, "customer", customer(reader))


def told_product(found: Found, reader: Reader, at: str | None) -> None:
    _told(found, "product", product(reader))


def _told(found: Found, kind: str, data: dict[str, Any]) -> None:
    subject = f"{kind}:{data['id']}"
    found.add(f"{kind}.created", subject, data, id=f"{subject}:created", at=data.get("created_at"))
    if data.get("updated_at") != data.get("created_at"):
        found.add(f"{kind}.updated", subject, data, at=data.get("updated_at"))


def told_stock(found: Found, reader: Reader, at: str | None) -> None:
    """How many of a variant can be sold at one place. BigCommerce does not say since when, so it has no version: who
    reads it compares it with what is known."""
    variant, place = reader.id("variant_id"), reader.id("location_id")
    available = reader.number("available_to_sell")
    data = compact(
        {
            "product_id": reader.id("product_id"),
            "variant_id": variant,
            "sku": reader.text("sku"),
            "location_id": place,
            "available": available,
            "updated_at": at,
        }
    )
    found.add("stock.changed", f"variant:{variant}", data, at=at)
