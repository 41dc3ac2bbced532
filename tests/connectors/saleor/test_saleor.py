"""Saleor: what a subscription asks for, and the fixed payload."""

from __future__ import annotations

from bodies import NOW, body_of, map_body

from sereno.connectors.saleor.webhooks import SALEOR


def test_subscription() -> None:
    order = map_body("saleor", "order_created.own").events[0].data
    assert (order["number"], order["total"], order["total_tax"], order["currency"]) == (
        "1001",
        "123.00",
        "23.00",
        "EUR",
    )
    assert (order["email"], order["locale"], order["payment_status"]) == ("ada@example.com", "pt-BR", "paid")
    assert order["shipping_address"]["country"] == "PT"
    assert (order["lines"][0]["sku"], order["lines"][0]["price"]) == ("TEA", "56.50")


def test_fixed_payload_in_yen() -> None:
    event = map_body("saleor", "order_created_fixed.own").events[0]
    assert (event.data["total"], event.data["total_shipping"]) == ("7706", "500")
    assert event.data["shipping_address"]["line1"] == "1-1"


def test_thin_order_of_a_small_subscription() -> None:
    event = map_body("saleor", body=b'{"order": {"id": "T3JkZXI6MQ=="}}', topic="ORDER_CANCELLED").events[0]
    assert (event.type, event.data) == ("order.cancelled", {"id": "T3JkZXI6MQ==", "is_thin": True})


def test_signature_and_dedupe_by_content() -> None:
    body = body_of("saleor", "order_created.own")
    headers = {"saleor-event": "order_created"}
    signed = SALEOR.sign("s", body, headers, NOW, {})
    assert SALEOR.verify(["s"], signed, body, NOW, {}) == "ok"
    assert SALEOR.verify(["t"], signed, body, NOW, {}) == "bad_signature"
    assert SALEOR.topic(headers, body, {}) == "order_created"
    assert SALEOR.dedupe_key(headers, body, {}) == SALEOR.dedupe_key(signed, body, {})
    assert SALEOR.dedupe_key(headers, body, {}) != SALEOR.dedupe_key({"saleor-event": "order_updated"}, body, {})
