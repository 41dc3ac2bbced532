"""WooCommerce-shaped webhooks: orders, customers and products in REST v3 form."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sereno.site.demo.catalogue import BY_SKU, Item
from sereno.site.demo.season import ZONE
from sereno.site.demo.shapes.hooks import Hook, bare, euros, tax_inside

if TYPE_CHECKING:
    from sereno.site.demo.people import Person
    from sereno.site.demo.world import World

SHOP = "https://mayorista.casa-azahar.example/"


def _hook(topic: str, body: Any, at: datetime, key: object) -> Hook:
    return Hook("woocommerce", topic, body, at, f"{topic.replace('.', '-')}-{key}-{int(at.timestamp())}")


def _times(name: str, at: datetime | str | None) -> dict[str, Any]:
    """WooCommerce gives every instant twice: in the shop's time and in UTC, neither of which says so."""
    if at is None:
        return {name: None, f"{name}_gmt": None}
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return {name: instant.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S"), f"{name}_gmt": bare(instant)}


def product(world: World, items: list[Item], at: datetime, *, is_new: bool) -> list[Hook]:
    return [_product(world, items[0], at, "product.created" if is_new else "product.updated")]


def stock(world: World, item: Item, at: datetime) -> list[Hook]:
    return [_product(world, item, at, "product.updated")]


def _product(world: World, item: Item, at: datetime, topic: str) -> Hook:
    count = world.stock[item.sku]
    body = {
        "id": 2_000 + item.number,
        "name": item.title,
        "slug": item.sku.lower(),
        "permalink": f"{SHOP}producto/{item.sku.lower()}/",
        "type": "simple",
        "status": "publish",
        "sku": item.sku,
        "price": euros(item.price),
        "regular_price": euros(item.price),
        "sale_price": "",
        "manage_stock": True,
        "stock_quantity": count,
        "stock_status": "instock" if count > 0 else "outofstock",
        "backorders": "no",
        "weight": f"{item.grams / 1000:.2f}",
        "categories": [{"id": 31, "name": item.kind, "slug": "mayorista"}],
        "tags": [],
        "images": [],
        "attributes": [],
        "variations": [],
        "meta_data": [],
        **_times("date_created", "2025-09-01T08:00:00+00:00"),
        **_times("date_modified", at),
    }
    return _hook(topic, body, at, f"{item.number}-{count}")


def customer(person: Person, at: datetime) -> list[Hook]:
    body = {
        "id": 3_000 + person.number,
        "email": person.email,
        "first_name": person.given,
        "last_name": person.family,
        "username": person.email.partition("@")[0],
        "role": "customer",
        "is_paying_customer": False,
        "billing": _address(person, with_email=True),
        "shipping": _address(person),
        "meta_data": [{"id": 1, "key": "locale", "value": person.locale}],
        **_times("date_created", at),
        **_times("date_modified", at),
    }
    return [_hook("customer.created", body, at, person.number)]


def consent(person: Person, at: datetime) -> list[Hook]:
    return []


def placed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    if order["is_paid"]:
        order["paid"] = at.isoformat()
    return [_order(world, order, at, "order.created")]


def paid(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    order["paid"] = at.isoformat()
    return [_order(world, order, at, "order.updated")]


def cancelled(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_order(world, order, at, "order.updated")]


def packed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_order(world, order, at, "order.updated")]


def travelling(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return []


def delivered(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return []


def refunded(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_order(world, order, at, "order.updated")]


def _status(order: dict[str, Any]) -> str:
    if order["cancelled"]:
        return "cancelled"
    if order["parcel"]:
        return "completed"
    return "processing" if order["paid"] else "on-hold"


def _order(world: World, order: dict[str, Any], at: datetime, topic: str) -> Hook:
    person = world.people[order["person"]]
    number = 20_000 + order["number"]
    refund = order["refund"]
    body = {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": f"wc_order_{order['cart'][:12]}",
        "created_via": "checkout",
        "version": "9.4.0",
        "status": _status(order),
        "currency": "EUR",
        "discount_total": euros(order["discount"]),
        "shipping_total": euros(order["shipping"]),
        "total": euros(order["total"]),
        "total_tax": euros(tax_inside(order["total"])),
        "prices_include_tax": True,
        "customer_id": 3_000 + person.number,
        "customer_note": "",
        "billing": _address(person, with_email=True),
        "shipping": _address(person),
        "payment_method": "stripe" if order["is_paid"] else "bacs",
        "payment_method_title": "Tarjeta" if order["is_paid"] else "Transferencia bancaria",
        "transaction_id": f"pi_{order['cart'][:18]}" if order["paid"] else "",
        "cart_hash": order["cart"],
        "meta_data": [
            {"id": 1, "key": "_wc_order_attribution_utm_source", "value": order["source"][0] or "(direct)"},
            {"id": 2, "key": "_wc_order_attribution_utm_medium", "value": order["source"][1]},
        ],
        "line_items": [
            {
                "id": number * 10 + place,
                "name": BY_SKU[sku].title,
                "product_id": 2_000 + BY_SKU[sku].number,
                "variation_id": 0,
                "quantity": count,
                "sku": sku,
                "price": BY_SKU[sku].price / 100,
                "subtotal": euros(BY_SKU[sku].price * count),
                "total": euros(BY_SKU[sku].price * count),
                "total_tax": euros(tax_inside(BY_SKU[sku].price * count)),
                "meta_data": [],
            }
            for place, (sku, count) in enumerate(order["items"].items(), start=1)
        ],
        "shipping_lines": [{"id": 1, "method_title": "Transportista", "total": euros(order["shipping"])}],
        "coupon_lines": [{"id": 2, "code": "novedades10", "discount": euros(order["discount"])}]
        if order["discount"]
        else [],
        "fee_lines": [],
        "refunds": [{"id": number + 700_000, "reason": "Rotura", "total": f"-{euros(refund['amount'])}"}]
        if refund
        else [],
        **_times("date_created", order["placed"]),
        **_times("date_modified", at),
        **_times("date_paid", order["paid"]),
        **_times("date_completed", order["parcel"]["packed"] if order["parcel"] else None),
    }
    return _hook(topic, body, at, order["number"])


def _address(person: Person, *, with_email: bool = False) -> dict[str, Any]:
    address = {
        "first_name": person.given,
        "last_name": person.family,
        "company": "",
        "address_1": person.street,
        "address_2": "",
        "city": person.city,
        "state": person.region,
        "postcode": person.postal_code,
        "country": person.country,
        "phone": person.phone,
    }
    return address | {"email": person.email} if with_email else address
