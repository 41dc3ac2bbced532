"""What each topic of the Vendure store's webhooks means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sereno.connectors import currencies, wording
from sereno.connectors.building import Found, add_once, add_order
from sereno.connectors.reading import Reader, compact, minor, object_of
from sereno.connectors.vendure import orders
from sereno.sdk.connector import Delivery, Mapped, Unmappable

_CHANGES = {"ALLOCATION": -1, "RELEASE": 1, "ADJUSTMENT": 1, "CANCELLATION": 1, "SALE": 0}
"""What one unit of a movement does to what may be sold: an allocation takes it, a sale sends what was taken before."""


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable."""
    notes: list[str] = []
    body = Reader(object_of(delivery), notes)
    topic = body.text("topic") or delivery.topic
    handler = TOPICS.get(topic)
    if handler is None:
        return Mapped((), "topic.not_used" if topic else "topic.missing")
    found = Found(delivery, key, notes)
    handler(found, body.child("data"), body)
    return found.mapped()


def _at(data: Reader, body: Reader) -> str | None:
    return data.instant("createdAt") or body.instant("occurred_at")


def _ordered(found: Found, data: Reader, body: Reader) -> Reader:
    reader = data.child("order")
    if reader.id("id") is None:
        raise Unmappable("An order without an id.")
    return reader


def _placed(found: Found, data: Reader, body: Reader) -> None:
    reader = _ordered(found, data, body)
    at = _at(data, body)
    order = orders.order(reader, at)
    order.setdefault("placed_at", at)
    add_order(found, order, "order.created")
    _completed(found, orders.cart(reader, at), at)


def _completed(found: Found, cart: dict[str, Any], at: str | None) -> None:
    if not cart.get("id"):
        return
    cart.setdefault("completed_at", at)
    found.add(
        "checkout.completed", f"cart:{cart['id']}", cart, id=f"cart:{cart['id']}:completed", at=cart["completed_at"]
    )


def _changed(found: Found, data: Reader, body: Reader) -> None:
    """Anything about an order: of a placed one, its states; of one being filled, its cart."""
    reader = _ordered(found, data, body)
    at = _at(data, body)
    if not orders.is_placed(reader):
        cart = orders.cart(reader, at)
        if not cart.get("id"):
            raise Unmappable("A cart without a code.")
        type = "checkout.updated" if reader.text("state") == "ArrangingPayment" else "cart.updated"
        if reader.text("state") == "Cancelled":
            type = "cart.deleted"
            cart["deleted_at"] = at
        found.add(type, f"cart:{cart['id']}", cart, at=at)
        return
    order = orders.order(reader, at)
    add_order(found, order, "order.updated")
    _parcels(found, order, at)


def _parcels(found: Found, order: dict[str, Any], at: str | None) -> None:
    for parcel in order.get("fulfillments", ()):
        data_of = {**parcel, "customer_id": order.get("customer_id"), "email": order.get("email")}
        data_of |= {"order_number": order.get("number"), "destination": order.get("shipping_address")}
        if parcel.get("status") == "success":
            add_once(found, "shipment", "shipped", compact(data_of), at=parcel.get("shipped_at") or at)
        if parcel.get("delivery_status") == "delivered":
            add_once(found, "shipment", "delivered", compact(data_of), at=parcel.get("delivered_at") or at)


def _read(found: Found, data: Reader, body: Reader) -> None:
    """An order that was asked for: all that is known of it, each fact named as its own notice would have named it."""
    reader = _ordered(found, data, body)
    if not orders.is_placed(reader):
        found.skip("order.not_placed")
        return
    at = body.instant("occurred_at") or reader.instant("updatedAt")
    order = orders.order(reader, at)
    add_order(found, order, "order.created")
    found.add("order.updated", f"order:{order['id']}", order, id=f"order:{order['id']}:updated:{at}", at=at)
    _completed(found, orders.cart(reader, at), at)
    for payment in order.get("payments", ()):
        state = {"pending": "created"}.get(payment["status"], payment["status"])
        add_once(found, "payment", str(state), payment, at=payment.get("updated_at"))
    for refund in order.get("refunds", ()):
        add_once(found, "refund", "created", refund, at=refund.get("created_at"))
        if refund["status"] != "pending":
            name = f"refund:{refund['id']}:{refund['status']}"
            found.add("refund.updated", f"order:{order['id']}", refund, id=name, at=refund.get("updated_at"))
    _parcels(found, order, at)


def _payment(found: Found, data: Reader, body: Reader) -> None:
    reader = data.child("payment")
    payment = orders.payment(reader, data.child("order"))
    state = {"pending": "created"}.get(payment["status"], payment["status"])
    add_once(found, "payment", str(state), payment, at=_at(data, body))


def _refund(found: Found, data: Reader, body: Reader) -> None:
    refund = orders.refund(data.child("refund"), data.child("order"))
    at = _at(data, body)
    refund["updated_at"] = at
    add_once(found, "refund", "created", refund, at=at)


