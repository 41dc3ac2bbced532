"""Whom a refund, a payment or a parcel concerns: the customer of its order, though its event names the order alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support import START, Place, order

from sereno.commerce.identity import refs_of
from sereno.sdk.connector import NewEvent

FLOW = """
flow: sorry
trigger: {event: refund.created, when: "customer.first_name == 'Ana'"}
steps:
  - log: {text: "{{ customer.first_name }} {{ customer.email }}"}
"""


@pytest.fixture
def place(database: Any) -> Iterator[Place]:
    place = Place(database)
    yield place
    place.runtime.stop()


def refund(id: str, order_id: str) -> NewEvent:
    data = {"id": id, "order_id": order_id, "amount": "10.00", "currency": "EUR"}
    return NewEvent(
        f"refund|{id}", "refund.created", f"refund:{id}", START, data, refs_of("refund.created", f"refund:{id}", data)
    )


def said(place: Place) -> list[str]:
    return [row[0] for row in place.rows("SELECT config FROM effect WHERE action = 'log' ORDER BY id")]


def test_conditions_and_texts_know_the_orders_customer(place: Place) -> None:
    place.flow(FLOW)
    place.send(order("1"))
    place.drain()
    place.send(refund("r1", "1"))
    place.drain()
    assert said(place) == ['{"text":"Ana ana@example.com"}']


def test_also_when_the_order_comes_in_the_same_batch(place: Place) -> None:
    place.flow(FLOW)
    place.send(order("1"), refund("r1", "1"))
    place.drain()
    assert said(place) == ['{"text":"Ana ana@example.com"}']


def test_a_guest_is_found_by_the_orders_address(place: Place) -> None:
    place.flow(FLOW)
    guest = {"email": "Ana@Example.com", "first_name": "Ana"}
    place.send(order("1", customer_id=None, email="Ana@Example.com", customer=guest))
    place.drain()
    place.send(refund("r1", "1"))
    place.drain()
    assert len(said(place)) == 1


def test_an_order_nobody_knows_has_no_customer(place: Place) -> None:
    place.flow(FLOW)
    place.send(refund("r1", "404"))
    place.drain()
    assert said(place) == []
    assert len(place.skips()) == 1


def test_many_are_found_by_a_handful_of_queries(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.flow(FLOW)
    place.send(*(order(str(number), customer_id=str(number)) for number in range(60)))
    place.drain()
    place.send(*(refund(f"r{number}", str(number)) for number in range(60)))
    asked: list[str] = []
    with place.database.transaction() as tx:
        kind = type(tx)
    text = kind.text
    monkeypatch.setattr(kind, "text", lambda self, sql, *rest: (asked.append(sql), text(self, sql, *rest))[1])
    place.runtime.round_of("dispatch")
    assert len([sql for sql in asked if "customer" in sql]) <= 4
