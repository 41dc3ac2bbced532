"""What each of WooCommerce's topics means, and the bodies of its REST interface."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sereno.connectors.building import Found, add_once, add_order, body_hash
from sereno.connectors.reading import Reader, iso, value_of
from sereno.connectors.woocommerce import catalog, orders
from sereno.sdk.connector import Delivery, Mapped, Unmappable

PING = re.compile(rb"\s*webhook_id=\d{1,20}\s*")
_NOT_USED = frozenset({"coupon", "action"})

Handler = Callable[[Found, Reader, str | None], None]


def map_delivery(delivery: Delivery, key: str, settings: Mapping[str, Any]) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    if PING.fullmatch(delivery.body):
        return Mapped((), "ping")
    body = value_of(delivery)
    notes: list[str] = []
    found = Found(delivery, key, notes)
    topic = topic_name(delivery.topic)
    items = Reader({"items": body}, notes).children("items") if isinstance(body, list) else [Reader(body, notes)]
    if not isinstance(body, dict | list):
        raise Unmappable(f"The body is not a JSON object but a {type(body).__name__}.")
    for reader in items:
        if reader.has("content_type") and PING.fullmatch((reader.text("body") or "").encode()):
            return Mapped((), "ping")
        handler = TOPICS.get(topic) or TOPICS.get(_guess(reader))
        if handler is not None:
            handler(found, reader, _zone(settings))
        elif reader.has("delivery_url"):
            found.skip("webhook.registration")
        else:
            found.skip("topic.not_used" if topic else "topic.missing")
    return found.mapped()


def topic_name(topic: str) -> str:
    """`order.updated`, also of a file named `order_updated.something.json`."""
    name = topic.strip().lower().removesuffix(".json")
    if name in TOPICS or name.partition(".")[0] in _NOT_USED:
        return name
    return re.split(r"\.", name)[0].replace("_", ".", 1)


def _order(type: str, *, is_read: bool = False) -> Handler:
    """`is_read`: the body was fetched, so it does not say whether the order is new. That it was made is told once, its
    change by its version."""

    def handle(found: Found, reader: Reader, zone: str | None) -> None:
        own = _need_id(reader, "An order")
        if set(reader.data) <= {"id"}:
            found.add(type, f"order:{own}", {"id": own, "is_thin": True})
            return
        if reader.text("status") in orders.DRAFTS:
            # A checkout being filled in: WooCommerce keeps it as an order that is none yet.
            found.skip("order.draft")
            return
        order = orders.order(reader, zone)
        if type == "order.updated":
            add_version(found, type, f"order:{own}", order)
            add_order(found, order, None)
        else:
            add_order(found, order, type)
        if is_read and order.get("updated_at") != order.get("placed_at"):
            add_version(found, "order.updated", f"order:{own}", order)
        for refund in order["refunds"]:
            if refund.get("id"):
                data = {**refund, "customer_id": order.get("customer_id"), "email": order.get("email")}
                add_once(found, "refund", "created", data, at=order.get("updated_at"))
        for parcel in order.get("fulfillments") or ():
            data = {**parcel, "order_number": order.get("number"), "email": order.get("email")}
            add_once(found, "shipment", "shipped", data, at=parcel.get("shipped_at"))

    return handle


def _order_deleted(found: Found, reader: Reader, zone: str | None) -> None:
    own = _need_id(reader, "A deleted order")
    found.add("order.deleted", f"order:{own}", {"id": own, "status": "deleted"}, id=f"order:{own}:deleted")


def _refund(found: Found, reader: Reader, zone: str | None) -> None:
    _need_id(reader, "A refund")
    refund = orders.refund(reader, zone)
    if refund["order_id"] is None:
        found.note("order.missing")
    add_once(found, "refund", "created", refund, at=refund.get("created_at"))


def _tracking(found: Found, reader: Reader, zone: str | None) -> None:
    parcel = orders.parcel(reader, None)
    if not parcel.get("id"):
        raise Unmappable("A parcel without an id or number.")
    add_once(found, "shipment", "shipped", parcel, at=parcel.get("shipped_at"))


def _customer(type: str, *, is_read: bool = False) -> Handler:
    def handle(found: Found, reader: Reader, zone: str | None) -> None:
        own = _need_id(reader, "A customer")
        data = orders.customer(reader, zone)
        if type == "customer.created":
            found.add(type, f"customer:{own}", data, id=f"customer:{own}:created", at=data.get("created_at"))
        if type == "customer.updated" or (is_read and data.get("updated_at") != data.get("created_at")):
            add_version(found, "customer.updated", f"customer:{own}", data)

    return handle


def _customer_deleted(found: Found, reader: Reader, zone: str | None) -> None:
    own = _need_id(reader, "A deleted customer")
    data = {"id": own, "deleted_at": iso(found.delivery.received_at)}
    found.add("customer.deleted", f"customer:{own}", data, id=f"customer:{own}:deleted")


def _product(type: str, *, is_read: bool = False) -> Handler:
    def handle(found: Found, reader: Reader, zone: str | None) -> None:
        own = _need_id(reader, "A product")
        verb = type.partition(".")[2]
        if catalog.is_variation(reader):
            add_version(
                found, f"variant.{'updated' if is_read else verb}", f"variant:{own}", catalog.variant(reader, zone)
            )
        else:
            data = catalog.product(reader, zone)
            if verb == "created":
                found.add(type, f"product:{own}", data, id=f"product:{own}:created", at=data.get("created_at"))
            if verb == "updated" or (is_read and data.get("updated_at") != data.get("created_at")):
                add_version(found, "product.updated", f"product:{own}", data)
        level = catalog.stock_level(reader, zone)
        if level.get("is_tracked") and "available" in level:
            name = f"stock:{own}:{level['available']}:{level.get('updated_at') or found.key}"
            found.add("stock.changed", f"variant:{own}", level, id=name, at=level.get("updated_at"))

    return handle


def _product_deleted(found: Found, reader: Reader, zone: str | None) -> None:
    own = _need_id(reader, "A deleted product")
    data = {"id": own, "status": "deleted", "deleted_at": iso(found.delivery.received_at)}
    found.add("product.deleted", f"product:{own}", data, id=f"product:{own}:deleted")


def add_version(found: Found, type: str, subject: str, data: Mapping[str, Any]) -> None:
    """A change, named by what the record is after it: the same version told by a webhook and read back is one event.
    The time alone would not do, for WooCommerce counts seconds and changes twice in one."""
    content = body_hash(msgspec.json.encode(data, order="sorted"))
    found.add(type, subject, data, id=f"{subject}:{type.rpartition('.')[2]}:{content}", at=data.get("updated_at"))


def _need_id(reader: Reader, what: str) -> str:
    own = reader.id("id")
    if own is None:
        raise Unmappable(f"{what} without an id.")
    return own


def _zone(settings: Mapping[str, Any]) -> str | None:
    """The shop's time zone, where the connection was told one there is."""
    zone = settings.get("timezone")
    if not isinstance(zone, str):
        return None
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


