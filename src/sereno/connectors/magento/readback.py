"""Reading Magento back, which sends no webhooks: pages of records in the order they changed.

As the cursor is the last change seen, what changes while pages are read is read again and nothing is passed over. A
page after the last would be the last again, so how many there are decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.connectors.magento.client import Body, Filter, as_list, ask, changed_at, criteria
from sereno.connectors.reading import Reader, as_instant, iso
from sereno.sdk.stores import Exchange, Item, Page, Reading, if_there

MOST = 100
"""Records a page: Magento takes long over more."""
SECOND = timedelta(seconds=1)
Read = Callable[[Exchange, Reading], Page]


def reader(path: str, topic: str) -> Read:
    """Pages of what has an `updated_at`."""

    def read(exchange: Exchange, reading: Reading) -> Page:
        at: dict[str, Any] = json.loads(reading.cursor) if reading.cursor else {"page": 1}
        since, page = as_instant(at.get("since")) or reading.since, int(at["page"])
        size = min(reading.size, MOST)
        filters: list[Filter] = [("updated_at", "gteq", _utc(since))] if since else []
        if reading.until is not None:
            filters.append(("updated_at", "lteq", _utc(reading.until)))
        sort = (("updated_at", "ASC"), ("entity_id", "ASC"))
        answer = ask(exchange, "GET", path, query=criteria(filters, sort=sort, size=size, page=page))
        found = as_list(answer.get("items"))
        total = Reader(answer).integer("total_count") or 0
        onward = _next(found, since, page) if page * size < total else None
        return Page([_item(topic, one) for one in found], onward, total if reading.cursor is None else None)

    return read


def _next(found: list[Body], since: datetime | None, page: int) -> str | None:
    """From the last record's change on; where a page holds one second only, the page after it."""
    if not found:
        return None
    first, last = changed_at(found[0]), changed_at(found[-1])
    if first is None or last is None or first == last or (since is not None and last <= since):
        return json.dumps({"since": iso(since) if since else None, "page": page + 1})
    return json.dumps({"since": iso(last), "page": 1})


def stock_levels(exchange: Exchange, reading: Reading) -> Page:
    """All of them each time, for Magento does not say when one changed; with the products' ids, which it leaves out."""
    page, size = int(reading.cursor or 1), min(reading.size, MOST)
    answer = ask(exchange, "GET", "inventory/source-items", query=criteria((), size=size, page=page))
    found = as_list(answer.get("items"))
    total = Reader(answer).integer("total_count") or 0
    ids = _ids(exchange, sorted({str(one.get("sku")) for one in found}))
    items = [
        Item("sourceitems", {**one, "product_id": ids.get(sku)}, f"{sku}@{one.get('source_code')}", None)
        for one in found
        if (sku := str(one.get("sku")))
    ]
    return Page(items, str(page + 1) if page * size < total and found else None, total)


def _ids(exchange: Exchange, skus: list[str]) -> dict[str, str]:
    """The ids of products by SKU. One with a comma in it cannot be asked for in a list."""
    wanted = [sku for sku in skus if "," not in sku]
    if not wanted:
        return {}
    query = criteria([("sku", "in", ",".join(wanted))], size=len(wanted))
    answer = ask(exchange, "GET", "products", query={**query, "fields": "items[id,sku]"})
    return {str(one.get("sku")): str(one.get("id")) for one in as_list(answer.get("items"))}


def fetcher(path: str, topic: str) -> Callable[[Exchange, str], Item | None]:
    """One record by its id; None when the shop has it no more."""

    def fetch(exchange: Exchange, own: str) -> Item | None:
        return if_there(lambda: _item(topic, ask(exchange, "GET", f"{path}/{own}")))

    return fetch


def product(exchange: Exchange, own: str) -> Item | None:
    """By its id; with its stock, which only the address by SKU gives."""
    answer = ask(exchange, "GET", "products", query=criteria([("entity_id", "eq", own)], size=1))
    found = as_list(answer.get("items"))
    return _item("products", found[0]) if found else None


def _item(topic: str, record: Body) -> Item:
    own = Reader(record).id("entity_id", "id") or ""
    return Item(topic, record, own, changed_at(record) or as_instant(record.get("created_at")))


def _utc(instant: datetime) -> str:
    """As Magento's database has it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
