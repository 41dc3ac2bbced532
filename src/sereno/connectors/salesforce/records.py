"""Salesforce's orders, products and stock. Amounts come as JSON numbers, times as ISO 8601 in UTC.

Every variant is a product of its own there; a master only holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies, wording
from sereno.connectors.reading import Reader, compact, written
from sereno.connectors.salesforce import parcels
from sereno.connectors.salesforce.people import address, custom, locale, tags

_STATUS = {
    "created": "draft",
    "failed": "draft",
    "new": "open",
    "open": "open",
    "completed": "completed",
    "cancelled": "cancelled",
}
_PAYMENT = {"paid": "paid", "part_paid": "partially_paid"}
_SHIPPING = {"not_shipped": "unfulfilled", "part_shipped": "partial", "shipped": "fulfilled"}
_PARENTS = ("master", "variationGroup", "set", "retailSet")
_KINDS = ("master", "variationGroup", "variant", "bundle", "set", "retailSet", "option", "item")


def order(reader: Reader) -> dict[str, Any]:
    """Salesforce counts no refunds, so they are not known of it. An order that was never placed is a draft."""
    currency = currencies.code(reader.text("currency"))
    info = reader.child("customerInfo")
    email, is_guest = info.email("email"), info.boolean("guest") is True
    customer_id = customer_key(None if is_guest else info.id("customerNo"), email)
    shipments = reader.children("shipments")
    billing = address(reader.child("billingAddress"))
    lines = _lines(reader, currency)
    status, changed = reader.text("status") or "", reader.instant("lastModified", "creationDate")
    return compact(
        {
            "id": reader.id("orderNo"),
            "number": reader.id("orderNo"),
            "status": _STATUS.get(status, "open"),
            "platform_status": status or None,
            **_amounts(reader, currency),
            "payment_status": _payment_status(reader, status),
            "fulfillment_status": _SHIPPING.get(reader.text("shippingStatus") or "", "unfulfilled"),
            "payment_method": _first(item.text("paymentMethodId") for item in reader.children("paymentInstruments")),
            "shipping_method": _first(item.child("shippingMethod").text("id") for item in shipments),
            "tags": tags(reader),
            "channel": reader.text("channelType"),
            "discount_codes": [code for item in reader.children("couponItems") if (code := item.text("code"))],
            "customer": _buyer(info, customer_id, billing, is_guest=is_guest),
            "customer_id": customer_id,
            "email": email,
            "phone": billing.get("phone"),
            "locale": locale(reader.text("customerLocale")),
            "billing_address": billing,
            "shipping_address": _first(address(item.child("shippingAddress")) for item in shipments),
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines if "parent_line_id" not in item),
            "payments": [_payment(item, reader, currency) for item in reader.children("paymentInstruments")],
            "fulfillments": parcels.fulfillments(reader),
            "ip_address": reader.text("remoteHost"),
            "placed_at": reader.instant("placeDate", "creationDate"),
            "cancelled_at": changed if status == "cancelled" else None,
            "cancel_reason": reader.text("cancelCode", "cancelDescription"),
            "completed_at": changed if status == "completed" else None,
            "updated_at": changed,
            "custom": custom(reader),
        },
        keep=("shipping_address",),
    )


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value), None)


def _amounts(reader: Reader, currency: str | None) -> dict[str, Any]:
    off = _taken_off(reader, "orderPriceAdjustments")
    off += sum((_taken_off(item, "priceAdjustments") for item in reader.children("productItems")), Decimal(0))
    off += sum((_taken_off(item, "priceAdjustments") for item in reader.children("shippingItems")), Decimal(0))
    return {
        "currency": currency,
        "total": reader.money("orderTotal", currency=currency),
        "subtotal": reader.money("productTotal", currency=currency),
        "total_discount": written(off, currencies.digits_of(currency)),
        "total_shipping": reader.money("shippingTotal", currency=currency),
        "total_tax": reader.money("taxTotal", currency=currency),
    }


def _taken_off(reader: Reader, name: str) -> Decimal:
    """Reductions are below zero there; what is above is a surcharge, and no discount."""
    amounts = (item.decimal("basePrice", "grossPrice") for item in reader.children(name))
    return -sum((one for one in amounts if one is not None and one < 0), Decimal(0))


def _buyer(info: Reader, customer_id: str | None, billing: dict[str, Any], *, is_guest: bool) -> dict[str, Any]:
    names = {name: billing.get(name) for name in ("first_name", "last_name", "phone")}
    name = info.text("customerName") or billing.get("name")
    return compact({"id": customer_id, "email": info.email("email"), **names, "name": name, "is_guest": is_guest})


def _payment_status(reader: Reader, status: str) -> str:
    """Salesforce leaves it to each shop when an order counts as paid."""
    if status == "failed":
        return "failed"
    if said := _PAYMENT.get(reader.text("paymentStatus") or ""):
        return said
    if status == "cancelled":
        return "voided"
    return "authorized" if any(map(_is_authorized, reader.children("paymentInstruments"))) else "pending"


def _is_authorized(instrument: Reader) -> bool:
    said = instrument.child("paymentTransaction").child("authorizationStatus")
    return said.integer("status") == 0 or said.text("code") == "OK"


def _payment(instrument: Reader, order: Reader, currency: str | None) -> dict[str, Any]:
    transaction = instrument.child("paymentTransaction")
    at = order.instant("placeDate", "creationDate")
    is_paid = order.text("paymentStatus") == "paid"
    return compact(
        {
            "id": instrument.id("paymentInstrumentId"),
            "order_id": order.id("orderNo"),
            "status": "captured" if is_paid else "authorized" if _is_authorized(instrument) else "pending",
            "amount": transaction.money("amount", currency=currency),
            "currency": currency,
            "method": instrument.text("paymentMethodId"),
            "reference": transaction.text("transactionId"),
            "created_at": at,
            "updated_at": at,
        }
    )


def _lines(reader: Reader, currency: str | None) -> list[dict[str, Any]]:
    """Products, below each the parts of a bundle, and gift certificates."""
    found: list[dict[str, Any]] = []
    for item in reader.children("productItems"):
        found.append(_line(item, currency))
        for part in item.children("bundledProductItems"):
            found.append({**_line(part, currency), **compact({"parent_line_id": item.id("itemId")})})
    for item in reader.children("giftCertificateItems"):
        line = {
            "id": item.id("giftCertificateItemId"),
            "title": item.text("itemText"),
            "quantity": 1,
            "price": item.money("basePrice", currency=currency),
            "total": item.money("basePrice", currency=currency),
            "requires_shipping": False,
            "is_gift_card": True,
        }
        found.append(compact(line))
    return found


def _line(item: Reader, currency: str | None) -> dict[str, Any]:
    own = item.id("productId")
    options = ((one.text("optionId"), one.text("itemText", "optionValueId")) for one in item.children("optionItems"))
    return compact(
        {
            "id": item.id("itemId"),
            "product_id": own,
            "variant_id": own,
            "sku": own,
            "title": item.text("productName", "itemText"),
            "quantity": item.number("quantity"),
            "price": item.money("basePrice", currency=currency),
            "total": item.money("priceAfterItemDiscount", currency=currency),
            "total_discount": written(_taken_off(item, "priceAdjustments"), currencies.digits_of(currency)),
            "total_tax": item.money("adjustedTax", "tax", currency=currency),
            "vendor": item.text("brand"),
            "properties": {name[:100]: value[:1000] for name, value in options if name and value},
        }
    )


# --- the catalogue ----------------------------------------------------------------------------------


def product(reader: Reader) -> dict[str, Any]:
    own, kind = reader.id("id"), reader.child("type")
    is_parent = any(kind.boolean(name) for name in _PARENTS)
    currency = currencies.code(reader.text("priceCurrency"))
    price = None if is_parent else reader.money("price", currency=currency)
    values = [text for text in reader.child("variationValues").data.values() if isinstance(text, str)]
    changed = reader.instant("lastModified", "creationDate")
    is_online = reader.boolean("online")
    if is_online is None:
        is_online = reader.child("onlineFlag").boolean("default")
    variant = compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": own,
            "barcode": reader.text("ean", "upc"),
            "variant_title": " / ".join(values) or None,
            "price": price,
            "currency": None if price is None else currency,
            "available": None if is_parent else reader.number("ats"),
            "updated_at": changed,
        }
    )
    found = compact(
        {
            "id": own,
            "title": localized(reader.child("name")),
            "product_type": _first(name for name in _KINDS if kind.boolean(name)),
            "vendor": reader.text("brand", "manufacturerName"),
            "tags": tags(reader),
            "categories": [name for one in reader.children("assignedCategories") if (name := one.text("categoryId"))],
            "status": None if is_online is None else "active" if is_online else "draft",
            "variants": None if is_parent else [variant],
            "variant_count": len(reader.children("variants")) if is_parent else 1,
            "sku": own,
            "barcode": variant.get("barcode"),
            "price": price,
            "currency": variant.get("currency"),
            "available": variant.get("available"),
            "image_url": reader.child("image").text("absUrl", "disBaseUrl"),
            "custom": custom(reader),
            "created_at": reader.instant("creationDate"),
            "updated_at": changed,
        }
    )
    return found | _description(reader)


def localized(reader: Reader) -> str | None:
    """A text by locale: that of all locales, else the first there is."""
    return _first(reader.text(name) for name in ("default", *reader.data))


def _description(reader: Reader) -> dict[str, str | None]:
    """The long one, whole; the short one is another text."""
    if not reader.has("longDescription"):
        return {}
    by_locale = reader.child("longDescription")
    text = _first(by_locale.child(name).raw("markup", "source") for name in ("default", *by_locale.data))
    return wording.description(Reader({"text": text}, reader.notes), "text")


def stock_level(reader: Reader) -> dict[str, Any] | None:
    """What an inventory list has of a product; None without one. What is always there is not counted."""
    own = reader.id("product_id")
    if own is None:
        return None
    is_counted = reader.boolean("perpetual_flag") is not True
    return compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": own,
            "title": reader.text("product_name"),
            "location_id": reader.text("inventory_list_id"),
            "available": reader.number("ats") if is_counted else None,
            "on_hand": reader.number("stock_level") if is_counted else None,
            "reserved": reader.number("quantity_on_order"),
            "is_tracked": is_counted,
        }
    )