TOPICS: dict[str, Handler] = {
    "order.created": _order("order.created"),
    "order.updated": _order("order.updated"),
    "order.restored": _order("order.updated"),
    "order.deleted": _order_deleted,
    "customer.created": _customer("customer.created"),
    "customer.updated": _customer("customer.updated"),
    "customer.deleted": _customer_deleted,
    "product.created": _product("product.created"),
    "product.updated": _product("product.updated"),
    "product.restored": _product("product.updated"),
    "product.deleted": _product_deleted,
    "order.refund": _refund,
    "order.tracking": _tracking,
    "order.read": _order("order.created", is_read=True),
    "customer.read": _customer("customer.created", is_read=True),
    "product.read": _product("product.created", is_read=True),
}
"""The last five are bodies of the REST interface, which webhooks do not send."""


def _guess(reader: Reader) -> str:
    """The topic of a body that came without one (a file): by fields only that record has."""
    for names, topic in (
        (("order_key", "line_items"), "order.updated"),
        (("refunded_by",), "order.refund"),
        (("tracking_id", "tracking_number"), "order.tracking"),
        (("stock_status", "permalink"), "product.updated"),
        (("is_paying_customer",), "customer.updated"),
    ):
        if all(reader.has(name) for name in names):
            return topic
    return ""
