"""What a shop's records say for recommendations: which things an order held, which a cart, what a product is. Pure.

Invariant: a cancelled order was not bought together, a cart that became an order is counted once, by the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce.identity import customer_key, text
from sereno.commerce.merging import micros, parts
from sereno.modules.recommendations.likeness import price_of

Record = Mapping[str, Any]
LONGEST = 100
BOUGHT, SEEN = "bought", "seen"


@dataclass(frozen=True, slots=True)
class Held:
    """A basket as it is to be kept; without `items` it is to be forgotten."""

    key: str
    kind: str
    person: str | None
    at: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """By which product a line's variant and SKU go, where it names none itself."""

    variants: Mapping[str, str]
    skus: Mapping[str, str]

    def of(self, line: Record) -> str | None:
        """The thing a line is about: its product, else what its variant or SKU is a variant of, else the SKU."""
        if product := text(line.get("product_id")):
            return product
        variant, sku = text(line.get("variant_id")), text(line.get("sku"))
        return self.variants.get(variant or "") or self.skus.get(sku or "") or sku or variant


def lines_of(record: Record) -> list[Record]:
    """Those that are things: no gift cards, and no parts of a bundle."""
    return [
        line
        for line in parts(record.get("lines"))
        if line.get("is_gift_card") is not True and line.get("parent_line_id") is None
    ]


def unnamed(records: Iterable[Record]) -> tuple[set[str], set[str]]:
    """Variants and SKUs of lines that name no product."""
    bare = [line for record in records for line in lines_of(record) if not text(line.get("product_id"))]
    variants = {found for line in bare if (found := text(line.get("variant_id")))}
    return variants, {found for line in bare if (found := text(line.get("sku")))}


def order_basket(key: str, person: str | None, at: int | None, status: str | None, data: Record, names: Names) -> Held:
    is_off = at is None or status in ("cancelled", "deleted") or data.get("cancelled_at")
    return Held(
        f"order:{key}", BOUGHT, customer_key(person, data.get("email")), at or 0, () if is_off else _items(data, names)
    )


def cart_basket(
    key: str, person: str | None, at: int | None, completed: int | None, data: Record, names: Names
) -> Held:
    is_off = at is None or completed is not None or data.get("order_id") or data.get("deleted_at")
    return Held(
        f"cart:{key}", SEEN, customer_key(person, data.get("email")), at or 0, () if is_off else _items(data, names)
    )


def _items(data: Record, names: Names) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for line in lines_of(data) if (found := names.of(line))))[:LONGEST]


def facts_of(product: Record) -> dict[str, Any]:
    """What is kept of a product, small: what rules, likeness and a card in the storefront want."""
    variants = parts(product.get("variants"))
    price = price_of(product.get("price")) or min(
        (found for one in variants if (found := price_of(one.get("price")))), default=None
    )
    found = {
        "title": str(product.get("title") or "")[:200],
        "type": str(product.get("product_type") or "")[:100],
        "vendor": str(product.get("vendor") or "")[:100],
        "tags": _texts(product.get("tags")),
        "categories": _texts(product.get("categories")),
        "skus": sorted({sku for one in (product, *variants) if (sku := text(one.get("sku")))})[:20],
        "price": str(price) if price is not None else "",
        "url": str(product.get("url") or "")[:1000],
        "image": str(
            product.get("image_url") or next((one["image_url"] for one in variants if one.get("image_url")), "")
        )[:1000],
        "handle": str(product.get("handle") or "")[:200],
        "at": str(product.get("published_at") or product.get("created_at") or ""),
    }
    return {name: value for name, value in found.items() if value}


def since_of(facts: Mapping[str, Any]) -> int | None:
    """When a thing came on sale, by its facts; None where nobody says."""
    return micros(facts.get("at"))


def _texts(value: object) -> Sequence[str]:
    return [str(one)[:100] for one in value if one][:20] if isinstance(value, list) else []
