"""What the Medusa store's notices mean. Amounts are decimals that Medusa does not round: 111.622 euro stays that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.building import Found, add_once, add_order
from sereno.connectors.medusa import catalog
from sereno.connectors.reading import Reader, compact, object_of, scalars, written
from sereno.sdk.connector import Delivery, Mapped, Unmappable

_STATUSES = {"completed": "completed", "archived": "completed", "canceled": "cancelled", "draft": "draft"}

Handler = Callable[[Found, Reader, str | None], None]


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    notes: list[str] = []
    body = Reader(object_of(delivery), notes)
    topic = body.text("event") or delivery.topic
    handler = TOPICS.get(topic)
    if handler is None:
        return Mapped((), "topic.not_used" if topic else "topic.missing")
    found = Found(delivery, key, notes)
    handler(found, body.child("data"), body.instant("occurred_at"))
    return found.mapped()


def order(reader: Reader) -> dict[str, Any]:
    currency = _currency(reader)
    billing, shipping = address(reader.child("billing_address")), address(reader.child("shipping_address"))
    # A guest's name is only in the addresses.
    named = {name: billing.get(name) or shipping.get(name) for name in ("first_name", "last_name", "name", "phone")}
    who = compact({**named, **customer(reader.child("customer"))})
    email = reader.email("email") or who.get("email")
    lines = [_line(item, currency) for item in reader.children("items")]
    own = reader.id("id")
    payments = [
        payment(item, own) for group in reader.children("payment_collections") for item in group.children("payments")
    ]
    parcels = [fulfillment(item, own) for item in reader.children("fulfillments")]
    refunded = sum(
        (amount for group in reader.children("payment_collections") if (amount := group.decimal("refunded_amount"))),
        Decimal(0),
    )
    cancelled = reader.instant("canceled_at")
    return compact(
        {
            "id": own,
            "number": reader.text("custom_display_id", "display_id"),
            "status": "cancelled" if cancelled else _STATUSES.get(reader.text("status") or "", "open"),
            "platform_status": reader.text("status"),
            "currency": currency,
            "total": reader.money("total", currency=currency),
            "subtotal": reader.money("item_subtotal", "subtotal", currency=currency),
            "total_discount": reader.money("discount_total", currency=currency),
            "total_shipping": reader.money("shipping_subtotal", "shipping_total", currency=currency),
            "total_tax": reader.money("tax_total", currency=currency),
            "total_refunded": written(refunded, currencies.digits_of(currency)),
            "payment_status": _payment_status(reader, refunded),
            "fulfillment_status": _fulfillment_status(reader),
            "delivery_status": next((p["delivery_status"] for p in reversed(parcels) if "delivery_status" in p), None),
            "payment_method": next((item["method"] for item in payments if item.get("method")), None),
            "shipping_method": next((item.text("name") for item in reader.children("shipping_methods")), None),
            "locale": reader.text("locale"),
            "customer": who,
            "customer_id": reader.id("customer_id") or who.get("id") or customer_key(None, email),
            "email": email,
            "phone": who.get("phone"),
            "channel": reader.child("sales_channel").text("name") or reader.id("sales_channel_id"),
            "billing_address": billing,
            "shipping_address": shipping or None,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(item.get("quantity") or 0 for item in lines),
            "payments": payments,
            "refunds": [],
            "fulfillments": parcels,
            "cart_id": reader.child("cart").id("id") or reader.id("cart_id"),
            "placed_at": reader.instant("created_at"),
            "cancelled_at": cancelled,
            "updated_at": reader.instant("updated_at"),
            "custom": scalars(reader.child("metadata").data.items()),
        },
        keep=("shipping_address", "cancelled_at"),
    )


def customer(reader: Reader) -> dict[str, Any]:
    email = reader.email("email")
    first, last = reader.text("first_name"), reader.text("last_name")
    has_account = reader.boolean("has_account")
    return compact(
        {
            "id": customer_key(reader.id("id"), email),
            "email": email,
            "phone": reader.text("phone"),
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "is_guest": None if has_account is None else not has_account,
            "updated_at": reader.instant("updated_at"),
        }
    )


def address(reader: Reader) -> dict[str, Any]:
    first, last = reader.text("first_name"), reader.text("last_name")
    country = reader.text("country_code")
    return compact(
        {
            "first_name": first,
            "last_name": last,
            "name": " ".join(part for part in (first, last) if part) or None,
            "company": reader.text("company"),
            "line1": reader.text("address_1"),
            "line2": reader.text("address_2"),
            "city": reader.text("city"),
            "region": reader.text("province"),
            "postal_code": reader.text("postal_code"),
            "country": country.upper() if country else None,
            "phone": reader.text("phone"),
        }
    )


def payment(reader: Reader, order_id: str | None) -> dict[str, Any]:
    currency = _currency(reader)
    refunds = [amount for item in reader.children("refunds") if (amount := item.decimal("amount")) is not None]
    status = (
        "voided" if reader.instant("canceled_at") else "captured" if reader.instant("captured_at") else "authorized"
    )
    return compact(
        {
            "id": reader.id("id"),
            "order_id": order_id,
            "status": status,
            "amount": reader.money("amount", currency=currency),
            "amount_refunded": written(sum(refunds, Decimal(0)), currencies.digits_of(currency)) if refunds else None,
            "currency": currency,
            "method": reader.text("provider_id"),
            "reference": reader.id("payment_collection_id"),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at"),
        },
        keep=("order_id",),
    )


def fulfillment(reader: Reader, order_id: str | None) -> dict[str, Any]:
    numbers = [number for item in reader.children("labels") if (number := item.text("tracking_number"))]
    shipped, delivered = reader.instant("shipped_at"), reader.instant("delivered_at")
    cancelled = reader.instant("canceled_at")
    lines = [
        compact(
            {
                "id": item.id("line_item_id"),
                "sku": item.text("sku"),
                "title": item.text("title"),
                "quantity": item.number("quantity"),
            }
        )
        for item in reader.children("items")
    ]
    return compact(
        {
            "id": reader.id("id"),
            "order_id": reader.child("order").id("id") or order_id,
            "order_number": reader.child("order").text("display_id"),
            "status": "cancelled" if cancelled else "success" if shipped else "pending",
            "delivery_status": "delivered" if delivered else "in_transit" if shipped else None,
            "carrier": reader.text("provider_id"),
            "tracking_number": numbers[0] if numbers else None,
            "tracking_numbers": numbers,
            "tracking_url": next((item.text("tracking_url") for item in reader.children("labels")), None),
            "location_id": reader.id("location_id"),
            "lines": lines or None,
            "shipped_at": shipped,
            "delivered_at": delivered,
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at"),
        },
        keep=("order_id",),
    )


def _line(reader: Reader, currency: str | None) -> dict[str, Any]:
    return compact(
        {
            "id": reader.id("id"),
            "product_id": reader.id("product_id"),
            "variant_id": reader.id("variant_id"),
            "sku": reader.text("variant_sku") or reader.child("variant").text("sku"),
            "title": reader.text("product_title", "title"),
            "variant_title": reader.text("variant_title"),
            "quantity": reader.number("quantity"),
            "price": reader.money("unit_price", currency=currency),
            "total": reader.money("subtotal", currency=currency),
            "total_discount": reader.money("discount_total", currency=currency),
            "total_tax": reader.money("tax_total", currency=currency),
            "requires_shipping": reader.boolean("requires_shipping"),
            "is_gift_card": reader.boolean("is_giftcard"),
            "image_url": reader.text("thumbnail"),
            "properties": scalars(reader.child("metadata").data.items()),
        }
    )


def _order(first: str) -> Handler:
    def handle(found: Found, data: Reader, at: str | None) -> None:
        reader = data.child("order")
        own = reader.id("id") or data.id("id")
        if own is None:
            raise Unmappable("An order without an id.")
        if not reader.has("items"):
            name = f"order:{own}:{first.partition('.')[2]}" if first != "order.updated" else None
            found.add(first, f"order:{own}", {"id": own, "is_thin": True}, id=name, at=at)
            return
        record = order(reader)
        add_order(found, {**record, "updated_at": record.get("updated_at") or at}, first)

    return handle


def _read(found: Found, data: Reader, at: str | None) -> None:
    """An order that was asked for: all that is known of it, each fact named as its own notice would have named it."""
    reader = data.child("order")
    own = reader.id("id")
    if own is None:
        raise Unmappable("An order without an id.")
    record = order(reader)
    if record["status"] == "draft":
        found.skip("order.not_placed")
        return
    changed = record.setdefault("updated_at", at)
    add_order(found, record, "order.created")
    found.add("order.updated", f"order:{own}", record, id=f"order:{own}:updated:{changed}", at=changed)
    for item in record["payments"]:
        add_once(found, "payment", item["status"], item, at=item.get("updated_at"))
        if "amount_refunded" in item:
            name = f"payment:{item['id']}:refunded:{item['amount_refunded']}"
            found.add("payment.refunded", f"order:{own}", item, id=name, at=item.get("updated_at"))
    for item in record["fulfillments"]:
        add_once(found, "fulfillment", "created", item, at=item.get("created_at"))
        for state, name in (("shipped", "shipped_at"), ("delivered", "delivered_at")):
            if item.get(name):
                add_once(found, "shipment", state, item, at=item[name])


def _payment(found: Found, data: Reader, at: str | None) -> None:
    record = payment(data.child("payment"), data.id("order_id"))
    record.setdefault("id", data.id("id"))
    if record["order_id"] is None:
        found.note("order.missing")
    if "amount_refunded" in record:
        name = f"payment:{record['id']}:refunded:{record['amount_refunded']}"
        subject = f"order:{record['order_id']}" if record["order_id"] else f"payment:{record['id']}"
        found.add("payment.refunded", subject, record, id=name, at=at)
    else:
        add_once(found, "payment", record["status"], record, at=at)


def _fulfillment(noun: str, state: str) -> Handler:
    def handle(found: Found, data: Reader, at: str | None) -> None:
        record = fulfillment(data.child("fulfillment"), data.id("order_id"))
        if record.get("id") is None:
            record["id"] = data.id("fulfillment_id", "id") or found.key
        if record["order_id"] is None:
            found.note("order.missing")
        add_once(found, noun, state, record, at=at)

    return handle


def _stock(found: Found, data: Reader, at: str | None) -> None:
    level = data.child("inventory_level")
    item = level.id("inventory_item_id")
    if item is None:
        raise Unmappable("A stock level without an inventory item.")
    record = compact(
        {
            "inventory_item_id": item,
            "sku": level.child("inventory_item").text("sku"),
            "location_id": level.id("location_id"),
            "available": level.number("available_quantity"),
            "on_hand": level.number("stocked_quantity"),
            "reserved": level.number("reserved_quantity"),
            "incoming": level.number("incoming_quantity"),
            "updated_at": level.instant("updated_at") or at,
        }
    )
    found.add("stock.changed", f"inventory_item:{item}", record, at=record.get("updated_at"))


def _levels(found: Found, data: Reader, at: str | None) -> None:
    """An item's stock as it was asked for, place by place."""
    item = data.child("inventory_item")
    own = item.id("id")
    if own is None:
        raise Unmappable("An inventory item without an id.")
    variant = next(iter(item.children("variants")), Reader(None))
    for level in item.children("location_levels"):
        stocked, reserved = level.integer("stocked_quantity") or 0, level.integer("reserved_quantity") or 0
        record = compact(
            {
                "inventory_item_id": own,
                "variant_id": variant.id("id"),
                "product_id": variant.id("product_id"),
                "sku": item.text("sku"),
                "title": item.text("title"),
                "location_id": level.id("location_id"),
                "available": stocked - reserved,
                "on_hand": stocked,
                "reserved": reserved,
                "incoming": level.number("incoming_quantity"),
                "updated_at": level.instant("updated_at") or at,
            }
        )
        name = f"stock:{own}:{record.get('location_id')}:{record.get('updated_at')}"
        found.add("stock.changed", f"inventory_item:{own}", record, id=name, at=record.get("updated_at"))


