"""Customers change their orders: decided once, carried out once, and what is reserved and paid follows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import support
from support import START, Place

from sereno.commerce.self_service import Change, ChangeRefused, read_address, read_items
from sereno.runtime.orders import self_service
from sereno.sdk.context import ShopFacts
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Stores
from sereno.sdk.writes import CancelOrder, ChangeAddress, ChangeItems, LineQuantity, RefundOrder, Write

ADDRESS = {"name": "Ana Ruiz", "line1": "Calle 1", "city": "Madrid", "postal_code": "28001", "country": "ES"}
LINES = [
    {"id": "a", "sku": "CUP", "quantity": 2, "total": "80.00"},
    {"id": "b", "sku": "TEA", "quantity": 1, "total": "40.00"},
]
TICKETS = """\
flow: tickets
trigger: {event: order.verified}
steps:
  - orders.print_ticket: {kind: pick}
"""


class FakeStores:
    """A store that answers what it is told to: one for each write, else that it is done."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Write]] = []
        self.answers: list[Result] = []

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        self.asked.append((key, write))
        return self.answers.pop(0) if self.answers else Done({"store": "tests"})

    @property
    def writes(self) -> list[Write]:
        return [write for _, write in self.asked]


@pytest.fixture
def store() -> FakeStores:
    return FakeStores()