def _refund_changed(found: Found, data: Reader, body: Reader) -> None:
    refund = orders.refund(data.child("refund"), data.child("order"))
    at = _at(data, body)
    refund["updated_at"] = at
    name = f"refund:{refund.get('id') or found.key}:{refund['status']}"
    subject = f"order:{refund['order_id']}" if refund["order_id"] else f"refund:{refund.get('id')}"
    found.add("refund.updated", subject, refund, id=name, at=at)
    if data.child("order").id("id") and orders.is_placed(data.child("order")):
        add_order(found, orders.order(data.child("order"), at), "order.updated")


def _fulfillment(found: Found, data: Reader, body: Reader) -> None:
    """The notice does not name the order; that the parcel was shipped or delivered is told with the order's own."""
    parcel = orders.fulfillment(data.child("fulfillment"), data.child("order").id("id"))
    at = _at(data, body)
    parcel["updated_at"] = at
    state = {"Pending": "created", "Cancelled": "cancelled"}.get(data.text("toState") or "")
    if state:
        add_once(found, "fulfillment", state, parcel, at=at)
    else:
        found.add("fulfillment.updated", f"fulfillment:{parcel.get('id')}", parcel, at=at)
    if parcel["order_id"] is None:
        found.note("order.missing")


def _stock(found: Found, data: Reader, body: Reader) -> None:
    for item in data.children("stockMovements"):
        variant_id = item.child("productVariant").id("id")
        kind = item.text("type") or data.text("type") or ""
        quantity = item.number("quantity")
        if variant_id is None or quantity is None:
            found.note("movement.odd")
            continue
        change = _CHANGES.get(kind)
        level = compact(
            {
                "variant_id": variant_id,
                "location_id": item.id("stockLocationId") or item.child("stockLocation").id("id"),
                "location_name": item.child("stockLocation").text("name"),
                "change": None if change is None else change * quantity,
                "reason": kind.lower() or None,
                "updated_at": item.instant("createdAt") or _at(data, body),
            }
        )
        # Movements are never changed, so each is one fact.
        name = f"stock_movement:{item.id('id')}" if item.id("id") else None
        found.add("stock.changed", f"variant:{variant_id}", level, id=name, at=level.get("updated_at"))


def _level(found: Found, data: Reader, body: Reader) -> None:
    """A variant's stock as it was asked for, place by place."""
    variant = data.child("variant")
    own = variant.id("id")
    if own is None:
        raise Unmappable("A variant without an id.")
    for item in variant.children("stockLevels"):
        on_hand, taken = item.integer("stockOnHand"), item.integer("stockAllocated") or 0
        if on_hand is None:
            found.note("level.odd")
            continue
        level = compact(
            {
                "variant_id": own,
                "product_id": variant.id("productId"),
                "sku": variant.text("sku"),
                "location_id": item.id("stockLocationId"),
                "location_name": item.child("stockLocation").text("name"),
                "available": on_hand - taken,
                "on_hand": on_hand,
                "reserved": taken,
                "updated_at": item.instant("updatedAt") or body.instant("occurred_at"),
            }
        )
        name = f"stock:{own}:{level.get('location_id')}:{level.get('updated_at')}"
        found.add("stock.changed", f"variant:{own}", level, id=name, at=level.get("updated_at"))


def _customer(state: str) -> Callable[[Found, Reader, Reader], None]:
    def handle(found: Found, data: Reader, body: Reader) -> None:
        entity = data.child("entity", "customer")
        customer = orders.customer(entity)
        own, at = entity.id("id"), _at(data, body)
        if own is None:
            found.skip("customer.missing")
            return
        customer["created_at"] = entity.instant("createdAt")
        if state == "deleted":
            customer = {"id": own, "deleted_at": at}
        else:
            customer["updated_at"] = at
        name = f"customer:{own}:{state}" if state != "updated" else None
        found.add(f"customer.{state}", f"customer:{own}", compact(customer), id=name, at=at)

    return handle


def _product(state: str) -> Callable[[Found, Reader, Reader], None]:
    def handle(found: Found, data: Reader, body: Reader) -> None:
        entity = data.child("entity", "product")
        own, at = entity.id("id"), _at(data, body)
        if own is None:
            found.skip("product.missing")
            return
        words = _words(entity, body)
        product = compact(
            {
                "id": own,
                "title": words.text("name"),
                "handle": words.text("slug"),
                "status": "deleted" if state == "deleted" else _status(entity, words),
                "created_at": entity.instant("createdAt"),
                "updated_at": at,
                "deleted_at": at if state == "deleted" else None,
            }
        )
        if state != "deleted":
            product |= wording.description(words, "description")
        name = f"product:{own}:{state}" if state != "updated" else None
        found.add(f"product.{state}", f"product:{own}", product, id=name, at=at)

    return handle


