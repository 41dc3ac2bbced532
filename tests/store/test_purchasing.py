"""Purchase orders on both databases: what is to be ordered is ordered once, however often, by however many and however
rudely interrupted it is asked for; goods that come in are in the stock in the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import Place

from sereno.commerce.purchasing import Offer
from sereno.runtime.purchasing import answering, ordering, reordering, suppliers
from sereno.runtime.purchasing.reordering import Asked, reorder
from sereno.runtime.purchasing.suppliers import Supplier
from sereno.runtime.stock import moving
from sereno.store.documents import encode
from sereno.store.fields import to_micros


@pytest.fixture
def buyer(place: Place) -> Place:
    """Two suppliers; ten things, of which the even ones run low."""
    database, shop = place.database, place.shop
    for code in ("north", "south"):
        supplier = Supplier(code, code.title(), "EUR", email=f"{code}@example.com", lead_days=7)
        suppliers.put_supplier(shop, supplier, "ana", database=database)
        offers = [
            Offer(0, f"SKU-{at}", Decimal("2.50"), multiple=6, rank=0 if (at < 5) == (code == "north") else 1)
            for at in range(10)
        ]
        suppliers.put_prices(shop, code, offers, "ana", database=database)
    with database.transaction() as tx:
        there = {f"SKU-{at}": 2 if at % 2 == 0 else 500 for at in range(10)}
        moving.receive(tx, shop, "", there, "first", "ana", to_micros(place.clock.now()))
    forecast(place, [f"SKU-{at}" for at in range(10)])
    return place


def forecast(place: Place, skus: list[str], week: float = 10.0) -> None:
    spread = [0.2, 0.4, 0.7, 1.0, 1.3, 1.6, 1.8, 2.0, 2.3]
    sums = [[week * (at + 1) * share for share in spread] for at in range(12)]
    at = to_micros(place.clock.now())
    told = ("2026-03-02", "2026-03-02", "[]", encode([week] * 12), encode(sums), "steady", "{}", "[]")
    plain = (*told, week, None, 1, at)
    with place.database.transaction() as tx:
        tx.many("put_forecasts", [(place.shop, sku, sku, "", *plain) for sku in skus])


def on_order(place: Place) -> dict[str, int]:
    with place.database.read() as tx:
        return {sku: int(count) for sku, count in tx.all("on_order", {"shop": place.shop})}


def ask(place: Place, key: str, **more: Any) -> reordering.Reordered:
    return reorder(place.shop, Asked(key, "tests", **more), database=place.database)


def test_what_runs_low_is_drafted_by_supplier_and_only_once(buyer: Place) -> None:
    first = ask(buyer, "monday")
    assert first.orders == [1, 2]
    held = on_order(buyer)
    assert set(held) == {"SKU-0", "SKU-2", "SKU-4", "SKU-6", "SKU-8"}
    assert all(count % 6 == 0 for count in held.values())
    again = ask(buyer, "monday")
    assert (again.orders, again.is_repeat) == ([1, 2], True)
    assert ask(buyer, "tuesday").orders == []
    assert on_order(buyer) == held


def test_many_schedulers_at_once_draft_once(buyer: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: ask(buyer, f"worker-{at % 4}").orders, range(24)))
    assert sorted({number for one in found for number in one}) == [1, 2]
    lines = sum(on_order(buyer).values())
    ask(buyer, "after")
    assert sum(on_order(buyer).values()) == lines


class Killed(BaseException):
    """The process went away."""


class Fragile:
    """A database whose user goes away at the statement that follows the `left`-th, or at the commit after it."""

    def __init__(self, database: Any, left: int) -> None:
        self._database = database
        self.left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._database.transaction() as tx:
            yield _Counting(self, tx)
            self.go_on()

    def go_on(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class _Counting:
    def __init__(self, database: Fragile, tx: Any) -> None:
        self._database, self._tx = database, tx

    def __getattr__(self, name: str) -> Any:
        self._database.go_on()
        return getattr(self._tx, name)


def test_a_death_at_any_statement_leaves_all_or_nothing(buyer: Place) -> None:
    """Cut short at every statement there is, by one key or several, and whole in between: ordered once."""
    cut = 0
    for left in range(60):
        fragile = Fragile(buyer.database, left)
        try:
            reorder(buyer.shop, Asked(f"try-{left % 3}", "tests"), database=fragile)  # type: ignore[arg-type]
        except Killed:
            cut += 1
            assert on_order(buyer) == {}
        else:
            break
    assert cut > 10
    held = on_order(buyer)
    assert set(held) == {"SKU-0", "SKU-2", "SKU-4", "SKU-6", "SKU-8"}
    for key in ("try-0", "try-1", "try-2", "other"):
        ask(buyer, key)
    assert on_order(buyer) == held


def test_received_goods_are_in_the_stock_in_the_same_moment(buyer: Place) -> None:
    ask(buyer, "monday")
    before = on_order(buyer)
    database, shop = buyer.database, buyer.shop
    assert ordering.approve(shop, 1, "ana", send=False, database=database) == "approved"
    assert ordering.mark_sent(shop, 1, "ana", database=database)
    assert not ordering.mark_sent(shop, 1, "ana", database=database)
    buyer.clock.move_to(buyer.clock.now() + timedelta(days=9))
    half = {sku: 6 for sku in before if sku in ("SKU-0", "SKU-2", "SKU-4")}
    assert ordering.receive(shop, 1, half, "ana", key="van-1", database=database) == "partial"
    assert ordering.receive(shop, 1, half, "ana", key="van-1", database=database) == "partial"
    after = on_order(buyer)
    assert {sku: before[sku] - after[sku] for sku in half} == half
    with database.read() as tx:
        stock = dict(tx.all("stock_for_skus", {"shop": shop, "skus": sorted(half)}))
        leads = tx.all("lead_days_of", {"shop": shop, "most": 5})
    assert stock == dict.fromkeys(half, 8)
    assert [round(days, 3) for _, days in leads] == [9.0]
    assert ask(buyer, "thursday").orders == []
    rest = {sku: count for sku, count in after.items() if sku in half}
    assert ordering.receive(shop, 1, rest, "ana", key="van-2", database=database) == "received"


def test_a_cancelled_order_may_be_ordered_again(buyer: Place) -> None:
    ask(buyer, "monday")
    held = on_order(buyer)
    assert ordering.cancel(buyer.shop, 1, "ana", reason="too dear", database=buyer.database)
    assert not ordering.cancel(buyer.shop, 1, "ana", database=buyer.database)
    assert ask(buyer, "tuesday").orders == [3]
    assert on_order(buyer) == held


def test_money_goes_to_what_runs_out_first(buyer: Place) -> None:
    found = ask(buyer, "monday", budget=Decimal(250))
    assert found.left_out
    with buyer.database.read() as tx:
        orders = [ordering.find_order(tx, buyer.shop, number) for number in found.orders]
    assert sum(Decimal(one.total) for one in orders) <= 250


def test_a_step_out_of_turn_is_refused(buyer: Place) -> None:
    ask(buyer, "monday")
    with pytest.raises(ValueError, match="approve"):
        ordering.mark_sent(buyer.shop, 1, "ana", database=buyer.database)
    with pytest.raises(ValueError, match="not sent"):
        ordering.receive(buyer.shop, 1, {"SKU-0": 1}, "ana", key="x", database=buyer.database)
    with pytest.raises(LookupError):
        ordering.approve(buyer.shop, 99, "ana", database=buyer.database)


def minimum(place: Place, least: str) -> None:
    database = place.database
    with database.read() as tx:
        north = suppliers.supplier_of(tx, place.shop, "north")
    assert north is not None
    suppliers.put_supplier(place.shop, suppliers.replace(north, minimum=least), "ana", database=database)


def total_of(place: Place, number: int) -> Decimal:
    with place.database.read() as tx:
        return Decimal(ordering.find_order(tx, place.shop, number).total)


def test_an_order_is_brought_up_to_what_its_supplier_accepts(buyer: Place) -> None:
    minimum(buyer, "800")
    found = ask(buyer, "monday")
    assert found.orders == [1, 2] and not found.left_out
    assert 800 <= total_of(buyer, 1) < 850
    with buyer.database.read() as tx:
        order = ordering.find_order(tx, buyer.shop, 1)
        lines = ordering.find_lines(tx, order.id)
    raised = {line.sku: line.why.get("raised", 0) for line in lines}
    assert all(line.quantity % 6 == 0 for line in lines)
    # Two runs low less than the others, which have 500; those are not touched while the low ones may still be raised.
    assert sum(raised.values()) > 0 and set(raised) <= {f"SKU-{at}" for at in range(5)}
    assert ask(buyer, "tuesday").orders == []


def test_an_order_that_cannot_be_brought_up_is_left_out_and_said(buyer: Place) -> None:
    minimum(buyer, "90000")
    found = ask(buyer, "monday")
    assert len(found.orders) == 1
    assert {one.offer.sku for one in found.left_out} == {"SKU-0", "SKU-2", "SKU-4"}
    minimum(buyer, "800")
    found = ask(buyer, "tuesday", budget=Decimal(700))
    assert found.orders == [] and len(found.left_out) == 3


def test_who_declined_is_not_asked_again_for_a_while(buyer: Place) -> None:
    ask(buyer, "monday")
    ordering.approve(buyer.shop, 1, "ana", send=False, database=buyer.database)
    assert answering.decline(buyer.shop, 1, "supplier:north", reason="sold out", database=buyer.database)
    assert not answering.decline(buyer.shop, 1, "supplier:north", database=buyer.database)
    assert set(on_order(buyer)) == {"SKU-6", "SKU-8"}
    (number,) = ask(buyer, "tuesday").orders
    with buyer.database.read() as tx:
        south = suppliers.supplier_of(tx, buyer.shop, "south")
        assert south is not None and ordering.find_order(tx, buyer.shop, number).supplier == south.id
    assert set(on_order(buyer)) == {"SKU-0", "SKU-2", "SKU-4", "SKU-6", "SKU-8"}
    ordering.cancel(buyer.shop, number, "ana", database=buyer.database)
    buyer.clock.move_to(buyer.clock.now() + answering.REFUSED + timedelta(days=1))
    (number,) = ask(buyer, "later").orders
    with buyer.database.read() as tx:
        assert ordering.find_order(tx, buyer.shop, number).supplier != south.id


def test_fewer_than_ordered_are_on_order_and_the_rest_is_found_elsewhere(buyer: Place) -> None:
    ask(buyer, "monday")
    before = on_order(buyer)["SKU-0"]
    ordering.approve(buyer.shop, 1, "ana", send=False, database=buyer.database)
    fewer = {"SKU-0": 6}
    assert answering.confirm(buyer.shop, 1, "supplier:north", quantities=fewer, database=buyer.database)
    assert not answering.confirm(buyer.shop, 1, "supplier:north", quantities=fewer, database=buyer.database)
    assert on_order(buyer)["SKU-0"] == 6
    ask(buyer, "tuesday")
    assert on_order(buyer)["SKU-0"] == before
