"""What follows a customer's own change of an order, and cash on delivery that becomes prepaid."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import after, event, replay

ORDER: dict[str, Any] = {
    "id": "1", "number": "#1001", "email": "ana@example.com", "currency": "EUR", "total": "60.00",
    "payment_status": "pending", "payment_method": "Contra reembolso", "status": "open",
    "lines": [{"id": "a", "sku": "TAZA-1", "variant_id": "v1", "title": "Taza", "quantity": 2, "total": "60.00"}],
    "shipping_address": {"city": "Madrid", "country": "ES"},
}  # fmt: skip


def order(type: str, at: str = "0m", **changes: Any) -> dict[str, Any]:
    return event(type, "order:1", at, **{**ORDER, **changes})


def change(type: str, at: str, kind: str, **facts: Any) -> dict[str, Any]:
    told = {"id": "1", "number": "#1001", "change_id": "c1", "change_kind": kind, **facts}
    return event(type, "order:1", at, **told)


def paid(at: str, amount: str, id: str = "p1") -> dict[str, Any]:
    money = {"amount": amount, "currency": "EUR", "status": "captured"}
    return event("payment.captured", "order:1", at, id=id, order_id="1", **money)


def done(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (after(one["at"]), one["config"].get("template") or one["action"])
        for one in found["effects"]
        if one["action"] not in ("orders.offer_prepayment", "orders.take_prepayment")
    ]


def test_a_changed_address_is_confirmed_once() -> None:
    told = change("order.changed", "1m", "address")
    found = replay("customer-changes", [order("order.created"), told, {**told}])
    assert done(found) == [("1m", "order-changed")]


def test_changed_goods_are_settled_once_the_store_told_of_them() -> None:
    was = {"change_total_before": "60.00", "change_payment_before": "paid"}
    events = [
        order("order.created", payment_status="paid"),
        change("order.changed", "1m", "items", **was),
        order("order.updated", "2m", payment_status="paid", total="30.00"),
    ]
    found = replay("customer-changes", events, until="1h")
    assert [one for one in done(found) if one[1] != "alerts.notify"] == [
        ("2m", "orders.settle_change"), ("2m", "order-changed"),
    ]  # fmt: skip


def test_a_printed_ticket_is_made_anew_and_the_team_told() -> None:
    found = replay(
        "customer-changes", [order("order.created"), change("order.changed", "1m", "address", change_had_ticket=True)]
    )
    assert [one for _at, one in done(found)] == ["order-changed", "alerts.notify", "orders.print_ticket"]
    assert found["effects"][1]["config"]["text"].startswith("El cliente cambió el pedido #1001")


def test_what_was_refused_is_said() -> None:
    refused = change("order.change_refused", "1m", "cancel", change_reason="change.sent")
    found = replay("customer-changes", [order("order.created"), refused])
    assert [one for _at, one in done(found)] == ["order-change-refused", "alerts.notify"]


def test_a_try_that_came_too_late_writes_nobody() -> None:
    late = event("order.change_refused", "order:1", "1m", id="1", change_reason="change.too_late")
    assert done(replay("customer-changes", [order("order.created"), late])) == []


def test_a_payment_makes_the_order_prepaid_once() -> None:
    again = [paid("2h", "57.00"), paid("3h", "57.00", "p2"), order("order.paid", "4h", payment_status="paid")]
    found = replay("cash-to-prepaid", [order("order.created"), *again], until="3d")
    assert done(found) == [("0", "order-pay-now"), ("2h", "orders.add_tag"), ("2h", "orders.note")]


def test_paid_in_full_in_the_store_the_discount_is_given_back_once() -> None:
    full = [order("order.paid", "2h", payment_status="paid"), order("order.paid", "3h", payment_status="paid")]
    found = replay("cash-to-prepaid", [order("order.created"), *full], until="3d")
    assert [one for one in done(found) if one[1] == "orders.refund"] == [("2h", "orders.refund")]
    refund = next(one for one in found["effects"] if one["action"] == "orders.refund")
    assert refund["config"]["amount"] == "3.00"


@pytest.mark.parametrize(
    "events",
    [
        [order("order.created", payment_status="paid", payment_method="card")],
        [order("order.created", payment_method="card")],
    ],
)
def test_who_does_not_pay_at_the_door_is_offered_nothing(events: list[dict[str, Any]]) -> None:
    assert done(replay("cash-to-prepaid", events, until="3d")) == []


@pytest.mark.parametrize("late", [paid("2h", "56.99"), paid("30h", "57.00"), order("order.updated", "2h")])
def test_too_little_or_too_late_is_no_payment(late: dict[str, Any]) -> None:
    found = replay("cash-to-prepaid", [order("order.created"), late], until="3d")
    assert [one for _at, one in done(found)] == ["order-pay-now"]


def test_what_is_paid_at_the_door_has_no_discount() -> None:
    door = [
        order("order.fulfilled", "2h", fulfillment_status="fulfilled"),
        order("order.paid", "9h", payment_status="paid", fulfillment_status="fulfilled"),
    ]
    found = replay("cash-to-prepaid", [order("order.created"), *door], until="3d")
    assert [one for _at, one in done(found)] == ["order-pay-now"]


@pytest.mark.parametrize("end", ["order.cancelled", "order.fulfilled", "order.partially_fulfilled", "shipment.shipped"])
def test_what_is_cancelled_or_has_left_waits_for_no_payment(end: str) -> None:
    found = replay("cash-to-prepaid", [order("order.created"), order(end, "2h")], until="3d")
    assert [one for _at, one in done(found)] == ["order-pay-now"]
    assert [run["status"] for run in found["runs"]] == ["exited"]
