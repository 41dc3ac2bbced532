"""Products and variants as last known. A product brings its variants, and what is known of the things counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import text, variant_key
from sereno.commerce.merging import fill, known, micros, overlay, parts
from sereno.sdk.columns import number_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection

Record = Mapping[str, Any]


def project(old: Record | None, data: Record, event_type: str) -> Record | None:
    if data.get("is_thin"):
        merged = fill(old, data)
        if old is not None and not old.get("is_thin"):
            merged.pop("is_thin", None)
    else:
        merged = overlay(old, data)
        if "title" in data or "variants" in data:
            merged.pop("is_thin", None)
    if event_type == "product.deleted":
        merged["status"] = "deleted"
    return None if merged == old else merged


def version(data: Record) -> int | None:
    return PATCH if data.get("is_thin") else micros(data.get("updated_at"))


def carried(product: Record) -> list[tuple[str, Record]]:
    """The variants inside a product, and for each that is counted by another id, what that id stands for."""
    found: list[tuple[str, Record]] = []
    for variant in parts(product.get("variants")):
        of_product = {
            "product_id": variant.get("product_id") or product.get("id"),
            "currency": variant.get("currency") or product.get("currency"),
            "title": product.get("title"),
            "updated_at": variant.get("updated_at") or product.get("updated_at"),
        }
        record = {**variant, **known(of_product)}
        found.append(("variant", record))
        if variant.get("inventory_item_id"):
            names = ("variant_id", "product_id", "sku", "inventory_item_id", "is_tracked", "title", "variant_title")
            found.append(("stock_level", {**{name: record.get(name) for name in names}, "is_thin": True}))
    return found


projection(
    Projection(
        name="product",
        table="catalog_product",
        key=lambda data: text(data.get("id")),
        project=project,
        version=version,
        columns={
            "title": text_of("title", 300),
            "status": text_of("status", 16),
            "sku": text_of("sku", 200),
            "price": text_of("price", 32),
            "currency": text_of("currency", 3),
            "available": number_of("available"),
        },
        also=carried,
        carries=frozenset({"variant", "stock_level"}),
    )
)
projection(
    Projection(
        name="variant",
        table="catalog_variant",
        key=variant_key,
        project=project,
        version=version,
        columns={
            "product_key": text_of("product_id", 200),
            "sku": text_of("sku", 200),
            "title": text_of("title", 300),
            "price": text_of("price", 32),
            "currency": text_of("currency", 3),
        },
    )
)