def _words(entity: Reader, body: Reader) -> Reader:
    """What it is called: as read back, in the channel's language; else in the language the notice names, or the one it
    was first described in."""
    words = entity.children("translations")
    if entity.has("name") or not words:
        return entity
    language = body.text("language_code")
    named = next((one for one in words if language and one.text("languageCode") == language), None)
    # Words just written come without their age, which stands with those they replace.
    known = [*words, *(old for one in words for old in one.child("base").children("translations"))]
    ages = {one.text("languageCode"): age for one in known if (age := one.instant("createdAt"))}
    return named or min(words, key=lambda one: ages.get(one.text("languageCode"), "9999"))


def _status(entity: Reader, words: Reader) -> str | None:
    """A notice of changed words leaves out whether it is shown; with the words stands how it was."""
    is_shown = next(
        (one for one in (entity.boolean("enabled"), words.child("base").boolean("enabled")) if one is not None), None
    )
    return None if is_shown is None else "active" if is_shown else "draft"


def _variant(state: str) -> Callable[[Found, Reader, Reader], None]:
    def handle(found: Found, data: Reader, body: Reader) -> None:
        at = _at(data, body)
        entities = data.children("entity") if isinstance(data.raw("entity"), list) else [data.child("entity")]
        asked = data.children("input") if isinstance(data.raw("input"), list) else [data.child("input")]
        repriced = {item.id("id") for item in asked if item.has("price") or item.has("prices")}
        for entity in entities:
            own = entity.id("id")
            if own is None:
                found.skip("variant.missing")
                continue
            variant = _variant_of(entity, body, at)
            if state == "deleted":
                variant["deleted_at"] = at
            name = f"variant:{own}:{state}" if state != "updated" else None
            found.add(f"variant.{state}", f"variant:{own}", variant, id=name, at=at)
            if state == "updated" and own in repriced and "price" in variant:
                # The notice of the price itself does not say whose it is.
                found.add("variant.price_changed", f"variant:{own}", variant, at=at)

    return handle


def _variant_of(entity: Reader, body: Reader, at: str | None) -> dict[str, Any]:
    currency = currencies.code(entity.text("currencyCode") or body.text("currency_code"))
    levels = entity.children("stockLevels")
    on_hand = [number for item in levels if (number := item.integer("stockOnHand")) is not None]
    taken = [number for item in levels if (number := item.integer("stockAllocated")) is not None]
    words = _words(entity, body)
    # `price` is without tax; what is set is the price as the channel lists it.
    listed = [one.raw("price") for one in entity.children("prices") if one.text("currencyCode") == currency]
    price = next((one for one in (entity.raw("listPrice"), *listed) if one is not None), entity.raw("price"))
    return compact(
        {
            "variant_id": entity.id("id"),
            "product_id": entity.id("productId") or entity.child("product").id("id"),
            "sku": entity.text("sku"),
            "variant_title": words.text("name"),
            "price": minor(price, orders.HUNDREDTHS, currency),
            "currency": currency,
            "available": sum(on_hand) - sum(taken) if on_hand else None,
            "updated_at": at,
        }
    )


def _price(found: Found, data: Reader, body: Reader) -> None:
    """A price by channel and currency. Vendure's notice leaves out whose price it is unless the variant is loaded."""
    at = _at(data, body)
    for entity in data.children("entity"):
        currency = currencies.code(entity.text("currencyCode"))
        variant = entity.child("variant")
        own = variant.id("id") or entity.id("variantId")
        price = compact(
            {
                "variant_id": own,
                "product_id": variant.id("productId"),
                "sku": variant.text("sku"),
                "price": minor(entity.raw("price"), orders.HUNDREDTHS, currency),
                "currency": currency,
                "updated_at": at,
            }
        )
        if own is None:
            found.note("variant.missing")
        found.add("variant.price_changed", f"variant:{own}" if own else f"price:{entity.id('id')}", price, at=at)


def _unnamed(found: Found, data: Reader, body: Reader) -> None:
    """An account was made; the notice says nothing of whose. The customer's own notice follows."""
    found.skip("customer.missing")


TOPICS: dict[str, Callable[[Found, Reader, Reader], None]] = {
    "order.placed": _placed,
    "order.read": _read,
    "order.state": _changed,
    "order.coupon": _changed,
    "order.line": _changed,
    "order.line.created": _changed,
    "order.line.updated": _changed,
    "order.line.deleted": _changed,
    "order.line.cancelled": _changed,
    "payment.state": _payment,
    "refund": _refund,
    "refund.created": _refund,
    "refund.state": _refund_changed,
    "fulfillment.state": _fulfillment,
    "stock.movement": _stock,
    "stock.level": _level,
    "customer.created": _customer("created"),
    "customer.updated": _customer("updated"),
    "customer.deleted": _customer("deleted"),
    "customer.registered": _unnamed,
    "product.created": _product("created"),
    "product.updated": _product("updated"),
    "product.deleted": _product("deleted"),
    "product_variant.created": _variant("created"),
    "product_variant.updated": _variant("updated"),
    "product_variant.deleted": _variant("deleted"),
    "product_variant_price.created": _price,
    "product_variant_price.updated": _price,
}
