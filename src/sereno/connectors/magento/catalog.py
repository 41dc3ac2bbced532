"""Magento's products. Every variant is a product of its own; a configurable one only holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader, amount, compact

_PARENTS = frozenset({"configurable", "bundle", "grouped"})


def custom_of(reader: Reader) -> dict[str, Reader]:
    """A product's attributes of its own, by their codes."""
    found = reader.children("custom_attributes")
    return {code: item for item in found if (code := item.text("attribute_code")) is not None}


def special_price(custom: Mapping[str, Reader], day: date) -> Decimal | None:
    """The reduced price, where it holds on this day. Magento's days are the shop's: around midnight it may be told a
    few hours early or late."""
    first, last = (_day(custom, name) for name in ("special_from_date", "special_to_date"))
    if (first is not None and first > day) or (last is not None and last < day):
        return None
    return custom["special_price"].decimal("value") if "special_price" in custom else None


def _day(custom: Mapping[str, Reader], name: str) -> date | None:
    held = custom[name].instant("value") if name in custom else None
    return date.fromisoformat(held[:10]) if held else None


def product(reader: Reader, day: date) -> dict[str, Any]:
    custom = custom_of(reader)
    own = reader.id("id") or reader.text("sku")
    price, struck = reader.money("price"), None
    special, regular = special_price(custom, day), reader.decimal("price")
    if special is not None and regular is not None and special < regular:
        price, struck = amount(special, None), price
    is_parent = reader.text("type_id") in _PARENTS
    is_said = reader.has("custom_attributes")
    known = ("compare_at_price",) if is_said and not is_parent else ()
    status = {1: "active", 2: "draft"}.get(reader.integer("status") or 0)
    variant = compact(
        {
            "variant_id": own,
            "product_id": own,
            "sku": reader.text("sku"),
            "price": price,
            "compare_at_price": struck,
            "weight_grams": None,
            "available": None if is_parent else _available(reader),
            "is_tracked": _stock(reader).boolean("manage_stock"),
            "updated_at": reader.instant("updated_at"),
        },
        keep=known,
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
            "compare_at_price": struck,
            "available": variant.get("available"),
            "is_tracked": variant.get("is_tracked"),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at") or reader.instant("created_at"),
        },
        keep=known,
    )
    # What has no description lacks the attribute.
    said = {"description": custom["description"].raw("value") if "description" in custom else None}
    return {**found, **wording.description(Reader(said if is_said else {}, reader.notes), "description")}


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
