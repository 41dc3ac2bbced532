"""History of orders by a bulk operation: Shopify gathers all of them into one file, which is read piece by piece.

Invariant: a piece ends where an order ends, so the cursor (operation and byte) always stands at the begin of an order.
Where Shopify will not gather them, pages take over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sereno.connectors.shopify.client import ask, told
from sereno.connectors.shopify.reading import bulk_orders, filter_of, order_item, read_orders
from sereno.sdk.ports import HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.stores import Exchange, Page, Reading, StoreBusy, StoreLimited, StoreRefused

LONG = timedelta(days=30)
"""Of less time pages are sooner there than a file."""
PIECE = 512 * 1024
MOST = 16 * 1024 * 1024
"""An order of more bytes is none."""
WAIT = timedelta(seconds=10)

_RUN = """
mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status }
    userErrors { field message }
  }
}"""
_LOOK = """
query BulkState($id: ID!) {
  bulkOperation(id: $id) { id status errorCode url fileSize rootObjectCount }
}"""


def read_history(exchange: Exchange, reading: Reading) -> Page:
    """Orders of a long time by a file, of a short one by pages. Cursors: `bulk:<operation>:<byte>`, `page:<cursor>`."""
    kind, _, rest = (reading.cursor or "").partition(":")
    if kind == "bulk":
        return _piece(exchange, *rest.rsplit(":", 1))
    if not reading.cursor and _is_long(reading):
        return _begin(exchange, reading)
    after = rest or None if kind == "page" else reading.cursor
    page = read_orders(exchange, Reading(reading.since, reading.until, after, reading.size))
    return Page(page.items, f"page:{page.next}" if page.next else None, page.total)


def _is_long(reading: Reading) -> bool:
    return reading.since is None or (reading.until is not None and reading.until - reading.since > LONG)


def _begin(exchange: Exchange, reading: Reading) -> Page:
    try:
        data = ask(exchange, _RUN, {"query": bulk_orders(filter_of(reading))})
        operation: dict[str, Any] = told(data, "bulkOperationRunQuery").get("bulkOperation") or {}
    except StoreRefused as error:
        if error.code != "store.refused":
            raise
        # As many of this app's run already as may.
        return Page((), "page:")
    return Page((), f"bulk:{operation['id']}:0")


def _piece(exchange: Exchange, operation: str, offset: str) -> Page:
    """The orders from this byte on. Raises StoreLimited while Shopify gathers them."""
    state: dict[str, Any] = ask(exchange, _LOOK, {"id": operation}).get("bulkOperation") or {}
    status = state.get("status")
    if status in ("CREATED", "RUNNING"):
        raise StoreLimited(WAIT, "Shopify is gathering the orders")
    if status != "COMPLETED":
        # Failed, cancelled by somebody, or its file is gone after a week: all of it again, by pages.
        return Page((), "page:")
    total = int(state.get("rootObjectCount") or 0)
    if not state.get("url"):
        return Page((), None, total)
    begin, size = int(offset), PIECE
    while True:
        body = _bytes(exchange, state["url"], begin, size)
        is_end = begin + len(body) >= int(state.get("fileSize") or 0)
        end = len(body) if is_end else _last_order(body)
        if end or is_end:
            items = [order_item(order) for order in _orders(body[:end])]
            return Page(items, None if is_end else f"bulk:{operation}:{begin + end}", total)
        if size >= MOST:
            raise StoreRefused("store.refused", "An order of Shopify's file is too long to be read.")
        size *= 4


def _bytes(exchange: Exchange, url: str, begin: int, size: int) -> bytes:
    """Of the file, which lies at another place and is signed by its address: no key of ours goes there."""
    headers = {"Range": f"bytes={begin}-{begin + size - 1}", "Accept": "*/*"}
    try:
        answer = exchange.http.send(HttpRequest("GET", url, headers, None, exchange.timeout))
    except HttpBlocked as error:
        raise StoreRefused("store.blocked", str(error)) from error
    except HttpFailed as error:
        raise StoreBusy(str(error)) from error
    if answer.status == 416:
        return b""
    if answer.status not in (200, 206):
        raise StoreBusy(f"Shopify's file answered {answer.status}")
    return answer.body if answer.status == 206 else answer.body[begin : begin + size]


def _last_order(body: bytes) -> int:
    """Where the last order of the piece begins: it may go on in the next. 0 when no order ends in it."""
    end = body.rfind(b"\n") + 1
    while end > 0:
        begin = body.rfind(b"\n", 0, end - 1) + 1
        if b'"__parentId"' not in body[begin:end]:
            return begin
        end = begin
    return 0


def _orders(body: bytes) -> Iterator[Mapping[str, Any]]:
    """Each order with its lines, which follow it."""
    order: dict[str, Any] | None = None
    for row in body.splitlines():
        if not row.strip():
            continue
        found: dict[str, Any] = json.loads(row, parse_float=str)
        if "__parentId" not in found:
            if order is not None:
                yield order
            order = {**found, "lineItems": {"nodes": []}}
        elif order is not None:
            order["lineItems"]["nodes"].append(found)
    if order is not None:
        yield order
