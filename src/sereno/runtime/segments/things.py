"""What people bought, by line of an order, and what the catalogue says of these goods.

Invariant: a category, tag or brand counts as the catalogue has it when somebody is looked at; a line as its order does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sereno.commerce.merging import parts
from sereno.commerce.money import finite
from sereno.engine.segments.definition import LONGEST_TEXT, fold
from sereno.runtime.facts import Fact
from sereno.runtime.segments.people import LARGEST, Shop, minor
from sereno.store.database import Transaction
from sereno.store.documents import decode

GOODS = frozenset({"product.created", "product.updated", "product.published", "product.unpublished", "product.deleted"})
MOST_LINES = 200


def mark_of(kind: str, value: str) -> int:
    """The number under which a thing is counted; 63 bits, so that no two of a shop share one."""
    return int.from_bytes(blake2b(f"{kind}|{value}".encode(), digest_size=8).digest()) >> 1


def marks_of(record: Mapping[str, Any]) -> set[int]:
    """Of a product's record. One that was deleted keeps what was said of it."""
    kinds = {
        "category": [record.get("product_type"), *_texts(record.get("categories"))],
        "tag": _texts(record.get("tags")),
        "vendor": [record.get("vendor")],
    }
    return {
        mark_of(kind, fold(value))
        for kind, values in kinds.items()
        for value in values
        if isinstance(value, str) and 0 < len(fold(value)) <= LONGEST_TEXT
    }


def _texts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()  # pyright: ignore[reportUnknownVariableType]


def keep_goods(tx: Transaction, shop: Shop, facts: Iterable[Fact]) -> None:
    """After these facts were projected."""
    keys = sorted({key for fact in facts if fact.event.type in GOODS and (key := fact.event.refs.get("product"))})
    if keys:
        mark_goods(tx, shop.id, tx.all("products_to_mark", {"shop": shop.id, "keys": keys}))


def mark_goods(tx: Transaction, shop_id: int, rows: Sequence[Sequence[Any]]) -> None:
    """`rows` are (key, data) of products. Writes what is new and drops what is said no more."""
    wanted = {(mark, mark_of("product", key)) for key, data in rows for mark in marks_of(decode(data))}
    products = sorted({mark_of("product", row[0]) for row in rows})
    held = {tuple(row) for row in tx.all("marks_of_products", {"shop": shop_id, "products": products})}
    tx.many("put_marks", [(shop_id, *at) for at in sorted(wanted - held)])
    tx.many("drop_marks", [(shop_id, *at) for at in sorted(held - wanted)])


def lines_of(shop: Shop, record: Mapping[str, Any], has_money: bool) -> list[tuple[int, int, int, int]]:
    """Of an order's record, (number, product, SKU, amount) of each line."""
    found: list[tuple[int, int, int, int]] = []
    for number, line in enumerate(parts(record.get("lines"))[:MOST_LINES]):
        product, sku, total = line.get("product_id"), line.get("sku"), line.get("total")
        product = mark_of("product", product) if isinstance(product, str) and product else 0
        sku = mark_of("sku", fold(sku)) if isinstance(sku, str) and fold(sku) else 0
        amount = finite(total) if has_money and total is not None else None
        units = minor(shop, amount) if amount is not None and abs(amount) < LARGEST else 0
        if product or sku:
            found.append((number, product, sku, units))
    return found
