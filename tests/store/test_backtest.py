"""Back-tests: the same code on a virtual clock; the same input gives the same bytes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import support

from installation import ready
from sereno.engine.durations import format_instant
from sereno.runtime.backtest import backtest
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry

SHOP = ShopFacts(1, "Demo", "EUR", "Europe/Madrid", "es", "http://localhost", {})
FLOW = """
flow: cart-recovery
trigger: {event: checkout.abandoned, when: "cart.total >= 30"}
key: cart.id
exit: [{event: order.created, when: "event.cart_id == cart.id"}]
steps:
  - wait: 4h
  - tests.call: {to: "{{ cart.id }}"}
  - wait: 20h
  - log: {text: "still nothing"}
"""


def line(number: int, type: str, subject: str, minutes: int, **data: Any) -> dict[str, Any]:
    at = format_instant(support.START + timedelta(minutes=minutes))
    return {
        "id": str(number),
        "source": "shop",
        "type": type,
        "subject": subject,
        "occurred_at": at,
        "data": {"updated_at": at, "currency": "EUR", **data},
    }


def replay(*events: dict[str, Any], **options: Any) -> dict[str, Any]:
    ready()
    support.register_actions()
    return backtest([FLOW], events, shop=SHOP, plugins=registry(), **options)


def test_an_abandoned_cart_is_found_and_reminded_of() -> None:
    events = [
        line(
            1, "cart.updated", "cart:a", 0, id="a", total="50.00", item_count=1, lines=[{"title": "Tea", "quantity": 1}]
        ),
        line(
            2, "cart.updated", "cart:b", 1, id="b", total="60.00", item_count=1, lines=[{"title": "Tea", "quantity": 1}]
        ),
        line(
            3, "cart.updated", "cart:c", 2, id="c", total="5.00", item_count=1, lines=[{"title": "Tea", "quantity": 1}]
        ),
        line(4, "order.created", "order:1", 180, id="1", cart_id="b", total="60.00"),
    ]
    report = replay(*events)
    assert [(run["key"], run["status"]) for run in report["runs"]] == [("a", "finished"), ("b", "exited")]
    assert [(effect["action"], effect["status"]) for effect in report["effects"]] == [
        ("tests.call", "shadow"),
        ("log", "shadow"),
    ]
    assert report["effects"][0]["at"] == format_instant(support.START + timedelta(hours=5))
    assert [(skip["subject"], skip["reason"]) for skip in report["skipped"]] == [("cart:c", "when_false")]
    assert report["events"] == 4
    assert report["failed"] == []
    shuffled = replay(events[3], events[1], *events)
    assert json.dumps(shuffled["effects"]) == json.dumps(report["effects"])
    assert json.dumps(replay(*events)) == json.dumps(report)


def test_until_stops_the_clock() -> None:
    cart = line(
        1, "cart.updated", "cart:a", 0, id="a", total="50.00", item_count=1, lines=[{"title": "Tea", "quantity": 1}]
    )
    report = replay(cart, until=support.START + timedelta(hours=6))
    assert [run["status"] for run in report["runs"]] == ["waiting"]
    assert len(report["effects"]) == 1
