"""The shelves of the invented store: what its products are called, what they cost, and how many there are.

Invariant: what is written is what the store's next notice of the product says; orders go on at the catalogue's prices.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sereno.site.demo.catalogue import ITEMS, Item
from sereno.site.demo.shapes import shopify
from sereno.site.demo.shapes.hooks import Hook, euros
from sereno.site.demo.shapes.shopify_names import LOCATION, counted_id, product_id, variant_id
from sereno.site.demo.world import World

Variables = dict[str, Any]


class Shelves:
    """The part of the store's interface that is about products and stock."""

    _world: World
    _lock: threading.RLock
    _tell: Callable[[list[Hook]], None]

    def _shown(self, given: Variables) -> dict[str, Any]:
        status = "DRAFT" if self._world.notes.get(given["id"], {}).get("hidden") else "ACTIVE"
        counted = {"id": given["id"], "status": status, "updatedAt": None, "resourcePublicationsCount": {"count": 1}}
        return {"product": counted if self._items(given["id"]) else None}

    def _texts(self, given: Variables) -> dict[str, Any]:
        items = self._items(given["id"])
        if not items:
            return {"product": None}
        (hook,) = shopify.product(self._world, items, datetime.now(UTC), is_new=False)
        said = {"title": hook.body["title"], "descriptionHtml": hook.body["body_html"]}
        return {"product": {"id": given["id"], "updatedAt": None, **said}}

    def _updateproduct(self, given: Variables) -> dict[str, Any]:
        wanted = given["product"]
        items = self._items(wanted["id"])
        if not items or not wanted.keys() & {"status", "title", "descriptionHtml"}:
            wrong = [{"field": ["id"], "message": "The demo's store has no collections, and not this product"}]
            return {"productUpdate": {"product": None, "userErrors": wrong}}
        kept = self._world.kept(wanted["id"])
        if "status" in wanted:
            kept["hidden"] = wanted["status"] != "ACTIVE"
        kept.update({name: wanted[name] for name in ("title", "descriptionHtml") if name in wanted})
        self._tell_of(items)
        return {"productUpdate": {"product": {"id": wanted["id"], "updatedAt": now_text()}, "userErrors": []}}

    def _variant(self, given: Variables) -> dict[str, Any]:
        item = next((one for one in ITEMS if variant_id(one) == number_of(given["id"])), None)
        shop = {"shop": {"currencyCode": "EUR"}}
        if item is None:
            return {**shop, "productVariant": None}
        kept = self._world.kept(given["id"])
        price = {"price": kept.get("price") or euros(item.price), "compareAtPrice": kept.get("compareAtPrice")}
        product = {"id": f"gid://shopify/Product/{product_id(self._family(item)[0])}"}
        return {**shop, "productVariant": {"id": given["id"], **price, "updatedAt": None, "product": product}}

    def _price(self, given: Variables) -> dict[str, Any]:
        items = self._items(given["product"])
        own = {f"gid://shopify/ProductVariant/{variant_id(one)}" for one in items}
        if not all(one["id"] in own for one in given["variants"]):
            wrong = [{"code": "PRODUCT_VARIANT_DOES_NOT_EXIST", "field": ["variants"], "message": "No such variant"}]
            return {"productVariantsBulkUpdate": {"product": None, "userErrors": wrong}}
        for one in given["variants"]:
            kept = self._world.kept(one["id"])
            kept.update({name: one[name] for name in ("price", "compareAtPrice") if name in one})
        self._tell_of(items)
        product = {"id": given["product"], "updatedAt": now_text()}
        return {"productVariantsBulkUpdate": {"product": product, "productVariants": [], "userErrors": []}}

    def _tell_of(self, items: list[Item]) -> None:
        self._tell(shopify.product(self._world, items, datetime.now(UTC), is_new=False))

    def _items(self, gid: str) -> list[Item]:
        first = next((one for one in ITEMS if product_id(one) == number_of(gid)), None)
        return self._family(first) if first else []

    def _family(self, item: Item) -> list[Item]:
        """All variants of its product."""
        return [one for one in ITEMS if one.channel == item.channel and one.title == item.title]

    def _counteditem(self, given: Variables) -> dict[str, Any]:
        levels = {"nodes": [{"location": {"id": f"gid://shopify/Location/{LOCATION}"}}]}
        known = any(counted_id(one) == number_of(given["id"]) for one in ITEMS)
        return {"inventoryItem": {"id": given["id"], "tracked": True, "inventoryLevels": levels} if known else None}

    def _counted(self, given: Variables) -> dict[str, Any]:
        item = next((one for one in ITEMS if variant_id(one) == number_of(given["id"])), None)
        if item is None:
            return {"productVariant": None}
        held = self._counteditem({"id": f"gid://shopify/InventoryItem/{counted_id(item)}"})
        return {"productVariant": {"inventoryItem": held["inventoryItem"]}}

    def _set_stock(self, given: Variables) -> dict[str, Any]:
        (count,) = given["input"]["quantities"]
        item = next((one for one in ITEMS if counted_id(one) == number_of(count["inventoryItemId"])), None)
        expected = count.get("changeFromQuantity")
        if item is None or (expected is not None and expected != self._world.stock[item.sku]):
            code = "INVALID_INVENTORY_ITEM" if item is None else "CHANGE_FROM_QUANTITY_STALE"
            wrong = {"code": code, "field": ["quantities"], "message": "The quantity is not what it was"}
            return {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [wrong]}}
        self._world.stock[item.sku] = count["quantity"]
        self._tell(shopify.stock(self._world, item, datetime.now(UTC)))
        group = {"createdAt": now_text(), "changes": []}
        return {"inventorySetQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}


def number_of(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def now_text() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
