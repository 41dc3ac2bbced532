"""A Medusa on a wire: one shop that does what its Admin API says it does, by method and path."""

from __future__ import annotations

import copy
import re
from typing import Any

from wires import Asked, Wire, ordered

ACCESS = {"url": "https://api.shop.example", "api_key": "sk_1"}
AT = "2026-11-22T12:00:05.000Z"


class MedusaWire(Wire):
    """`merges`: metadata is merged, as some versions do, not replaced."""

    def __init__(self, *, merges: bool = False) -> None:
        super().__init__()
        self.merges = merges
        self.metadata: dict[str, dict[str, Any]] = {"orders/order_1": {"gift": "yes"}}
        self.status = "pending"
        self.address: dict[str, Any] = {}
        self.items = {"item_1": 3, "item_2": 1}
        self.parcels: list[dict[str, Any]] = []
        self.captures: list[dict[str, Any]] = [{"amount": 100}]
        self.refunds: list[dict[str, Any]] = []
        self.edits: list[dict[str, Any]] = []
        self.drafts: list[dict[str, Any]] = []
        self.groups: list[str] = ["old"]
        self.joined: set[str] = {"cusgroup_0"}
        self.tags: list[str] = ["new"]
        self.worn: list[str] = []
        self.prices: list[dict[str, Any]] = [
            {"id": "price_1", "currency_code": "eur", "amount": 20, "rules": {}},
            {"id": "price_2", "currency_code": "eur", "amount": 18, "rules": {"region_id": "reg_1"}},
            {"id": "price_3", "currency_code": "usd", "amount": 22, "min_quantity": None, "rules": {}},
        ]
        self.levels = {"sloc_1": [10, 2]}
        self.shown = "published"
        self.texts: dict[str, str | None] = {"title": "Tea", "description": None}
        self.shelves: dict[str, set[str]] = {"pcol_1": set(), "pcat_1": set()}
        self.promotions: list[dict[str, Any]] = []

    def state(self) -> Any:
        held = {key: value for key, value in vars(self).items() if key not in ("asked", "lose", "fixed")}
        # When a first attempt began is the one thing that differs.
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"\\', }]*", "then", repr(ordered(held)))

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if asked.headers.get("Authorization") != "Basic c2tfMTo=":
            return 401, {"message": "Unauthorized"}
        path = asked.path.removeprefix("/admin/")
        for pattern, method in ROUTES:
            if found := re.fullmatch(pattern, f"{asked.method} {path}"):
                held = getattr(self, method)(asked, *found.groups())
                return held if isinstance(held, tuple) else (200, held)
        return 404, {"type": "not_found", "message": f"{asked.method} {path}"}

    # --- orders -------------------------------------------------------------------------------------

    def order(self, asked: Asked | None = None) -> dict[str, Any]:
        payment = {"id": "pay_1", "amount": 100, "captures": self.captures, "refunds": self.refunds}
        payment |= {"currency_code": "eur", "provider_id": "pp_card", "created_at": AT, "updated_at": AT}
        payment["captured_at"] = AT if self.captures else None
        held = {
            "id": "order_1",
            "display_id": 17,
            "status": self.status,
            "currency_code": "eur",
            "email": "ana@example.com",
            "total": 100,
            "metadata": self.metadata.get("orders/order_1"),
            "created_at": AT,
            "updated_at": AT,
            "canceled_at": AT if self.status == "canceled" else None,
            "shipping_address": self.address,
            "items": [
                {"id": name, "quantity": count, "total": 25 * count, "detail": {"fulfilled_quantity": self.sent(name)}}
                for name, count in self.items.items()
            ],
            "payment_collections": [
                {"payments": [payment], "captured_amount": sum(c["amount"] for c in self.captures)}
            ],
            "fulfillments": self.parcels,
        }
        return {"order": copy.deepcopy(held)}

    def sent(self, name: str) -> int:
        alive = [one for one in self.parcels if not one["canceled_at"]]
        return sum(item["quantity"] for one in alive for item in one["items"] if item["line_item_id"] == name)

    def update(self, asked: Asked, path: str) -> Any:
        body = asked.body
        if "metadata" in body:
            held = self.metadata.get(path, {}) if self.merges else {}
            merged = {**held, **body["metadata"]}
            self.metadata[path] = {key: value for key, value in merged.items() if not (self.merges and value == "")}
        if "shipping_address" in body:
            self.address = body["shipping_address"]
        if "tags" in body:
            self.worn = [item["id"] for item in body["tags"]]
        if "prices" in body:
            self.prices = [{"id": f"price_{number}", **one} for number, one in enumerate(body["prices"], 1)]
        if "status" in body:
            self.shown = body["status"]
        self.texts |= {name: body[name] for name in ("title", "description") if name in body}
        return self.order() if path.startswith("orders") else {"product": {"id": "prod_1", "updated_at": AT}}

    def record(self, asked: Asked, path: str) -> Any:
        name = path.split("/")[0].removesuffix("s")
        held: dict[str, Any] = {"id": path.split("/")[1], "metadata": self.metadata.get(path), "status": self.shown}
        held |= {**self.texts, "updated_at": AT}
        held["groups"] = [{"id": id_, "name": self.groups[int(id_[-1])]} for id_ in sorted(self.joined)]
        held["tags"] = [{"id": id_, "value": self.tags[int(id_[-1])]} for id_ in self.worn]
        return {name: held}

    def cancel(self, asked: Asked) -> Any:
        if any(not one["canceled_at"] for one in self.parcels):
            return 400, {
                "type": "not_allowed",
                "message": "All fulfillments must be canceled before canceling an order",
            }
        rest = sum(one["amount"] for one in self.captures) - sum(one["amount"] for one in self.refunds)
        if rest:
            self.refunds.append({"amount": rest, "note": None})
        self.status = "canceled"
        return self.order()

    def refund(self, asked: Asked) -> Any:
        self.refunds.append(asked.body)
        return {"payment": {"id": "pay_1"}}

    def capture(self, asked: Asked) -> Any:
        self.captures.append(asked.body)
        return {"payment": {"id": "pay_1"}}

    def pack(self, asked: Asked) -> Any:
        for item in asked.body["items"]:
            if self.sent(item["id"]) + item["quantity"] > self.items[item["id"]]:
                return 400, {"type": "invalid_data", "message": "Quantity to fulfill exceeds the remaining quantity"}
        lines = [{"line_item_id": item["id"], "quantity": item["quantity"]} for item in asked.body["items"]]
        parcel = {
            "id": f"ful_{len(self.parcels)}",
            "items": lines,
            "labels": [],
            "shipped_at": None,
            "canceled_at": None,
        }
        self.parcels.append({**parcel, "metadata": asked.body["metadata"], "created_at": AT, "updated_at": AT})
        return self.order()

    def ship(self, asked: Asked, own: str) -> Any:
        parcel = self.parcels[int(own)]
        if parcel["shipped_at"]:
            return 400, {"type": "not_allowed", "message": "Shipment has already been created"}
        parcel["shipped_at"], parcel["labels"] = AT, asked.body.get("labels", [])
        return self.order()

    def unpack(self, asked: Asked, own: str) -> Any:
        self.parcels[int(own)]["canceled_at"] = AT
        return self.order()

    # --- edits and drafts ---------------------------------------------------------------------------

    def changes_of(self, asked: Asked) -> Any:
        return {"order_changes": copy.deepcopy(self.edits)}

    def begin_edit(self, asked: Asked) -> Any:
        if any(one["status"] == "pending" for one in self.edits):
            return 400, {"type": "not_allowed", "message": "The order is being changed"}
        self.edits.append({"status": "pending", "internal_note": asked.body["internal_note"], "actions": []})
        return {"order_change": {}}

    def edit(self, asked: Asked, line: str = "") -> Any:
        self.edits[-1]["actions"].append((line, asked.body))
        return {"order_preview": {}}

    def confirm_edit(self, asked: Asked) -> Any:
        for line, body in self.edits[-1]["actions"]:
            if line:
                self.items[line] = body["quantity"]
            for item in body.get("items", ()):
                self.items[f"item_{item['variant_id'][-1]}"] = item["quantity"]
        self.edits[-1]["status"] = "confirmed"
        return {"order_preview": {}}

    def drop_edit(self, asked: Asked) -> Any:
        self.edits.pop()
        return {"deleted": True}

    def list_drafts(self, asked: Asked) -> Any:
        return {"draft_orders": self.drafts}

    def make_draft(self, asked: Asked) -> Any:
        self.drafts.append({"id": f"order_d{len(self.drafts)}", "display_id": 18, **asked.body})
        return {"draft_order": self.drafts[-1]}

    def regions(self, asked: Asked) -> Any:
        first = {"id": "reg_1", "countries": [{"iso_2": "us"}]}
        return {"regions": [first, {"id": "reg_2", "countries": [{"iso_2": "es"}]}]}

    # --- people, products ---------------------------------------------------------------------------

    def list_groups(self, asked: Asked) -> Any:
        found = [{"id": f"cusgroup_{n}", "name": name} for n, name in enumerate(self.groups)]
        return {"customer_groups": [one for one in found if one["name"] == asked.query["name"]]}

    def make_group(self, asked: Asked) -> Any:
        self.groups.append(asked.body["name"])
        return {"customer_group": {"id": f"cusgroup_{len(self.groups) - 1}"}}

    def join(self, asked: Asked) -> Any:
        self.joined = (self.joined | set(asked.body["add"])) - set(asked.body["remove"])
        return {"customer": {"id": "cus_1"}}

    def list_tags(self, asked: Asked) -> Any:
        found = [{"id": f"ptag_{n}", "value": name} for n, name in enumerate(self.tags)]
        return {"product_tags": [one for one in found if one["value"] == asked.query["value"]]}

    def make_tag(self, asked: Asked) -> Any:
        self.tags.append(asked.body["value"])
        return {"product_tag": {"id": f"ptag_{len(self.tags) - 1}"}}

    def variants(self, asked: Asked) -> Any:
        held = {"id": "variant_1", "product_id": "prod_1", "prices": self.prices}
        held["metadata"] = self.metadata.get("products/prod_1/variants/variant_1")
        held["inventory_items"] = [{"inventory_item_id": "iitem_1"}]
        return {"variants": [copy.deepcopy(held)] if asked.query["id"] == "variant_1" else []}

    def list_levels(self, asked: Asked) -> Any:
        return {
            "inventory_levels": [
                {"location_id": place, "stocked_quantity": held, "reserved_quantity": taken}
                for place, (held, taken) in self.levels.items()
            ]
        }

    def make_level(self, asked: Asked) -> Any:
        self.levels[asked.body["location_id"]] = [asked.body["stocked_quantity"], 0]
        return {"inventory_item": {}}

    def set_level(self, asked: Asked, place: str) -> Any:
        self.levels[place][0] = asked.body["stocked_quantity"]
        return {"inventory_item": {}}

    def collections(self, asked: Asked) -> Any:
        return {"collections": [{"id": "pcol_1", "handle": "sale"}] if asked.query["handle"] == "sale" else []}

    def categories(self, asked: Asked) -> Any:
        return {"product_categories": [{"id": "pcat_1", "handle": "tea"}] if asked.query["handle"] == "tea" else []}

    def shelve(self, asked: Asked, own: str) -> Any:
        self.shelves[own] = (self.shelves[own] | set(asked.body["add"])) - set(asked.body["remove"])
        return {"collection": {"id": own}}

    def list_promotions(self, asked: Asked) -> Any:
        return {"promotions": [one for one in self.promotions if one["code"] == asked.query["code"]]}

    def make_promotion(self, asked: Asked) -> Any:
        self.promotions.append({"id": f"promo_{len(self.promotions)}", **asked.body})
        return {"promotion": self.promotions[-1]}

    # --- reading ------------------------------------------------------------------------------------

    def list_orders(self, asked: Asked) -> Any:
        begin, size = int(asked.query["offset"]), int(asked.query["limit"])
        rows = [{**self.order()["order"], "id": f"order_{n}"} for n in range(begin, min(begin + size, 5))]
        return {"orders": rows, "count": 5, "offset": begin, "limit": size}

    def list_items(self, asked: Asked) -> Any:
        levels = self.list_levels(asked)["inventory_levels"]
        row = {
            "id": "iitem_1",
            "sku": "A",
            "updated_at": AT,
            "location_levels": [{**one, "updated_at": AT} for one in levels],
        }
        return {"inventory_items": [{**row, "variants": [{"id": "variant_1", "product_id": "prod_1"}]}], "count": 1}

    def list_products(self, asked: Asked) -> Any:
        variant = {"id": "variant_1", "sku": "A", "title": "One", "prices": self.prices, "manage_inventory": True}
        row = {"id": "prod_1", **self.texts, "handle": "tea", "status": self.shown, "updated_at": AT}
        return {"products": [{**row, "tags": [{"id": "ptag_0", "value": "new"}], "variants": [variant]}], "count": 1}

    def stores(self, asked: Asked) -> Any:
        currencies = [{"currency_code": "usd", "is_default": False}, {"currency_code": "eur", "is_default": True}]
        return {"stores": [{"id": "store_1", "name": "Azahar", "supported_currencies": currencies}]}


