"""Shopify-shaped webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sereno.site.demo.catalogue import BY_SKU, Item, products
from sereno.site.demo.people import COORDINATES
from sereno.site.demo.season import ZONE
from sereno.site.demo.shapes.hooks import Hook, euros, tax_inside
from sereno.site.demo.shapes.shopify_names import LOCATION, counted_id, id_of, product_id, variant_id

if TYPE_CHECKING:
    from sereno.site.demo.people import Person
    from sereno.site.demo.world import World


def _local(at: datetime | str) -> str:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(ZONE).replace(microsecond=0).isoformat()


def _hook(world: World | None, topic: str, body: Any, at: datetime, key: object) -> Hook:
    return Hook("shopify", topic, body, at, f"{topic.replace('/', '-')}-{key}-{int(at.timestamp())}")


def product(world: World, items: list[Item], at: datetime, *, is_new: bool) -> list[Hook]:
    first = items[0]
    kept = world.notes.get(f"gid://shopify/Product/{product_id(first)}", {})
    body = {
        "id": product_id(first),
        "title": kept.get("title", first.title),
        "body_html": kept.get("descriptionHtml", f"<p>{first.title}. Hecho a mano, en series cortas.</p>"),
        "handle": first.sku.lower(),
        "product_type": first.kind,
        "vendor": "Casa Azahar",
        "status": "draft" if kept.get("hidden") else "active",
        "tags": ", ".join([first.kind.lower(), *kept.get("tags", [])]),
        "created_at": _local(at),
        "published_at": _local(at),
        "updated_at": _local(at),
        "variants": [
            {
                "id": variant_id(item),
                "product_id": product_id(first),
                "title": item.variant or "Default Title",
                "sku": item.sku,
                **_prices(world, item),
                "position": place + 1,
                "grams": item.grams,
                "inventory_item_id": counted_id(item),
                "inventory_management": "shopify",
                "inventory_policy": "deny",
                "inventory_quantity": world.stock[item.sku],
                "requires_shipping": True,
                "taxable": True,
                "created_at": _local(at),
                "updated_at": _local(at),
            }
            for place, item in enumerate(items)
        ],
        "options": [],
        "images": [],
    }
    return [_hook(world, "products/create" if is_new else "products/update", body, at, first.number)]


def _prices(world: World, item: Item) -> dict[str, Any]:
    kept = world.notes.get(f"gid://shopify/ProductVariant/{variant_id(item)}", {})
    return {"price": kept.get("price") or euros(item.price), "compare_at_price": kept.get("compareAtPrice")}


def stock(world: World, item: Item, at: datetime) -> list[Hook]:
    world.counted[item.sku] = at.isoformat()
    body = {
        "inventory_item_id": counted_id(item),
        "location_id": LOCATION,
        "available": world.stock[item.sku],
        "updated_at": _local(at),
    }
    return [_hook(world, "inventory_levels/update", body, at, f"{item.number}-{world.stock[item.sku]}")]


def customer(person: Person, at: datetime) -> list[Hook]:
    body = person_body(person, at) | {"addresses": [address_body(person)], "default_address": address_body(person)}
    return [_hook(None, "customers/create", body, at, person.number)]


def consent(person: Person, at: datetime) -> list[Hook]:
    body = {
        "customer_id": id_of("customer", person.number),
        "email_address": person.email,
        "email_marketing_consent": {
            "state": "unsubscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": _local(at),
        },
    }
    return [_hook(None, "customers_email_marketing_consent/update", body, at, person.number)]


def cart(world: World, held: dict[str, Any], at: datetime, *, is_new: bool) -> list[Hook]:
    body = {
        "id": held["token"],
        "token": held["token"],
        "line_items": [_line(world, sku, count) for sku, count in held["items"].items()],
        "note": "",
        "created_at": _local(held["created"]),
        "updated_at": _local(at),
    }
    return [_hook(world, "carts/create" if is_new else "carts/update", body, at, held["token"][:12])]


def checkout(world: World, held: dict[str, Any], at: datetime, *, is_new: bool) -> list[Hook]:
    person = world.people[held["person"]]
    goods = sum(BY_SKU[sku].price * count for sku, count in held["items"].items())
    shipping = 0 if goods >= 6000 else 495
    body = {
        "id": 29_800_000_000_000 + held["checkout"],
        "token": held["token"][::-1],
        "cart_token": held["token"],
        "email": person.email,
        "phone": None,
        "created_at": _local(at),
        "updated_at": _local(at),
        "completed_at": None,
        "closed_at": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "customer_locale": person.locale,
        "buyer_accepts_marketing": person.accepts,
        "taxes_included": True,
        "landing_site": _landing(held),
        "referring_site": "",
        "source_name": "web",
        "line_items": [_line(world, sku, count) for sku, count in held["items"].items()],
        "total_line_items_price": euros(goods),
        "subtotal_price": euros(goods),
        "total_discounts": "0.00",
        "total_tax": euros(tax_inside(goods + shipping)),
        "total_price": euros(goods + shipping),
        "shipping_lines": [] if is_new else [{"title": "Envío 48 h", "price": euros(shipping)}],
        "abandoned_checkout_url": f"https://casa-azahar.example/checkouts/{held['token']}/recover",
        "discount_codes": [],
        "note": None,
        "note_attributes": [],
        "billing_address": address_body(person),
        "shipping_address": address_body(person),
        "customer": person_body(person, at),
    }
    return [_hook(world, "checkouts/create" if is_new else "checkouts/update", body, at, held["checkout"])]


def placed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    hooks = [_hook(world, "orders/create", order_body(world, order, at), at, order["number"])]
    return hooks + (_paid(world, order, at) if order["is_paid"] else [])


def paid(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return _paid(world, order, at)


def _paid(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    order["paid"] = at.isoformat()
    return [_hook(world, "orders/paid", order_body(world, order, at), at, order["number"])]


def cancelled(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_hook(world, "orders/cancelled", order_body(world, order, at), at, order["number"])]


def packed(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [
        _hook(world, "fulfillments/create", fulfillment_body(world, order, at), at, order["parcel"]["number"]),
        _hook(world, "orders/fulfilled", order_body(world, order, at), at, order["number"]),
    ]


def travelling(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_hook(world, "fulfillments/update", fulfillment_body(world, order, at), at, order["parcel"]["number"])]


def delivered(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return travelling(world, order, at)


def updated(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [
        _hook(world, "orders/updated", order_body(world, order, at), at, f"{order['number']}-{world.next_number()}")
    ]


def refunded(world: World, order: dict[str, Any], at: datetime) -> list[Hook]:
    return [_hook(world, "refunds/create", refund_body(world, order, at), at, order["refund"]["number"])]


# --- parts ------------------------------------------------------------------------------------


def _line(world: World, sku: str, count: int) -> dict[str, Any]:
    item = BY_SKU[sku]
    return {
        "id": id_of("line", item.number),
        "product_id": product_id(products("shopify")[item.title][0]),
        "variant_id": variant_id(item),
        "title": item.title,
        "variant_title": item.variant or None,
        "sku": sku,
        "quantity": count,
        "price": euros(item.price),
        "line_price": euros(item.price * count),
        "grams": item.grams,
        "vendor": "Casa Azahar",
        "total_discount": "0.00",
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "properties": [],
        "key": sku,
    }


def person_body(person: Person, at: datetime) -> dict[str, Any]:
    return {
        "id": id_of("customer", person.number),
        "email": person.email,
        "first_name": person.given,
        "last_name": person.family,
        "phone": person.phone,
        "created_at": _local(person.created or at),
        "updated_at": _local(at),
        "orders_count": person.orders,
        "total_spent": euros(person.spent),
        "currency": "EUR",
        "state": "enabled" if person.orders > 1 else "disabled",
        "verified_email": True,
        "tags": "",
        "note": None,
        "locale": person.locale,
        "email_marketing_consent": {
            "state": "subscribed" if person.accepts else "not_subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": _local(person.created or at),
        },
        "sms_marketing_consent": None,
    }


def address_body(person: Person) -> dict[str, Any]:
    return {
        "first_name": person.given,
        "last_name": person.family,
        "name": person.name,
        "company": None,
        "address1": person.street,
        "address2": None,
        "city": person.city,
        "zip": person.postal_code,
        "province": person.region,
        "country_code": person.country,
        "phone": person.phone,
    }


def _placed(person: Person) -> dict[str, Any]:
    """Addresses of orders say where they are."""
    north, east = COORDINATES.get(person.city, (None, None))
    return address_body(person) | {"latitude": north, "longitude": east}


def _sent_to(person: Person, order: dict[str, Any]) -> dict[str, Any]:
    """Where an order goes: the person's address, unless the order has one of its own by now."""
    own = order.get("address")
    if not own:
        return _placed(person)
    names = {"first_name": "firstName", "last_name": "lastName", "country_code": "countryCode"}
    return {name: own.get(names.get(name, name)) for name in address_body(person)}


