"""Tables that others fetch: how many of each item they may sell, or the products, at an address with a key.

Invariant: a channel is never told of more than may be sold there: what is kept back for others is taken off first.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce.money import finite
from sereno.commerce.stock import offered
from sereno.runtime import connecting
from sereno.runtime.staff import audit, open_staff
from sereno.runtime.stock.channels import elsewhere
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

PIECE = 1000
MOST_COLUMNS = 40
FIELDS: Mapping[str, tuple[str, ...]] = {
    "stock": ("sku", "title", "barcode", "available", "on_hand", "price", "currency"),
    "products": (
        "sku",
        "id",
        "title",
        "description",
        "url",
        "image_url",
        "brand",
        "barcode",
        "price",
        "currency",
        "price_and_currency",
        "availability",
        "available",
        "product_type",
    ),
}
"""What a column may hold."""
SHAPES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "plain": ("stock", (("sku", "sku"), ("available", "available"))),
    "amazon": ("stock", (("sku", "sku"), ("price", "price"), ("quantity", "available"))),
    "google": (
        "products",
        (
            ("id", "sku"),
            ("title", "title"),
            ("description", "description"),
            ("link", "url"),
            ("image_link", "image_url"),
            ("availability", "availability"),
            ("price", "price_and_currency"),
            ("brand", "brand"),
            ("gtin", "barcode"),
            ("item_group_id", "id"),
        ),
    ),
}
"""Columns to begin with: plain, as Amazon's listing files name them, as Google's product data does."""
FORMS = ("csv", "tsv")


@dataclass(frozen=True, slots=True)
class Made:
    """`key` is shown once."""

    name: str
    key: str


def make(
    shop_id: int,
    title: str,
    *,
    by: str,
    what: str,
    columns: Sequence[tuple[str, str]],
    form: str = "csv",
    channel: str = "",
    database: Database | None = None,
) -> Made:
    """A table others may fetch. Raises ValueError."""
    if not title.strip():
        raise ValueError("give it a name")
    _check(what, columns, form)
    staff = open_staff(database)
    key = secrets.token_urlsafe(32)
    stem = connecting.free_name(title, database=database)
    with staff.database.transaction() as tx:
        tx.one("lock_shop", {"shop": shop_id})
        taken = {row[0] for row in tx.all("feed_out_names", {"name": stem, "pattern": f"{stem}-%"})}
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}-{number}", number + 1
        now = to_micros(staff.world.clock.now())
        held = {"shop": shop_id, "name": name, "title": title.strip()[:80], "what": what, "form": form}
        kept = {"columns": encode(columns), "channel": channel[:64], "key": digest_of(key), "now": now}
        tx.run("insert_feed_out", {**held, **kept})
        audit(tx, shop_id, now, by, "feed.out_made", name, {"what": what})
    return Made(name, key)


def change(
    shop_id: int,
    name: str,
    *,
    by: str,
    title: str,
    what: str,
    columns: Sequence[tuple[str, str]],
    form: str,
    channel: str,
    is_on: bool,
    database: Database | None = None,
) -> None:
    """Raises LookupError, ValueError."""
    _check(what, columns, form)
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = {"shop": shop_id, "name": name, "title": title.strip()[:80] or name, "form": form}
        kept = {"columns": encode(columns), "channel": channel[:64], "is_on": is_on}
        if tx.one("change_feed_out", {**held, **kept}) is None:
            raise LookupError(f"there is no feed {name}")
        now = to_micros(staff.world.clock.now())
        audit(tx, shop_id, now, by, "feed.out_changed", name, {"is_on": is_on})


def new_key(shop_id: int, name: str, *, by: str, database: Database | None = None) -> str:
    """Another key; the old one opens nothing any more. Raises LookupError."""
    staff = open_staff(database)
    key = secrets.token_urlsafe(32)
    with staff.database.transaction() as tx:
        if tx.one("key_feed_out", {"shop": shop_id, "name": name, "key": digest_of(key)}) is None:
            raise LookupError(f"there is no feed {name}")
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "feed.out_key", name, {})
    return key


def digest_of(key: str) -> str:
    """A key is 256 random bits, so a plain hash is enough to keep it by."""
    return hashlib.sha256(key.encode()).hexdigest()


def opens(key: str, digest: str) -> bool:
    return hmac.compare_digest(digest_of(key), digest)


def noted(id: int, *, database: Database | None = None) -> None:
    """It was fetched."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        tx.run("fetched_feed_out", {"id": id, "now": now, "before": now - 60_000_000})


