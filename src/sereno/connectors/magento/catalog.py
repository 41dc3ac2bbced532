"""Magento's products. Every variant is a product of its own; a configurable one only holds them together."""

from __future__ import annotations

from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader, compact

_PARENTS = frozenset({"configurable", "bundle", "grouped"})


def product(reader: Reader) -> dict[str, Any]:
    custom = {item.text("attribute_code"): item for item in reader.children("custom_attributes")}
    own = reader.id("id") or reader.text("sku")
    price = reader.money("price")
    is_parent = reader.text("type_id") in _PARENTS
    status = {1: "active", 2: "draft"}.get(reader.integer("status") or 0)
    variant = compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": reader.text("sku"),
            "price": price,
            "weight_grams": None,
            "available": None if is_parent else _available(reader),
            "is_tracked": _stock(reader).boolean("manage_stock"),
            "updated_at": reader.instant("updated_at"),
        }
    )
    links = reader.child("extension_attributes").texts("configurable_product_links")
    handle = custom.get("url_key", Reader(None)).text("value")
    found = compact(
        {
            "id": own,
            "title": reader.text("name"),
            "handle": handle,
            "product_type": reader.text("type_id"),
            "status": status,
            "variants": None if is_parent else [variant],
            "variant_count": len(links) if is_parent else 1,
            "sku": reader.text("sku"),
            # A configurable product's own price is 0 and means nothing.
            "price": None if is_parent else price,
            "available": variant.get("available"),
            "is_tracked": variant.get("is_tracked"),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at") or reader.instant("created_at"),
        }
    )
    # What has no description lacks the attribute.
    said = {name: item.raw("value") for name, item in custom.items()} if custom else {}
    return {**found, **wording.description(Reader({"description": None, **said} if custom else {}), "description")}


def stock_level(reader: Reader) -> dict[str, Any] | None:
    """None for a product that is not counted itself, or whose notice brings no stock."""
    available = _available(reader)
    if reader.text("type_id") in _PARENTS or available is None:
        return None
    own = reader.id("id") or reader.text("sku")
    return compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": reader.text("sku"),
            "title": reader.text("name"),
            "available": available,
            "updated_at": reader.instant("updated_at"),
        }
    )


def source_item(reader: Reader) -> dict[str, Any] | None:
    """What one source has of a SKU; nothing of it can be sold where the source says so. None without a SKU."""
    sku, held = reader.text("sku"), reader.number("quantity")
    if sku is None or held is None:
        return None
    available = held if reader.integer("status") != 0 else 0
    own = reader.id("product_id")
    return compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": sku,
            "location_id": reader.text("source_code"),
            "available": available,
            "on_hand": held,
        }
    )


def _stock(reader: Reader) -> Reader:
    return reader.child("extension_attributes").child("stock_item")


def _available(reader: Reader) -> int | float | None:
    stock = _stock(reader)
    return stock.number("qty") if stock.boolean("manage_stock") is not False else None