def _landing(held: dict[str, Any]) -> str:
    source, medium, campaign = held["source"]
    if not source:
        return "/"
    return "/?" + urlencode({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign})


def order_body(world: World, order: dict[str, Any], at: datetime) -> dict[str, Any]:
    person = world.people[order["person"]]
    goods = order["total"] - order["shipping"] + order["discount"]
    return {
        "id": id_of("order", order["number"]),
        "admin_graphql_api_id": f"gid://shopify/Order/{id_of('order', order['number'])}",
        "name": f"#{order['number']}",
        "order_number": order["number"],
        "number": order["number"],
        "email": person.email,
        "contact_email": person.email,
        "phone": None,
        "created_at": _local(order["placed"]),
        "processed_at": _local(order["placed"]),
        "updated_at": _local(at),
        "cancelled_at": _local(order["cancelled"]) if order["cancelled"] else None,
        "cancel_reason": "customer" if order["cancelled"] else None,
        "closed_at": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "customer_locale": person.locale,
        "buyer_accepts_marketing": person.accepts,
        "taxes_included": True,
        "cart_token": order["cart"],
        "checkout_id": 29_800_000_000_000 + order["checkout"] if order["checkout"] else None,
        "checkout_token": order["cart"][::-1],
        "landing_site": _landing(order),
        "referring_site": "https://www.instagram.com/" if order["source"][0] == "instagram" else "",
        "source_name": "web",
        "financial_status": _payment(order),
        "fulfillment_status": "fulfilled" if order["parcel"] else None,
        "payment_gateway_names": ["shopify_payments" if order["paid"] else _UNPAID[order["number"] % 2]],
        "line_items": [_line(world, sku, count) for sku, count in order["items"].items()],
        "total_line_items_price": euros(goods),
        "subtotal_price": euros(goods - order["discount"]),
        "total_discounts": euros(order["discount"]),
        "discount_codes": [{"code": "NOVEDADES10", "amount": euros(order["discount"]), "type": "percentage"}]
        if order["discount"]
        else [],
        "total_shipping_price_set": {"shop_money": {"amount": euros(order["shipping"]), "currency_code": "EUR"}},
        "shipping_lines": [{"title": "Envío 48 h", "price": euros(order["shipping"]), "code": "48h"}],
        "total_tax": euros(tax_inside(order["total"])),
        "total_price": euros(order["total"]),
        "current_total_price": euros(order["total"]),
        "tags": ", ".join(order.get("tags", [])),
        "note": order.get("note"),
        "note_attributes": [],
        "test": False,
        "token": order["cart"][:16],
        "order_status_url": f"https://casa-azahar.example/orders/{order['cart'][:16]}",
        "billing_address": _placed(person),
        "shipping_address": _sent_to(person, order),
        "customer": person_body(person, at),
        "fulfillments": [fulfillment_body(world, order, at)] if order["parcel"] else [],
        "refunds": [],
    }


