"""BigCommerce: thin notices, numbers for states, two ways of signing."""

from __future__ import annotations

import json

from bodies import NOW, body_of, map_body

from sereno.connectors.bigcommerce.webhooks import BIGCOMMERCE


def test_status_numbers() -> None:
    updated, fulfilled = map_body("bigcommerce", "order_status.own").events
    assert updated.data == {"id": "901", "platform_status": "Shipped", "is_thin": True}
    assert (fulfilled.type, fulfilled.id, fulfilled.occurred_at.year) == (
        "order.fulfilled",
        "order:901:fulfilled",
        2026,
    )


def test_relative_stock() -> None:
    event = map_body("bigcommerce", "inventory.own").events[0]
    assert (event.subject, event.data["change"]) == ("variant:509", -2)
    assert "available" not in event.data


def test_absolute_stock_and_abandoned_cart() -> None:
    stock = {
        "scope": "store/product/inventory/updated",
        "data": {"id": 7, "inventory": {"method": "absolute", "value": 4}},
    }
    event = map_body("bigcommerce", body=json.dumps(stock).encode()).events[0]
    assert (event.data["available"], event.refs["product"], event.refs["stock_level"]) == (4, "7", "7")
    cart = {
        "scope": "store/cart/abandoned",
        "data": {"type": "cart", "id": "c-1", "token": "t"},
        "created_at": 1782921600,
    }
    event = map_body("bigcommerce", body=json.dumps(cart).encode()).events[0]
    assert (event.type, event.subject) == ("checkout.abandoned", "cart:c-1")


def test_standard_webhooks_or_a_header_of_ones_own() -> None:
    body = body_of("bigcommerce", "order_status.own")
    signed = BIGCOMMERCE.sign("client-secret", body, {"webhook-id": "msg_1"}, NOW, {})
    assert BIGCOMMERCE.verify(["client-secret"], signed, body, NOW, {}) == "ok"
    assert BIGCOMMERCE.verify(["other"], signed, body, NOW, {}) == "bad_signature"
    assert BIGCOMMERCE.verify(["t0ken"], {"x-sereno-token": "t0ken"}, body, NOW, {}) == "ok"
    assert BIGCOMMERCE.verify(["t0ken"], {"x-sereno-token": "no"}, body, NOW, {}) == "bad_signature"
    assert BIGCOMMERCE.verify(["t0ken"], {}, body, NOW, {}) == "bad_signature"
    assert BIGCOMMERCE.verify([""], {"x-sereno-token": ""}, body, NOW, {}) == "bad_signature"
    both = {**signed, "webhook-signature": "v1,AAAA", "x-sereno-token": "client-secret"}
    assert BIGCOMMERCE.verify(["client-secret"], both, body, NOW, {}) == "bad_signature"


def test_dedupe() -> None:
    body = body_of("bigcommerce", "order_status.own")
    assert BIGCOMMERCE.dedupe_key({"webhook-id": "msg_1"}, body, {}) == "msg_1"
    assert BIGCOMMERCE.dedupe_key({}, body, {}) == "hash:00000000000000000000000000000000000000aa"
    assert BIGCOMMERCE.topic({}, body, {}) == "store/order/statusUpdated"
