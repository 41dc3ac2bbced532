"""How the invented shop's records are called at Shopify."""

from __future__ import annotations

from sereno.site.demo.catalogue import BY_SKU, Item

SHOP = "casa-azahar.myshopify.com"
_IDS = {"order": 5_612_000_000_000, "customer": 7_104_000_000_000, "line": 13_310_000_000_000}
LOCATION = 67_300_100


def id_of(kind: str, number: int) -> int:
    return _IDS[kind] + number * 32_768


def product_id(item: Item) -> int:
    return 8_200_000_000_000 + item.number


def variant_id(item: Item) -> int:
    return 44_900_000_000_000 + item.number


def counted_id(item: Item) -> int:
    return 46_900_000_000_000 + item.number


def line_id(sku: str) -> int:
    return id_of("line", BY_SKU[sku].number)


def order_number(id: int) -> int:
    """The number on the order, by its id."""
    return (id - _IDS["order"]) // 32_768