def _product(found: Found, data: Reader, at: str | None) -> None:
    reader = data.child("product")
    own = reader.id("id") or data.id("id")
    if own is None:
        raise Unmappable("A product without an id.")
    if not reader:
        found.add("product.updated", f"product:{own}", {"id": own, "is_thin": True}, at=at)
        return
    record = catalog.product(reader, own, at)
    found.add("product.updated", f"product:{own}", record, at=record.get("updated_at"))


def _product_gone(found: Found, data: Reader, at: str | None) -> None:
    own = data.child("product").id("id") or data.id("id")
    if own is None:
        raise Unmappable("A product without an id.")
    gone = compact({"id": own, "status": "deleted", "deleted_at": at})
    found.add("product.deleted", f"product:{own}", gone, id=f"product:{own}:deleted", at=at)


def _variant(found: Found, data: Reader, at: str | None) -> None:
    """A notice without the record still tells that its product is to be read, where it says of which it is."""
    reader = data.child("product_variant", "variant")
    product = reader.id("product_id") or data.id("product_id")
    if product is None:
        raise Unmappable("A variant that does not say of which product it is: let the subscriber send the record.")
    if not reader.has("prices"):
        found.add("product.updated", f"product:{product}", {"id": product, "is_thin": True}, at=at)
        return
    record = {**catalog.variant(reader, product, data.text("currency_code")), "updated_at": at}
    found.add("variant.updated", f"variant:{record.get('variant_id')}", compact(record), at=at)


