"""The book of stock: exact under many buyers, true to the store's figures, and the same told twice."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import START, Place, fact, order

from sereno.runtime.stock import reserving
from sereno.runtime.stock.reserving import Counter, LiveReservations
from sereno.sdk.connector import NewEvent
from sereno.sdk.ports import Short
from sereno.sdk.templates import shipped_flow
from sereno.store.fields import to_micros
from sereno.store.scratch import open_scratch

NOW = to_micros(START)


def level(sku: str, available: int, at: Any = START, place: str = "", **more: Any) -> NewEvent:
    data = {"sku": sku, "variant_id": f"v-{sku}", "available": available, "updated_at": at.isoformat(), **more}
    if place:
        data["location_id"] = place
    name = f"level|{sku}|{place}|{at.isoformat()}|{available}"
    return fact(name, "stock.changed", f"variant:v-{sku}", data, at, sku=sku, stock_level=f"v-{sku}")


def lines(**wanted: int) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": number} for sku, number in wanted.items()]


def book(place: Place) -> dict[str, tuple[int, int, int]]:
    """On hand, reserved and available by item; after the invariants of the book were looked at."""
    wrong = place.rows(
        "SELECT item, location, on_hand, reserved, figure, unsaid FROM stock_balance "
        "WHERE figure IS NOT NULL AND on_hand - reserved <> figure - unsaid"
    )
    assert not wrong
    moved = place.rows(
        "SELECT b.item, b.on_hand, (SELECT coalesce(sum(m.change), 0) FROM stock_movement m WHERE m.item = b.item "
        "AND m.location = b.location AND m.shop_id = b.shop_id) FROM stock_balance b"
    )
    assert all(there == summed for _, there, summed in moved), moved
    held = place.rows("SELECT coalesce(sum(quantity), 0) FROM stock_reservation WHERE status = 'open'")
    assert held == place.rows("SELECT coalesce(sum(reserved), 0) FROM stock_balance")
    rows = place.rows("SELECT item, on_hand, reserved, available FROM stock_item ORDER BY item")
    return {item: (on_hand, reserved, available) for item, on_hand, reserved, available in rows}


@pytest.fixture
def desk(place: Place) -> LiveReservations:
    place.send(level("A", 5), level("B", 1))
    place.drain()
    return LiveReservations(place.database, place.shop, NOW)


def test_an_order_gets_all_of_it_or_nothing(place: Place, desk: LiveReservations) -> None:
    assert list(desk.reserve("x:1", lines(A=2, B=1))) == []
    assert list(desk.reserve("x:2", lines(A=2, B=1))) == [Short("B", 1, 0)]
    assert book(place) == {"A": (5, 2, 3), "B": (1, 1, 0)}
    assert desk.available(["A", "B", "C"]) == {"A": 3, "B": 0}


def test_asked_again_nothing_changes_and_other_lines_change_by_the_difference(
    place: Place, desk: LiveReservations
) -> None:
    desk.reserve("x:1", lines(A=2))
    desk.reserve("x:1", lines(A=2))
    assert book(place)["A"] == (5, 2, 3)
    desk.reserve("x:1", lines(A=4))
    assert book(place)["A"] == (5, 4, 1)
    assert list(desk.reserve("x:1", lines(A=6))) == [Short("A", 2, 1)]
    desk.reserve("x:1", lines(A=1, B=1))
    assert book(place) == {"A": (5, 1, 4), "B": (1, 1, 0)}
    assert desk.release("x:1") == 2
    assert desk.release("x:1") == 0
    assert book(place) == {"A": (5, 0, 5), "B": (1, 0, 1)}


def test_what_nobody_counts_needs_no_reservation_and_what_nobody_knows_is_said(
    place: Place, desk: LiveReservations
) -> None:
    place.send(level("S", 0, is_tracked=False))
    place.drain()
    short = desk.reserve("x:1", lines(S=3, U=1, A=1))
    assert [(one.item, one.code) for one in short] == [("U", "stock.unknown")]
    assert book(place)["A"] == (5, 1, 4)


def test_what_may_be_sold_below_zero_is_never_short(place: Place, desk: LiveReservations) -> None:
    data = {"variant_id": "v-B", "sku": "B", "can_backorder": True, "updated_at": START.isoformat()}
    place.send(fact("b", "variant.updated", "variant:v-B", data, variant="v-B"))
    place.drain()
    assert list(desk.reserve("x:1", lines(B=3))) == []
    assert book(place)["B"] == (1, 3, -2)


def test_an_order_of_the_store_itself_counts_once_whatever_comes_first(place: Place, desk: LiveReservations) -> None:
    sold = START + timedelta(minutes=1)
    assert list(desk.reserve("1", lines(B=1), placed_at=sold.isoformat())) == []
    assert book(place)["B"] == (1, 1, 0)
    place.send(level("B", 0, sold))
    place.drain()
    assert book(place)["B"] == (1, 1, 0)
    # The other way round: the figure is there before the order.
    later = sold + timedelta(minutes=1)
    place.send(level("A", 4, later))
    place.drain()
    assert book(place)["A"] == (4, 0, 4)
    assert list(desk.reserve("2", lines(A=1), placed_at=later.isoformat())) == []
    assert book(place)["A"] == (5, 1, 4)


def test_the_last_unit_that_the_store_sold_is_reserved_for_its_buyer(place: Place, desk: LiveReservations) -> None:
    sold = START + timedelta(minutes=1)
    place.send(level("B", 0, sold))
    place.drain()
    assert list(desk.reserve("x:9", lines(B=1))) == [Short("B", 1, 0)]
    assert list(desk.reserve("1", lines(B=1), placed_at=sold.isoformat())) == []
    assert book(place)["B"] == (1, 1, 0)


def test_what_the_store_does_not_know_of_stays_subtracted_from_its_figures(
    place: Place, desk: LiveReservations
) -> None:
    desk.reserve("x:1", lines(A=2))
    place.send(level("A", 4, START + timedelta(minutes=1)))
    place.drain()
    assert book(place)["A"] == (4, 2, 2)
    with place.database.transaction() as tx:
        assert reserving.ship(tx, [(place.shop, "x:1")], NOW) == 1
    assert book(place)["A"] == (2, 0, 2)
    place.send(level("A", 3, START + timedelta(minutes=2)))
    place.drain()
    assert book(place)["A"] == (1, 0, 1)


def test_a_figure_without_a_time_is_not_said_anew_by_a_change_of_something_else(place: Place) -> None:
    data = {"sku": "A", "variant_id": "v-A", "available": 5}
    place.send(fact("s1", "stock.changed", "variant:v-A", data, stock_level="v-A"))
    place.drain()
    later = START + timedelta(minutes=1)
    LiveReservations(place.database, place.shop, NOW).reserve("1", lines(A=2), placed_at=later.isoformat())
    place.clock.move_to(later + timedelta(minutes=1))
    thin = {"sku": "A", "variant_id": "v-A", "title": "Another name"}
    place.send(fact("s2", "stock.item_updated", "variant:v-A", thin, later, stock_level="v-A"))
    place.drain()
    assert book(place)["A"] == (5, 2, 3)
    sold = {**data, "available": 3}
    place.send(fact("s3", "stock.changed", "variant:v-A", sold, later, stock_level="v-A"))
    place.drain()
    assert book(place)["A"] == (5, 2, 3)


def test_an_old_figure_changes_nothing(place: Place, desk: LiveReservations) -> None:
    place.send(level("A", 9, START - timedelta(minutes=1)))
    place.drain()
    assert book(place)["A"] == (5, 0, 5)


def test_another_stores_figures_are_not_taken(place: Place, desk: LiveReservations) -> None:
    data = {"sku": "A", "variant_id": "two~7", "available": 99, "updated_at": (START + timedelta(hours=1)).isoformat()}
    place.send(fact("other", "stock.changed", "variant:two~7", data, stock_level="two~7"))
    place.drain()
    assert book(place)["A"] == (5, 0, 5)


def test_cancelled_orders_give_back_and_those_that_left_let_go(place: Place, desk: LiveReservations) -> None:
    desk.reserve("x:1", lines(A=2))
    desk.reserve("x:2", lines(A=1, B=1))
    place.send(order("x:1", "order.cancelled"), order("x:2", "order.fulfilled"))
    place.drain()
    assert book(place) == {"A": (4, 0, 4), "B": (0, 0, 0)}
    assert place.rows("SELECT order_key, status FROM stock_reservation ORDER BY order_key, item") == [
        ("x:1", "released"),
        ("x:2", "shipped"),
        ("x:2", "shipped"),
    ]
    # What has left is not promised again by asking again.
    desk.reserve("x:2", lines(A=1, B=1))
    assert book(place) == {"A": (4, 0, 4), "B": (0, 0, 0)}


def test_places_by_rank_and_those_that_do_not_sell(place: Place) -> None:
    place.send(level("A", 2, place="near"), level("A", 3, START + timedelta(seconds=1), place="far"))
    place.drain()
    with place.database.transaction() as tx:
        tx.text(
            "INSERT INTO stock_location (shop_id, key, name, sells, rank, is_own, channels) "
            f"VALUES ({place.shop}, 'near', 'Near', true, 1, false, '[]')"
        )
    desk = LiveReservations(place.database, place.shop, NOW)
    desk.reserve("x:1", lines(A=1))
    desk.reserve("x:2", lines(A=3))
    assert place.rows("SELECT location, reserved FROM stock_balance ORDER BY location") == [("far", 3), ("near", 1)]
    assert list(desk.reserve("x:3", lines(A=2))) == [Short("A", 2, 1)]


def test_a_flow_reserves_and_hears_of_what_changed(place: Place) -> None:
    place.flow(
        "flow: reserve\nname: R\ntrigger: {event: order.created}\nsteps:\n"
        "  - stock.reserve: {}\n    as: stock\n"
        "  - if: vars.stock.ok\n    then:\n      - orders.add_tag: {tag: reserved}\n"
        "    else:\n      - orders.add_tag: {tag: short}\n"
    )
    place.flow("flow: heard\nname: H\ntrigger: {event: stock.available_changed}\nsteps:\n  - log: {text: x}\n")
    place.send(level("B", 1))
    place.drain()
    for number in range(3):
        place.send(order(f"pos~{number}", lines=lines(B=1)))
    place.drain()
    tags = place.rows("SELECT key, tag FROM tag ORDER BY key")
    assert sorted(tag for _, tag in tags) == ["reserved", "short", "short"]
    assert book(place)["B"] == (1, 1, 0)
    events = place.rows("SELECT subject, data FROM event WHERE type = 'stock.available_changed'")
    assert [row[0] for row in events] == ["sku:B"]
    assert place.rows("SELECT count(*) FROM run WHERE flow_id = (SELECT id FROM flow WHERE name = 'heard')") == [(1,)]


def test_the_shipped_flow_tells_what_is_short_in_the_shops_language(place: Place) -> None:
    shipped = shipped_flow("reserve-stock")
    assert shipped is not None
    place.flow(shipped.text)
    place.send(level("B", 1))
    place.drain()
    place.send(order("pos~1", lines=lines(B=1)), order("pos~2", lines=lines(B=2)))
    place.drain()
    rows = place.rows("SELECT subject, config FROM effect WHERE action = 'alerts.notify'")
    assert [row[0] for row in rows] == ["order:pos~2"]
    assert "Falta stock para el pedido pos~2: B" in rows[0][1]


@pytest.mark.parametrize("buyers", [64, 100])
def test_parallel_buyers_of_the_last_units(place: Place, buyers: int) -> None:
    """Each buyer a thread; every fourth asks through a worker of its own, as another process would."""
    place.send(level("A", 7), level("B", 1))
    place.drain()
    shared = Counter(place.database)
    got: list[str] = []
    failed: list[BaseException] = []
    start = threading.Barrier(buyers)

    def buy(number: int) -> None:
        counter = shared if number % 4 else Counter(place.database)
        order = f"x:{number}"
        try:
            start.wait()
            wanted = lines(A=1) if number % 2 else lines(B=1, A=1)
            if not counter.reserve(reserving.wish(place.shop, order, wanted)):
                got.append(order)
        except BaseException as error:
            failed.append(error)
        finally:
            place.database.close_mine()

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(got) == 7
    found = book(place)
    assert found["A"] == (7, 7, 0)
    assert found["B"][1] <= 1
    assert place.rows("SELECT count(DISTINCT order_key) FROM stock_reservation") == [(7,)]


def test_one_that_cannot_be_decided_keeps_no_other_from_an_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.send(level("A", 5))
    place.drain()
    counter = Counter(place.database)
    decide = reserving.reserve

    def broken(tx: Any, wishes: Sequence[reserving.Wish], now: int) -> None:
        if any(one.order == "bad" for one in wishes):
            raise RuntimeError("broken on purpose")
        decide(tx, wishes, now)

    monkeypatch.setattr(reserving, "reserve", broken)
    good = reserving.wish(place.shop, "x:1", lines(A=1))
    bad = reserving.wish(place.shop, "bad", lines(A=1))
    asked = [reserving._Asked(one) for one in (bad, good)]
    counter._waiting += asked
    counter.serve()
    assert all(one.is_decided and one.woken.is_set() for one in asked)
    assert [one.error is None for one in asked] == [False, True]
    assert book(place)["A"] == (5, 1, 4)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["figure", "foreign", "own", "release", "ship"]),
        st.integers(0, 3),
        st.integers(0, 6),
    ),
    max_size=14,
)


@given(STEPS)
def test_whatever_happens_the_book_holds(steps: list[tuple[str, int, int]]) -> None:
    """A figure, orders of the store and of others, in any order: what is promised is never more than there was, and the
    ledger adds up."""
    database = open_scratch()
    try:
        place = Place(database)
        place.send(level("A", 4))
        place.drain()
        for number, (what, who, size) in enumerate(steps, 1):
            at = START + timedelta(minutes=number)
            desk = LiveReservations(database, place.shop, to_micros(at))
            before = book(place)["A"][2]
            if what == "figure":
                place.send(level("A", size, at))
                place.drain()
            elif what == "ship":
                with database.transaction() as tx:
                    reserving.ship(tx, [(place.shop, f"x:{who}")], to_micros(at))
            elif what == "release":
                desk.release(f"x:{who}")
            else:
                own: Mapping[str, Any] = {"placed_at": at.isoformat()} if what == "own" else {}
                name = f"{who}" if what == "own" else f"x:{who}"
                if not desk.reserve(name, lines(A=size), **own):
                    assert book(place)["A"][2] >= min(before, 0)
            book(place)
    finally:
        database.close()
