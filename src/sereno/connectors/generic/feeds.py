"""A table behind an address, read as a marketplace's or a till's feed: whole each time, told in parts.

What was told before is told no second time, for facts are named by order and state, and stock is compared.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from sereno.connectors.generic import tables
from sereno.connectors.generic.sheets import item_of
from sereno.sdk.connector import Delivery, NewEvent, Unmappable
from sereno.sdk.ports import HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.stores import Exchange, Item, Page, Reading, StoreBusy, StoreRefused

ENDS = (".csv", ".tsv", ".txt")
SIZE = 500
"""Records a page."""


def is_feed(exchange: Exchange) -> bool:
    return urlsplit(exchange.access.get("reads_url", "")).path.lower().endswith(ENDS)


def read(exchange: Exchange, reading: Reading, kind: str) -> Page:
    """The records of a kind in the table; none where it has no such. Orders not changed since `since` are left out."""
    if kind not in ("order", "stock_level"):
        return Page(())
    try:
        items = _items(_fetch(exchange), exchange, kind)
    except Unmappable as error:
        raise StoreRefused("feed.unknown", str(error)) from error
    if reading.since is not None:
        items = [one for one in items if one.updated_at is None or one.updated_at >= reading.since]
    first = int(reading.cursor or 0)
    onward = first + SIZE
    return Page(items[first:onward], str(onward) if onward < len(items) else None, len(items))


def _fetch(exchange: Exchange) -> bytes:
    request = HttpRequest("GET", exchange.access["reads_url"], {"Accept": "text/csv, */*"}, None, exchange.timeout)
    try:
        answer = exchange.http.send(exchange.sign(exchange, request))
    except HttpBlocked as error:
        raise StoreRefused("store.blocked", str(error)) from error
    except HttpFailed as error:
        raise StoreBusy(str(error)) from error
    if answer.status in (401, 403):
        raise StoreRefused("store.key_refused", f"The feed refused the key ({answer.status}).")
    if 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
        raise StoreRefused("store.not_found", f"The feed is not there ({answer.status}).")
    if not 200 <= answer.status < 300:
        raise StoreBusy(f"the feed answered {answer.status}")
    return answer.body


def _items(body: bytes, exchange: Exchange, kind: str) -> list[Item]:
    """One item an order or SKU: its events, as the connector's own map takes them."""
    mapped = tables.map_table(Delivery({}, body, "table", datetime.now(UTC)), exchange.settings)
    gathered: dict[str, list[NewEvent]] = {}
    wanted = "order." if kind == "order" else "stock."
    for event in mapped.events:
        if event.type.startswith(wanted):
            gathered.setdefault(event.subject, []).append(event)
    return [item_of(subject.partition(":")[2], events) for subject, events in gathered.items()]
