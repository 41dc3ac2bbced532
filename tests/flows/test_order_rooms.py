"""The orders' own automations: verification, routing, tickets, zones and captures."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import after, event, reasons, replay

ADDRESS: dict[str, Any] = {
    "name": "Ana Ruiz", "line1": "Calle Mayor 7", "city": "Madrid", "postal_code": "28013", "country": "ES",
}  # fmt: skip
ORDER: dict[str, Any] = {
    "id": "1",
    "number": "#1001",
    "email": "ana@example.com",
    "phone": "+34 612 345 678",
    "currency": "EUR",
    "total": "52.75",
    "payment_status": "paid",
    "lines": [{"sku": "TAZA-1", "title": "Taza", "quantity": 1}],
    "item_count": 1,
    "shipping_address": ADDRESS,
}


def order(type: str, at: str = "0m", **changes: Any) -> dict[str, Any]:
    return event(type, "order:1", at, **{**ORDER, **changes})


def own(type: str, at: str, **data: Any) -> dict[str, Any]:
    return event(type, "order:1", at, id="1", **data)


def done(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(after(one["at"]), one["action"]) for one in found["effects"]]


def test_a_good_order_is_verified_and_tagged() -> None:
    found = replay("order-verification", [order("order.created")])
    assert [one for _at, one in done(found)] == ["orders.verify", "orders.verify", "orders.add_tag"]


def test_a_bad_address_is_held_and_told() -> None:
    found = replay("order-verification", [order("order.created", shipping_address={**ADDRESS, "postal_code": "x"})])
    held = next(one for one in found["effects"] if one["action"] == "orders.hold")
    assert held["config"]["reason"] == "address.postal_code"
    told = next(one for one in found["effects"] if one["action"] == "alerts.notify")
    assert told["config"]["text"].startswith("Pedido #1001 retenido: ")


def test_a_payment_has_an_hour() -> None:
    unpaid = order("order.created", payment_status="pending", payment_method="card")
    found = replay("order-verification", [unpaid, order("order.paid", "30m")])
    assert done(found)[-1] == ("30m", "orders.add_tag")
    found = replay("order-verification", [unpaid], until="3h")
    assert ("1h", "orders.hold") in done(found)


def test_a_payment_that_comes_late_releases_the_order() -> None:
    """In a back-test nothing is held in the store, so the fact that it was is given."""
    unpaid = order("order.created", payment_status="pending", payment_method="transfer")
    paid = order("order.paid", "2d")
    found = replay("order-verification", [unpaid, paid], until="20d")
    assert ("2d", "orders.release") in done(found)


def test_a_cancelled_order_is_verified_no_further() -> None:
    unpaid = order("order.created", payment_status="pending", payment_method="card")
    found = replay("order-verification", [unpaid, order("order.cancelled", "10m", status="cancelled")], until="3h")
    assert [one for _at, one in done(found)] == ["orders.verify"]


@pytest.mark.parametrize(
    ("country", "method", "routes"),
    [
        ("ES", "SEUR 24h", [{"warehouse": "Iberia"}, {"queue": "express"}]),
        ("RO", "Standard", [{"warehouse": "Bucharest"}, {"queue": "standard"}]),
        ("JP", None, [{"warehouse": "International"}, {"queue": "standard"}]),
    ],
)
def test_orders_are_routed_by_country_and_way(country: str, method: str | None, routes: list[dict[str, str]]) -> None:
    placed = order("order.created", shipping_method=method, shipping_address={**ADDRESS, "country": country})
    found = replay("order-routing", [placed, own("order.verified", "1m", is_verified=True)])
    said = [
        {name: value for name, value in one["config"].items() if value}
        for one in found["effects"]
        if one["action"] == "orders.route"
    ]
    assert said == routes


def test_a_held_order_is_not_routed() -> None:
    held = own("order.held", "1m", is_held=True, held_at="2026-11-02T09:01:00Z")
    found = replay("order-routing", [order("order.created"), held, own("order.verified", "2m", is_verified=True)])
    assert found["effects"] == []


def test_tickets_to_pick_and_to_make() -> None:
    lines = [*ORDER["lines"], {"sku": "RING-9", "title": "Anillo", "quantity": 1, "properties": {"Grabado": "A+J"}}]
    found = replay("pick-tickets", [order("order.created", lines=lines), own("order.verified", "1m", is_verified=True)])
    assert [one for _at, one in done(found)] == ["orders.print_ticket", "orders.print_ticket", "alerts.notify"]
    assert "1 x RING-9 Anillo (Grabado: A+J)" in found["effects"][-1]["config"]["text"]


def test_what_is_not_made_to_order_tells_nobody() -> None:
    found = replay("pick-tickets", [order("order.created"), own("order.verified", "1m", is_verified=True)])
    assert [one for _at, one in done(found)] == ["orders.print_ticket", "orders.print_ticket"]


@pytest.mark.parametrize(
    ("country", "code", "actions"),
    [
        ("ES", "28013", []),
        ("PT", "9000-001", ["orders.add_tag"]),
        ("ES", "35001", ["orders.add_tag", "orders.hold"]),
        ("ES", "51001", ["orders.add_tag", "orders.hold", "alerts.notify"]),
        ("GP", "97100", ["orders.add_tag", "orders.cancel"]),
    ],
)
def test_each_zone_has_its_outcome(country: str, code: str, actions: list[str]) -> None:
    address = {**ADDRESS, "country": country, "postal_code": code}
    found = replay("restricted-zone", [order("order.created", shipping_address=address)])
    assert [one for _at, one in done(found)] == ["orders.check_zone", *actions]


def test_money_is_taken_once_the_order_is_verified() -> None:
    placed = order("order.created", payment_status="authorized")
    found = replay(
        "capture-payment",
        [
            placed,
            order("order.authorized", "1m", payment_status="authorized"),
            own("order.verified", "2m", is_verified=True),
        ],
    )
    assert done(found) == [("2m", "orders.capture")]


def test_no_money_is_taken_for_a_held_order_until_it_is_released() -> None:
    placed = order("order.created", payment_status="authorized")
    held = own("order.held", "1m", is_held=True, held_at="2026-11-02T09:01:00Z")
    again = order("order.authorized", "2m", payment_status="authorized")
    found = replay("capture-payment", [placed, held, again])
    assert found["effects"] == []
    assert set(reasons(found, "capture-payment")) == {"when_false"}
    free = own("order.released", "5m", is_held=False, released_at="2026-11-02T09:05:00Z")
    assert done(replay("capture-payment", [placed, held, again, free])) == [("5m", "orders.capture")]


def test_payments_that_differ_from_the_providers_are_told_once() -> None:
    captured = {"provider": "stripe", "order_id": "1", "status": "captured", "amount": "52.75", "currency": "EUR"}
    unpaid = order("order.created", payment_status="pending", payment_method="stripe")
    taken = event("payment.captured", "order:1", "5m", id="pi_1", **captured)
    found = replay("payments-agree", [unpaid, taken], until="2h")
    assert done(found) == [
        ("1h 5m", "orders.compare_payments"), ("1h 5m", "orders.add_tag"), ("1h 5m", "alerts.notify"),
    ]  # fmt: skip
    told = found["effects"][-1]["config"]["text"]
    assert told.startswith("Pedido #1001: los pagos no cuadran. Stripe ")
    assert "52,75" in told


def test_the_store_has_an_hour_to_say_the_same() -> None:
    captured = {"provider": "stripe", "order_id": "1", "status": "captured", "amount": "52.75", "currency": "EUR"}
    unpaid = order("order.created", payment_status="pending", payment_method="stripe")
    taken = event("payment.captured", "order:1", "5m", id="pi_1", **captured)
    found = replay("payments-agree", [unpaid, taken, order("order.paid", "50m", payment_method="stripe")], until="3h")
    assert done(found) == [("1h 50m", "orders.compare_payments"), ("1h 50m", "orders.remove_tag")]