_UNPAID = ("bank_transfer", "Contra reembolso")
"""How the invented orders are paid that are not paid at once."""


def _payment(order: dict[str, Any]) -> str:
    if order["cancelled"]:
        return "refunded" if order["paid"] else "voided"
    if given_back := order.get("given_back", 0):
        return "refunded" if given_back >= order["total"] else "partially_refunded"
    return "paid" if order["paid"] else "pending"


def fulfillment_body(world: World, order: dict[str, Any], at: datetime) -> dict[str, Any]:
    parcel, person = order["parcel"], world.people[order["person"]]
    return {
        "id": 5_010_000_000_000 + parcel["number"],
        "order_id": id_of("order", order["number"]),
        "name": f"#{order['number']}.1",
        "status": "success",
        "shipment_status": None if parcel["state"] == "label" else parcel["state"],
        "created_at": _local(parcel["packed"]),
        "updated_at": _local(at),
        "service": "manual",
        "tracking_company": "Correos",
        "tracking_number": parcel["code"],
        "tracking_numbers": [parcel["code"]],
        "tracking_url": f"https://www.correos.es/localizador?tracking-number={parcel['code']}",
        "tracking_urls": [f"https://www.correos.es/localizador?tracking-number={parcel['code']}"],
        "location_id": LOCATION,
        "email": person.email,
        "destination": address_body(person),
        "line_items": [_line(world, sku, count) for sku, count in order["items"].items()],
        "receipt": {},
    }


def refund_body(world: World, order: dict[str, Any], at: datetime) -> dict[str, Any]:
    refund = order["refund"]
    line = _line(world, refund["sku"], 1)
    return {
        "id": 9_110_000_000_000 + refund["number"],
        "order_id": id_of("order", order["number"]),
        "created_at": _local(at),
        "processed_at": _local(at),
        "note": "Llegó con un golpe",
        "restock": False,
        "refund_line_items": [
            {
                "id": 9_210_000_000_000 + refund["number"],
                "line_item_id": line["id"],
                "quantity": 1,
                "restock_type": "no_restock",
                "subtotal": line["price"],
                "total_tax": "0.00",
                "line_item": line,
            }
        ],
        "transactions": [
            {
                "id": 9_310_000_000_000 + refund["number"],
                "order_id": id_of("order", order["number"]),
                "kind": "refund",
                "status": "success",
                "amount": euros(refund["amount"]),
                "currency": "EUR",
                "gateway": "shopify_payments",
                "created_at": _local(at),
            }
        ],
        "order_adjustments": [],
    }
