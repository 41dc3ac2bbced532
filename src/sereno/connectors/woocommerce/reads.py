"""Reading WooCommerce back: pages of records in the order they changed, each as its webhook would have brought it.

The cursor is the change of the last record seen, not a page number: what changes while pages are read moves to the end
and is read again, and nothing is passed over. Customers have no filter by change: of these only new ones are found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.connectors.reading import Reader, as_instant, iso
from sereno.connectors.woocommerce.client import Body, as_list, ask, changed_at, send
from sereno.sdk.stores import Exchange, Item, Page, Reading, if_there

MOST = 100
"""Records a page, WooCommerce's own most."""
PRODUCTS = 20
"""Products a page, for the variations of each are a request of their own."""
SECOND = timedelta(seconds=1)


def orders(exchange: Exchange, reading: Reading) -> Page:
    return _changed(exchange, reading, "orders", min(reading.size, MOST), lambda found: [_item("order.read", found)])


def products(exchange: Exchange, reading: Reading) -> Page:
    """With the variations of each, which bring their stock."""

    def items(found: Body) -> list[Item]:
        return [_item("product.read", found), *(_item("product.read", one) for one in _variations(exchange, found))]

    return _changed(exchange, reading, "products", min(reading.size, PRODUCTS), items)


def customers(exchange: Exchange, reading: Reading) -> Page:
    """The newest first, up to `since`."""
    number = int(reading.cursor or 1)
    query = {"orderby": "registered_date", "order": "desc", "page": number, "per_page": min(reading.size, MOST)}
    answer = send(exchange, "GET", "customers", query={**query, "role": "all"})
    found = as_list(answer.body)
    new = [one for one in found if reading.since is None or (_created(one) or reading.since) >= reading.since]
    is_last = len(new) < len(found) or number >= _count(answer.headers, "x-wp-totalpages")
    items = [_item("customer.read", one) for one in new]
    return Page(items, None if is_last else str(number + 1), _count(answer.headers, "x-wp-total"))


def fetcher(path: str, topic: str) -> Callable[[Exchange, str], Item | None]:
    """One record by its id; None when the shop has it no more."""

    def fetch(exchange: Exchange, own: str) -> Item | None:
        return if_there(lambda: _item(topic, ask(exchange, "GET", f"{path}/{own}")))

    return fetch


def _changed(exchange: Exchange, reading: Reading, path: str, size: int, items: Callable[[Body], list[Item]]) -> Page:
    at: dict[str, Any] = json.loads(reading.cursor) if reading.cursor else {"page": 1}
    since = as_instant(at.get("since")) or (reading.since - SECOND if reading.since else None)
    page = int(at["page"])
    query: dict[str, Any] = {"orderby": "modified", "order": "asc", "dates_are_gmt": "true"}
    query |= {"page": page, "per_page": size}
    if since is not None:
        query["modified_after"] = _gmt(since)
    if reading.until is not None:
        query["modified_before"] = _gmt(reading.until)
    answer = send(exchange, "GET", path, query=query)
    found = as_list(answer.body)
    read = [item for one in found for item in items(one)]
    total = _count(answer.headers, "x-wp-total")
    # How many there were in all is said by the first page only: later ones count from where they begin.
    return Page(read, _next(found, size, since, page), total if reading.cursor is None else None)


def _next(found: list[Body], size: int, since: datetime | None, page: int) -> str | None:
    """From the second before the last record's change on; where a page holds one second only, the page after it."""
    if len(found) < size:
        return None
    first, last = changed_at(found[0]), changed_at(found[-1])
    onward = last - SECOND if last is not None else None
    if first is None or onward is None or first == last or (since is not None and onward <= since):
        return json.dumps({"since": iso(since) if since else None, "page": page + 1})
    return json.dumps({"since": iso(onward), "page": 1})


def _variations(exchange: Exchange, product: Body) -> list[Body]:
    if product.get("type") not in ("variable", "variable-subscription"):
        return []
    found: list[Body] = []
    for page in range(1, 21):
        path = f"products/{product['id']}/variations"
        answer = send(exchange, "GET", path, query={"page": page, "per_page": MOST})
        some = as_list(answer.body)
        # As webhooks bring them: a product with a parent, and a name.
        found += [{"name": product.get("name"), **one, "type": "variation", "parent_id": product["id"]} for one in some]
        if len(some) < MOST:
            break
    return found


def _item(topic: str, record: Body) -> Item:
    reader = Reader(record)
    return Item(topic, record, reader.id("id") or "", changed_at(record) or _created(record))


def _created(record: Body) -> datetime | None:
    return as_instant(record.get("date_created_gmt"))


def _gmt(instant: datetime) -> str:
    """Without a zone: with one WordPress turns it into the shop's time before it compares."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _count(headers: Any, name: str) -> int:
    text = str(headers.get(name, ""))
    return int(text) if text.isdigit() else 0
