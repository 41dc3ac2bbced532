"""Reading Salesforce back, which sends no webhooks: orders in the order they changed, customers and products that
changed in the order they were made, and what the inventory list holds.

No search goes further than its first ten thousand records, so a page goes on from the last record's instant rather
than from its number. As that instant is read again, what changes while pages are read is not passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sereno.connectors.reading import Reader, as_instant, iso
from sereno.connectors.salesforce.attributes import customer_list, read
from sereno.connectors.salesforce.client import (
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    Body,
    ask,
    ask_data,
    segment,
    site,
)
from sereno.sdk.stores import Exchange, Item, Page, Reading, StoreRefused, if_there

MOST = 100
"""Records a page: two hundred may be asked for, but an answer must stay below ten megabytes."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Read = Callable[[Exchange, Reading], Page]
Fetch = Callable[[Exchange, str], Item | None]
_SEARCH = {
    "customer": (CUSTOMERS, "customers", "customerNo"),
    "product": (PRODUCTS, "products", "id"),
}
"""Family, topic, and the field with the record's own id."""
_PLAIN: dict[str, Body] = {
    kind: {"query": {"matchAllQuery": {}}, "sorts": [{"field": name, "sortOrder": "asc"}]}
    for kind, (_family, _topic, name) in _SEARCH.items()
}
UNQUERYABLE = "Unqueryable Field"
"""The title of Salesforce's refusal to search by a field."""


def _at(reading: Reading) -> tuple[datetime | None, int]:
    """From which instant on, and how many of it were read."""
    given = _cursor(reading)
    return as_instant(given.text("from")), given.integer("offset") or 0


def _cursor(reading: Reading) -> Reader:
    return Reader(json.loads(reading.cursor) if reading.cursor else None)


def _next(instants: Sequence[datetime | None], begin: datetime | None, offset: int, size: int) -> str | None:
    """From the last record's instant on; where a page holds one instant only, the records after it."""
    if len(instants) < size:
        return None
    last = instants[-1]
    if last is None or last == instants[0] or (begin is not None and last <= begin):
        return json.dumps({"from": iso(begin) if begin else None, "offset": offset + len(instants)})
    return json.dumps({"from": iso(last), "offset": 0})


def orders(exchange: Exchange, reading: Reading) -> Page:
    begin, offset = _at(reading)
    begin, size = begin or reading.since or EARLIEST, min(reading.size, MOST)
    query: dict[str, Any] = {"siteId": site(exchange), "sortBy": "last_modified_date", "sortOrder": "asc"}
    query |= {"limit": size, "offset": offset, "lastModifiedDateFrom": _stamp(begin)}
    if reading.until is not None:
        # It must be before that instant there; here the instant itself is wanted too.
        query["lastModifiedDateTo"] = _stamp(reading.until + timedelta(milliseconds=1))
    found = _records(ask(exchange, ORDERS, "GET", "/orders", query=query), "data")
    items = [_item("orders", one, "orderNo") for one in found]
    return Page(items, _next([item.updated_at for item in items], begin, offset, size))


def search(kind: str) -> Read:
    """Pages of what a search finds."""
    family, topic, name = _SEARCH[kind]

    def read_pages(exchange: Exchange, reading: Reading) -> Page:
        begin, offset = _at(reading)
        size = min(reading.size, MOST)
        is_plain = _cursor(reading).boolean("is_plain") is True
        path, query = _search_path(exchange, kind)
        body: Body = {"limit": size, "offset": offset}
        try:
            asked = _PLAIN[kind] if is_plain else _sought(reading.since, begin)
            answer = ask(exchange, family, "POST", path, query=query, body={**body, **asked})
        except StoreRefused as error:
            if is_plain or reading.cursor is not None or UNQUERYABLE not in str(error):
                raise
            # Instants of customers can be searched by since 22.4 only: before, all of them are read each time.
            is_plain, answer = True, ask(exchange, family, "POST", path, query=query, body={**body, **_PLAIN[kind]})
        found = _records(answer, "hits")
        total = Reader(answer).integer("total") or 0
        if is_plain:
            onward = json.dumps({"is_plain": True, "offset": offset + len(found)})
            after = onward if found and offset + len(found) < total else None
        else:
            after = _next([as_instant(one.get("creationDate")) for one in found], begin, offset, size)
        return Page([_item(topic, one, name) for one in found], after, total if reading.cursor is None else None)

    return read_pages


