"""Cash on delivery to prepaid: once, with its discount once, however often and by whomever it is told, and whatever
dies in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import support
from support import START, Place

from sereno.runtime import services
from sereno.runtime.runtime import Runtime
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Links
from sereno.sdk.result import Done, Result, Retry
from sereno.sdk.stores import Stores
from sereno.sdk.templates import shipped_flow
from sereno.sdk.writes import CancelOrder, CreateDraftOrder, NoteOrder, RefundOrder, TagOrder, Write

LINES = [{"id": "a", "sku": "CUP", "variant_id": "v1", "quantity": 2, "total": "120.00"}]
CASH = {"payment_method": "Contra reembolso", "payment_status": "pending", "status": "open", "lines": LINES}


class Dies(BaseException):
    """The thread ends after the store took the write, before anything of it is committed."""


class FakeStores:
    """A store that keeps what it was asked by key, as platforms with idempotency do; and whose answers may be lost."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Write] = {}
        self.faults, self.how = 0, ""

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        self.made.setdefault((key, write.ability), write)
        if self.faults and not isinstance(write, TagOrder):
            self.faults -= 1
            if self.how == "broken":
                raise Dies
            return Retry("store.busy", "no answer")
        invoice = {"url": "https://store.example/invoices/1"} if isinstance(write, CreateDraftOrder) else {}
        return Done({"store": "tests", **invoice})

    def of(self, kind: type[Write]) -> list[Any]:
        return [one for one in self.made.values() if isinstance(one, kind)]


@pytest.fixture
def store() -> FakeStores:
    return FakeStores()


@pytest.fixture
def shop(database: Any, store: FakeStores) -> Iterator[Place]:
    def ports(kind: type[Any], shop: ShopFacts) -> object | None:
        if kind is Links:
            return SimpleNamespace(pay=lambda key: f"https://s/o/{key}/pay", order=lambda key: f"https://s/o/{key}")
        return store if kind is Stores else None

    place = Place(database, ports)
    found = shipped_flow("cash-to-prepaid")
    assert found is not None
    place.flow(found.text)
    yield place
    place.runtime.stop()


def placed(shop: Place, **changes: Any) -> None:
    shop.send(support.order("1", **{**CASH, **changes}))
    shop.drain()


def paid(id: str, amount: str = "114.00") -> Any:
    data = {"id": id, "order_id": "1", "amount": amount, "currency": "EUR", "status": "captured"}
    return support.fact(id, "payment.captured", "order:1", data, customer="17")


def told(shop: Place) -> list[dict[str, Any]]:
    return [
        json.loads(data) for (data,) in shop.rows("SELECT data FROM event WHERE type = 'order.prepaid' ORDER BY id")
    ]


def test_an_offer_stands_with_the_order(shop: Place) -> None:
    placed(shop)
    ((data,),) = shop.rows("SELECT data FROM orders_standing WHERE key = '1'")
    held = json.loads(data)
    assert (held["prepay_amount"], held["prepay_discount"]) == ("114.00", "6.00")
    assert held["prepay_until"].startswith((START + timedelta(days=1)).date().isoformat())


def test_paid_by_link_and_told_many_times_it_is_prepaid_once(shop: Place, store: FakeStores) -> None:
    placed(shop)
    shop.send(
        paid("p1"), paid("p1"), paid("p2"), support.order("1", "order.paid", **{**CASH, "payment_status": "paid"})
    )
    shop.drain()
    shop.send(paid("p3", "120.00"))
    shop.after(days=2)
    assert [one["prepaid_amount"] for one in told(shop)] == ["114.00"]
    assert len(store.of(NoteOrder)) == 1 and store.of(RefundOrder) == []


def test_paid_in_full_in_the_store_the_discount_comes_back_once(shop: Place, store: FakeStores) -> None:
    placed(shop)
    full = {**CASH, "payment_status": "paid"}
    for number in range(3):
        shop.send(support.order("1", "order.paid", at=START + timedelta(minutes=number), **full), source=f"s{number}")
        shop.drain()
    shop.after(days=2)
    (refund,) = store.of(RefundOrder)
    assert str(refund.amount.amount) == "6.00" and len(told(shop)) == 1


@pytest.mark.parametrize("how", ["lost", "broken"])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_what_dies_after_the_store_took_it_doubles_nothing(
    shop: Place, store: FakeStores, times: int, how: str
) -> None:
    """The store did it, and the answer is lost or the action breaks; another worker goes on, under the same key."""
    placed(shop)
    store.faults, store.how = times, how
    shop.send(support.order("1", "order.paid", **{**CASH, "payment_status": "paid"}))
    for life in range(times + 2):
        shop.drain()
        failed = [row[0] for row in shop.rows("SELECT id FROM effect WHERE status = 'failed'")]
        services.replay_effects(failed, "ana", database=shop.database)
        shop.clock.move_to(shop.clock.now() + timedelta(minutes=20))
        shop.runtime.stop()
        world = shop.runtime.world
        shop.runtime = Runtime(shop.database, registry(), world.ports, shop.clock, f"worker-{life}", threads=4)
    shop.drain()
    assert store.faults == 0
    assert [str(one.amount.amount) for one in store.of(RefundOrder)] == ["6.00"]
    assert len(store.of(NoteOrder)) == 1 and len(told(shop)) == 1
    statuses = shop.rows("SELECT DISTINCT status FROM effect WHERE action IN ('orders.refund', 'orders.note')")
    assert statuses == [("done",)]


def test_an_invoice_of_the_store_replaces_the_order_once(shop: Place, store: FakeStores) -> None:
    found = shipped_flow("cash-to-prepaid")
    assert found is not None
    shop.flow(found.text.replace("orders.offer_prepayment", "orders.invoice_prepayment"))
    placed(shop, customer_id=None, customer=None)
    (draft,) = store.of(CreateDraftOrder)
    assert (str(draft.discount.amount), draft.tags, draft.lines[0].variant) == ("6.00", ("sereno-prepays-1",), "v1")
    new = {"payment_status": "paid", "payment_method": "card", "status": "open", "lines": LINES, "total": "114.00"}
    for type_ in ("order.created", "order.paid", "order.paid"):
        shop.send(support.order("2", type_, tags=["sereno-prepays-1"], **new), source=f"{type_}{shop.clock.now()}")
        shop.drain()
        shop.after(minutes=1)
    (fact,) = told(shop)
    assert (fact["id"], fact["replaced_by"]) == ("1", "2")
    assert store.of(CancelOrder) == [
        CancelOrder(order="1", reason="other", note="2", refund=False, restock=True, notify=False)
    ]
    assert store.of(RefundOrder) == []
