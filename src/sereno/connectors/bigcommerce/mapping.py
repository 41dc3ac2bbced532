"""What BigCommerce's notices mean. They are thin: they name a record and say little of it.

So their events carry `is_thin`, and the records they make hold only what the notice said. Records that were read by its
interfaces (`order/read`, ...) are whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sereno.connectors.bigcommerce import whole
from sereno.connectors.building import Found, add_once
from sereno.connectors.reading import Reader, compact, object_of
from sereno.sdk.connector import Delivery, Mapped, Unmappable

STATUSES = {
    0: ("Incomplete", None),
    1: ("Pending", None),
    2: ("Shipped", "order.fulfilled"),
    3: ("Partially Shipped", "order.partially_fulfilled"),
    4: ("Refunded", "order.refunded"),
    5: ("Cancelled", "order.cancelled"),
    6: ("Declined", "order.payment_failed"),
    7: ("Awaiting Payment", None),
    8: ("Awaiting Pickup", "order.paid"),
    9: ("Awaiting Shipment", "order.paid"),
    10: ("Completed", "order.completed"),
    11: ("Awaiting Fulfillment", "order.paid"),
    12: ("Manual Verification Required", None),
    13: ("Disputed", None),
    14: ("Partially Refunded", "order.partially_refunded"),
}
"""BigCommerce's numbers: the name, and what reaching it means."""


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    notes: list[str] = []
    body = Reader(object_of(delivery), notes)
    scope = (body.text("scope") or delivery.topic).removeprefix("store/")
    handler = SCOPES.get(scope)
    if handler is None:
        return Mapped((), "topic.not_used" if scope else "topic.missing")
    found = Found(delivery, key, notes)
    handler(found, body.child("data"), body.instant("created_at"))
    return found.mapped()


def _need_id(reader: Reader, what: str) -> str:
    own = reader.id("id")
    if own is None:
        raise Unmappable(f"{what} without an id.")
    return own


