"""Medusa: amounts it does not round, and yen without decimals."""

from __future__ import annotations

from bodies import NOW, body_of, map_body

from sereno.connectors.medusa.webhooks import MEDUSA


def test_unrounded_order() -> None:
    order = map_body("medusa", "order.placed").events[0].data
    assert (order["total"], order["total_tax"], order["currency"]) == ("111.622", "17.822", "EUR")
    assert (order["subtotal"], order["total_shipping"]) == ("88.80", "5.00")
    assert order["payment_status"] == "authorized"
    assert order["shipping_address"]["country"] == "DE"
    assert [(line["sku"], line["price"], line["total"]) for line in order["lines"]] == [
        ("SER-C-30", "49.00", "49.00"),
        ("TOTE-1", "19.90", "39.80"),
    ]


def test_cancelled_in_yen() -> None:
    event = map_body("medusa", "order.canceled").events[0]
    assert (event.type, event.data["total"], event.data["currency"]) == ("order.cancelled", "8525", "JPY")
    assert event.data["cancelled_at"] == "2026-11-22T04:24:41.980000Z"
    assert event.data["shipping_address"]["name"] == "花子 山田"


def test_parts() -> None:
    payment = map_body("medusa", "payment.captured")
    assert (payment.events[0].data["amount"], payment.notes) == ("111.622", ("order.missing",))
    parcel = map_body("medusa", "shipment.created").events[0]
    assert (parcel.data["tracking_number"], parcel.data["order_number"]) == ("TRK1", "1")
    stock = map_body("medusa", "inventory-level.updated").events[0].data
    assert (stock["available"], stock["on_hand"], stock["reserved"]) == (11, 11, 0)


def test_signature_and_dedupe() -> None:
    body = body_of("medusa", "order.placed")
    signed = MEDUSA.sign("s", body, {"x-medusa-delivery": "d1"}, NOW, {})
    assert signed["x-medusa-signature"].startswith("sha256=")
    assert MEDUSA.verify(["s"], signed, body, NOW, {}) == "ok"
    assert MEDUSA.verify(["t"], signed, body, NOW, {}) == "bad_signature"
    assert MEDUSA.dedupe_key(signed, body, {}) == "d1"
