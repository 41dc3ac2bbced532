"""Four messages about an order that arrived; the reminder only for those who are silent."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, replay, sent, whats

FLOW = "purchase-survey"
ORDER: dict[str, Any] = {
    "id": "1",
    "number": "#1",
    "email": "ana@example.com",
    "customer_id": "7",
    "currency": "EUR",
    "total": "30.00",
    "status": "open",
    "payment_status": "paid",
    "lines": [{"sku": "CUP", "title": "Cup", "quantity": 1, "total": "30.00"}],
}


def customer(accepts: bool | None = True) -> dict[str, Any]:
    return event("customer.created", "customer:7", "0m", id="7", email="ana@example.com", accepts_email=accepts)


def order(after: str = "1m", type: str = "order.created", **changes: Any) -> dict[str, Any]:
    return event(type, "order:1", after, **{**ORDER, **changes})


def answered(after: str, about: str = "1", **changes: Any) -> dict[str, Any]:
    said = {"id": "7", "email": "ana@example.com", "survey": "after-purchase", "order": about, **changes}
    return event("survey.answered", "customer:7", after, **said)


def test_who_answers_is_thanked_and_not_reminded() -> None:
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered"), answered("226h")])
    assert sent(found) == [("5d", "survey-thanks"), ("9d", "survey-request"), ("9d 10h 15m", "survey-answered")]


def test_who_is_silent_is_reminded_once() -> None:
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered")])
    assert sent(found) == [("5d", "survey-thanks"), ("9d", "survey-request"), ("14d", "survey-reminder")]


def test_an_answer_after_the_reminder_is_thanked_for() -> None:
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered"), answered("20d")])
    assert whats(found) == ["survey-thanks", "survey-request", "survey-reminder", "survey-answered"]


def test_an_answer_about_another_order_is_none() -> None:
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered"), answered("10d", "2")])
    assert whats(found) == ["survey-thanks", "survey-request", "survey-reminder"]


def test_a_fortnight_stands_in_for_the_delivery() -> None:
    found = replay(FLOW, [customer(), order("0m")])
    assert sent(found)[0] == ("16d", "survey-thanks")


@pytest.mark.parametrize(("ended", "number"), [("2d", 0), ("6d", 1), ("10d", 2)])
def test_a_cancelled_order_ends_it(ended: str, number: int) -> None:
    events = [customer(), order(), order("3d", "order.delivered"), order(ended, "order.cancelled", status="cancelled")]
    assert len(whats(replay(FLOW, events))) == number


def test_money_given_back_ends_it() -> None:
    refunded = order("6d", "order.refunded", payment_status="refunded", updated_at="2026-12-31T00:00:00Z")
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered"), refunded])
    assert whats(found) == ["survey-thanks"] and [run["status"] for run in found["runs"]][-1] == "exited"


def test_no_money_kept_no_question() -> None:
    paid_back = order("4d", "order.updated", payment_status="refunded", updated_at="2026-12-31T00:00:00Z")
    assert whats(replay(FLOW, [customer(), order(), order("3d", "order.delivered"), paid_back])) == []


@pytest.mark.parametrize("changes", [{"is_test": True}, {"status": "cancelled"}])
def test_some_orders_are_let_be(changes: dict[str, Any]) -> None:
    assert whats(replay(FLOW, [customer(), order(**changes)])) == []


@pytest.mark.parametrize("accepts", [False, None])
def test_nobody_is_asked_who_did_not_agree(accepts: bool | None) -> None:
    assert whats(replay(FLOW, [customer(accepts), order()])) == []


def test_who_wants_no_more_mail_is_asked_nothing() -> None:
    said = {"customer_id": "7", "email": "ana@example.com", "channel": "email", "granted": False}
    no = event("consent.changed", "customer:7", "6d", **said)
    found = replay(FLOW, [customer(), order(), order("3d", "order.delivered"), no])
    assert whats(found) == ["survey-thanks"]
