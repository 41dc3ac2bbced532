"""WooCommerce's products. One without variations is its own variant; a variation comes as a product with a parent."""

from __future__ import annotations

from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader, compact
from sereno.connectors.woocommerce.orders import instant

_STATUSES = {
    "publish": "active",
    "private": "active",
    "draft": "draft",
    "pending": "draft",
    "future": "draft",
    "trash": "deleted",
}
_PARENTS = frozenset({"variable", "grouped", "variable-subscription"})


def is_variation(reader: Reader) -> bool:
    return reader.text("type") == "variation" and reader.id("parent_id") is not None


def variant(reader: Reader, zone: str | None) -> dict[str, Any]:
    counted = reader.boolean("manage_stock")
    options = [text for item in reader.children("attributes") if (text := item.plain("option"))]
    return compact(
        {
            "variant_id": reader.id("id"),
            "product_id": reader.id("parent_id") or reader.id("id"),
            "sku": reader.text("sku"),
            "barcode": reader.text("global_unique_id"),
            "variant_title": " / ".join(options) or None,
            "price": reader.money("price"),
            "compare_at_price": reader.money("regular_price") if reader.boolean("on_sale") else None,
            "available": available(reader),
            "is_tracked": counted,
            "can_backorder": reader.boolean("backorders_allowed"),
            "requires_shipping": reader.boolean("shipping_required"),
            "image_url": next((item.text("src") for item in reader.children("images")), None)
            or reader.child("image").text("src"),
            "updated_at": instant(reader, "date_modified", zone),
        },
        keep=("compare_at_price", "available"),
    )


def available(reader: Reader) -> int | float | None:
    """How many there are where the shop counts them; 0 where it only says that there are none."""
    if reader.boolean("manage_stock"):
        return reader.number("stock_quantity")
    return 0 if reader.text("stock_status") == "outofstock" else None


def product(reader: Reader, zone: str | None) -> dict[str, Any]:
    status = _STATUSES.get(reader.text("status") or "")
    own = variant(reader, zone)
    has_variations = reader.text("type") in _PARENTS
    found = compact(
        {
            "id": reader.id("id"),
            "title": reader.plain("name"),
            "handle": reader.text("slug"),
            "url": reader.text("permalink"),
            "product_type": reader.text("type"),
            "tags": [name for item in reader.children("tags") if (name := item.plain("name"))],
            "categories": [name for item in reader.children("categories") if (name := item.plain("name"))],
            "status": status,
            "variants": [own] if not has_variations else None,
            "variant_count": len(reader.texts("variations")) if has_variations else 1,
            **{name: own.get(name) for name in ("sku", "price", "compare_at_price", "available", "is_tracked")},
            "requires_shipping": own.get("requires_shipping"),
            "image_url": own.get("image_url"),
            "published_at": instant(reader, "date_created", zone) if status == "active" else None,
            "created_at": instant(reader, "date_created", zone),
            "updated_at": instant(reader, "date_modified", zone) or instant(reader, "date_created", zone),
        },
        keep=("compare_at_price", "published_at", "image_url", "available"),
    )
    return {**found, **wording.description(reader, "description")}


def stock_level(reader: Reader, zone: str | None) -> dict[str, Any]:
    return compact(
        {
            "variant_id": reader.id("id"),
            "product_id": reader.id("parent_id") or reader.id("id"),
            "sku": reader.text("sku"),
            "title": reader.plain("name"),
            "available": available(reader),
            "is_tracked": reader.boolean("manage_stock"),
            "updated_at": instant(reader, "date_modified", zone) or instant(reader, "date_created", zone),
        }
    )