def _order(type: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        own = _need_id(reader, "An order")
        name = f"order:{own}:{type.partition('.')[2]}" if type != "order.updated" else None
        found.add(type, f"order:{own}", {"id": own, "is_thin": True}, id=name, at=at)

    return handle


def _order_status(found: Found, reader: Reader, at: str | None) -> None:
    own = _need_id(reader, "An order")
    number = reader.child("status").integer("new_status_id")
    status, reached = STATUSES.get(number if number is not None else -1, (None, None))
    data = compact({"id": own, "platform_status": status, "is_thin": True})
    found.add("order.updated", f"order:{own}", data, at=at)
    if reached == "order.partially_refunded":
        found.add(reached, f"order:{own}", data, at=at)
    elif reached:
        found.add(reached, f"order:{own}", data, id=f"order:{own}:{reached.partition('.')[2]}", at=at)


def _refund(found: Found, reader: Reader, at: str | None) -> None:
    own = _need_id(reader, "A refunded order")
    data = compact(
        {
            "id": reader.child("refund").id("refund_id"),
            "order_id": own,
            "is_thin": True,
            "created_at": at,
            "updated_at": at,
        }
    )
    add_once(found, "refund", "created", data, at=at)


def _transaction(found: Found, reader: Reader, at: str | None) -> None:
    order_id = reader.id("order_id")
    own = reader.id("transaction_id", "id")
    data = compact({"id": own, "order_id": order_id, "status": "pending", "created_at": at}, keep=("order_id",))
    add_once(found, "payment", "created", data, at=at)


def _shipment(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        own = _need_id(reader, "A shipment")
        data: dict[str, Any] = {"id": own, "order_id": reader.id("orderId", "order_id"), "is_thin": True}
        data |= compact({"updated_at": at})
        if state == "created":
            # BigCommerce makes a shipment when the goods are handed over.
            data |= compact({"status": "success", "shipped_at": at, "created_at": at})
            add_once(found, "shipment", "shipped", data, at=at)
        elif state == "cancelled":
            add_once(found, "fulfillment", "cancelled", {**data, "status": "cancelled"}, at=at)
        else:
            subject = f"order:{data['order_id']}" if data["order_id"] else f"fulfillment:{own}"
            found.add("fulfillment.updated", subject, data, at=at)

    return handle


def _cart(type: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        own = reader.id("cartId") or _need_id(reader, "A cart")
        data = compact(
            {
                "id": own,
                "token": reader.text("token"),
                "order_id": reader.id("orderId"),
                "is_thin": True,
                "completed_at": at if type == "checkout.completed" else None,
                "deleted_at": at if type == "cart.deleted" else None,
            }
        )
        name = None if type in ("cart.updated", "checkout.abandoned") else f"{type}:{own}"
        found.add(type, f"cart:{own}", data, id=name, at=at)

    return handle


def _customer(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        own = _need_id(reader, "A customer")
        data = compact({"id": own, "deleted_at": at}) if state == "deleted" else {"id": own, "is_thin": True}
        name = None if state == "updated" else f"customer:{own}:{state}"
        found.add(f"customer.{state}", f"customer:{own}", data, id=name, at=at)

    return handle


def _product(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        own = _need_id(reader, "A product")
        gone = {"id": own, "status": "deleted", "deleted_at": at}
        data = compact(gone) if state == "deleted" else {"id": own, "is_thin": True}
        name = None if state == "updated" else f"product:{own}:{state}"
        found.add(f"product.{state}", f"product:{own}", data, id=name, at=at)

    return handle


def _stock(found: Found, reader: Reader, at: str | None) -> None:
    """An absolute figure, or by how much it changed."""
    inventory = reader.child("inventory")
    product_id = inventory.id("product_id") or reader.id("id")
    variant_id = inventory.id("variant_id")
    if product_id is None:
        raise Unmappable("A stock notice without a product.")
    value = inventory.number("value")
    is_absolute = inventory.text("method") == "absolute"
    data = compact(
        {
            "product_id": product_id,
            "variant_id": variant_id,
            "sku": inventory.text("sku"),
            "available": value if is_absolute else None,
            "change": None if is_absolute else value,
            "reason": inventory.text("method"),
            "updated_at": at,
        }
    )
    found.add("stock.changed", f"variant:{variant_id}" if variant_id else f"product:{product_id}", data, at=at)


def _uninstalled(found: Found, reader: Reader, at: str | None) -> None:
    found.add("app.uninstalled", f"shop:{reader.id('id') or found.key}", compact({"shop_id": reader.id("id")}), at=at)


SCOPES: dict[str, Callable[[Found, Reader, str | None], None]] = {
    "order/created": _order("order.created"),
    "order/updated": _order("order.updated"),
    "order/archived": _order("order.deleted"),
    "order/statusUpdated": _order_status,
    "order/message/created": _order("order.updated"),
    "order/refund/created": _refund,
    "order/transaction/created": _transaction,
    "shipment/created": _shipment("created"),
    "shipment/updated": _shipment("updated"),
    "shipment/deleted": _shipment("cancelled"),
    "cart/created": _cart("cart.created"),
    "cart/updated": _cart("cart.updated"),
    "cart/couponApplied": _cart("cart.updated"),
    "cart/lineItem/created": _cart("cart.updated"),
    "cart/lineItem/updated": _cart("cart.updated"),
    "cart/lineItem/deleted": _cart("cart.updated"),
    "cart/abandoned": _cart("checkout.abandoned"),
    "cart/converted": _cart("checkout.completed"),
    "cart/deleted": _cart("cart.deleted"),
    "customer/created": _customer("created"),
    "customer/updated": _customer("updated"),
    "customer/deleted": _customer("deleted"),
    "product/created": _product("created"),
    "product/updated": _product("updated"),
    "product/deleted": _product("deleted"),
    "product/inventory/updated": _stock,
    "product/inventory/order/updated": _stock,
    "sku/inventory/updated": _stock,
    "sku/inventory/order/updated": _stock,
    "app/uninstalled": _uninstalled,
    "order/read": whole.told_order({number: name for number, (name, _reached) in STATUSES.items()}),
    "customer/read": whole.told_customer,
    "product/read": whole.told_product,
    "stock/read": whole.told_stock,
}
