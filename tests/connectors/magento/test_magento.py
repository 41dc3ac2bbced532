"""Magento: polled bodies, seen again as often as polls overlap."""

from __future__ import annotations

import json

from bodies import NOW, body_of, map_body

from sereno.connectors.magento.webhooks import MAGENTO


def test_order() -> None:
    order = map_body("magento", "order.new").events[0].data
    assert (order["number"], order["total"], order["total_shipping"]) == ("000000003", "165.00", "5.00")
    assert (order["customer"]["name"], order["payment_method"]) == ("Jane Doe", "banktransfer")
    assert order["shipping_address"]["line1"] == "123 Oak Ave"
    assert order["placed_at"] == "2017-08-21T22:22:19Z"


def test_configurable_product_has_no_price_and_no_stock_of_its_own() -> None:
    product = map_body("magento", "product.configurable").events[0].data
    assert (product["title"], product["sku"], product["handle"]) == ("Champ Tee", "MS-Champ", "champ-tee")
    assert "price" not in product
    assert "available" not in product


def test_list_gives_each_and_overlapping_polls_are_the_same_facts() -> None:
    order = json.loads(body_of("magento", "order.new"))
    other = order | {"entity_id": 4, "increment_id": "000000004"}
    poll = json.dumps({"items": [order, other], "search_criteria": {}, "total_count": 2}).encode()
    listed = map_body("magento", body=poll, topic="orders")
    assert [e.subject for e in listed.events] == ["order:3", "order:3", "order:4", "order:4"]
    alone = map_body("magento", "order.new")
    assert [e.id for e in listed.events[:2]] == [e.id for e in alone.events]


def test_a_configurable_line_counts_once() -> None:
    order = json.loads(body_of("magento", "order.new"))
    line = order["items"][0]
    parent = line | {"item_id": 10, "product_type": "configurable"}
    child = line | {"item_id": 11, "parent_item_id": 10, "row_total": 0}
    body = json.dumps(order | {"items": [parent, child]}).encode()
    found = map_body("magento", body=body, topic="orders").events[0].data
    assert (found["line_count"], found["item_count"], found["lines"][0]["total"]) == (1, 1, "22.00")


def test_dedupe_is_record_and_version() -> None:
    body = body_of("magento", "order.new")
    later = body.replace(b"22:22:20", b"22:23:00")
    assert MAGENTO.dedupe_key({}, body, {}) == MAGENTO.dedupe_key({}, body + b"\n", {})
    assert MAGENTO.dedupe_key({}, body, {}) != MAGENTO.dedupe_key({}, later, {})
    assert MAGENTO.dedupe_key({}, b"{", {}) != MAGENTO.dedupe_key({}, b"[", {})


def test_signature_of_whoever_polls() -> None:
    signed = MAGENTO.sign("s", b"{}", {}, NOW, {})
    assert MAGENTO.verify(["s"], signed, b"{}", NOW, {}) == "ok"
    assert MAGENTO.verify(["t"], signed, b"{}", NOW, {}) == "bad_signature"
