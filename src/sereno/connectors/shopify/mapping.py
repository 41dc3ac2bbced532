"""What each of Shopify's topics means.

Everything Shopify may send has an entry, or is kept with the reason why it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sereno.commerce.records.orders import RISK_LEVELS
from sereno.connectors.building import Found, add_once, add_order
from sereno.connectors.reading import Reader, compact, iso, value_of
from sereno.connectors.shopify import catalog, orders, people, readback
from sereno.sdk.connector import Delivery, Mapped, Unmappable


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    body = value_of(delivery)
    topic = topic_name(delivery.topic) or _guess(body)
    notes: list[str] = []
    found = Found(delivery, key, notes)
    for list_name, entry in LISTS.items():
        if isinstance(body, dict) and isinstance(body.get(list_name), list):
            found.skip("list.empty")
            for reader in Reader(body, notes).children(list_name):
                entry(found, reader)
            return found.mapped()
    handler = TOPICS.get(topic)
    if handler is None:
        return Mapped((), "topic.not_used" if topic else "topic.missing", ())
    if not isinstance(body, dict):
        raise Unmappable(f"{delivery.topic}: the body is not a JSON object but a {type(body).__name__}.")
    reader = Reader(body, notes)
    # The REST interface wraps a record in its name: {"order": {...}}.
    inner = reader.child(topic.partition("/")[0].removesuffix("s"))
    handler(found, inner if len(reader.data) == 1 and inner else reader)
    return found.mapped()


@lru_cache(maxsize=256)
def topic_name(topic: str) -> str:
    """`orders/create`, also of a file named `orders_create.something.json` or a GraphQL topic `ORDERS_CREATE`."""
    name = re.split(r"[\\.]", topic.strip().lower().removesuffix(".json"))[0].replace("-", "_")
    return name if name in TOPICS else _BY_FILE.get(name.replace("/", "_"), name)


def _need_id(reader: Reader, what: str) -> str:
    own = people.own_id(reader)
    if own is None:
        raise Unmappable(f"{what} without an id.")
    return own


def _order(first: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        _need_id(reader, "An order")
        add_order(found, orders.order(reader), first)

    return handle


def _order_deleted(found: Found, reader: Reader) -> None:
    own = _need_id(reader, "A deleted order")
    found.add("order.deleted", f"order:{own}", {"id": own, "status": "deleted"}, id=f"order:{own}:deleted")


def _order_edited(found: Found, reader: Reader) -> None:
    edit = reader.child("order_edit")
    own = edit.id("order_id")
    if own is None:
        raise Unmappable("An edited order without an id.")
    data = {"id": own, "is_thin": True}
    found.add("order.updated", f"order:{own}", data, at=edit.instant("committed_at", "created_at"))


def _risk(found: Found, reader: Reader) -> None:
    """What Shopify, or an app, thinks of an order: it comes after the order, and may come again."""
    own, level = reader.id("order_id"), (reader.text("risk_level") or "").lower()
    if own is None:
        raise Unmappable("A risk assessment without an order.")
    if level not in RISK_LEVELS:
        found.skip("risk.not_judged")
        return
    data = {"id": own, "platform_risk": level, "is_thin": True}
    found.add("order.updated", f"order:{own}", data, at=reader.instant("created_at"))


def _transaction(found: Found, reader: Reader) -> None:
    data = orders.payment(reader)
    status: str = data["status"]
    state = "created" if status == "pending" else status
    add_once(found, "payment", state, data, at=data.get("created_at"))


def _refund(found: Found, reader: Reader) -> None:
    data = orders.refund(reader)
    add_once(found, "refund", "created", data, at=data.get("created_at"))


def _fulfillment(first: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        data = orders.fulfillment(reader)
        at = data.get("updated_at")
        if data.get("status") == "cancelled":
            add_once(found, "fulfillment", "cancelled", data, at=at)
        elif first == "created":
            add_once(found, "fulfillment", "created", data, at=data.get("created_at"))
        else:
            found.add("fulfillment.updated", _of_order(data, "fulfillment"), data, at=at)
        if data.get("status") == "success" and (data.get("tracking_number") or data.get("delivery_status")):
            add_once(found, "shipment", "shipped", data, at=data.get("shipped_at"))
        if (state := data.get("delivery_status")) and state != "pending":
            add_once(found, "shipment", state, data, at=at)

    return handle


def _fulfillment_event(found: Found, reader: Reader) -> None:
    state = orders.delivery_status(reader.text("status"))
    at = reader.instant("happened_at", "created_at")
    data = compact(
        {
            "id": reader.id("fulfillment_id"),
            "order_id": reader.id("order_id"),
            "delivery_status": state,
            "estimated_delivery_at": reader.instant("estimated_delivery_at"),
            "delivered_at": at if state == "delivered" else None,
            "updated_at": at,
        }
    )
    add_once(found, "shipment", state if state and state != "pending" else "updated", data, at=at)


def _cart(type: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        data = orders.cart(reader) if type.startswith("cart.") else orders.checkout(reader)
        if not data.get("id"):
            raise Unmappable("A cart without a token.")
        name = "checkout.completed" if data.get("completed_at") else type
        at = data.get("completed_at") or data.get("updated_at")
        own = f"{name}:{data['id']}" if name in ("cart.created", "checkout.created", "checkout.completed") else None
        found.add(name, f"cart:{data['id']}", data, id=own, at=at)

    return handle


def _checkout_deleted(found: Found, reader: Reader) -> None:
    token = reader.text("cart_token", "token", "id")
    if token is None:
        raise Unmappable("A deleted checkout without a token.")
    data = compact(
        {"id": orders.bare(token), "checkout_id": reader.id("id"), "deleted_at": iso(found.delivery.received_at)}
    )
    found.add("checkout.deleted", f"cart:{data['id']}", data, id=f"checkout.deleted:{data['id']}")


def _customer(type: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        own = _need_id(reader, "A customer")
        data = people.customer(reader)
        is_new = type == "customer.created"
        at = data.get("created_at" if is_new else "updated_at")
        found.add(type, f"customer:{own}", data, id=f"customer:{own}:created" if is_new else None, at=at)

    return handle


def _customer_deleted(found: Found, reader: Reader) -> None:
    own = _need_id(reader, "A deleted customer")
    data = {"id": own, "deleted_at": iso(found.delivery.received_at)}
    found.add("customer.deleted", f"customer:{own}", data, id=f"customer:{own}:deleted")


def _consent(channel: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        said = people.channel_consent(reader.child(f"{channel}_marketing_consent"))
        customer_id = reader.id("customer_id", "id")
        data = compact(
            {
                "customer_id": customer_id,
                "email": reader.email("email_address"),
                "phone": reader.text("phone"),
                "channel": channel,
                "purpose": "marketing",
                "state": said.get("state"),
                "opt_in_level": said.get("opt_in_level"),
                "source": reader.child(f"{channel}_marketing_consent").text("consent_collected_from") or "shopify",
                "changed_at": said.get("updated_at"),
            }
        )
        data["granted"] = people.granted(said)
        found.add("consent.changed", f"customer:{customer_id or found.key}", data, at=said.get("updated_at"))

    return handle


def _privacy(type: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        person = reader.child("customer")
        data = compact(
            {
                "id": reader.child("data_request").id("id"),
                "customer_id": person.id("id"),
                "email": person.email("email"),
                "phone": person.text("phone"),
                "order_ids": reader.texts("orders_requested", "orders_to_redact"),
                "shop_domain": reader.text("shop_domain"),
            }
        )
        subject = f"customer:{data['customer_id']}" if "customer_id" in data else f"shop:{reader.id('shop_id')}"
        found.add(type, subject, data)

    return handle


def _product(type: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        own = _need_id(reader, "A product")
        data = catalog.product(reader)
        is_new = type == "product.created"
        at = data.get("created_at" if is_new else "updated_at")
        found.add(type, f"product:{own}", data, id=f"product:{own}:created" if is_new else None, at=at)
        if data.get("published_at") and data.get("status") == "active":
            name = f"product:{own}:published:{data['published_at']}"
            found.add("product.published", f"product:{own}", data, id=name, at=data["published_at"])

    return handle


def _product_deleted(found: Found, reader: Reader) -> None:
    own = _need_id(reader, "A deleted product")
    data = {"id": own, "status": "deleted", "deleted_at": iso(found.delivery.received_at)}
    found.add("product.deleted", f"product:{own}", data, id=f"product:{own}:deleted")


def _stock(found: Found, reader: Reader) -> None:
    data = catalog.stock_level(reader)
    item = data.get("inventory_item_id")
    if item is None:
        raise Unmappable("A stock level without an inventory item.")
    parts = (item, data.get("location_id"), data.get("updated_at") or found.key, data.get("available"))
    name = "stock:" + ":".join(str(part) for part in parts)
    found.add("stock.changed", f"inventory_item:{item}", data, id=name, at=data.get("updated_at"))


def _stock_gone(found: Found, reader: Reader) -> None:
    """The place does not hold the item any more: none are available there."""
    data = {**catalog.stock_level(reader), "available": 0, "updated_at": iso(found.delivery.received_at)}
    found.add("stock.changed", f"inventory_item:{data.get('inventory_item_id') or found.key}", data)


def _inventory_item(found: Found, reader: Reader) -> None:
    own = _need_id(reader, "An inventory item")
    data = catalog.inventory_item(reader)
    found.add("stock.item_updated", f"inventory_item:{own}", data, at=data.get("updated_at"))


def _dispute(found: Found, reader: Reader) -> None:
    data = orders.dispute(reader)
    if data.get("status") in ("won", "lost", "accepted", "charge_refunded"):
        add_once(found, "dispute", "closed", data)
    elif topic_name(found.delivery.topic) == "disputes/update":
        found.add("dispute.updated", _of_order(data, "dispute"), data)
    else:
        add_once(found, "dispute", "opened", data, at=data.get("created_at"))


_PAYOUTS = {
    "scheduled": "scheduled",
    "in_transit": "in_transit",
    "paid": "paid",
    "failed": "failed",
    "canceled": "cancelled",
}


def _payout(found: Found, reader: Reader) -> None:
    currency = reader.text("currency")
    said = reader.text("status") or ""
    status = _PAYOUTS.get(said)
    summary = {name: text for name in reader.child("summary").data if (text := reader.child("summary").text(name))}
    data = compact(
        {
            "id": people.own_id(reader),
            "status": status,
            "amount": reader.money("amount", currency=currency),
            "currency": currency,
            "arrives_at": reader.instant("date"),
            "summary": summary,
        }
    )
    state = {"paid": "paid", "failed": "failed", "scheduled": "created"}.get(status or "", "updated")
    name = f"payout:{data.get('id') or found.key}:{status or said}"
    found.add(f"payout.{state}", f"payout:{data.get('id') or found.key}", data, id=name, at=data.get("arrives_at"))


def _gift_card(type: str) -> Callable[[Found, Reader], None]:
    def handle(found: Found, reader: Reader) -> None:
        currency = reader.text("currency")
        data = compact(
            {
                "id": people.own_id(reader),
                "last_characters": reader.text("last_characters"),
                "initial_value": reader.money("initial_value", currency=currency),
                "balance": reader.money("balance", currency=currency),
                "currency": currency,
                "customer_id": reader.id("customer_id"),
                "order_id": reader.id("order_id"),
                "note": reader.text("note"),
                "expires_at": reader.instant("expires_on"),
                "disabled_at": reader.instant("disabled_at"),
                "created_at": reader.instant("created_at"),
                "updated_at": reader.instant("updated_at"),
            }
        )
        own = data.get("id") or found.key
        is_new = type == "gift_card.created"
        at = data.get("created_at" if is_new else "updated_at")
        found.add(type, f"gift_card:{own}", data, id=f"gift_card:{own}:created" if is_new else None, at=at)

    return handle


def _uninstalled(found: Found, reader: Reader) -> None:
    data = compact(
        {
            "shop_id": reader.id("id"),
            "shop_name": reader.text("name"),
            "shop_domain": reader.text("myshopify_domain", "domain")
            or found.delivery.headers.get("x-shopify-shop-domain"),
            "email": reader.email("email"),
        }
    )
    found.add("app.uninstalled", f"shop:{data.get('shop_id') or found.key}", data)


def _of_order(data: Mapping[str, Any], kind: str) -> str:
    return f"order:{data['order_id']}" if data.get("order_id") else f"{kind}:{data.get('id')}"


TOPICS: dict[str, Callable[[Found, Reader], None]] = {
    "orders/create": _order("order.created"),
    "orders/updated": _order("order.updated"),
    "orders/paid": _order("order.paid"),
    "orders/cancelled": _order("order.cancelled"),
    "orders/fulfilled": _order("order.fulfilled"),
    "orders/partially_fulfilled": _order("order.partially_fulfilled"),
    "orders/edited": _order_edited,
    "orders/delete": _order_deleted,
    "orders/risk_assessment_changed": _risk,
    "orders/read": readback.order(transactions=_transaction, refunds=_refund, fulfillments=_fulfillment("created")),
    "customers/read": readback.customer,
    "products/read": readback.product,
    "order_transactions/create": _transaction,
    "refunds/create": _refund,
    "fulfillments/create": _fulfillment("created"),
    "fulfillments/update": _fulfillment("updated"),
    "fulfillment_events/create": _fulfillment_event,
    "carts/create": _cart("cart.created"),
    "carts/update": _cart("cart.updated"),
    "checkouts/create": _cart("checkout.created"),
    "checkouts/update": _cart("checkout.updated"),
    "checkouts/delete": _checkout_deleted,
    "customers/create": _customer("customer.created"),
    "customers/update": _customer("customer.updated"),
    "customers/enable": _customer("customer.updated"),
    "customers/disable": _customer("customer.updated"),
    "customers/delete": _customer_deleted,
    "customers_email_marketing_consent/update": _consent("email"),
    "customers_marketing_consent/update": _consent("sms"),
    "customers/data_request": _privacy("privacy.data_requested"),
    "customers/redact": _privacy("privacy.erasure_requested"),
    "shop/redact": _privacy("privacy.shop_erasure_requested"),
    "products/create": _product("product.created"),
    "products/update": _product("product.updated"),
    "products/delete": _product_deleted,
    "inventory_levels/connect": _stock,
    "inventory_levels/update": _stock,
    "inventory_levels/disconnect": _stock_gone,
    "inventory_items/create": _inventory_item,
    "inventory_items/update": _inventory_item,
    "disputes/create": _dispute,
    "disputes/update": _dispute,
    "payouts/list": _payout,
    "gift_cards/create": _gift_card("gift_card.created"),
    "gift_cards/update": _gift_card("gift_card.updated"),
    "app/uninstalled": _uninstalled,
}
LISTS: dict[str, Callable[[Found, Reader], None]] = {
    "inventory_levels": _stock,
    "payouts": _payout,
    "orders": _order("order.updated"),
    "products": _product("product.updated"),
    "customers": _customer("customer.updated"),
}
"""Answers of the REST interface: many records under one name."""

_BY_FILE = {name.replace("/", "_"): name for name in TOPICS} | {"orders_update": "orders/updated"}


def _guess(body: object) -> str:
    """The topic of a body that came without one (a file): by fields only that record has."""
    reader = Reader(body)
    for names, topic in (
        (("line_items", "financial_status"), "orders/updated"),
        (("abandoned_checkout_url",), "checkouts/update"),
        (("refund_line_items",), "refunds/create"),
        (("inventory_item_id", "location_id"), "inventory_levels/update"),
        (("variants", "body_html"), "products/update"),
        (("orders_count", "email"), "customers/update"),
        (("tracking_numbers", "order_id"), "fulfillments/update"),
    ):
        if all(reader.has(name) for name in names):
            return topic
    return ""
