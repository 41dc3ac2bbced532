"""What each store says of some items, as one table: by item and store the records it has of it.

Invariant: a fixed number of statements, however many items; a store that deleted a thing says nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sereno.commerce.merging import parts
from sereno.commerce.syncing import OF_VARIANT, Value, joined, value_of
from sereno.runtime import namespaces
from sereno.runtime.syncing.stores import Side
from sereno.store.database import Transaction
from sereno.store.documents import decode

Record = Mapping[str, Any]

ABILITIES = {
    "price": "set_price",
    "compare_at_price": "set_price",
    "title": "set_texts",
    "description": "set_texts",
    "status": "publish_product",
}
PARTIAL = frozenset({"generic"})
"""Kinds that may tell of some variants of a product and mean no more than that."""


@dataclass(frozen=True, slots=True)
class Product:
    key: str
    at: int
    record: Record


@dataclass(frozen=True, slots=True)
class Thing:
    """What a store sells under a SKU. `variant` is "" for a product that is told of without variants."""

    variant: str
    at: int
    record: Record
    product: Product | None

    @property
    def product_key(self) -> str:
        return self.product.key if self.product is not None else str(self.record.get("product_id") or "")

    @property
    def title(self) -> str:
        product: Record = self.product.record if self.product is not None else {}
        names = (product.get("title") or self.record.get("title"), self.record.get("variant_title"))
        return " · ".join(dict.fromkeys(str(name) for name in names if name))[:300]

    def value(self, name: str, currency: str) -> Value | None:
        if name in OF_VARIANT:
            return value_of(name, self.record, self.at, currency)
        if self.product is not None:
            return value_of(name, self.product.record, self.product.at, currency)
        return None


@dataclass(slots=True)
class Table:
    """`things` by item and connection."""

    sides: Sequence[Side]
    currency: str
    things: dict[str, dict[str, list[Thing]]] = field(default_factory=dict[str, dict[str, list[Thing]]])

    def values(self, item: str, name: str, only: Collection[str]) -> dict[str, Value]:
        """By connection, of those that say anything; `only` these where any are named. A product is one thing however
        many of its variants have the SKU."""
        found: dict[str, Value] = {}
        for side in self.sides:
            things = self.things.get(item, {}).get(side.name, ())
            if only and side.name not in only:
                continue
            once = {one.variant if name in OF_VARIANT else one.product_key: one for one in things}
            said = [value for one in once.values() if (value := one.value(name, self.currency)) is not None]
            if said:
                found[side.name] = replace(joined(said), is_writable=ABILITIES[name] in side.abilities)
        return found

    def thing(self, item: str, connection: str, name: str, target: str) -> tuple[Thing, str]:
        """Of those it has under this SKU, the first that says something else than this digest, and what it says."""
        said = [(one, one.value(name, self.currency)) for one in self.things[item][connection]]
        known = [(one, value) for one, value in said if value is not None]
        thing, value = next((pair for pair in known if pair[1].digest != target), known[0])
        return thing, value.text


def read(tx: Transaction, shop_id: int, items: Sequence[str], sides: Sequence[Side]) -> Table:
    row = tx.one("currency_of_shop", {"shop": shop_id})
    table = Table(sides, str(row[0]) if row is not None else "")
    variants = tx.all("synced_variants", {"shop": shop_id, "items": items})
    keys = sorted({row[2] for row in variants if row[2]})
    products: dict[str, Product] = {}
    flat: list[tuple[str, Product]] = []
    for key, at, data, sku in tx.all("synced_products", {"shop": shop_id, "products": keys, "items": items}):
        product = products.get(key) or Product(key, at, decode(data))
        products[key] = product
        if sku is not None:
            flat.append((sku, product))
    names = {side.namespace: side for side in sides}
    for item, key, product_key, at, data in variants:
        side = names.get(namespaces.of(key))
        record: Record = decode(data)
        product = products.get(product_key) if product_key else None
        if side is not None and not _is_gone(side, key, record, product):
            table.things.setdefault(item, {}).setdefault(side.name, []).append(Thing(key, at, record, product))
    for item, product in flat:
        side = names.get(namespaces.of(product.key))
        is_told_alone = not parts(product.record.get("variants")) and not _is_deleted(product.record)
        if side is not None and is_told_alone and not table.things.get(item, {}).get(side.name):
            thing = Thing("", product.at, product.record, product)
            table.things.setdefault(item, {}).setdefault(side.name, []).append(thing)
    return table


def _is_deleted(record: Record) -> bool:
    return record.get("status") == "deleted" or bool(record.get("deleted_at"))


def _is_gone(side: Side, key: str, record: Record, product: Product | None) -> bool:
    if _is_deleted(record):
        return True
    if product is None:
        return False
    variants = parts(product.record.get("variants"))
    is_listed = not variants or any(one.get("variant_id") == key for one in variants)
    return _is_deleted(product.record) or not (is_listed or side.kind in PARTIAL)
