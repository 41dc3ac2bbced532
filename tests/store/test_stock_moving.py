"""Counting, selling over the counter, transfers, and telling the stores: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact
from test_reserving import book, level, lines

from sereno.runtime.stock import moving, places
from sereno.runtime.stock.offering import LiveAvailability
from sereno.runtime.stock.reserving import LiveReservations
from sereno.sdk.connector import NewEvent
from sereno.sdk.ports import Offer, Short
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import Stores
from sereno.sdk.writes import SetStock
from sereno.store.fields import to_micros

NOW = to_micros(START)


@pytest.fixture
def shelves(place: Place) -> Place:
    place.send(level("A", 5), level("B", 1))
    place.drain()
    return place


def test_a_count_is_the_truth_and_is_undone_by_what_was(shelves: Place) -> None:
    found = moving.count(shelves.shop, "A", "", 3, "ana", database=shelves.database)
    assert (found.before, found.now) == (5, 3)
    assert book(shelves)["A"] == (3, 0, 3)
    # The store still says 5, then sells one of them: it does not know of the two that were missing.
    shelves.send(level("A", 4, START + timedelta(minutes=1)))
    shelves.drain()
    assert book(shelves)["A"] == (2, 0, 2)
    moving.count(shelves.shop, "A", "", 4, "ana", database=shelves.database)
    assert book(shelves)["A"] == (4, 0, 4)
    events = shelves.rows("SELECT subject FROM event WHERE type = 'stock.available_changed'")
    assert events == [("sku:A",), ("sku:A",)]


@pytest.mark.parametrize(("item", "there", "error"), [("A", -1, ValueError), ("nothing", 1, LookupError)])
def test_a_count_that_cannot_be(shelves: Place, item: str, there: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        moving.count(shelves.shop, item, "", there, "ana", database=shelves.database)


def test_a_sale_over_the_counter_happens_once_and_also_of_what_was_promised(shelves: Place) -> None:
    assert list(moving.sell(shelves.shop, "t1", lines(A=2), "till", database=shelves.database)) == []
    moving.sell(shelves.shop, "t1", lines(A=2), "till", database=shelves.database)
    assert book(shelves)["A"] == (3, 0, 3)
    LiveReservations(shelves.database, shelves.shop, NOW).reserve("x~1", lines(B=1))
    assert list(moving.sell(shelves.shop, "t2", lines(B=1), "till", database=shelves.database)) == [Short("B", 1, 0)]
    assert book(shelves)["B"] == (0, 1, -1)


def test_a_transfer_from_proposal_to_arrival(place: Place) -> None:
    place.send(level("A", 6, place="north"), level("A", 1, START + timedelta(seconds=1), place="south"))
    place.drain()
    id_ = moving.propose_transfer(place.shop, "north", "south", {"A": 3}, "ana", uid="1", database=place.database)
    assert id_ is not None
    again = moving.propose_transfer(place.shop, "north", "south", {"A": 3}, "ana", uid="1", database=place.database)
    assert again is None
    with pytest.raises(ValueError, match="cannot be received"):
        moving.receive_transfer(place.shop, id_, "ana", database=place.database)
    moving.send_transfer(place.shop, id_, "ana", database=place.database)
    assert place.rows("SELECT location, on_hand, incoming FROM stock_balance ORDER BY location") == [
        ("north", 3, 0),
        ("south", 1, 3),
    ]
    moving.receive_transfer(place.shop, id_, "ana", {"A": 2}, database=place.database)
    assert place.rows("SELECT location, on_hand, incoming FROM stock_balance ORDER BY location") == [
        ("north", 3, 0),
        ("south", 3, 0),
    ]
    assert book(place)["A"] == (6, 0, 6)
    with pytest.raises(ValueError, match="is received"):
        moving.cancel_transfer(place.shop, id_, "ana", database=place.database)
    place.drain()
    told = place.rows("SELECT type FROM event WHERE subject LIKE 'transfer:%' ORDER BY id")
    assert [row[0] for row in told] == ["stock.transfer_proposed", "stock.transfer_sent", "stock.transfer_received"]


def test_what_is_promised_is_not_sent_and_what_was_sent_comes_back(place: Place) -> None:
    place.send(level("A", 6, place="north"))
    place.drain()
    LiveReservations(place.database, place.shop, NOW).reserve("x~1", lines(A=4))
    id_ = moving.propose_transfer(place.shop, "north", "own", {"A": 3}, "ana", database=place.database)
    assert id_ is not None
    with pytest.raises(ValueError, match="only 2 can be sent"):
        moving.send_transfer(place.shop, id_, "ana", database=place.database)
    other = moving.propose_transfer(place.shop, "north", "own", {"A": 2}, "ana", uid="2", database=place.database)
    assert other is not None
    moving.send_transfer(place.shop, other, "ana", database=place.database)
    moving.cancel_transfer(place.shop, other, "ana", database=place.database)
    assert book(place)["A"] == (6, 4, 2)


def test_a_place_that_does_not_sell_promises_nothing(place: Place) -> None:
    place.send(level("A", 6, place="north"), level("A", 2, START + timedelta(seconds=1), place="returns"))
    place.drain()
    places.name_place(place.shop, "returns", "Returns", "ana", sells=False, database=place.database)
    assert book(place)["A"] == (6, 0, 6)
    short = LiveReservations(place.database, place.shop, NOW).reserve("x~1", lines(A=7))
    assert list(short) == [Short("A", 7, 6)]


# --- telling the stores -----------------------------------------------------------------------------


class Told:
    """A store that takes what it is told, or answers as the test says."""

    def __init__(self) -> None:
        self.writes: list[SetStock] = []
        self.answers: list[Result] = []

    def write(self, write: Any, *, key: str, attempt: int, now: Any) -> Result:
        self.writes.append(write)
        return self.answers.pop(0) if self.answers else Done({})


FLOW = "flow: tell\nname: T\ntrigger: {event: [stock.changed, stock.available_changed]}\nsteps:\n  - stock.offer: {}\n"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def two(database: Any, told: Told) -> Iterator[Place]:
    """A shop that sells A in two stores, both of which may be written to; the first one counts."""
    place = Place(database, lambda kind, shop: told if kind is Stores else None)
    with database.transaction() as tx:
        for id_, settings in (("one", "{}"), ("two", '{"namespace": "two"}')):
            tx.text(
                "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at, access) "
                f"VALUES ({place.shop}, '{id_}', 'shopify', '', '{settings}', true, 0, 'sealed')"
            )
    place.send(*(variant(key) for key in ("v-A", "two~v-A")), level("A", 5))
    place.drain()
    place.flow(FLOW)
    yield place
    place.runtime.stop()


def variant(key: str) -> NewEvent:
    data = {"variant_id": key, "sku": "A", "product_id": "p", "updated_at": START.isoformat()}
    return fact(f"v|{key}", "variant.updated", f"variant:{key}", data, variant=key, sku="A")


def unsaid(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT figure, unsaid, offered FROM stock_balance")


def test_both_stores_are_told_what_is_left_and_the_echo_changes_nothing(two: Place, told: Told) -> None:
    moving.sell(two.shop, "t1", lines(A=2), "till", database=two.database)
    two.drain()
    assert [(one.variant, one.available, one.expected) for one in told.writes] == [("two~v-A", 3, None), ("v-A", 3, 5)]
    assert unsaid(two) == [(3, 0, None)]
    assert book(two)["A"] == (3, 0, 3)
    two.send(level("A", 3, START + timedelta(minutes=1)))
    data = {"variant_id": "two~v-A", "sku": "A", "available": 3, "updated_at": START.isoformat()}
    two.send(fact("echo", "stock.changed", "variant:two~v-A", data, stock_level="two~v-A", variant="two~v-A", sku="A"))
    two.drain()
    assert len(told.writes) == 2
    assert book(two)["A"] == (3, 0, 3)


def test_the_echo_that_comes_before_the_answer_counts_once(two: Place) -> None:
    moving.sell(two.shop, "t1", lines(A=2), "till", database=two.database)
    availability = LiveAvailability(two.database, two.shop, NOW)
    offers = [one for one in availability.offers("A") if one.variant == "v-A"]
    assert offers == [Offer("A", "v-A", "p", "", "", 3, 5)]
    two.runtime.world.flows.invalidate()
    two.send(level("A", 3, START + timedelta(minutes=1)))
    two.drain()
    assert unsaid(two) == [(3, 0, None)]
    availability.said(offers[0])
    assert unsaid(two) == [(3, 0, None)]
    assert book(two)["A"] == (3, 0, 3)


def test_a_figure_that_moved_meanwhile_is_reckoned_anew(two: Place, told: Told) -> None:
    told.answers = [Done({}), Fail("stock.changed", "it is 4 now")]
    moving.sell(two.shop, "t1", lines(A=2), "till", database=two.database)
    two.drain()
    two.send(level("A", 4, START + timedelta(minutes=1)))
    two.after(minutes=5)
    # The new figure starts a run of its own, beside the one that tries again: saying it twice is saying it once.
    said = dict.fromkeys((one.available, one.expected) for one in told.writes if one.variant == "v-A")
    assert list(said) == [(3, 5), (2, 4)]
    assert book(two)["A"] == (2, 0, 2)
    assert unsaid(two) == [(2, 0, None)]


def test_what_is_kept_back_is_not_offered_but_can_be_promised(two: Place, told: Told) -> None:
    moving.keep_back(two.shop, "two", "", 2, "ana", database=two.database)
    moving.keep_back(two.shop, "", "A", 1, "ana", database=two.database)
    moving.keep_back(two.shop, "two", "A", 3, "ana", database=two.database)
    two.send(level("A", 4, START + timedelta(minutes=1)))
    two.drain()
    assert {one.variant: one.available for one in told.writes} == {"two~v-A": 1, "v-A": 3}
    assert book(two)["A"] == (4, 0, 4)
    moving.keep_back(two.shop, "two", "A", None, "ana", database=two.database)
    assert LiveAvailability(two.database, two.shop, NOW).offers("A")[0].available == 3


def test_variants_of_one_product_are_told_apart_by_their_names(place: Place) -> None:
    variants = [
        {"variant_id": f"v-{size}", "sku": f"CUP-{size}", "variant_title": title, "inventory_item_id": f"i-{size}"}
        for size, title in (("S", "Small"), ("L", "Large"))
    ]
    data = {"id": "p", "title": "Cup", "variants": variants, "updated_at": START.isoformat()}
    place.send(fact("p|1", "product.created", "product:p", data, START, product="p"))
    place.drain()
    said = {"inventory_item_id": "i-S", "available": 3, "updated_at": (START + timedelta(minutes=1)).isoformat()}
    place.send(fact("s|1", "stock.changed", "inventory_item:i-S", said, START, stock_level="i-S"))
    place.drain()
    rows = place.rows("SELECT item, title, available FROM stock_item ORDER BY item")
    assert rows == [("CUP-L", "Cup · Large", None), ("CUP-S", "Cup · Small", 3)]
