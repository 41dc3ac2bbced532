"""Shopify's products, variants and stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader, compact
from sereno.connectors.shopify.people import own_id

_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}


def variant(reader: Reader, product_id: str | None) -> dict[str, Any]:
    options = [text for name in ("option1", "option2", "option3") if (text := reader.text(name))]
    title = reader.text("title")
    return compact(
        {
            "variant_id": own_id(reader),
            "product_id": product_id or reader.id("product_id"),
            "sku": reader.text("sku"),
            "barcode": reader.text("barcode"),
            "variant_title": title if title and title != "Default Title" else " / ".join(options) or None,
            "price": reader.money("price"),
            "compare_at_price": reader.money("compare_at_price"),
            "available": reader.number("inventory_quantity"),
            "is_tracked": reader.raw("inventory_management") is not None
            if reader.has("inventory_management")
            else None,
            "can_backorder": reader.text("inventory_policy") == "continue" if reader.has("inventory_policy") else None,
            "inventory_item_id": reader.id("inventory_item_id"),
            "weight_grams": _weight(reader),
            "requires_shipping": reader.boolean("requires_shipping"),
            "updated_at": reader.instant("updated_at"),
        },
        keep=("compare_at_price",) if reader.has("compare_at_price") else (),
    )


def product(reader: Reader) -> dict[str, Any]:
    """The whole product, as `products/create` and `products/update` send it."""
    own = own_id(reader)
    variants = [variant(item, own) for item in reader.children("variants")]
    found = compact(
        {
            "id": own,
            "title": reader.text("title"),
            "handle": reader.text("handle"),
            "product_type": reader.text("product_type"),
            "vendor": reader.text("vendor"),
            "tags": reader.texts("tags", split=","),
            "status": _status(reader),
            "variants": variants,
            "variant_count": len(variants),
            **of_variants(variants),
            "image_url": reader.child("image").text("src"),
            "published_at": reader.instant("published_at"),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at"),
        },
        keep=("published_at", "image_url", "compare_at_price"),
    )
    return {**found, **wording.description(reader, "body_html")}


def of_variants(variants: list[dict[str, Any]]) -> dict[str, Any]:
    """What a product says of its variants together: the first SKU, the lowest price, the sum of what is available."""
    prices = [item["price"] for item in variants if item.get("price") is not None]
    stocks = [item["available"] for item in variants if item.get("available") is not None]
    lowest = min(prices, key=Decimal) if prices else None
    cheapest = next((item for item in variants if item.get("price") == lowest), {})
    return {
        "sku": next((item["sku"] for item in variants if item.get("sku")), None),
        "price": lowest,
        "compare_at_price": cheapest.get("compare_at_price"),
        "available": sum(stocks) if stocks else None,
        "is_tracked": any(item.get("is_tracked") for item in variants) if variants else None,
    }


def stock_level(reader: Reader) -> dict[str, Any]:
    """How many there are at one place. `available` is null for what is not counted."""
    return compact(
        {
            "inventory_item_id": reader.id("inventory_item_id"),
            "location_id": reader.id("location_id"),
            "available": reader.number("available"),
            "updated_at": reader.instant("updated_at"),
        }
    )


def inventory_item(reader: Reader) -> dict[str, Any]:
    """What is counted; how many there are is told elsewhere."""
    return compact(
        {
            "inventory_item_id": own_id(reader),
            "sku": reader.text("sku"),
            "is_tracked": reader.boolean("tracked"),
            "updated_at": reader.instant("updated_at"),
        }
    )


def _status(reader: Reader) -> str | None:
    status = reader.text("status")
    if status in ("active", "draft", "archived"):
        return status
    if reader.has("published_at"):
        return "active" if reader.instant("published_at") else "draft"
    return None


def _weight(reader: Reader) -> float | int | None:
    grams = reader.decimal("grams")
    if grams is None and (weight := reader.decimal("weight")) is not None:
        factor = _GRAMS.get(reader.text("weight_unit") or "")
        grams = weight * factor if factor else None
    if grams is None:
        return None
    return int(grams) if grams == grams.to_integral_value() else round(float(grams), 3)
