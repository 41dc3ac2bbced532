"""Medusa's products and variants. A variant has a price in each currency and for each rule; the plain one counts."""

from __future__ import annotations

from typing import Any

from sereno.connectors import currencies, wording
from sereno.connectors.reading import Reader, compact


def product(reader: Reader, own: str, at: str | None) -> dict[str, Any]:
    """`currency_code` of the record is the store's own currency, where reading it back found several."""
    variants = [variant(item, own, reader.text("currency_code")) for item in reader.children("variants")]
    found = compact(
        {
            "id": own,
            "title": reader.text("title"),
            "handle": reader.text("handle"),
            "status": {"published": "active"}.get(reader.text("status") or "", "draft"),
            "tags": [name for item in reader.children("tags") if (name := item.text("value"))],
            "categories": [name for item in reader.children("categories") if (name := item.text("name"))],
            "image_url": reader.text("thumbnail"),
            "variants": variants or None,
            "variant_count": len(variants) or None,
            "sku": next((item["sku"] for item in variants if item.get("sku")), None),
            "created_at": reader.instant("created_at"),
            "updated_at": reader.instant("updated_at") or at,
        }
    )
    return {**found, **wording.description(reader, "description")}


def variant(reader: Reader, product: str, currency: str | None) -> dict[str, Any]:
    """Of several plain prices the one in the store's currency; the first of the alphabet where that is not known, so
    that it is always the same one."""
    prices = sorted(plain_prices(reader), key=lambda item: item.text("currency_code") or "")
    own = next((item for item in prices if currency and item.text("currency_code") == currency), None)
    price = own or next(iter(prices), Reader(None))
    code = currencies.code(price.text("currency_code"))
    return compact(
        {
            "variant_id": reader.id("id"),
            "product_id": product,
            "sku": reader.text("sku"),
            "barcode": reader.text("ean", "upc", "barcode"),
            "variant_title": reader.text("title"),
            "price": price.money("amount", currency=code),
            "currency": code,
            "is_tracked": reader.boolean("manage_inventory"),
        }
    )


def plain_prices(reader: Reader) -> list[Reader]:
    """Without those that hold from a quantity on, or by a rule such as a region's."""
    return [
        item
        for item in reader.children("prices")
        if not item.raw("rules")
        and not item.integer("rules_count")
        and item.raw("min_quantity") is None
        and item.raw("max_quantity") is None
    ]
