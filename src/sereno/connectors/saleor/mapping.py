"""What Saleor's asynchronous events mean, in both shapes: what a subscription query asked for (camelCase, nested), and
the older fixed payload (a list of one, snake_case)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sereno.connectors.building import Found, add_once, add_order
from sereno.connectors.reading import Reader, compact, iso, value_of
from sereno.connectors.saleor import catalog, orders
from sereno.sdk.connector import Delivery, Mapped, Unmappable

Handler = Callable[[Found, Reader], None]


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    body = value_of(delivery)
    notes: list[str] = []
    topic = topic_name(delivery.topic)
    handler = TOPICS.get(topic)
    if handler is None:
        return Mapped((), "topic.not_used" if topic else "topic.missing")
    if isinstance(body, list):
        items = Reader({"items": body}, notes).children("items")
    elif isinstance(body, dict):
        items = [Reader(body, notes)]
    else:
        raise Unmappable(f"The body is not a JSON object but a {type(body).__name__}.")
    found = Found(delivery, key, notes)
    for reader in items:
        handler(found, reader)
    return found.mapped()


def topic_name(topic: str) -> str:
    """`order_created`, also as `ORDER_CREATED` or the name of a file `order_created.something.json`."""
    name = topic.strip().lower().partition(".")[0]
    return name if name in TOPICS else name.rpartition("_")[0] if name.rpartition("_")[0] in TOPICS else name


def _record(reader: Reader, *names: str) -> Reader:
    """The record the event is about: under its name, or the body itself."""
    inner = reader.child("event") if reader.has("event") else reader
    for name in names:
        if found := inner.child(name):
            return found
    return inner


def _need_id(reader: Reader, what: str) -> str:
    own = reader.id("id")
    if own is None:
        raise Unmappable(f"{what} without an id: let the subscription query ask for it.")
    return own


def _order(first: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "order")
        own = _need_id(record, "An order")
        if not orders.is_whole(record):
            name = None if first == "order.updated" else f"order:{own}:{first.partition('.')[2]}"
            found.add(first, f"order:{own}", {"id": own, "is_thin": True}, id=name)
            return
        order = orders.order(record)
        order.setdefault("updated_at", iso(found.delivery.received_at))
        add_order(found, order, first)

    return handle


def _read(found: Found, reader: Reader) -> None:
    """An order that was asked for: all that is known of it, each fact named as its own notice would have named it."""
    record = _record(reader, "order")
    own = _need_id(record, "An order")
    order = orders.order(record)
    if order["status"] == "draft":
        found.skip("order.not_placed")
        return
    at = order.setdefault("updated_at", iso(found.delivery.received_at))
    add_order(found, order, "order.created")
    found.add("order.updated", f"order:{own}", order, id=f"order:{own}:updated:{at}", at=at)
    for parcel in order.get("fulfillments", ()):
        if parcel.get("status") == "success":
            add_once(found, "shipment", "shipped", {**parcel, "updated_at": at}, at=parcel.get("created_at") or at)


def _fulfillment(state: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "fulfillment")
        order = _record(reader, "order") if reader.has("order") else record.child("order")
        parcel = orders.fulfillment(record, order.id("id"))
        if parcel.get("id") is None:
            raise Unmappable("A fulfillment without an id: let the subscription query ask for it.")
        if parcel["order_id"] is None:
            found.note("order.missing")
        at = iso(found.delivery.received_at)
        add_once(found, "shipment" if state == "shipped" else "fulfillment", state, {**parcel, "updated_at": at}, at=at)

    return handle


def _checkout(type: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "checkout")
        cart = orders.checkout(record)
        if not cart.get("id"):
            raise Unmappable("A checkout without an id or token.")
        cart.setdefault("updated_at", iso(found.delivery.received_at))
        name = f"{type}:{cart['id']}" if type == "checkout.created" else None
        found.add(type, f"cart:{cart['id']}", cart, id=name, at=cart.get("updated_at"))

    return handle


def _customer(state: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "user", "customer")
        own = _need_id(record, "A customer")
        at = iso(found.delivery.received_at)
        customer: dict[str, Any] = {**orders.customer(record), "id": own}
        if state == "deleted":
            customer = {"id": own, "deleted_at": at}
        else:
            customer.setdefault("updated_at", at)
        name = None if state == "updated" else f"customer:{own}:{state}"
        found.add(f"customer.{state}", f"customer:{own}", customer, id=name, at=customer.get("updated_at"))

    return handle


def _product(state: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "product")
        own = _need_id(record, "A product")
        at = iso(found.delivery.received_at)
        product = catalog.product(record)
        if state == "deleted":
            product = {"id": own, "status": "deleted", "deleted_at": at}
        else:
            product.setdefault("updated_at", at)
        name = None if state == "updated" else f"product:{own}:{state}"
        found.add(f"product.{state}", f"product:{own}", product, id=name)

    return handle


def _variant(state: str) -> Handler:
    def handle(found: Found, reader: Reader) -> None:
        record = _record(reader, "productVariant", "product_variant")
        own = _need_id(record, "A variant")
        variant = {**catalog.variant(record), "updated_at": iso(found.delivery.received_at)}
        name = None if state == "updated" else f"variant:{own}:{state}"
        found.add(f"variant.{state}", f"variant:{own}", variant, id=name)

    return handle


def _stock(found: Found, reader: Reader) -> None:
    record = _record(reader, "productVariant", "product_variant")
    warehouse = _record(reader, "warehouse") if reader.has("warehouse") else Reader(None)
    own = _need_id(record, "A variant")
    available = record.number("quantityAvailable", "quantity_available")
    empty = topic_name(found.delivery.topic) == "product_variant_out_of_stock"
    level = compact(
        {
            "variant_id": own,
            "product_id": record.child("product").id("id"),
            "sku": record.text("sku"),
            "title": record.child("product").text("name"),
            "location_id": warehouse.id("id"),
            "location_name": warehouse.text("name"),
            "available": 0 if available is None and empty else available,
            "updated_at": iso(found.delivery.received_at),
        }
    )
    found.add("stock.changed", f"variant:{own}", level)


def _levels(found: Found, reader: Reader) -> None:
    """A variant's stock as it was asked for, warehouse by warehouse."""
    record = _record(reader, "productVariant")
    own = _need_id(record, "A variant")
    at = iso(found.delivery.received_at)
    for item in record.children("stocks"):
        on_hand, taken = item.integer("quantity"), item.integer("quantityAllocated") or 0
        if on_hand is None:
            found.note("level.odd")
            continue
        level = compact(
            {
                "variant_id": own,
                "product_id": record.child("product").id("id"),
                "sku": record.text("sku"),
                "title": record.child("product").text("name"),
                "location_id": item.child("warehouse").id("id"),
                "location_name": item.child("warehouse").text("name"),
                "available": on_hand - taken,
                "on_hand": on_hand,
                "reserved": taken,
                "updated_at": at,
            }
        )
        name = f"stock:{own}:{level.get('location_id')}:{on_hand}:{taken}:{found.key}"
        found.add("stock.changed", f"variant:{own}", level, id=name, at=at)


