"""Shopify and BigCommerce read through the runtime: what was missed is told once, what is known is not told again."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from on_the_wire import OnTheWire
from support import Place

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))

import bigcommerce_wire
import shopify_wire
from shopify_wire import eur
from wires import Asked, Wire

from sereno.runtime.reading.fetching import Fetcher


class Connected(OnTheWire):
    def __init__(self, at: Place, kind: str, wire: Wire, access: dict[str, str]) -> None:
        super().__init__(at, kind, wire, access, reader=Fetcher)

    def deliver(self, topic: str, body: dict[str, Any], key: str) -> None:
        self.receive(topic, body, key, {"x-shopify-topic": topic, "x-shopify-webhook-id": key})

    def read(self) -> list[tuple[str, str]]:
        found = super().read()
        assert self.at.rows("SELECT message FROM reading") == [(None,)]
        return sorted(found)


class ShopifyShop(shopify_wire.ShopifyWire):
    """Orders and stock that can be read; no customers and products."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[int, dict[str, Any]] = {}
        self.level = {"updatedAt": "2026-03-02T09:30:00Z", "quantity": 7}

    def place(self, own: int, at: datetime, **more: Any) -> None:
        when = at.isoformat().replace("+00:00", "Z")
        self.orders[own] = {
            "id": f"gid://shopify/Order/{own}",
            "name": f"#{own}",
            "currencyCode": "EUR",
            "email": "ana@example.com",
            "displayFinancialStatus": "PAID",
            "totalPriceSet": eur("54.45"),
            "processedAt": when,
            "createdAt": when,
            "updatedAt": when,
            "lineItems": {"nodes": []},
            **more,
        }

    def query_orders(self, first: int, after: str | None, query: str | None) -> Any:
        since = (query or "").partition("updated_at:>='")[2].partition("'")[0]
        found = [one for one in self.orders.values() if one["updatedAt"] >= since]
        return {"orders": {"nodes": found, "pageInfo": {"hasNextPage": False}}}

    def query_customers(self, **given: Any) -> Any:
        return {"customers": {"nodes": [], "pageInfo": {"hasNextPage": False}}}

    def query_products(self, **given: Any) -> Any:
        return {"products": {"nodes": [], "pageInfo": {"hasNextPage": False}}}

    def query_stock(self, **given: Any) -> Any:
        level = {"updatedAt": self.level["updatedAt"], "location": {"id": shopify_wire.PLACE}}
        quantities = [{"name": "available", "quantity": self.level["quantity"]}]
        item = {"id": shopify_wire.ITEM, "inventoryLevels": {"nodes": [{**level, "quantities": quantities}]}}
        return {"inventoryItems": {"nodes": [item], "pageInfo": {"hasNextPage": False}}}


@pytest.fixture
def shopify(place: Place) -> Connected:
    return Connected(place, "shopify", ShopifyShop(), shopify_wire.ACCESS)


def test_shopify_what_was_missed_is_told_once(shopify: Connected) -> None:
    shop: Any = shopify.wire
    at = shopify.time()
    body = {"id": 1, "name": "#1", "currency": "EUR", "financial_status": "paid", "email": "ana@example.com"}
    dated = {"processed_at": at.isoformat(), "created_at": at.isoformat(), "updated_at": at.isoformat()}
    shopify.deliver("orders/create", {**body, **dated}, "a")
    shop.place(1, at)
    shop.place(2, at)
    item = "inventory_item:49148385"
    assert shopify.read() == [("order.created", "order:2"), ("order.paid", "order:2"), ("stock.changed", item)]
    assert shopify.read() == []
    changed = shopify.time(minutes=1)
    shop.orders[1] |= {"tags": ["vip"], "updatedAt": changed.isoformat().replace("+00:00", "Z")}
    assert shopify.read() == [("order.updated", "order:1")]
    shopify.deliver("orders/updated", {**body, **dated, "updated_at": changed.isoformat(), "tags": "vip"}, "late")
    assert shopify.read() == []
    shop.level = {"updatedAt": shopify.time().isoformat().replace("+00:00", "Z"), "quantity": 3}
    assert shopify.read() == [("stock.changed", item)]


class BigCommerceShop(bigcommerce_wire.BigCommerceWire):
    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[int, dict[str, Any]] = {}

    def place(self, own: int, at: datetime, **more: Any) -> None:
        when = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        whole = {"id": own, "date_created": when, "date_modified": when, "items_shipped": 0, "consignments": {}}
        self.orders[own] = {**self.order, **whole, **more}

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = asked.path.removeprefix("/stores/abc")
        if path == "/v2/orders":
            return 200, json.loads(json.dumps(list(self.orders.values())))
        if path == "/v3/catalog/products":
            return 200, {"data": []}
        return super().answer(asked)


@pytest.fixture
def bigcommerce(place: Place) -> Connected:
    return Connected(place, "bigcommerce", BigCommerceShop(), bigcommerce_wire.ACCESS)


def test_bigcommerce_what_was_missed_is_told_once(bigcommerce: Connected) -> None:
    shop: Any = bigcommerce.wire
    shop.place(1, bigcommerce.time())
    first = bigcommerce.read()
    assert [one for one in first if one[1] == "order:1"] == [("order.created", "order:1"), ("order.paid", "order:1")]
    assert ("stock.changed", "variant:77") in first
    assert bigcommerce.read() == []
    when = bigcommerce.time(minutes=1).strftime("%a, %d %b %Y %H:%M:%S +0000")
    shop.orders[1] |= {"status_id": 2, "date_modified": when}
    assert bigcommerce.read() == [("order.fulfilled", "order:1"), ("order.updated", "order:1")]
    assert bigcommerce.read() == []
    shop.stock[1] = 3
    assert bigcommerce.read() == [("stock.changed", "variant:77")]
    assert bigcommerce.read() == []