def _sought(since: datetime | None, begin: datetime | None) -> Body:
    query = _query({"lastModified": since, "creationDate": begin})
    return {"query": query, "sorts": [{"field": "creationDate", "sortOrder": "asc"}]}


def _search_path(exchange: Exchange, kind: str) -> tuple[str, dict[str, Any] | None]:
    if kind == "customer":
        return f"/customer-lists/{segment(customer_list(exchange))}/customer-search", None
    return "/product-search", {"siteId": site(exchange)}


def _query(since: Mapping[str, datetime | None]) -> Body:
    """All, or those for which these instants are not before the given ones."""
    ranges = [
        {"rangeFilter": {"field": name, "from": _stamp(instant)}}
        for name, instant in since.items()
        if instant is not None
    ]
    if not ranges:
        return {"matchAllQuery": {}}
    only = ranges[0] if len(ranges) == 1 else {"boolFilter": {"operator": "and", "filters": ranges}}
    return {"filteredQuery": {"query": {"matchAllQuery": {}}, "filter": only}}


def stock(exchange: Exchange, reading: Reading) -> Page:
    """All of the list each time, for it is not told by when records changed; nothing where no list was named."""
    shelf = exchange.access.get("inventory_list", "").strip()
    if not shelf or not exchange.access.get("host"):
        return Page([])
    start, size = int(reading.cursor or 0), min(reading.size, MOST)
    path = f"/inventory_lists/{segment(shelf)}/product_inventory_records"
    answer = ask_data(exchange, "GET", path, query={"start": start, "count": size, "select": "(**)"})
    found = _records(answer, "data")
    total = Reader(answer).integer("total") or 0
    onward = start + len(found)
    items = [_stock_item(one, shelf) for one in found]
    return Page(items, str(onward) if found and onward < total else None, total)


def _stock_item(record: Body, shelf: str) -> Item:
    body = {"inventory_list_id": shelf, **record}
    own = f"{record.get('product_id')}@{body['inventory_list_id']}"
    return Item("inventory", body, own, None)


def _records(answer: Mapping[str, Any], name: str) -> list[Body]:
    """The records of an answer; a search may hold them one deeper."""
    rows = answer.get(name)
    hits = (
        [cast("Body", one) for one in cast("list[Any]", rows) if isinstance(one, dict)]
        if isinstance(rows, list)
        else []
    )
    return [cast("Body", one["data"]) if isinstance(one.get("data"), dict) else one for one in hits]


def _item(topic: str, record: Body, name: str) -> Item:
    return Item(topic, record, str(record.get(name) or ""), as_instant(record.get("lastModified")))


def fetcher(kind: str, topic: str, name: str) -> Fetch:
    """One record by its id; None when the shop has it no more."""

    def fetch(exchange: Exchange, own: str) -> Item | None:
        record = if_there(lambda: read(exchange, kind, own))
        return _item(topic, record, name) if record else None

    return fetch


def fetch_stock(exchange: Exchange, own: str) -> Item | None:
    shelf = exchange.access.get("inventory_list", "").strip()
    path = f"/inventory_lists/{segment(shelf)}/product_inventory_records/{segment(own)}"
    record = if_there(lambda: ask_data(exchange, "GET", path)) if shelf else None
    return _stock_item(record, shelf) if record else None


def _stamp(instant: datetime) -> str:
    """ISO 8601 with milliseconds, as Salesforce writes it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


READS: dict[str, Read] = {
    "order": orders,
    "customer": search("customer"),
    "product": search("product"),
    "stock_level": stock,
}
FETCH: dict[str, Fetch] = {
    "order": fetcher("order", "orders", "orderNo"),
    "customer": fetcher("customer", "customers", "customerNo"),
    "product": fetcher("product", "products", "id"),
    "variant": fetcher("product", "products", "id"),
    "stock_level": fetch_stock,
}