TOPICS: dict[str, Handler] = {
    "order_read": _read,
    "stock_read": _levels,
    "order_created": _order("order.created"),
    "order_confirmed": _order("order.updated"),
    "order_updated": _order("order.updated"),
    "order_paid": _order("order.updated"),
    "order_fully_paid": _order("order.paid"),
    "order_refunded": _order("order.updated"),
    "order_fully_refunded": _order("order.refunded"),
    "order_cancelled": _order("order.cancelled"),
    "order_expired": _order("order.cancelled"),
    "order_fulfilled": _order("order.fulfilled"),
    "fulfillment_created": _fulfillment("created"),
    "fulfillment_canceled": _fulfillment("cancelled"),
    "fulfillment_approved": _fulfillment("shipped"),
    "fulfillment_tracking_number_updated": _fulfillment("shipped"),
    "checkout_created": _checkout("checkout.created"),
    "checkout_updated": _checkout("checkout.updated"),
    "customer_created": _customer("created"),
    "customer_updated": _customer("updated"),
    "customer_deleted": _customer("deleted"),
    "product_created": _product("created"),
    "product_updated": _product("updated"),
    "product_deleted": _product("deleted"),
    "product_variant_created": _variant("created"),
    "product_variant_updated": _variant("updated"),
    "product_variant_deleted": _variant("deleted"),
    "product_variant_stock_updated": _stock,
    "product_variant_out_of_stock": _stock,
    "product_variant_back_in_stock": _stock,
}
