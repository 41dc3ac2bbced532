"""Reading Medusa's records back, in the shape its subscriber would have posted them.

Pages go by the instant of making, which does not change: a record that changes while one reads shifts nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sereno.connectors.medusa.catalog import plain_prices
from sereno.connectors.medusa.client import get, own_store
from sereno.connectors.reading import Reader, as_instant, iso
from sereno.sdk.stores import Exchange, Item, Page, Reading, if_there

_ORDER = (
    "id,display_id,custom_display_id,status,email,currency_code,customer_id,locale,metadata,created_at,updated_at,"
    "canceled_at,sales_channel_id,total,subtotal,item_subtotal,tax_total,discount_total,shipping_total,"
    "shipping_subtotal,*items,*items.detail,*items.variant,*shipping_address,*billing_address,*shipping_methods,"
    "*customer,*sales_channel,*payment_collections,*payment_collections.payments,"
    "*payment_collections.payments.refunds,*payment_collections.payments.captures,*fulfillments,"
    "*fulfillments.items,*fulfillments.labels"
)
_CUSTOMER = "id,email,phone,first_name,last_name,has_account,metadata,created_at,updated_at"
_PRODUCT = (
    "id,title,handle,status,description,thumbnail,created_at,updated_at,*tags,*collection,*categories,*variants,"
    "*variants.prices"
)
_STOCK = "id,sku,title,updated_at,*location_levels,*variants"
_KINDS = {
    "order": ("orders", "order", "orders", _ORDER, "order.read", "order"),
    "customer": ("customers", "customer", "customers", _CUSTOMER, "customer.updated", "customer"),
    "product": ("products", "product", "products", _PRODUCT, "product.updated", "product"),
    "stock_level": (
        "inventory-items",
        "inventory_item",
        "inventory_items",
        _STOCK,
        "inventory-item.read",
        "inventory_item",
    ),
}
"""Path, name of one and of many, fields; the topic, and the name in it."""
_MOST = 100


def reader(kind: str) -> Callable[[Exchange, Reading], Page]:
    path, _, many, fields, topic, name = _KINDS[kind]

    def read(exchange: Exchange, reading: Reading) -> Page:
        skip, size = int(reading.cursor or 0), min(reading.size, _MOST)
        query: dict[str, Any] = {"limit": size, "offset": skip, "order": "created_at", "fields": fields}
        # Levels have times of their own, which an item's does not follow: stock is read whole.
        if reading.since is not None and kind != "stock_level":
            query["updated_at[$gte]"] = iso(reading.since)
        held = get(exchange, path, **query)
        rows: list[dict[str, Any]] = held[many]
        if kind == "product":
            rows = _with_currency(exchange, rows)
        after = str(skip + len(rows)) if len(rows) == size else None
        return Page([_item(topic, name, row) for row in rows], after, held.get("count"))

    return read


def fetcher(kind: str) -> Callable[[Exchange, str], Item | None]:
    path, single, _, fields, topic, name = _KINDS[kind]

    def fetch(exchange: Exchange, id: str) -> Item | None:
        row = if_there(lambda: get(exchange, f"{path}/{id}", fields=fields).get(single))
        if row and kind == "product":
            (row,) = _with_currency(exchange, [row])
        return _item(topic, name, row) if row else None

    return fetch


def _with_currency(exchange: Exchange, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where variants have prices in several currencies, products say which is the store's."""
    variants = [Reader(item) for row in rows for item in row.get("variants") or ()]
    if all(len(plain_prices(one)) < 2 for one in variants):
        return rows
    _name, currency = own_store(exchange)
    return [{**row, "currency_code": currency} for row in rows]


def _item(topic: str, name: str, row: Mapping[str, Any]) -> Item:
    own = str(row.get("id") or "")
    body = {"event": topic, "occurred_at": row.get("updated_at"), "data": {"id": own, name: row}}
    return Item(topic, body, own, as_instant(row.get("updated_at")))