def _customer(state: str) -> Handler:
    def handle(found: Found, data: Reader, at: str | None) -> None:
        reader = data.child("customer")
        own = reader.id("id") or data.id("id")
        if own is None:
            raise Unmappable("A customer without an id.")
        if state == "deleted":
            record = compact({"id": own, "deleted_at": at})
        else:
            record = compact({**customer(reader), "id": own, "created_at": reader.instant("created_at")})
            if not reader:
                record["is_thin"] = True
        found.add(
            f"customer.{state}",
            f"customer:{own}",
            record,
            id=None if state == "updated" else f"customer:{own}:{state}",
            at=at,
        )

    return handle


def _currency(reader: Reader) -> str | None:
    return currencies.code(reader.text("currency_code"))


def _payment_status(reader: Reader, refunded: Decimal) -> str:
    groups = reader.children("payment_collections")
    captured = sum((amount for group in groups if (amount := group.decimal("captured_amount"))), Decimal(0))
    authorized = sum((amount for group in groups if (amount := group.decimal("authorized_amount"))), Decimal(0))
    total = reader.decimal("total") or Decimal(0)
    if refunded > 0:
        return "refunded" if refunded >= captured else "partially_refunded"
    if captured > 0:
        return "paid" if captured >= total else "partially_paid"
    if any(group.text("status") == "canceled" for group in groups):
        return "voided"
    return "authorized" if authorized > 0 else "pending"


