"""A platform that can be read: orders in Shopify's shape behind a small REST interface, webhooks that may be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support import START, Place

from sereno.runtime.reading.working import Reader
from sereno.runtime.stores.finding import seal_access
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Http, HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.stores import Exchange, Item, Page, Probe, StoreApi, StoreHttp, Subscription, Subscriptions
from sereno.sdk.stores import Reading as Asked
from sereno.store.fields import to_micros
from sereno.store.secrets import encrypt

KIND = "tests.platform"
BASE = "http://platform.test"
TOPICS = ("orders/create", "orders/updated", "orders/paid")


class Platform:
    """Orders by number. `answers` may replace the next answers; `asked` are the addresses asked for."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.hooks: dict[str, dict[str, Any]] = {}
        self.answers: list[HttpAnswer | Exception] = []
        self.asked: list[str] = []
        self.size = 2

    def place(self, number: int, at: datetime, **changes: Any) -> dict[str, Any]:
        text = at.isoformat()
        self.orders[number] = {
            "id": number, "name": f"#{number}", "created_at": text, "processed_at": text, "updated_at": text,
            "currency": "EUR", "total_price": "120.00", "financial_status": "pending", "fulfillment_status": None,
            "customer": {"id": 17, "email": "ana@example.com", "first_name": "Ana"}, "tags": "", "refunds": [],
            "line_items": [{"id": number * 10, "sku": "CUP", "quantity": 1, "price": "120.00", "title": "Cup"}],
            **changes,
        }  # fmt: skip
        return self.orders[number]

    def change(self, number: int, at: datetime, **changes: Any) -> dict[str, Any]:
        self.orders[number] = {**self.orders[number], **changes, "updated_at": at.isoformat()}
        return self.orders[number]

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request.url.removeprefix(BASE))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        parts = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/orders":
            return self._page(query)
        if request.method == "GET":
            return _json(list(self.hooks.values()))
        if request.method == "POST":
            given = json.loads(request.body or b"{}")
            id_ = str(1 + max(map(int, self.hooks), default=0))
            self.hooks[id_] = {"id": id_, **given}
            return _json(self.hooks[id_])
        self.hooks.pop(parts.path.rpartition("/")[2], None)
        return HttpAnswer(204, {}, b"")

    def _page(self, query: dict[str, str]) -> HttpAnswer:
        since = datetime.fromisoformat(query["since"]) if "since" in query else datetime(1970, 1, 1, tzinfo=UTC)
        rows = sorted(self.orders.values(), key=lambda row: (row["updated_at"], row["id"]))
        rows = [row for row in rows if datetime.fromisoformat(row["updated_at"]) >= since]
        first = int(query.get("after", 0))
        more = first + self.size < len(rows)
        page = {"orders": rows[first : first + self.size], "next": str(first + self.size) if more else None}
        return _json({**page, "total": len(rows)})


def _json(value: Any) -> HttpAnswer:
    return HttpAnswer(200, {}, json.dumps(value).encode())


def read_orders(exchange: Exchange, reading: Asked) -> Page:
    query = {"since": reading.since.isoformat()} if reading.since else {}
    if reading.cursor:
        query["after"] = reading.cursor
    body = exchange.send("GET", f"{BASE}/orders", query=query).body
    items = [
        Item("orders/updated", row, str(row["id"]), datetime.fromisoformat(row["updated_at"])) for row in body["orders"]
    ]
    return Page(items, body["next"], body["total"])


def _list(exchange: Exchange) -> list[Subscription]:
    rows = exchange.send("GET", f"{BASE}/hooks").body
    return [Subscription(row["id"], row["topic"], row["address"], row.get("is_active", True)) for row in rows]


def _make(exchange: Exchange, topic: str, address: str, secret: str) -> Subscription:
    body = {"topic": topic, "address": address, "secret": secret}
    row = exchange.send("POST", f"{BASE}/hooks", body=body).body
    return Subscription(row["id"], topic, address)


def _remove(exchange: Exchange, id: str) -> None:
    exchange.send("DELETE", f"{BASE}/hooks/{id}")


@contextmanager
def connected(place: Place, *, is_poll: bool = False, reads: Callable[..., Page] = read_orders) -> Iterator[Connected]:
    """A connection to such a platform, with a key; the connector is gone after."""
    subscriptions = None if is_poll else Subscriptions(TOPICS, _list, _make, _remove)
    api = StoreApi((), (), lambda exchange: Probe(), reads={"order": reads}, subscriptions=subscriptions)
    shopify = registry().connectors.get("shopify")
    assert shopify is not None
    kinds = registry().connectors._items
    fast = replace(api, per_second=1e9)
    kinds[KIND] = replace(shopify, kind=KIND, load_store=lambda: fast)
    try:
        yield Connected(place)
    finally:
        kinds.pop(KIND)


class Connected:
    """The connection, its platform, and one who reads it."""

    def __init__(self, at: Place) -> None:
        self.at = at
        self.platform = Platform()
        sql = (
            "INSERT INTO connection (shop_id, name, kind, secrets, access, settings, is_active, created_at) VALUES "
            f"({at.shop}, 'store', '{KIND}', '{encrypt(['s3cret'])}', '{seal_access({'key': 'k'})}', '{{}}', TRUE, "
            f"{to_micros(START)}) RETURNING id"
        )
        with at.database.transaction() as tx:
            self.id = tx.text(sql)[0][0]
        world = at.runtime.world
        world.ports = lambda kind, shop: self.platform if kind in (StoreHttp, Http) else None
        self.reader = Reader(world, "https://shop.test")

    def deliver(self, topic: str, row: dict[str, Any], id: str) -> None:
        """A webhook that comes through."""
        headers = json.dumps({"x-shopify-topic": topic, "x-shopify-webhook-id": id})
        now = to_micros(self.at.clock.now())
        with self.at.database.transaction() as tx:
            tx.many("store_deliveries", [(self.id, id, topic, headers, json.dumps(row).encode(), now)])

    def read(self) -> int:
        """Whatever is due, until nothing is."""
        pages = 0
        while done := self.reader.run():
            pages += done
        return pages

    def pass_now(self) -> int:
        """A pass, at once."""
        with self.at.database.transaction() as tx:
            tx.one("reading_now", {"connection": self.id, "now": to_micros(self.at.clock.now()), "since": None})
        return self.read()


def later(**length: float) -> datetime:
    return START + timedelta(**length)


def broken() -> Exception:
    return HttpFailed("connection refused")
