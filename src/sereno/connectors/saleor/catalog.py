"""Saleor's products and variants. Whether one is sold, and for how much, is said by channel.

Invariant: of several channels the one the body was asked for is read; where it names none, nothing is said of prices
and of being on sale, rather than another channel's word.
"""

from __future__ import annotations

from typing import Any

from sereno.connectors import currencies, wording
from sereno.connectors.reading import Reader, compact
from sereno.connectors.saleor import editorjs


def product(reader: Reader) -> dict[str, Any]:
    channel = reader.text("channel")
    variants = [variant(item, channel) for item in reader.children("variants")]
    found = compact(
        {
            "id": reader.id("id"),
            "title": reader.text("name"),
            "handle": reader.text("slug"),
            "categories": [name for name in [reader.child("category").text("name")] if name],
            "variants": variants or None,
            "variant_count": len(variants) or None,
            "sku": next((item["sku"] for item in variants if item.get("sku")), None),
            "created_at": reader.instant("created"),
            "updated_at": reader.instant("updatedAt", "updated_at"),
        }
    )
    return {**found, **_shown(reader, channel), **_described(reader)}


def variant(reader: Reader, channel: str | None = None) -> dict[str, Any]:
    """The price as it is set for the channel; else what the storefront asks, where the query wanted that."""
    listing = _listing(reader, channel or reader.text("channel"))
    listed = listing.child("price") if listing is not None else Reader(None)
    price = listed or reader.child("pricing").child("price").child("gross")
    currency = currencies.code(price.text("currency"))
    prior = listing if listing is not None and listing.has("priorPrice") else None
    return compact(
        {
            "variant_id": reader.id("id"),
            "product_id": reader.child("product").id("id") or reader.id("product_id"),
            "sku": reader.text("sku"),
            "variant_title": reader.text("name"),
            "price": price.money("amount", currency=currency),
            "compare_at_price": prior.child("priorPrice").money("amount", currency=currency) if prior else None,
            "currency": currency,
            "available": reader.number("quantityAvailable", "quantity_available"),
            "is_tracked": reader.boolean("trackInventory", "track_inventory"),
        },
        keep=("compare_at_price",) if prior else (),
    )


def _shown(reader: Reader, channel: str | None) -> dict[str, Any]:
    """What is in no channel is not on sale."""
    if not reader.has("channelListings") and not reader.has("channel_listings"):
        return {}
    listing = _listing(reader, channel)
    if listing is None:
        return {} if reader.children("channelListings", "channel_listings") and not channel else _hidden()
    if not listing.boolean("isPublished", "is_published"):
        return _hidden()
    at = listing.instant("publishedAt", "published_at")
    return compact({"status": "active", "published_at": at})


def _hidden() -> dict[str, Any]:
    return {"status": "draft", "published_at": None}


def _listing(reader: Reader, channel: str | None) -> Reader | None:
    """The channel's; the only one where the body names no channel."""
    listings = reader.children("channelListings", "channel_listings")
    if channel:
        return next((one for one in listings if _slug(one) == channel), None)
    return listings[0] if len(listings) == 1 else None


def _slug(listing: Reader) -> str | None:
    return listing.child("channel").text("slug") or listing.text("channel_slug")


def _described(reader: Reader) -> dict[str, str | None]:
    if not reader.has("description"):
        return {}
    return wording.description(Reader({"d": editorjs.to_html(reader.raw("description"))}, reader.notes), "d")
