"""Reading Zoho Commerce back. Its lists take no instant to begin at, so they are read from what changed last until what
was known.

What changes while pages are read comes to the front and pushes the rest back: a record may be read twice, and what came
to the front is found by the next reading. Read the other way round, what is not read yet would move onto pages that
are. The list of orders tells little of each, so each is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, as_instant
from sereno.connectors.zohocommerce import records
from sereno.connectors.zohocommerce.client import Body, ask, currency, segment
from sereno.sdk.stores import Exchange, Item, Page, Reading, StoreRefused, if_there

SIZES = (200, 100, 50, 25, 10)
"""What `per_page` may be."""
MOST_ORDERS = 25
"""Each is asked for by itself, at two a second."""
NEWEST = {"filter_by": "Status.All", "sort_column": "last_modified_time", "sort_order": "D"}
Fetch = Callable[[Exchange, str], Item | None]


def _rows(
    exchange: Exchange, reading: Reading, name: str, most: int, query: Mapping[str, Any]
) -> tuple[list[Body], str | None]:
    """A page of a list, and the cursor of the next."""
    at = Reader(json.loads(reading.cursor) if reading.cursor else None)
    page, size = at.integer("page") or 1, size_of(min(reading.size, most))
    answer = Reader(ask(exchange, "GET", f"/{name}", query={**query, "page": page, "per_page": size}))
    found = [cast("Body", dict(one.data)) for one in answer.children(name)]
    has_more = answer.child("page_context").boolean("has_more_page")
    seen = body_hash(*(json.dumps(one, sort_keys=True) for one in found))
    if not found or has_more is False or (has_more is None and len(found) < size) or seen == at.text("seen"):
        # The same page twice: this list does not turn its pages.
        return found, None
    return found, json.dumps({"page": page + 1, "seen": seen})


def size_of(wanted: int) -> int:
    return next((size for size in SIZES if size <= wanted), SIZES[-1])


def _changed(row: Mapping[str, Any]) -> datetime | None:
    return as_instant(records.instant(Reader(row), "last_modified_time", "created_time"))


def _within(rows: Sequence[Body], reading: Reading) -> tuple[list[Body], bool]:
    """Those of the time that is asked for, and whether all that follow are older."""
    kept: list[Body] = []
    for row in rows:
        at = _changed(row)
        if at is not None and reading.since is not None and at < reading.since:
            return kept, True
        if at is None or reading.until is None or at <= reading.until:
            kept.append(row)
    return kept, False


def orders(exchange: Exchange, reading: Reading) -> Page:
    rows, after = _rows(exchange, reading, "salesorders", MOST_ORDERS, NEWEST)
    kept, is_over = _within(rows, reading)
    found = (fetch_order(exchange, str(row.get("salesorder_id") or "")) for row in kept)
    return Page([item for item in found if item is not None], None if is_over else after)


def products(exchange: Exchange, reading: Reading) -> Page:
    rows, after = _rows(exchange, reading, "products", SIZES[0], NEWEST)
    kept, is_over = _within(rows, reading)
    return Page([_product(exchange, row) for row in kept], None if is_over else after)


def stock(exchange: Exchange, reading: Reading) -> Page:
    """All of it each time: a sale need not count as a change of the variant."""
    query = {"sort_column": "last_modified_time", "sort_order": "D"}
    rows, after = _rows(exchange, reading, "variants", SIZES[0], query)
    return Page([_stock(row) for row in rows if records.available(Reader(row)) is not None], after)


def _product(exchange: Exchange, record: Body) -> Item:
    body = {"currency_code": currency(exchange), **record}
    return Item("product", body, str(record.get("product_id") or ""), _changed(record))


def _stock(record: Body) -> Item:
    return Item("variant", record, str(record.get("variant_id") or ""), None)


# --- one record -------------------------------------------------------------------------------------


def read_order(exchange: Exchange, own: str) -> Body:
    return _part(ask(exchange, "GET", f"/salesorders/{segment(own)}"), "salesorder")


def read_product(exchange: Exchange, own: str) -> Body:
    return _part(ask(exchange, "GET", f"/products/{segment(own)}"), "product")


def read_variant(exchange: Exchange, own: str) -> Body:
    """Raises StoreRefused `store.not_found`."""
    answer = ask(exchange, "GET", "/variants", query={"variant_ids": own, "page": 1, "per_page": SIZES[-1]})
    for one in Reader(answer).children("variants"):
        if one.id("variant_id") == own:
            return dict(one.data)
    raise StoreRefused("store.not_found", f"Zoho does not know the variant {own}.")


def _part(answer: Mapping[str, Any], name: str) -> Body:
    return dict(Reader(answer).child(name).data)


def fetch_order(exchange: Exchange, own: str) -> Item | None:
    found = if_there(lambda: read_order(exchange, own))
    return Item("salesorder", found, own, _changed(found)) if found else None


def fetch_product(exchange: Exchange, own: str) -> Item | None:
    found = if_there(lambda: read_product(exchange, own))
    return _product(exchange, found) if found else None


def fetch_variant(exchange: Exchange, own: str) -> Item | None:
    """A variant comes with its product."""
    found = if_there(lambda: read_variant(exchange, own))
    return fetch_product(exchange, str(found.get("product_id") or "")) if found else None


def fetch_stock(exchange: Exchange, own: str) -> Item | None:
    found = if_there(lambda: read_variant(exchange, own))
    return _stock(found) if found else None


READS = {"order": orders, "product": products, "stock_level": stock}
FETCH: dict[str, Fetch] = {
    "order": fetch_order,
    "product": fetch_product,
    "variant": fetch_variant,
    "stock_level": fetch_stock,
}
