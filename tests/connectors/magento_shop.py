"""A Magento shop on a wire.

It behaves as Magento's REST does in what matters to writing: a memo and its comment are one transaction, an empty
list of lines means all of them, a comment without a status empties the order's, a page after the last is the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from wires import NOW, Asked, Wire

ACCESS = {"access_token": "at", "consumer_key": "ck", "consumer_secret": "cs", "token_secret": "ts"}
EUR = "EUR"


def stamp(second: int) -> str:
    return (NOW + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


def order(own: int = 5, **more: Any) -> dict[str, Any]:
    place = {"entity_id": 9, "parent_id": own, "address_type": "shipping", "firstname": "Ada", "lastname": "King"}
    place |= {"street": ["1 Old St"], "city": "Bath", "postcode": "BA1", "country_id": "GB", "telephone": "1"}
    return {
        "entity_id": own,
        "increment_id": f"00000{own}",
        "quote_id": 4,
        "state": "processing",
        "status": "processing",
        "order_currency_code": EUR,
        "base_currency_code": EUR,
        "grand_total": 36.3,
        "total_invoiced": 36.3,
        "total_paid": 36.3,
        "created_at": stamp(own - 1000),
        "updated_at": stamp(own - 900),
        "items": [
            {"item_id": 21, "sku": "A", "product_id": 71, "qty_ordered": 2, "qty_invoiced": 2, "qty_shipped": 0},
            {"item_id": 22, "sku": "B", "product_id": 72, "qty_ordered": 1, "qty_invoiced": 1, "qty_shipped": 0},
        ],
        "extension_attributes": {"shipping_assignments": [{"shipping": {"address": place}}]},
        **more,
    }


def product(own: int, sku: str, **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "sku": sku,
        "name": f"Product {own}",
        "type_id": "simple",
        "status": 1,
        "price": 20,
        "created_at": stamp(own - 2000),
        "updated_at": stamp(own - 1500),
        "extension_attributes": {"category_links": [{"position": 0, "category_id": "15"}]},
        "custom_attributes": [{"attribute_code": "shelf", "value": "A1"}],
        **more,
    }


@dataclass
class Shop(Wire):
    """`dies`: Magento ends after its payment provider gave the money back and before its commit."""

    dies: bool = False
    provider: list[str] = field(default_factory=list)
    refuses: bool = False
    orders: dict[int, dict[str, Any]] = field(default_factory=lambda: {5: order()})
    comments: list[dict[str, Any]] = field(default_factory=list)
    shipments: list[dict[str, Any]] = field(default_factory=list)
    memos: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"entity_id": 7, "order_id": 5, "state": 2, "base_grand_total": 36.3, "transaction_id": "ch_1"}
        ]
    )
    products: dict[int, dict[str, Any]] = field(default_factory=lambda: {71: product(71, "A"), 72: product(72, "B/1")})
    sources: list[dict[str, Any]] = field(
        default_factory=lambda: [{"sku": "A", "source_code": "default", "quantity": 10, "status": 1}]
    )
    reserved: int = 4
    rules: list[dict[str, Any]] = field(default_factory=list)
    coupons: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)

    def state(self) -> Any:
        without = {"updated_at": None}
        comments = [{**one, "created_at": None} for one in self.comments]
        orders = [{**one, **without} for one in self.orders.values()]
        parts = (self.shipments, self.memos, self.invoices, self.provider, self.products, self.sources)
        return (orders, comments, *parts, self.rules, self.coupons)

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = re.sub(r"^/rest/(all/)?V1/", "", asked.path)
        kind, own, part, *_rest = [*path.split("/"), "", "", ""]
        if path == "store/storeConfigs":
            return 200, [{"code": "default", "base_url": "https://shop.example/", "base_currency_code": EUR}]
        if path == "store/websites":
            return 200, [{"id": 0, "code": "admin"}, {"id": 1, "code": "base"}]
        if kind == "inventory":
            return self._inventory(asked, own)
        if kind == "order":
            return self._order(asked, self.orders[int(own)], part)
        if kind == "invoice":
            return self._refund(asked, self.invoices[0])
        if kind == "orders" and own:
            return self._of_order(asked, int(own), part)
        if kind == "products" and asked.method == "PUT":
            return self._product(asked)
        if kind == "categories":
            return self._category(asked, own)
        if kind in ("coupons", "salesRules") and asked.method == "POST":
            return self._make(asked, kind)
        lists = {
            "orders": list(self.orders.values()),
            "products": list(self.products.values()),
            "customers": list(self.customers.values()),
            "shipments": self.shipments,
            "creditmemos": self.memos,
            "invoices": self.invoices,
            "salesRules": self.rules,
            "coupons": self.coupons,
            "cmsPage": [],
            "customerGroups": [{"id": 0}, {"id": 1}],
        }
        if kind not in lists or (own and own != "search"):
            return 404, {
                "message": "No such entity with %fieldName = %fieldValue",
                "parameters": {"fieldName": "id", "fieldValue": own},
            }
        return 200, found(asked.query, lists[kind])

    def _of_order(self, asked: Asked, own: int, part: str) -> tuple[Any, ...]:
        if own not in self.orders:
            return 404, {"message": "The entity that was requested doesn't exist. Verify the entity and try again."}
        one = self.orders[own]
        if part == "comments":
            if asked.method == "GET":
                return 200, {"items": self.comments, "total_count": len(self.comments)}
            body = asked.body["statusHistory"]
            one["status"] = body.get("status")
            self.comments.append({**body, "created_at": stamp(0)})
            return 200, True
        if part in ("hold", "unhold", "cancel"):
            before, after = {"hold": ("processing", "holded"), "unhold": ("holded", "processing")}.get(
                part, ("processing", "canceled")
            )
            if one["state"] != before:
                return 400, {"message": "A %1 action is not available.", "parameters": [part]}
            one |= {"state": after, "status": after, "updated_at": stamp(1)}
            return 200, True
        if asked.method == "PUT":
            one["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"] = asked.body["entity"]
            return 200, asked.body["entity"]
        return 200, one

    def _order(self, asked: Asked, one: dict[str, Any], part: str) -> tuple[Any, ...]:
        if part == "ship":
            made = {
                "entity_id": 30 + len(self.shipments),
                "order_id": one["entity_id"],
                "tracks": asked.body.get("tracks"),
            }
            self.shipments.append({**made, "items": asked.body.get("items"), "comments": [asked.body["comment"]]})
            for item in one["items"]:
                item["qty_shipped"] = item["qty_ordered"]
            return 200, str(made["entity_id"])
        one["total_invoiced"] = one["total_paid"] = one["grand_total"]
        self.invoices.append({"entity_id": 8, "order_id": one["entity_id"], "comments": [asked.body["comment"]]})
        return 200, "8"

    def _refund(self, asked: Asked, invoice: dict[str, Any]) -> tuple[Any, ...]:
        if self.refuses:
            return 400, {"message": "Could not save a Creditmemo, see error log for details"}
        self.provider.append("refund")
        if self.dies:
            return 502, b"<html>"
        self.memos.append(
            {
                "entity_id": 40 + len(self.memos),
                "order_id": invoice["order_id"],
                "items": asked.body.get("items"),
                "arguments": asked.body.get("arguments"),
                "comments": [asked.body["comment"]],
            }
        )
        return 200, str(self.memos[-1]["entity_id"])

    def _product(self, asked: Asked) -> tuple[Any, ...]:
        given = dict(asked.body["product"])
        one = next(item for item in self.products.values() if item["sku"] == given["sku"])
        values = {item["attribute_code"]: item["value"] for item in one["custom_attributes"]}
        known = {"shelf", "special_price", "special_from_date", "special_to_date", "description"}
        values |= {
            item["attribute_code"]: item["value"]
            for item in given.pop("custom_attributes", [])
            if item["attribute_code"] in known
        }
        one |= given
        one["custom_attributes"] = [{"attribute_code": code, "value": value} for code, value in values.items() if value]
        return 200, one

    def _category(self, asked: Asked, own: str) -> tuple[Any, ...]:
        if own == "list":
            return 200, found(asked.query, [{"id": 15, "url_key": "coffee"}])
        if asked.method == "POST":
            sku = asked.body["productLink"]["sku"]
            link = {"position": 0, "category_id": asked.body["productLink"]["category_id"]}
            next(one for one in self.products.values() if one["sku"] == sku)["extension_attributes"][
                "category_links"
            ].append(link)
        else:
            for one in self.products.values():
                one["extension_attributes"]["category_links"] = []
        return 200, True

    def _inventory(self, asked: Asked, part: str) -> tuple[Any, ...]:
        if part == "stock-resolver":
            return 200, {"stock_id": 2, "name": "Stock"}
        if part == "get-product-salable-quantity":
            return 200, sum(one["quantity"] for one in self.sources) - self.reserved
        if asked.method == "GET":
            return 200, found(asked.query, self.sources)
        for item in asked.body["sourceItems"]:
            same = [one for one in self.sources if one["source_code"] == item["source_code"]]
            changed = {**item, "quantity": int(Decimal(item["quantity"]))}
            if same:
                same[0].update(changed)
            else:
                self.sources.append(changed)
        return 200, []

    def _make(self, asked: Asked, kind: str) -> tuple[Any, ...]:
        if kind == "salesRules":
            self.rules.append({"rule_id": 60 + len(self.rules), **asked.body["rule"]})
            return 200, self.rules[-1]
        if any(one["code"] == asked.body["coupon"]["code"] for one in self.coupons):
            return 400, {"message": "Coupon with the same code already exists."}
        self.coupons.append({"coupon_id": 70, **asked.body["coupon"]})
        return 200, self.coupons[-1]


def found(query: dict[str, str], records: list[dict[str, Any]]) -> dict[str, Any]:
    """A search by criteria, as Magento does it."""
    kept = records
    for number in range(3):
        own = f"searchCriteria[filterGroups][{number}][filters][0]"
        if f"{own}[field]" in query:
            name, value, how = (query[f"{own}[{part}]"] for part in ("field", "value", "conditionType"))
            name = "id" if name == "entity_id" and kept and "entity_id" not in kept[0] else name
            tests = {
                "eq": lambda one, name=name, value=value: str(one.get(name)) == value,
                "in": lambda one, name=name, value=value: str(one.get(name)) in value.split(","),
                "gteq": lambda one, name=name, value=value: str(one.get(name)) >= value,
                "lteq": lambda one, name=name, value=value: str(one.get(name)) <= value,
            }
            kept = [one for one in kept if tests[how](one)]
    if query.get("searchCriteria[sortOrders][0][field]") == "updated_at":
        kept = sorted(kept, key=lambda one: (one["updated_at"], one.get("entity_id") or one.get("id")))
    size = int(query["searchCriteria[pageSize]"])
    page = min(int(query["searchCriteria[currentPage]"]), max(1, -(-len(kept) // size)))
    return {"items": kept[(page - 1) * size : page * size], "search_criteria": {}, "total_count": len(kept)}