def lines(
    shop_id: int,
    what: str,
    columns: Sequence[Sequence[str]],
    form: str,
    channel: str,
    *,
    most: int | None = None,
    database: Database | None = None,
) -> Iterator[str]:
    """The table, in pieces of lines; at most so many records."""
    staff = open_staff(database)
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if form == "tsv" else ",", lineterminator="\r\n")
    writer.writerow([name for name, _field in columns])
    after: Any = "" if what == "stock" else 0
    left = most
    while left is None or left > 0:
        limit = PIECE if left is None else min(PIECE, left)
        with staff.database.read() as tx:
            currency = staff.world.shops.find(tx, shop_id).facts.currency
            read = _stock if what == "stock" else _products
            last, records, count = read(tx, shop_id, after, limit, currency, channel)
        for record in records:
            writer.writerow([harmless(record.get(field)) for _name, field in columns])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        if count < limit:
            return
        after = last
        left = None if left is None else left - limit


def _stock(
    tx: Transaction, shop: int, after: Any, limit: int, currency: str, channel: str
) -> tuple[Any, list[dict[str, Any]], int]:
    rows = tx.all("feed_stock", {"shop": shop, "after": after, "limit": limit})
    skus = [row[0] for row in rows]
    prices = {row[0]: row for row in tx.all("feed_prices", {"shop": shop, "skus": skus})}
    kept = _safety(tx, shop, channel, skus)
    other = elsewhere(tx, shop, channel, skus) if channel else {}
    found: list[dict[str, Any]] = []
    for item, title, barcode, on_hand, _reserved, available in rows:
        _, price, priced_in = prices.get(item, (None, None, None))
        found.append(
            {
                "sku": item,
                "title": title,
                "barcode": barcode,
                "available": offered(available - other.get(item, 0), kept.get(item, kept[""])),
                "on_hand": on_hand,
                "price": price,
                "currency": priced_in or currency,
            }
        )
    return (rows[-1][0] if rows else after), found, len(rows)


def _products(
    tx: Transaction, shop: int, after: Any, limit: int, currency: str, channel: str
) -> tuple[Any, list[dict[str, Any]], int]:
    rows = tx.all("feed_products", {"shop": shop, "after": after, "limit": limit})
    goods: list[tuple[str, str, str, Mapping[str, Any], Mapping[str, Any]]] = []
    for _id, key, title, data in rows:
        product: Mapping[str, Any] = decode(data)
        for variant in product.get("variants") or [product]:
            goods.append((variant.get("sku") or variant.get("variant_id") or key, key, title, product, variant))
    skus = [one[0] for one in goods]
    kept = _safety(tx, shop, channel, skus)
    # The store's own figure knows nothing of places where only the shop counts.
    other = elsewhere(tx, shop, channel, skus, counted=True) if channel else {}
    found: list[dict[str, Any]] = []
    for sku, key, title, product, variant in goods:
        number = variant.get("available")
        less = kept.get(sku, kept[""]) + other.get(sku, 0)
        may_sell = None if number is None else offered(int(number), less)
        price = variant.get("price") or product.get("price")
        priced_in = variant.get("currency") or product.get("currency") or currency
        is_there = may_sell is None or may_sell > 0 or bool(variant.get("can_backorder"))
        found.append(
            {
                "sku": sku,
                "id": key,
                "title": title,
                "description": product.get("description"),
                "url": product.get("url"),
                "image_url": variant.get("image_url") or product.get("image_url"),
                "brand": product.get("vendor"),
                "barcode": variant.get("barcode"),
                "price": price,
                "currency": priced_in,
                "price_and_currency": f"{price} {priced_in}" if price else None,
                "availability": "in_stock" if is_there else "out_of_stock",
                "available": may_sell,
                "product_type": product.get("product_type"),
            }
        )
    return (rows[-1][0] if rows else after), found, len(rows)


def _safety(tx: Transaction, shop: int, channel: str, items: Sequence[str]) -> dict[str, int]:
    """How many are kept back of each of these, and of all others (""): the closest rule, as for stores."""
    found: dict[str, int] = {"": 0}
    rules = {(of, item): number for of, item, number in tx.all("feed_safety", {"shop": shop, "items": ["", *items]})}
    for of in ("", channel) if channel else ("",):
        for (name, item), number in rules.items():
            if name == of and not (of and not item):
                found[item] = number
    if channel and (channel, "") in rules:
        found[""] = rules[(channel, "")]
    return found


def harmless(value: Any) -> str:
    """As text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value).replace("\r", " ").replace("\n", " ").replace("\t", " ")
    if text[:1] in ("=", "@", "+") or (text[:1] == "-" and finite(text) is None):
        return f"'{text}"
    return text


def _check(what: str, columns: Sequence[tuple[str, str]], form: str) -> None:
    if what not in FIELDS:
        raise ValueError("a feed is of stock or of products")
    if form not in FORMS:
        raise ValueError("a feed is written as csv or tsv")
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise ValueError(f"a feed has between one and {MOST_COLUMNS} columns")
    for name, field in columns:
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise ValueError("each column needs a name")
        if field not in FIELDS[what]:
            raise ValueError(f"{field} is none of {', '.join(FIELDS[what])}")
