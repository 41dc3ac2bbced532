"""Vendure: whole hundredths for every currency, and a doubled, shuffled stream of small notices."""

from __future__ import annotations

import json
from typing import Any

from bodies import NOW, body_of, map_body

from sereno.connectors.vendure.webhooks import VENDURE


def changed(name: str, **changes: Any) -> bytes:
    """The body with fields of its order changed."""
    document = json.loads(body_of("vendure", name))
    document["data"]["order"] |= changes
    return json.dumps(document).encode()


def test_order_placed() -> None:
    events = map_body("vendure", "order.placed").events
    order = events[0].data
    assert (order["id"], order["number"], order["total"], order["currency"]) == (
        "1",
        "CQGU6TG11R7AUQAM",
        "112.56",
        "USD",
    )
    assert (order["subtotal"], order["total_shipping"], order["total_tax"]) == ("88.80", "5.00", "18.76")
    assert order["customer"]["name"] == "Zoë Müller-Łuczak"
    assert [(line["sku"], line["quantity"], line["total"]) for line in order["lines"]] == [
        ("TOTE-1", 2, "39.80"),
        ("SER-C-30", 1, "49.00"),
    ]
    assert (order["payment_status"], order["payments"][0]["amount"]) == ("paid", "112.56")
    assert events[0].refs["cart"] == events[2].refs["cart"] == "CQGU6TG11R7AUQAM"
    assert events[2].data["completed_at"] == "2026-11-22T04:49:43.221000Z"


def test_yen_comes_in_hundredths_too() -> None:
    body = changed("order.placed", currencyCode="JPY", totalWithTax=770600, total=700545)
    order = map_body("vendure", body=body).events[0].data
    assert (order["total"], order["currency"], order["total_tax"]) == ("7706", "JPY", "700.55")


def test_an_order_being_filled_is_a_cart() -> None:
    document = json.loads(changed("order.placed", orderPlacedAt=None, state="AddingItems", active=True))
    document["topic"] = "order.line.created"
    event = map_body("vendure", body=json.dumps(document).encode()).events[0]
    assert (event.type, event.subject, event.data["total"]) == ("cart.updated", "cart:CQGU6TG11R7AUQAM", "112.56")
    document["topic"] = "order.state"
    document["data"]["order"]["state"] = "ArrangingPayment"
    event = map_body("vendure", body=json.dumps(document).encode()).events[0]
    assert (event.type, event.data["item_count"]) == ("checkout.updated", 3)


def test_states_of_an_order_are_told_once_each() -> None:
    document = json.loads(body_of("vendure", "refund.created"))
    document["topic"] = "order.state"
    del document["data"]["refund"]
    events = map_body("vendure", body=json.dumps(document).encode()).events
    assert [event.type for event in events] == [
        "order.updated",
        "order.paid",
        "order.fulfilled",
        "order.delivered",
        "order.completed",
        "shipment.shipped",
        "shipment.delivered",
    ]
    assert events[1].id == "order:1:paid"
    assert events[5].data["tracking_number"] == "TRK0001"
    assert events[5].refs["order"] == "1"


def test_pending_refund_takes_nothing_off_yet() -> None:
    event = map_body("vendure", "refund.created").events[0]
    assert (event.data["status"], event.data["amount"], event.data["order_id"]) == ("pending", "82.68", "1")


def test_stock_movements_name_what_changed() -> None:
    first, second = map_body("vendure", "stock.movement").events
    assert (first.id, first.data["change"], first.data["reason"]) == ("stock_movement:9", -2, "allocation")
    assert second.data["variant_id"] == "2"
    assert "available" not in first.data


def test_price_without_a_variant_is_noted() -> None:
    mapped = map_body("vendure", "price.changed")
    assert (mapped.events[0].data["price"], mapped.notes) == ("21.90", ("variant.missing",))


def test_a_variant_that_was_repriced_says_so() -> None:
    document = {
        "topic": "product_variant.updated",
        "occurred_at": "2026-11-22T05:00:00.000Z",
        "currency_code": "EUR",
        "data": {
            "entity": [{"id": 4, "productId": 2, "sku": "TEA", "name": "Tea", "price": 2190, "currencyCode": "EUR"}],
            "input": [{"id": "4", "price": 2190}],
        },
    }
    events = map_body("vendure", body=json.dumps(document).encode()).events
    assert [(e.type, e.data["price"], e.refs["sku"]) for e in events] == [
        ("variant.updated", "21.90", "TEA"),
        ("variant.price_changed", "21.90", "TEA"),
    ]


def test_dedupe_and_signature() -> None:
    body = body_of("vendure", "order.placed")
    headers = {"x-vendure-delivery": "d-1", "x-vendure-attempt": "3"}
    assert VENDURE.dedupe_key(headers, body, {}) == "d-1"
    signed = VENDURE.sign("s", body, headers, NOW, {})
    assert VENDURE.verify(["s"], signed, body, NOW, {}) == "ok"
    assert VENDURE.verify(["t"], signed, body, NOW, {}) == "bad_signature"


def test_account_notice_says_of_nobody() -> None:
    assert map_body("vendure", body=b'{"topic": "customer.registered", "data": {}}').reason == "customer.missing"
