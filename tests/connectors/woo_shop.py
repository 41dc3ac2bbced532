"""A WooCommerce shop on a wire.

It behaves as the REST v3 controllers do in what matters to writing: a meta field set to null is deleted, one put again
is replaced; a refund is made before its meta fields are; a line's total stays when only its quantity changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from wires import NOW, Asked, Wire

ACCESS = {"consumer_key": "ck_1", "consumer_secret": "cs_2"}
EUR = "EUR"


def stamp(second: int) -> str:
    return (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


def line(own: int, product: int, quantity: int, total: str, tax: str = "0.00") -> dict[str, Any]:
    taxes = [{"id": 5, "total": tax, "subtotal": tax}]
    return {
        "id": own,
        "product_id": product,
        "variation_id": 0,
        "quantity": quantity,
        "subtotal": total,
        "total": total,
        "taxes": taxes,
        "meta_data": [],
    }


def order(own: int = 100, status: str = "processing", **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "number": str(own),
        "status": status,
        "currency": EUR,
        "total": "36.30",
        "date_created_gmt": stamp(own - 1000),
        "date_modified_gmt": stamp(own - 1000),
        "date_paid": stamp(-900),
        "date_paid_gmt": stamp(-900),
        "payment_method": "stripe",
        "customer_id": 9,
        "billing": {"email": "ada@example.com"},
        "shipping": {"first_name": "Ada", "city": "Bath"},
        "line_items": [line(1, 71, 3, "20.00", "4.20"), line(2, 72, 1, "10.00", "2.10")],
        "refunds": [],
        "meta_data": [],
        **more,
    }


def product(own: int, **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "name": f"Product {own}",
        "type": "simple",
        "parent_id": 0,
        "status": "publish",
        "permalink": f"https://shop.example/p/{own}",
        "price": "20.00",
        "regular_price": "20.00",
        "sale_price": "",
        "on_sale": False,
        "manage_stock": True,
        "stock_quantity": 8,
        "stock_status": "instock",
        "tags": [{"id": 31, "name": "New"}],
        "categories": [{"id": 15, "slug": "coffee"}],
        "meta_data": [],
        "date_created_gmt": stamp(own - 2000),
        "date_modified_gmt": stamp(own - 2000),
        **more,
    }


@dataclass
class Shop(Wire):
    """`marks_refunds`: off, the process ends before a refund's meta fields are written, as a time-out does."""

    marks_refunds: bool = True
    refuses_refunds: bool = False
    has_tracking: bool = True
    has_fulfillments: bool = False
    captures: list[str] = field(default_factory=list)
    fulfillments: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[int, dict[str, Any]] = field(default_factory=lambda: {100: order()})
    refunds: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    trackings: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[int, dict[str, Any]] = field(
        default_factory=lambda: {9: {"id": 9, "email": "ada@example.com", "meta_data": []}}
    )
    products: dict[int, dict[str, Any]] = field(
        default_factory=lambda: {
            71: product(71),
            72: product(72, type="variable", manage_stock=False, stock_quantity=None),
            73: product(73, type="variation", parent_id=72),
        }
    )
    product_tags: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 31, "name": "New"}])
    coupons: list[dict[str, Any]] = field(default_factory=list)
    webhooks: dict[int, dict[str, Any]] = field(default_factory=dict)

    def state(self) -> Any:
        meant = [item for one in self.orders.values() for item in one["meta_data"]]
        assert all(item["value"] is not None for item in meant)
        # When a refund was meant is another hour on another attempt.
        without = {"meta_data": None, "date_modified_gmt": None}
        kept = [(item["key"], item["value"]) for item in meant if not item["key"].startswith("_sereno_refund_")]
        return (
            [{**one, **without} for one in self.orders.values()],
            kept,
            list(self.refunds.values()),
            self.notes,
            self.trackings,
            self.customers,
            self.products,
            self.product_tags,
            self.coupons,
            self.fulfillments,
            self.captures,
        )

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = asked.path.removeprefix("/wp-json/wc/v3/")
        kind, own, part, *rest = [*path.split("/"), "", "", ""]
        records = {"orders": self.orders, "customers": self.customers, "products": self.products}.get(kind)
        if path == "data/currencies/current":
            return 200, {"code": EUR, "name": "Euro"}
        if path == "orders/batch":
            return 200, {}
        if kind == "payments":
            return self._capture(asked, self.orders[int(part)])
        if kind == "webhooks":
            return self._webhook(asked, own)
        if kind == "coupons":
            return self._coupon(asked)
        if path == "products/tags":
            return self._tag(asked)
        if path == "products/categories":
            return 200, [{"id": 15, "slug": "coffee"}] if asked.query["slug"] == "coffee" else []
        if kind == "orders" and part:
            return self._part(asked, int(own), part)
        if kind == "products" and part == "variations":
            own = rest[0] or own
            if asked.method == "GET" and not rest[0]:
                return 200, [one for one in self.products.values() if one["parent_id"] == int(own)]
        if asked.method == "POST" and not own:
            return 201, self._create(asked.body)
        if records is not None and not own:
            return self._list(asked, records)
        if records is None or not own.isdigit() or int(own) not in records:
            return 404, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {}}
        if asked.method == "PUT":
            self._change(records[int(own)], asked.body)
        return 200, records[int(own)]

    def _change(self, record: dict[str, Any], body: dict[str, Any]) -> None:
        before = repr(record)
        for name, value in body.items():
            if name == "meta_data":
                record[name] = merged(record[name], value)
            elif name == "shipping":
                record[name] = {**record[name], **value}
            elif name == "line_items":
                self._lines(record, value)
            elif name == "tags":
                record[name] = [one for one in self.product_tags if one["id"] in [item["id"] for item in value]]
            else:
                self._status(record, value)
                record[name] = value
        if repr(record) != before:
            record["date_modified_gmt"] = stamp(1)

    def _status(self, record: dict[str, Any], status: Any) -> None:
        """The Stripe plugin takes what was authorized when the order goes on."""
        held = next((item for item in record["meta_data"] if item["key"] == "_stripe_charge_captured"), None)
        if held and held["value"] == "no" and status == "processing" != record["status"] and not self.refuses_refunds:
            held["value"] = "yes"
            self.captures.append("stripe")

    def _capture(self, asked: Asked, whole: dict[str, Any]) -> tuple[Any, ...]:
        status = next(item for item in whole["meta_data"] if item["key"] == "_intention_status")
        if status["value"] != "requires_capture" or asked.body != {"payment_intent_id": "pi_1"}:
            return 409, {"code": "wcpay_payment_uncapturable", "message": "The payment cannot be captured"}
        status["value"] = "succeeded"
        whole |= {"status": "processing", "date_paid": stamp(0)}
        self.captures.append("woopayments")
        return 200, {"status": "succeeded", "id": "pi_1"}

    def _lines(self, record: dict[str, Any], value: list[dict[str, Any]]) -> None:
        for item in value:
            if "id" not in item:
                total = str(Decimal("7.50") * item["quantity"])
                new = line(50 + len(record["line_items"]), item["product_id"], item["quantity"], total)
                record["line_items"].append({**new, "meta_data": item["meta_data"]})
            elif item["quantity"] == 0:
                record["line_items"] = [one for one in record["line_items"] if one["id"] != item["id"]]
            else:
                next(one for one in record["line_items"] if one["id"] == item["id"]).update(item)

    def _part(self, asked: Asked, own: int, part: str) -> tuple[Any, ...]:
        if part == "notes":
            if asked.method == "GET":
                wanted = asked.query.get("type") == "customer"
                return 200, [one for one in self.notes if one["customer_note"] == wanted]
            self.notes.append({"id": len(self.notes) + 1, **asked.body})
            return 201, self.notes[-1]
        if part == "shipment-trackings":
            if not self.has_tracking:
                return 404, {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}
            if asked.method == "GET":
                return 200, self.trackings
            self.trackings.append({"tracking_id": "t1", **asked.body})
            return 201, self.trackings[-1]
        if part == "fulfillments":
            if not self.has_fulfillments:
                return 404, {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}
            if asked.method == "GET":
                return 200, self.fulfillments
            kept = [item for item in asked.body["meta_data"] if "id" in item]
            self.fulfillments.append({**asked.body, "id": 9, "meta_data": kept})
            return 201, self.fulfillments[-1]
        if asked.method == "GET":
            return 200, list(self.refunds.values())
        return self._refund(asked, self.orders[own])

    def _refund(self, asked: Asked, whole: dict[str, Any]) -> tuple[Any, ...]:
        amount = Decimal(asked.body["amount"])
        back = sum((Decimal(one["total"]) for one in whole["refunds"]), Decimal(0))
        if self.refuses_refunds:
            words = "The payment gateway for this order does not support automatic refunds."
            return 500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": words, "data": 500}
        if amount > Decimal(whole["total"]) + back:
            words = "Invalid refund amount."
            return 500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": words, "data": 500}
        own = 600 + len(self.refunds)
        kept = asked.body["meta_data"] if self.marks_refunds else []
        self.refunds[own] = {"id": own, "amount": asked.body["amount"], "meta_data": kept}
        whole["refunds"].append({"id": own, "total": f"-{amount}"})
        if -(back - amount) == Decimal(whole["total"]):
            whole["status"] = "refunded"
        return 201, self.refunds[own]

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        own = max(self.orders) + 1
        self.orders[own] = {**order(own, "pending"), "date_paid": None, "created": body}
        self.orders[own]["meta_data"] = body["meta_data"]
        self.orders[own]["payment_url"] = f"https://shop.example/pay/{own}"
        return self.orders[own]

    def _list(self, asked: Asked, records: dict[int, dict[str, Any]]) -> tuple[Any, ...]:
        found = [one for one in records.values() if not one.get("parent_id")]
        if after := asked.query.get("modified_after"):
            found = [one for one in found if one["date_modified_gmt"] > after]
        if asked.query.get("orderby") == "modified":
            found.sort(key=lambda one: (one["date_modified_gmt"], one["id"]))
        else:
            found.sort(key=lambda one: one.get("date_created_gmt", ""), reverse=True)
        size, page = int(asked.query.get("per_page", 10)), int(asked.query.get("page", 1))
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(-(-len(found) // size))}
        return 200, found[(page - 1) * size : page * size], headers

    def _coupon(self, asked: Asked) -> tuple[Any, ...]:
        same = [one for one in self.coupons if one["code"] == (asked.body or asked.query)["code"]]
        if asked.method == "GET":
            return 200, same
        if same:
            said = {"code": "woocommerce_rest_coupon_code_already_exists", "message": "The coupon code already exists"}
            return 400, said
        self.coupons.append({"id": 800, **asked.body})
        return 201, self.coupons[-1]

    def _tag(self, asked: Asked) -> tuple[Any, ...]:
        if asked.method == "GET":
            return 200, [one for one in self.product_tags if asked.query["search"].lower() in one["name"].lower()]
        self.product_tags.append({"id": 32, **asked.body})
        return 201, self.product_tags[-1]

    def _webhook(self, asked: Asked, own: str) -> tuple[Any, ...]:
        if asked.method == "POST":
            own_id = 4 + len(self.webhooks)
            self.webhooks[own_id] = {"id": own_id, **asked.body}
            return 201, self.webhooks[own_id]
        if asked.method == "GET":
            return 200, [{name: one[name] for name in one if name != "secret"} for one in self.webhooks.values()]
        if int(own) not in self.webhooks:
            return 404, {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."}
        if asked.method == "DELETE":
            return 200, self.webhooks.pop(int(own))
        self.webhooks[int(own)].update(asked.body)
        return 200, self.webhooks[int(own)]


def merged(has: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {one["key"]: one["value"] for one in has}
    found |= {one["key"]: one["value"] for one in given}
    return [{"key": key, "value": value} for key, value in found.items() if value is not None]
