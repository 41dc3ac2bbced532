"""Vendure-shaped webhooks, as a small plugin of a Vendure store sends them: money in integer hundredths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sereno.site.demo.catalogue import BY_SKU, Item
from sereno.site.demo.shapes.hooks import Hook

if TYPE_CHECKING:
    from sereno.site.demo.people import Person
    from sereno.site.demo.world import World

_FIRST = 900_000


def _milli(at: datetime | str) -> str:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hook(topic: str, data: dict[str, Any], at: datetime, key: object) -> Hook:
    body = {
        "topic": topic,
        "occurred_at": _milli(at),
        "channel": "__default_channel__",
        "currency_code": "EUR",
        "data": {"createdAt": _milli(at), **data},
    }
    return Hook("vendure", topic, body, at, f"{topic.replace('.', '-')}-{key}-{int(at.timestamp())}")


def product(world: World, items: list[Item], at: datetime, *, is_new: bool) -> list[Hook]:
    item = items[0]
    entity = [_variant(item, at)]
    hook = _hook(
        "product_variant.updated", {"entity": entity, "type": "created" if is_new else "updated"}, at, item.number
    )
    return [hook]


def stock(world: World, item: Item, at: datetime) -> list[Hook]:
    movement = {
        "id": world.next_number(),
        "type": "ADJUSTMENT",
        "quantity": 0,
        "stockOnHand": world.stock[item.sku],
        "productVariant": _variant(item, at) | {"stockOnHand": world.stock[item.sku]},
        "stockLocation": {"id": 1, "name": "Almacén"},
        "createdAt": _milli(at),
        "updatedAt": _milli(at),
    }
    return [_hook("stock.movement", {"stockMovements": [movement], "type": "ADJUSTMENT"}, at, movement["id"])]


def customer(person: Person, at: datetime) -> list[Hook]:
    return [_hook("customer.created", {"entity": _person(person, at), "type": "created"}, at, person.number)]


def consent(person: Person, at: datetime) -> list[Hook]:
    return []


def placed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    if order["is_paid"]:
        order["paid"] = at.isoformat()
    state = "PaymentSettled" if order["is_paid"] else "PaymentAuthorized"
    data = {"fromState": "ArrangingPayment", "toState": state, "order": _order(world, order, at, state)}
    hooks = [_hook("order.placed", data, at, order["number"])]
    return hooks + ([_payment(world, order, at)] if order["is_paid"] else [])


def paid(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    order["paid"] = at.isoformat()
    return [_payment(world, order, at)]


def cancelled(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_state(world, order, at, "PaymentSettled", "Cancelled")]


def packed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_parcel(order, at, "Pending", "Shipped"), _state(world, order, at, "PaymentSettled", "Shipped")]


def travelling(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return []


def delivered(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_parcel(order, at, "Shipped", "Delivered"), _state(world, order, at, "Shipped", "Delivered")]


def refunded(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    refund = {
        "id": _FIRST + order["refund"]["number"],
        "method": "card",
        "reason": "Llegó roto",
        "state": "Settled",
        "total": order["refund"]["amount"],
        "items": order["refund"]["amount"],
        "shipping": 0,
        "adjustment": 0,
        "createdAt": _milli(at),
        "updatedAt": _milli(at),
    }
    data = {"order": _order(world, order, at, "Delivered"), "refund": refund}
    return [_hook("refund.created", data, at, refund["id"])]


def _state(world: World, order: dict[str, Any], at: datetime, before: str, after: str) -> Hook:
    data = {"fromState": before, "toState": after, "order": _order(world, order, at, after)}
    return _hook("order.state", data, at, f"{order['number']}-{after}")


def _payment(world: World, order: dict[str, Any], at: datetime) -> Hook:
    data = {
        "fromState": "Created",
        "toState": "Settled",
        "payment": _paid_with(order, at),
        "order": _order(world, order, at, "PaymentSettled"),
    }
    return _hook("payment.state", data, at, order["number"])


def _parcel(order: dict[str, Any], at: datetime, before: str, after: str) -> Hook:
    parcel = order["parcel"]
    fulfillment = {
        "id": _FIRST + parcel["number"],
        "state": after,
        "trackingCode": parcel["code"],
        "method": "SEUR",
        "handlerCode": "manual-fulfillment",
        "orders": [{"id": _FIRST + order["number"], "code": _code(order)}],
        "lines": [],
        "createdAt": _milli(parcel["packed"]),
        "updatedAt": _milli(at),
    }
    data = {"fromState": before, "toState": after, "fulfillment": fulfillment}
    return _hook("fulfillment.state", data, at, f"{parcel['number']}-{after}")


def _code(order: dict[str, Any]) -> str:
    return order["cart"][:16].upper()


def _variant(item: Item, at: datetime) -> dict[str, Any]:
    return {
        "id": _FIRST + item.number,
        "productId": _FIRST + item.number,
        "sku": item.sku,
        "name": item.title,
        "enabled": True,
        "trackInventory": "TRUE",
        "listPrice": item.price,
        "priceWithTax": item.price,
        "currencyCode": "EUR",
        "createdAt": _milli("2025-09-01T08:00:00+00:00"),
        "updatedAt": _milli(at),
        "product": {"id": _FIRST + item.number, "name": item.title, "enabled": True},
    }


def _person(person: Person, at: datetime) -> dict[str, Any]:
    return {
        "id": _FIRST + person.number,
        "firstName": person.given,
        "lastName": person.family,
        "phoneNumber": person.phone,
        "emailAddress": person.email,
        "createdAt": _milli(person.created or at),
        "updatedAt": _milli(at),
        "deletedAt": None,
        "customFields": {"locale": person.locale},
    }


def _paid_with(order: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "id": _FIRST + order["number"],
        "method": "card",
        "state": "Settled",
        "amount": order["total"],
        "transactionId": order["cart"][:10],
        "errorMessage": None,
        "metadata": {},
        "createdAt": _milli(order["placed"]),
        "updatedAt": _milli(at),
    }


def _order(world: World, order: dict[str, Any], at: datetime, state: str) -> dict[str, Any]:
    person = world.people[order["person"]]
    goods = order["total"] - order["shipping"]
    return {
        "id": _FIRST + order["number"],
        "code": _code(order),
        "state": state,
        "type": "Regular",
        "active": False,
        "orderPlacedAt": _milli(order["placed"]),
        "createdAt": _milli(order["placed"]),
        "updatedAt": _milli(at),
        "currencyCode": "EUR",
        "couponCodes": ["NOVEDADES10"] if order["discount"] else [],
        "customerId": _FIRST + person.number,
        "customer": _person(person, at),
        "subTotal": round(goods / 1.21),
        "subTotalWithTax": goods,
        "shipping": round(order["shipping"] / 1.21),
        "shippingWithTax": order["shipping"],
        "total": round(order["total"] / 1.21),
        "totalWithTax": order["total"],
        "totalQuantity": sum(order["items"].values()),
        "discounts": [],
        "surcharges": [],
        "fulfillments": [],
        "payments": [_paid_with(order, at)] if order["paid"] else [],
        "shippingLines": [],
        "shippingAddress": {
            "fullName": person.name,
            "streetLine1": person.street,
            "city": person.city,
            "postalCode": person.postal_code,
            "countryCode": person.country,
            "phoneNumber": person.phone,
        },
        "billingAddress": {},
        "lines": [
            {
                "id": _FIRST + order["number"] * 10 + place,
                "quantity": count,
                "orderPlacedQuantity": count,
                "listPrice": BY_SKU[sku].price,
                "listPriceIncludesTax": True,
                "unitPriceWithTax": BY_SKU[sku].price,
                "linePriceWithTax": BY_SKU[sku].price * count,
                "discountedLinePriceWithTax": BY_SKU[sku].price * count,
                "productVariantId": _FIRST + BY_SKU[sku].number,
                "productVariant": _variant(BY_SKU[sku], at),
            }
            for place, (sku, count) in enumerate(order["items"].items(), start=1)
        ],
    }