@pytest.fixture
def shop(database: Any, store: FakeStores, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A shop that lets its customers change orders for an hour until they are picked, with an order of one."""

    def ports(kind: type[Any], shop: ShopFacts) -> object | None:
        return store if kind is Stores else None

    def holding(stores: Any, kind: str, key: str) -> Any:
        return SimpleNamespace(api=SimpleNamespace(writes={ChangeAddress, ChangeItems, CancelOrder}))

    monkeypatch.setattr(self_service, "holding", holding)
    place = Place(database, ports)
    self_service.change_rules(place.shop, {"is_on": True, "takes_more": True}, "ana", database=database)
    send_order(place)
    yield place
    place.runtime.stop()


def send_order(place: Place, **changes: Any) -> None:
    paid = {"payment_status": "paid", "placed_at": START.isoformat(), "status": "open"}
    place.send(support.order("1", **{**paid, "shipping_address": ADDRESS, "lines": LINES, **changes}))
    place.drain()


def ask(place: Place, make: Callable[[self_service.Look], Change], uid: str = "u") -> str:
    return self_service.request_change(place.shop, "1", uid, make, database=place.database)


def cancelling(held: self_service.Look) -> Change:
    return Change("cancel")


def moving(held: self_service.Look) -> Change:
    return read_address(held.order, {"line1": "Calle 2"})


def taking(**lines: str) -> Callable[[self_service.Look], Change]:
    return lambda held: read_items(held.order, lines, takes_more=held.rules.takes_more)


def told(place: Place) -> list[tuple[str, Mapping[str, Any]]]:
    rows = place.rows(
        "SELECT type, data FROM event WHERE type IN ('order.change_requested', 'order.changed', 'order.change_refused',"
        " 'order.held') ORDER BY id"
    )
    return [(type_, json.loads(data)) for type_, data in rows]


def types(place: Place) -> list[str]:
    return [type_ for type_, _ in told(place)]


def test_an_address_is_changed_in_the_store_and_in_no_fact(shop: Place, store: FakeStores) -> None:
    key = ask(shop, moving)
    shop.drain()
    assert store.asked == [(key, ChangeAddress(order="1", address={**ADDRESS, "line1": "Calle 2"}))]
    assert types(shop) == ["order.change_requested", "order.changed"]
    assert "Calle" not in json.dumps([data for _, data in told(shop)])
    assert told(shop)[1][1]["change_kind"] == "address"


def test_the_same_wish_pressed_twice_is_one(shop: Place, store: FakeStores) -> None:
    assert ask(shop, cancelling) == ask(shop, cancelling)
    shop.drain()
    assert ask(shop, cancelling) == ask(shop, cancelling)
    shop.drain()
    assert store.writes == [CancelOrder(order="1", reason="customer")]


def test_one_change_at_a_time(shop: Place, store: FakeStores) -> None:
    ask(shop, moving, "first")
    with pytest.raises(ChangeRefused, match=r"change\.under_way"):
        ask(shop, cancelling, "second")
    shop.drain()
    ask(shop, cancelling, "third")
    shop.drain()
    assert [type(one) for one in store.writes] == [ChangeAddress, CancelOrder]


def test_too_late_is_said_in_the_story(shop: Place, store: FakeStores) -> None:
    shop.clock.move_to(START + timedelta(minutes=60))
    for _ in range(2):
        with pytest.raises(ChangeRefused, match=r"change\.too_late"):
            ask(shop, cancelling)
    shop.drain()
    assert [(type_, data["change_reason"]) for type_, data in told(shop)] == [
        ("order.change_refused", "change.too_late")
    ]
    assert store.asked == []


def test_a_picked_order_is_not_changed(shop: Place, store: FakeStores) -> None:
    shop.flow(TICKETS)
    shop.send(support.fact("v", "order.verified", "order:1", {"id": "1"}))
    shop.drain()
    with pytest.raises(ChangeRefused, match=r"change\.picked"):
        ask(shop, moving)


def test_an_order_being_changed_is_not_picked(shop: Place, store: FakeStores) -> None:
    store.answers = [Retry("store.busy", "later")]
    ask(shop, moving)
    shop.flow(TICKETS)
    shop.send(support.fact("v", "order.verified", "order:1", {"id": "1"}))
    shop.drain()
    assert [row[3] for row in shop.effects() if row[0] == "orders.print_ticket"] == ["order.held"]
    shop.after(minutes=5)
    assert types(shop) == ["order.change_requested", "order.changed"]
    shop.send(support.fact("w", "order.verified", "order:1", {"id": "1"}, at=shop.clock.now()))
    shop.drain()
    assert shop.rows("SELECT count(*) FROM event WHERE type = 'pick_ticket.created'") == [(1,)]


def test_picking_and_changing_at_the_same_moment_is_decided_once(shop: Place, store: FakeStores) -> None:
    """Many times over: a worker makes the ticket while the customer cancels; exactly one of them is first."""
    shop.flow(TICKETS)
    for number in range(2, 14):
        key = str(number)
        shop.send(support.order(key, payment_status="paid", placed_at=START.isoformat(), status="open", lines=LINES))
        shop.drain()
        shop.send(support.fact(f"v{key}", "order.verified", f"order:{key}", {"id": key}))
        refused: list[str] = []

        def cancel(key: str = key, refused: list[str] = refused) -> None:
            try:
                self_service.request_change(shop.shop, key, key, cancelling, database=shop.database)
            except ChangeRefused as error:
                refused.append(error.code)
            finally:
                shop.database.close_mine()

        buyer = threading.Thread(target=cancel)
        buyer.start()
        shop.drain()
        buyer.join()
        shop.drain()
        tickets = shop.rows(
            f"SELECT count(*) FROM event_link WHERE link = 'order:{key}' AND type = 'pick_ticket.created'"
        )
        cancelled = [one for one in store.writes if one == CancelOrder(order=key, reason="customer")]
        assert (tickets, len(cancelled)) in (([(1,)], 0), ([(0,)], 1))
        assert refused == (["change.picked"] if tickets == [(1,)] else [])


def test_what_the_store_refuses_is_held_and_said(shop: Place, store: FakeStores) -> None:
    store.answers = [Fail("store.key_refused", "The store refused the key.")]
    ask(shop, cancelling)
    shop.drain()
    assert types(shop) == ["order.change_requested", "order.change_refused", "order.held"]
    ((data,),) = shop.rows("SELECT data FROM orders_standing WHERE is_held")
    assert json.loads(data)["hold_reasons"] == ["customer.asked"]


def test_what_the_store_says_is_too_late_holds_nothing(shop: Place, store: FakeStores) -> None:
    store.answers = [Fail("order.not_editable", "It was sent.")]
    ask(shop, taking(a="1"))
    shop.drain()
    assert types(shop) == ["order.change_requested", "order.change_refused"]


# --- stock ------------------------------------------------------------------------------------------


def reserve(shop: Place, on_hand: int) -> None:
    level = {"sku": "CUP", "variant_id": "v-1", "locations": {"main": on_hand}, "available": on_hand}
    level |= {"location_times": {"main": START.isoformat()}, "updated_at": START.isoformat()}
    shop.send(support.fact("s", "stock.changed", "variant:v-1", level, variant="v-1", sku="CUP", stock_level="v-1"))
    shop.drain()
    shop.flow("flow: goods\ntrigger: {event: order.updated}\nsteps:\n  - orders.verify: {payment: false, phone: false}")
    shop.send(
        support.order("1", "order.updated", shipping_address=ADDRESS, lines=LINES[:1], placed_at=START.isoformat())
    )
    shop.drain()


def reserved(shop: Place) -> int:
    return sum(row[0] for row in shop.rows("SELECT quantity FROM stock_reservation WHERE status = 'open'"))


def test_what_is_reserved_follows(shop: Place, store: FakeStores) -> None:
    reserve(shop, 5)
    assert reserved(shop) == 2
    ask(shop, taking(a="4"), "more")
    shop.drain()
    assert reserved(shop) == 4
    assert store.writes == [ChangeItems(order="1", lines=(LineQuantity(quantity=4, line="a"),))]


def test_more_than_there_is_never_reaches_the_store(shop: Place, store: FakeStores) -> None:
    reserve(shop, 1)
    shop.clock.move_to(START + timedelta(minutes=5))
    ask(shop, taking(a="4"))
    shop.drain()
    assert store.asked == [] and reserved(shop) == 2
    assert told(shop)[-1][1]["change_reason"] == "stock.short"


def test_refused_by_the_store_the_reservation_is_as_it_was(shop: Place, store: FakeStores) -> None:
    reserve(shop, 5)
    store.answers = [Fail("order.not_editable", "sent")]
    ask(shop, taking(a="1"))
    shop.drain()
    assert reserved(shop) == 2


# --- money ------------------------------------------------------------------------------------------

SETTLE = """\
flow: settle
trigger: {event: order.changed, when: "event.change_kind == 'items'"}
key: event.change_id
steps:
  - wait: {until: {event: order.updated}, timeout: 10m}
  - orders.settle_change: {}
    as: left
"""


def updated(shop: Place, total: str, **changes: Any) -> None:
    now = shop.clock.now()
    shop.send(support.order("1", "order.updated", at=now, total=total, payment_status="paid", **changes))
    shop.drain()


def test_what_it_costs_less_is_given_back_once(shop: Place, store: FakeStores) -> None:
    shop.flow(SETTLE)
    ask(shop, taking(a="1"))
    shop.after(minutes=1)
    updated(shop, "80.00")
    updated(shop, "80.00", note="again")
    shop.after(minutes=30)
    assert [(type(one), getattr(one, "amount", None) and str(one.amount.amount)) for one in store.writes] == [  # type: ignore[attr-defined]
        (ChangeItems, None), (RefundOrder, "40.00"),
    ]  # fmt: skip


def test_what_the_store_gave_back_itself_is_not_given_back_again(shop: Place, store: FakeStores) -> None:
    shop.flow(SETTLE)
    ask(shop, taking(a="1"))
    shop.after(minutes=1)
    updated(shop, "80.00", total_refunded="40.00")
    assert [type(one) for one in store.writes] == [ChangeItems]


def test_what_it_costs_more_holds_the_order_until_it_is_paid(shop: Place, store: FakeStores) -> None:
    shop.flow(SETTLE)
    ask(shop, taking(a="3"))
    shop.after(minutes=1)
    updated(shop, "160.00")
    held = told(shop)[-1]
    assert held[0] == "order.held" and held[1]["hold_reasons"] == ["payment.due"] and held[1]["due_amount"] == "40.00"
    look = self_service.look(shop.shop, "1", database=shop.database)
    assert look is not None and self_service.where_to_pay(look)[1] == "pay.nowhere"


# --- looking ----------------------------------------------------------------------------------------


def test_who_looks_sees_what_is_open(shop: Place) -> None:
    look = self_service.look(shop.shop, "1", database=shop.database)
    assert look is not None and look.window.kinds == ("address", "items", "cancel") and not look.under_way
    ask(shop, moving)
    look = self_service.look(shop.shop, "1", database=shop.database)
    assert look is not None and look.under_way and look.window.why == "change.under_way"
    assert self_service.look(shop.shop, "2", database=shop.database) is None


def test_rules_are_changed_by_who_saw_them(shop: Place) -> None:
    rules = self_service.change_rules(shop.shop, {"is_on": True}, "ana", database=shop.database)
    self_service.change_rules(
        shop.shop, {"is_on": False}, "bea", expected=self_service.tag_of(rules), database=shop.database
    )
    with pytest.raises(self_service.SettingsChanged):
        self_service.change_rules(
            shop.shop, {"is_on": True}, "ana", expected=self_service.tag_of(rules), database=shop.database
        )
    assert shop.rows("SELECT count(*) FROM audit WHERE action = 'self_service.changed'") == [(3,)]
