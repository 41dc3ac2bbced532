"""Oscar: numbers now as numbers, now as text; lines priced as a whole; states of the shop's own making."""

from __future__ import annotations

import json

import pytest
from bodies import NOW, body_of, map_body

from sereno.connectors.oscar.webhooks import OSCAR


def test_order_is_one_whether_its_number_is_text_or_not() -> None:
    placed, status = map_body("oscar", "order.placed").events[0], map_body("oscar", "order.status").events[0]
    assert placed.subject == status.subject == "order:100001"
    order = placed.data
    assert (order["total"], order["total_shipping"], order["currency"]) == ("103.00", "5.00", "EUR")
    assert (order["lines"][0]["price"], order["lines"][0]["total"]) == ("49.00", "98.00")
    assert order["customer_id"] == "email:zoe@example.com"
    assert status.data["platform_status"] == "Being processed"


def test_available_is_what_is_not_allocated() -> None:
    event = map_body("oscar", "stock.allocated").events[0]
    assert (event.subject, event.data["available"], event.data["reserved"]) == ("variant:SER-C-30", 10, 2)


@pytest.mark.parametrize(
    ("status", "types"),
    [
        ("Cancelled", ["order.updated", "order.cancelled"]),
        ("Complete", ["order.updated", "order.paid", "order.fulfilled", "order.completed"]),
        ("Waiting for the moon", ["order.updated"]),
    ],
)
def test_words(status: str, types: list[str]) -> None:
    document = json.loads(body_of("oscar", "order.status"))
    document["data"]["status"] = status
    assert [e.type for e in map_body("oscar", body=json.dumps(document).encode()).events] == types


def test_signature_and_dedupe() -> None:
    body = body_of("oscar", "order.placed")
    signed = OSCAR.sign("s", body, {"x-oscar-delivery": "d1"}, NOW, {})
    assert OSCAR.verify(["s"], signed, body, NOW, {}) == "ok"
    assert OSCAR.verify(["t"], signed, body, NOW, {}) == "bad_signature"
    assert OSCAR.dedupe_key(signed, body, {}) == "d1"