ROUTES = (
    (r"GET orders/order_1", "order"),
    (r"GET orders", "list_orders"),
    (r"POST (orders/order_1)", "update"),
    (r"POST orders/order_1/cancel", "cancel"),
    (r"GET orders/order_1/changes", "changes_of"),
    (r"POST orders/order_1/fulfillments", "pack"),
    (r"POST orders/order_1/fulfillments/ful_(\d)/shipments", "ship"),
    (r"POST orders/order_1/fulfillments/ful_(\d)/cancel", "unpack"),
    (r"POST payments/pay_1/refund", "refund"),
    (r"POST payments/pay_1/capture", "capture"),
    (r"POST order-edits", "begin_edit"),
    (r"DELETE order-edits/order_1", "drop_edit"),
    (r"POST order-edits/order_1/items", "edit"),
    (r"POST order-edits/order_1/items/item/(item_\d)", "edit"),
    (r"POST order-edits/order_1/confirm", "confirm_edit"),
    (r"GET draft-orders", "list_drafts"),
    (r"POST draft-orders", "make_draft"),
    (r"GET regions", "regions"),
    (r"GET ((?:customers|products)/\w+)", "record"),
    (r"POST customers/cus_1/customer-groups", "join"),
    (r"POST ((?:customers|products)/\w+(?:/variants/\w+)?)", "update"),
    (r"GET customer-groups", "list_groups"),
    (r"POST customer-groups", "make_group"),
    (r"GET product-tags", "list_tags"),
    (r"POST product-tags", "make_tag"),
    (r"GET product-variants", "variants"),
    (r"GET inventory-items/iitem_1/location-levels", "list_levels"),
    (r"POST inventory-items/iitem_1/location-levels", "make_level"),
    (r"POST inventory-items/iitem_1/location-levels/(\w+)", "set_level"),
    (r"GET collections", "collections"),
    (r"GET product-categories", "categories"),
    (r"POST (?:collections|product-categories)/(\w+)/products", "shelve"),
    (r"GET promotions", "list_promotions"),
    (r"POST promotions", "make_promotion"),
    (r"GET inventory-items", "list_items"),
    (r"GET products", "list_products"),
    (r"GET stores", "stores"),
)