def _fulfillment_status(reader: Reader) -> str:
    quantities: Sequence[tuple[Decimal, Decimal]] = [
        (item.decimal("quantity") or Decimal(0), item.child("detail").decimal("shipped_quantity") or Decimal(0))
        for item in reader.children("items")
    ]
    shipped = sum((sent for _, sent in quantities), Decimal(0))
    if shipped == 0:
        return "unfulfilled"
    return "fulfilled" if all(sent >= wanted for wanted, sent in quantities) else "partial"


TOPICS: dict[str, Handler] = {
    "order.placed": _order("order.created"),
    "order.read": _read,
    "order.updated": _order("order.updated"),
    "order.completed": _order("order.completed"),
    "order.canceled": _order("order.cancelled"),
    "order.archived": _order("order.updated"),
    "order.fulfillment_created": _fulfillment("fulfillment", "created"),
    "order.fulfillment_canceled": _fulfillment("fulfillment", "cancelled"),
    "shipment.created": _fulfillment("shipment", "shipped"),
    "delivery.created": _fulfillment("shipment", "delivered"),
    "payment.captured": _payment,
    "payment.refunded": _payment,
    "inventory-level.created": _stock,
    "inventory-level.updated": _stock,
    "inventory-item.read": _levels,
    "product.created": _product,
    "product.updated": _product,
    "product.deleted": _product_gone,
    "product-variant.created": _variant,
    "product-variant.updated": _variant,
    "customer.created": _customer("created"),
    "customer.updated": _customer("updated"),
    "customer.deleted": _customer("deleted"),
}
