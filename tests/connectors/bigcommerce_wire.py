"""A BigCommerce on a wire: one store that does what its v2 and v3 interfaces say they do."""

from __future__ import annotations

import copy
import re
from typing import Any

from wires import Asked, Wire

ACCESS = {"api_path": "https://shop.example/stores/abc/v3/", "token": "t0ken"}
AT = "Sun, 22 Nov 2026 12:00:05 +0000"
OPTION = {"option_id": 16, "id": 101, "label": "S", "option_display_name": "Size"}


class BigCommerceWire(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.order: dict[str, Any] = {
            "id": 118,
            "status_id": 11,
            "status": "Awaiting Fulfillment",
            "payment_status": "captured",
            "staff_notes": "Gift",
            "total_inc_tax": "99.0000",
            "refunded_amount": "0.0000",
            "default_currency_code": "EUR",
            "date_modified": AT,
        }
        self.products = [
            {
                "id": 21,
                "variant_id": 77,
                "quantity": 2,
                "quantity_shipped": 0,
                "order_address_id": 5,
                "type": "physical",
            },
            {
                "id": 22,
                "variant_id": 78,
                "quantity": 1,
                "quantity_shipped": 0,
                "order_address_id": 5,
                "type": "physical",
            },
        ]
        self.addresses: list[dict[str, Any]] = [{"id": 5, "city": "Sevilla"}]
        self.refunds: list[dict[str, Any]] = []
        self.shipments: list[dict[str, Any]] = []
        self.fields: dict[str, list[dict[str, Any]]] = {}
        self.actions: list[str] = []
        self.drafts: list[dict[str, Any]] = []
        self.coupons: list[dict[str, Any]] = []
        self.product: dict[str, Any] = {"id": 174, "is_visible": True, "inventory_tracking": "variant", "price": 19.9}
        self.variant: dict[str, Any] = {"id": 77, "product_id": 174, "option_values": [OPTION], "price": 19.9}
        self.categories: set[tuple[int, int]] = set()
        self.stock = {1: 7}
        self.hooks: list[dict[str, Any]] = []
        self.barred: set[str] = set()

    def state(self) -> Any:
        hidden = ("asked", "lose", "fixed", "fields")
        found = {name: value for name, value in vars(self).items() if name not in hidden}
        # What an attempt keeps for the next says when it was.
        kept = [one for fields in self.fields.values() for one in fields if not one["key"].startswith("sereno-")]
        return copy.deepcopy({**found, "fields": kept})

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if asked.headers["X-Auth-Token"] != "t0ken" or asked.path.removeprefix("/stores/abc") in self.barred:
            return 401, {"status": 401, "title": "Unauthorized"}
        path = asked.path.removeprefix("/stores/abc")
        for pattern, handler in ROUTES:
            if (found := re.fullmatch(pattern, path)) is not None:
                return handler(self, asked, *found.groups())
        return 404, {"status": 404, "title": f"No {path}"}


def order(wire: BigCommerceWire, asked: Asked, own: str) -> tuple[Any, ...]:
    if own != "118":
        return 404, [{"status": 404, "message": "The requested resource was not found."}]
    if asked.method == "PUT":
        for one in asked.body.pop("products", ()):
            line = next((it for it in wire.products if it["id"] == one.get("id")), None)
            if line is not None:
                line["quantity"] = one["quantity"]
            else:
                made = {"id": 23, "variant_id": 77, "order_address_id": 5, "quantity_shipped": 0, **one}
                wire.products.append(made)
        wire.order |= asked.body
    return 200, wire.order


def products(wire: BigCommerceWire, asked: Asked, own: str) -> tuple[Any, ...]:
    return 200, wire.products


def addresses(wire: BigCommerceWire, asked: Asked, own: str, which: str | None = None) -> tuple[Any, ...]:
    if asked.method == "PUT":
        wire.addresses[0] |= asked.body
        return 200, wire.addresses[0]
    return 200, wire.addresses


def shipments(wire: BigCommerceWire, asked: Asked, own: str) -> tuple[Any, ...]:
    if asked.method == "GET":
        return (200, wire.shipments) if wire.shipments else (204, b"")
    for one in asked.body["items"]:
        line = next(it for it in wire.products if it["id"] == one["order_product_id"])
        line["quantity_shipped"] += one["quantity"]
        assert line["quantity_shipped"] <= line["quantity"], "sent twice"
    wire.shipments.append({"id": len(wire.shipments) + 6, **asked.body})
    return 201, wire.shipments[-1]


def quotes(wire: BigCommerceWire, asked: Asked, own: str) -> tuple[Any, ...]:
    total = sum(one.get("amount") or 20 * one["quantity"] for one in asked.body["items"])
    card = {"provider_id": "braintree", "amount": total, "offline": False}
    credit = {"provider_id": "storecredit", "amount": total, "offline": True}
    return 201, {
        "data": {"order_id": 118, "total_refund_amount": total, "refund_methods": [[credit], [card]]},
        "meta": {},
    }


def refunds(wire: BigCommerceWire, asked: Asked, own: str) -> tuple[Any, ...]:
    if asked.method == "GET":
        return 200, {"data": wire.refunds, "meta": {}}
    total = sum(one["amount"] for one in asked.body["payments"])
    made = {"id": len(wire.refunds) + 12, "order_id": 118, "total_amount": total, **asked.body}
    wire.refunds.append(made)
    wire.order["refunded_amount"] = str(sum(one["total_amount"] for one in wire.refunds))
    if float(wire.order["refunded_amount"]) >= 99:
        wire.order["status_id"] = 4
    return 201, {"data": made, "meta": {}}


def action(wire: BigCommerceWire, asked: Asked, own: str, what: str) -> tuple[Any, ...]:
    wire.actions.append(what)
    wire.order["payment_status"] = f"{what} pending"
    return 201, b""


def fields(wire: BigCommerceWire, asked: Asked, path: str) -> tuple[Any, ...]:
    there = wire.fields.setdefault(path, [])
    if asked.method == "GET":
        wanted = [one for one in there if one["namespace"] == asked.query["namespace"]]
        return 200, {"data": [one for one in wanted if one["key"] == asked.query["key"]], "meta": {}}
    assert not any((one["namespace"], one["key"]) == (asked.body["namespace"], asked.body["key"]) for one in there)
    there.append({"id": len(there) + 1, **asked.body})
    return 200, {"data": there[-1], "meta": {}}


def field(wire: BigCommerceWire, asked: Asked, path: str, own: str) -> tuple[Any, ...]:
    one = next(it for it in wire.fields[path] if it["id"] == int(own))
    one |= asked.body
    return 200, {"data": one, "meta": {}}


def orders(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    if asked.method == "POST":
        wire.drafts.append({"id": 300 + len(wire.drafts), "date_modified": AT, **asked.body})
        return 201, wire.drafts[-1]
    found = [one for one in wire.drafts if one["external_order_id"] == asked.query.get("external_order_id")]
    return (200, found) if found else (204, b"")


def variants(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    own = int(asked.query["id:in"])
    return 200, {"data": [{**wire.variant, "id": own}] if own in (77, 78) else [], "meta": {}}


def product(wire: BigCommerceWire, asked: Asked, own: str, variant: str | None = None) -> tuple[Any, ...]:
    one = wire.variant if variant else wire.product
    if asked.method == "PUT":
        one |= asked.body
    return 200, {"data": one, "meta": {}}


def assignments(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    if asked.method == "DELETE":
        wire.categories.discard((int(asked.query["product_id:in"]), int(asked.query["category_id:in"])))
    else:
        wire.categories |= {(one["product_id"], one["category_id"]) for one in asked.body}
    return 204, b""


def categories(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    return 200, {"data": [{"id": 24, "name": "Summer"}] if asked.query["name"] == "Summer" else [], "meta": {}}


def inventory(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    if asked.method == "PUT":
        for one in asked.body["items"]:
            wire.stock[one["location_id"]] = one["quantity"] - 2
        return 200, {"transaction_id": "x"}
    places = [
        {"location_id": own, "available_to_sell": count, "settings": {"safety_stock": 2}}
        for own, count in wire.stock.items()
    ]
    identity = {"sku": "T-S", "variant_id": 77, "product_id": 174}
    pages = {"pagination": {"total": 1, "total_pages": 1, "current_page": 1}}
    return 200, {"data": [{"identity": identity, "locations": places}], "meta": pages}


def coupons(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    if asked.method == "POST":
        wire.coupons.append({"id": len(wire.coupons) + 1, **asked.body})
        return 201, wire.coupons[-1]
    found = [one for one in wire.coupons if one["code"] == asked.query.get("code")]
    return (200, found) if found else (204, b"")


def customers(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    home = {"first_name": "Ana", "address1": "Calle 1", "city": "Cádiz", "country_code": "ES", "postal_code": "11001"}
    ana = {"id": 11, "email": "Ana@Example.com", "first_name": "Ana", "last_name": "Sol", "addresses": [home]}
    dated = {"date_created": "2026-01-01T00:00:00Z", "date_modified": "2026-11-20T10:00:00Z", "notes": "likes green"}
    is_asked = asked.query.get("id:in") in (None, "11")
    pages = {"pagination": {"total": 1, "total_pages": 1, "current_page": 1}}
    return 200, {"data": [{**ana, **dated}] if is_asked else [], "meta": pages}


def store(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    return 200, {"name": "Casa Azahar", "domain": "casa.example", "currency": "EUR"}


def hooks(wire: BigCommerceWire, asked: Asked, own: str | None = None) -> tuple[Any, ...]:
    if asked.method == "GET":
        return 200, {"data": wire.hooks, "meta": {"pagination": {"total_pages": 1}}}
    if asked.method == "DELETE":
        gone = [one for one in wire.hooks if one["id"] == int(own or 0)]
        wire.hooks = [one for one in wire.hooks if one not in gone]
        return (200, {"data": gone[0]}) if gone else (404, {"title": "Not found"})
    if asked.method == "PUT":
        one = next(it for it in wire.hooks if it["id"] == int(own or 0))
        one |= asked.body
        return 200, {"data": one}
    wire.hooks.append({"id": len(wire.hooks) + 1, **asked.body})
    return 200, {"data": wire.hooks[-1], "meta": {}}


def nothing(wire: BigCommerceWire, asked: Asked) -> tuple[Any, ...]:
    return 200, {"data": [], "meta": {}}


ROUTES: list[tuple[str, Any]] = [
    (r"/v2/blog/posts", lambda wire, asked: (204, b"")),
    (r"/v2/orders/(\d+)", order),
    (r"/v2/orders/(\d+)/products", products),
    (r"/v2/orders/(\d+)/shipping_addresses", addresses),
    (r"/v2/orders/(\d+)/shipping_addresses/(\d+)", addresses),
    (r"/v2/orders/(\d+)/shipments", shipments),
    (r"/v2/orders", orders),
    (r"/v2/coupons", coupons),
    (r"/v2/store", store),
    (r"/v3/orders/(\d+)/payment_actions/refund_quotes", quotes),
    (r"/v3/orders/(\d+)/payment_actions/refunds", refunds),
    (r"/v3/orders/(\d+)/payment_actions/(capture|void)", action),
    (r"/v3/orders/payment_actions/refunds", nothing),
    (r"/v3/(.+)/metafields", fields),
    (r"/v3/(.+)/metafields/(\d+)", field),
    (r"/v3/catalog/variants", variants),
    (r"/v3/catalog/products", nothing),
    (r"/v3/catalog/products/category-assignments", assignments),
    (r"/v3/catalog/products/(\d+)", product),
    (r"/v3/catalog/products/(\d+)/variants/(\d+)", product),
    (r"/v3/catalog/categories", categories),
    (r"/v3/inventory/items", inventory),
    (r"/v3/inventory/adjustments/absolute", inventory),
    (r"/v3/customers", customers),
    (r"/v3/hooks", hooks),
    (r"/v3/hooks/(\d+)", hooks),
]
