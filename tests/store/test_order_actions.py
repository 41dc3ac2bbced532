"""Actions that change an order in the store: what each asks for, what Sereno itself then knows, and that no money is
taken for an order that is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from support import START, Place

from sereno.commerce.money import Money
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Stores
from sereno.sdk.writes import (
    CancelOrder,
    CapturePayment,
    FulfillOrder,
    HoldFulfillment,
    NoteOrder,
    RefundOrder,
    ReleaseFulfillment,
    Write,
)


class FakeStores:
    """Notes what was asked for, and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[Write] = []
        self.answers: dict[type[Write], Result] = {}

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        self.asked.append(write)
        return self.answers.get(type(write), Done({"store": "tests"}))


STORES = FakeStores()


def ports(kind: type[Any], shop: ShopFacts) -> object | None:
    return STORES if kind is Stores else None


@pytest.fixture
def till(database: Any) -> Iterator[Place]:
    STORES.asked.clear()
    STORES.answers.clear()
    place = Place(database, ports)
    yield place
    place.runtime.stop()


def order(id: str, type: str = "order.created", **data: Any) -> NewEvent:
    full = {"id": "1", "number": "#1", "total": "50.00", "currency": "EUR", "email": "ana@example.com", **data}
    return NewEvent(id, type, "order:1", START, full, {"order": "1", "email": "ana@example.com"})


def run(till: Place, steps: str, *events: NewEvent) -> None:
    till.flow(f"flow: f\ntrigger: {{event: order.created}}\nsteps:\n{steps}")
    till.send(*(events or (order("e1"),)))
    till.drain()


def standing(till: Place) -> list[tuple[Any, ...]]:
    return till.rows("SELECT key, is_held, subject FROM orders_standing")


def test_a_hold_is_asked_of_the_store_and_known_here(till: Place) -> None:
    run(till, "  - orders.hold: {reason: 'stock.short, address.incomplete', note: look}")
    assert STORES.asked == [HoldFulfillment(order="1", reason="stock.short", note="look")]
    assert [(key, bool(is_held), subject) for key, is_held, subject in standing(till)] == [("1", True, "order:1")]
    ((data,),) = till.rows("SELECT data FROM event WHERE type = 'order.held'")
    assert '"hold_reasons":["stock.short","address.incomplete"]' in data


@pytest.mark.parametrize("code", ["store.none", "store.cannot"])
def test_a_shop_whose_store_has_no_holds_holds_in_sereno(till: Place, code: str) -> None:
    STORES.answers[HoldFulfillment] = Fail(code, "cannot")
    run(till, "  - orders.hold: {reason: payment.open}")
    assert [bool(row[1]) for row in standing(till)] == [True]
    assert till.effects()[0][1] == "done"


def test_what_the_store_refuses_is_for_a_person(till: Place) -> None:
    STORES.answers[HoldFulfillment] = Fail("store.key_refused", "The key is wrong.")
    run(till, "  - orders.hold: {reason: payment.open}")
    assert [row[1] for row in till.effects()] == ["failed"]


def test_no_money_is_taken_for_an_order_that_is_held(till: Place) -> None:
    run(till, "  - orders.hold: {reason: risk.high}\n  - orders.capture: {}\n  - orders.fulfill: {}")
    assert [type(one) for one in STORES.asked] == [HoldFulfillment]
    assert {(row[0], row[1], row[3]) for row in till.effects()} == {
        ("orders.hold", "done", None),
        ("orders.capture", "failed", "order.held"),
        ("orders.fulfill", "failed", "order.held"),
    }


def test_once_released_the_money_is_taken(till: Place) -> None:
    run(till, "  - orders.hold: {}\n  - orders.release: {}\n  - orders.capture: {amount: '12,50'}")
    assert STORES.asked == [
        HoldFulfillment(order="1"),
        ReleaseFulfillment(order="1"),
        CapturePayment(order="1", amount=Money.parse("12.50", "EUR")),
    ]
    assert [bool(row[1]) for row in standing(till)] == [False]


def test_a_paid_order_is_not_captured_again(till: Place) -> None:
    run(till, "  - orders.capture: {}", order("e1", payment_status="paid"))
    assert STORES.asked == []


def test_cancel_refund_note_and_fulfill_say_what_was_asked(till: Place) -> None:
    run(
        till,
        "  - orders.note: {text: 'seen {{ order.number }}'}\n"
        "  - orders.refund: {amount: '10', note: late}\n"
        "  - orders.fulfill: {tracking_number: ' CX1 ', carrier: Correos, notify: false}\n"
        "  - orders.cancel: {reason: fraud, notify: false}",
    )
    assert STORES.asked == [
        NoteOrder(order="1", text="seen #1"),
        RefundOrder(order="1", amount=Money.parse("10", "EUR"), note="late"),
        FulfillOrder(order="1", tracking_number="CX1", carrier="Correos", notify=False),
        CancelOrder(order="1", reason="fraud", notify=False),
    ]


def test_more_than_is_left_is_not_given_back(till: Place) -> None:
    run(till, "  - orders.refund: {amount: '45'}", order("e1", total_refunded="10.00"))
    assert STORES.asked == []
    assert [(row[1], row[3]) for row in till.effects()] == [("failed", "refund.too_much")]


def test_an_order_that_left_is_not_cancelled(till: Place) -> None:
    run(till, "  - orders.cancel: {}", order("e1", fulfillment_status="fulfilled"))
    assert STORES.asked == []
    assert [row[3] for row in till.effects()] == ["order.fulfilled"]


def test_conditions_read_whether_an_order_is_held(till: Place) -> None:
    till.flow("flow: g\ntrigger: {event: order.paid, when: order.is_held == true}\nsteps:\n  - log: {text: held}")
    run(till, "  - orders.hold: {reason: stock.short}")
    till.send(order("e2", "order.paid"))
    till.drain()
    assert ("log",) in till.rows("SELECT action FROM effect")


def test_in_shadow_nothing_is_asked(till: Place) -> None:
    from sereno.runtime import services

    till.flow("flow: f\ntrigger: {event: order.created}\nsteps:\n  - orders.cancel: {}")
    services.set_status(till.shop, "f", "shadow", "tester", database=till.database)
    till.send(order("e1"))
    till.drain()
    assert STORES.asked == []
    assert [row[1] for row in till.effects()] == ["shadow"]


def test_holding_again_for_the_same_reason_is_told_once(till: Place) -> None:
    run(till, "  - orders.hold: {reason: stock.short}\n  - orders.hold: {reason: stock.short}")
    assert len(STORES.asked) == 2
    assert till.rows("SELECT count(*) FROM event WHERE type = 'order.held'") == [(1,)]


def test_a_refund_whose_answer_was_lost_is_asked_for_again_though_the_record_knows_of_it(till: Place) -> None:
    STORES.answers[RefundOrder] = Retry("store.busy")
    run(till, "  - orders.refund: {amount: '45'}")
    later = {"updated_at": (START + timedelta(seconds=1)).isoformat(), "total_refunded": "45.00"}
    till.send(order("e2", "order.updated", **later))
    STORES.answers.clear()
    till.after(minutes=1)
    assert [type(one) for one in STORES.asked] == [RefundOrder, RefundOrder]
    assert [row[1] for row in till.effects()] == ["done"]
