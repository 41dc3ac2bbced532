"""Medusa's products as canonical records: one price of several currencies, texts, and what notices of variants tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from medusa_wire import ACCESS, MedusaWire
from wires import NOW, exchange, mapped

from sereno.connectors.medusa.api import API
from sereno.connectors.medusa.webhooks import MEDUSA
from sereno.sdk.connector import Delivery, NewEvent, Unmappable
from sereno.sdk.stores import Reading

PRICES = [
    {"id": "p1", "currency_code": "usd", "amount": 22},
    {"id": "p2", "currency_code": "eur", "amount": 20, "rules": {"region_id": "reg_1"}},
    {"id": "p3", "currency_code": "eur", "amount": 24.5},
    {"id": "p4", "currency_code": "eur", "amount": 19, "min_quantity": 10},
]


def told(topic: str, data: dict[str, Any]) -> NewEvent:
    body = json.dumps({"event": topic, "occurred_at": NOW.isoformat(), "data": data}).encode()
    (event,) = MEDUSA.map(Delivery({}, body, topic, NOW), {}).events
    return event


def test_a_product_read_back_has_its_texts_and_the_stores_own_price() -> None:
    wire = MedusaWire()
    wire.texts = {"title": "Té", "description": "De Uji"}
    wire.prices = PRICES
    way = exchange(wire, API, ACCESS)
    (item,) = API.reads["product"](way, Reading()).items
    (event,) = mapped(MEDUSA, item).events
    assert (event.data["title"], event.data["description"], event.data["status"]) == ("Té", "De Uji", "active")
    assert [(one["price"], one["currency"]) for one in event.data["variants"]] == [("24.50", "EUR")]
    assert [one.path for one in wire.asked] == ["/admin/products", "/admin/stores"]
    # One currency needs no second question; what has no description has none.
    wire.prices, wire.texts["description"] = PRICES[:1], None
    wire.asked.clear()
    (item,) = API.reads["product"](way, Reading()).items
    (event,) = mapped(MEDUSA, item).events
    assert event.data["description"] is None and event.data["variants"][0]["price"] == "22.00"
    assert len(wire.asked) == 1


def test_notices_of_variants_tell_prices() -> None:
    variant = {"id": "v1", "product_id": "prod_1", "sku": "TE", "title": "30 g", "prices": PRICES}
    event = told("product-variant.updated", {"id": "v1", "product_variant": variant})
    assert (event.type, event.subject) == ("variant.updated", "variant:v1")
    assert (event.data["price"], event.data["currency"], event.data["product_id"]) == ("24.50", "EUR", "prod_1")
    usd = told("product-variant.updated", {"id": "v1", "product_variant": variant, "currency_code": "usd"})
    assert (usd.data["price"], usd.data["currency"]) == ("22.00", "USD")
    # Without the record: the product is to be read.
    event = told("product-variant.created", {"id": "v1", "product_id": "prod_1"})
    assert (event.type, event.data) == ("product.updated", {"id": "prod_1", "is_thin": True})
    with pytest.raises(Unmappable, match="of which product"):
        told("product-variant.updated", {"id": "v1"})


def test_a_product_that_is_gone() -> None:
    event = told("product.deleted", {"id": "prod_1"})
    assert (event.type, event.id, event.data["status"]) == ("product.deleted", "product:prod_1:deleted", "deleted")
