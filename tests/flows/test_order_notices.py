"""Confirmation at once, then one notice per state, however the platform repeats and shuffles."""

from __future__ import annotations

import random
from typing import Any

import pytest

from flows.replaying import event, reasons, replay, sent, whats

ORDER: dict[str, Any] = {
    "id": "1",
    "number": "#1001",
    "email": "ana@example.com",
    "currency": "EUR",
    "total": "52.75",
    "lines": [{"title": "Taza", "quantity": 1, "price": "52.75"}],
    "shipping_address": {"city": "Madrid", "country": "ES"},
}
PARCEL: dict[str, Any] = {"id": "f1", "order_id": "1", "tracking_number": "CX1"}


def placed(after: str = "0m", **changes: Any) -> dict[str, Any]:
    return event("order.created", "order:1", after, **{**ORDER, **changes})


def order(type: str, after: str, **changes: Any) -> dict[str, Any]:
    return event(type, "order:1", after, **{**ORDER, **changes})


def parcel(type: str, after: str, **changes: Any) -> dict[str, Any]:
    status = type.partition(".")[2]
    return event(type, "order:1", after, **{**PARCEL, "delivery_status": status, **changes})


def test_the_confirmation_goes_at_once() -> None:
    found = replay("order-confirmation", [placed("5m")])
    assert sent(found) == [("5m", "order-confirmation")]
    assert found["runs"][0]["status"] == "finished"


def test_an_order_created_twice_is_confirmed_once() -> None:
    found = replay("order-confirmation", [placed(), placed("1m"), placed("10d")])
    assert whats(found) == ["order-confirmation"]
    assert reasons(found, "order-confirmation") == ["once", "once"]


def test_nobody_to_write_to() -> None:
    found = replay("order-confirmation", [placed(email=None)])
    assert whats(found) == []
    assert reasons(found, "order-confirmation") == ["when_false"]


def test_the_customers_address_serves_when_the_order_has_none() -> None:
    customer = event("customer.created", "customer:7", "0m", id="7", email="ana@example.com")
    found = replay("order-confirmation", [customer, placed("1m", email=None, customer_id="7")])
    assert whats(found) == ["order-confirmation"]


@pytest.mark.parametrize(
    ("flow", "events"),
    [
        ("order-paid", [order("order.paid", "1h"), order("order.paid", "2h")]),
        (
            "order-shipped",
            [
                parcel("shipment.shipped", "1h"),
                parcel("shipment.in_transit", "2h"),
                order("order.fulfilled", "3h"),
                parcel("shipment.in_transit", "9h"),
            ],
        ),
        ("order-shipped", [order("order.fulfilled", "1h"), parcel("shipment.in_transit", "2h")]),
        ("order-shipped", [parcel("shipment.in_transit", "1h"), parcel("shipment.shipped", "2h")]),
        (
            "order-out-for-delivery",
            [parcel("shipment.out_for_delivery", "1h"), parcel("shipment.out_for_delivery", "25h")],
        ),
        (
            "order-delivered",
            [parcel("shipment.delivered", "1h"), order("order.delivered", "2h"), parcel("shipment.delivered", "3h")],
        ),
        ("order-cancelled", [order("order.cancelled", "1h"), order("order.cancelled", "2h")]),
        (
            "order-refunded",
            [
                event("refund.created", "order:1", "1h", id="r1", order_id="1", amount="5.00", status="completed"),
                order("order.partially_refunded", "2h"),
                order("order.refunded", "3h"),
            ],
        ),
    ],
)
def test_each_notice_goes_once(flow: str, events: list[dict[str, Any]]) -> None:
    found = replay(flow, [placed(), *events])
    assert sent(found) == [("1h", flow)]


def test_a_refund_that_is_only_planned_is_not_announced() -> None:
    refund = {"id": "r1", "order_id": "1", "amount": "5.00"}
    events = [
        placed(),
        event("refund.created", "order:1", "1h", **refund, status="pending"),
        event("refund.updated", "order:1", "2h", **refund, status="failed"),
        event("refund.updated", "order:1", "3h", **refund, status="completed"),
    ]
    assert sent(replay("order-refunded", events)) == [("3h", "order-refunded")]


def test_a_parcel_that_got_further_is_not_announced_as_leaving() -> None:
    events = [placed(), parcel("shipment.delivered", "2h"), order("order.fulfilled", "3h")]
    assert whats(replay("order-shipped", events)) == []
    events = [placed(), parcel("shipment.delivered", "2h"), parcel("shipment.out_for_delivery", "1h")]
    assert sent(replay("order-out-for-delivery", events)) == [("1h", "order-out-for-delivery")]


def test_what_is_not_sent_is_not_announced_as_leaving() -> None:
    events = [placed(shipping_address=None), order("order.fulfilled", "1h", shipping_address=None)]
    assert whats(replay("order-shipped", events)) == []


def test_two_orders_have_notices_of_their_own() -> None:
    other = {**ORDER, "id": "2", "number": "#1002"}
    events = [placed(), event("order.created", "order:2", "1m", **other), order("order.paid", "1h")]
    events.append(event("order.paid", "order:2", "2h", **other))
    assert sent(replay("order-paid", events)) == [("1h", "order-paid"), ("2h", "order-paid")]


@pytest.mark.parametrize("seed", range(5))
def test_doubled_deliveries_change_nothing(seed: int) -> None:
    events = [placed(), order("order.paid", "1h"), parcel("shipment.shipped", "2h"), parcel("shipment.delivered", "3d")]
    doubled = [*events, *events, *events]
    random.Random(seed).shuffle(doubled)
    for flow in ("order-confirmation", "order-paid", "order-shipped", "order-delivered"):
        assert sent(replay(flow, doubled)) == sent(replay(flow, events))
        assert len(sent(replay(flow, events))) == 1
