"""Places of the shop's own, what stores count at, and barcodes: on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support import START, Place
from test_reserving import level, lines
from test_stock_moving import variant

from sereno.runtime.stock import moving, places
from sereno.runtime.stock.offering import LiveAvailability
from sereno.runtime.stock.reserving import LiveReservations
from sereno.runtime.stock.telling import Reteller, retell_page
from sereno.store.fields import to_micros


@pytest.fixture
def shelves(place: Place) -> Place:
    place.send(level("A", 6, place="north"), level("B", 1, START + timedelta(seconds=1), place="south"))
    place.drain()
    return place


def test_places_come_with_counts_and_are_added_and_taken_away(shelves: Place) -> None:
    shop, database = shelves.shop, shelves.database
    assert [(one.key, one.is_own) for one in places.places(shop, database=database)] == [
        ("north", False),
        ("south", False),
    ]
    key = places.add_place(shop, "Åre Stall", "ana", rank=5, database=database)
    assert key == "are-stall"
    for taken in ("åre stall", "North"):
        with pytest.raises(ValueError, match="already"):
            places.add_place(shop, taken, "ana", database=database)
    with pytest.raises(ValueError, match="needs a name"):
        places.add_place(shop, "   ", "ana", database=database)
    places.name_place(shop, "north", "Main", "ana", rank=9, database=database)
    assert [one.name for one in places.places(shop, database=database)] == ["Åre Stall", "Main", "south"]
    moving.count(shop, "A", key, 2, "ana", database=database)
    with pytest.raises(ValueError, match="something was kept there"):
        places.remove_place(shop, key, "ana", database=database)
    other = places.add_place(shop, "Attic", "ana", database=database)
    places.remove_place(shop, other, "ana", database=database)
    for not_own in (other, "north"):
        with pytest.raises(LookupError):
            places.remove_place(shop, not_own, "ana", database=database)


def test_a_barcode_finds_one_item_and_is_said_once_in_the_audit(shelves: Place) -> None:
    shop, database = shelves.shop, shelves.database
    for _ in range(2):
        places.put_barcode(shop, "A", " 8412345678905 ", "ana", database=database)
    with pytest.raises(ValueError, match="finds A already"):
        places.put_barcode(shop, "B", "8412345678905", "ana", database=database)
    with pytest.raises(ValueError, match="finds A already"):
        places.put_barcode(shop, "B", "A", "ana", database=database)
    with pytest.raises(ValueError, match="letters, digits and signs"):
        places.put_barcode(shop, "B", "84\x0012", "ana", database=database)
    with pytest.raises(LookupError):
        places.put_barcode(shop, "C", "1", "ana", database=database)
    assert shelves.rows("SELECT item, barcode FROM stock_item ORDER BY item") == [("A", "8412345678905"), ("B", None)]
    places.put_barcode(shop, "A", "", "ana", database=database)
    assert shelves.rows("SELECT barcode FROM stock_item WHERE item = 'A'") == [(None,)]
    assert shelves.rows("SELECT count(*) FROM audit WHERE action = 'stock.barcode_put'") == [(2,)]


def test_a_transfer_moves_only_what_is_in_the_book(shelves: Place) -> None:
    shop, database = shelves.shop, shelves.database
    with pytest.raises(ValueError, match="there is no item C"):
        moving.propose_transfer(shop, "north", "south", {"A": 1, "C": 1}, "ana", database=database)
    id_ = moving.propose_transfer(shop, "north", "south", {"A": 2}, "ana", database=database)
    assert id_ is not None
    moving.send_transfer(shop, id_, "ana", database=database)
    with pytest.raises(ValueError, match="B is not in this transfer"):
        moving.receive_transfer(shop, id_, "ana", {"A": 1, "B": 1}, database=database)
    assert shelves.rows("SELECT status FROM stock_transfer") == [("sent",)]


def offers(place: Place, item: str) -> dict[tuple[str, str], int]:
    found = LiveAvailability(place.database, place.shop, to_micros(place.clock.now()))
    return {(one.variant, one.location): one.available for one in found.offers(item)}


@pytest.fixture
def two_stores(shelves: Place) -> Place:
    """`A`: six in the north, where the first store counts, and four at a stall; a second store sells it too."""
    shop, database = shelves.shop, shelves.database
    with database.transaction() as tx:
        for name, settings in (("first", "{}"), ("second", '{"namespace": "eb"}')):
            tx.text(
                "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at, access) "
                f"VALUES ({shop}, '{name}', 'shopify', '', '{settings}', true, 0, 'sealed')"
            )
    shelves.send(variant("v-A"), variant("eb~v-9"))
    shelves.drain()
    moving.count(shop, "A", places.add_place(shop, "Stall", "ana", database=database), 4, "ana", database=database)
    return shelves


def test_a_place_that_serves_one_channel_is_kept_from_the_others(two_stores: Place) -> None:
    place = two_stores
    shop, database = place.shop, place.database
    desk = LiveReservations(database, shop, to_micros(place.clock.now()))
    assert offers(place, "A") == {("eb~v-9", ""): 10}
    with pytest.raises(ValueError, match="no connection third"):
        places.name_place(shop, "stall", "Stall", "ana", channels=["third"], database=database)
    places.name_place(shop, "stall", "Stall", "ana", channels=["first"], database=database)
    assert offers(place, "A") == {("eb~v-9", ""): 6}
    assert [one.available for one in desk.reserve("eb~o:1", lines(A=7))] == [6]
    assert desk.available(["A"], order="eb~o:1") == {"A": 6}
    assert desk.available(["A"], order="o:2") == desk.available(["A"]) == {"A": 10}
    assert list(desk.reserve("o:2", lines(A=9))) == []
    assert [one.available for one in desk.reserve("eb~o:3", lines(A=2))] == [0]
    assert sum(held(place, key) for key in ("north", "stall")) == 9


def test_what_a_store_counts_at_a_place_not_for_it_is_told_to_be_none_and_comes_back(two_stores: Place) -> None:
    place = two_stores
    shop, database = place.shop, place.database
    places.name_place(shop, "north", "North", "ana", channels=["second"], database=database)
    found = LiveAvailability(database, shop, to_micros(place.clock.now()))
    told = found.offers("A")
    assert {(one.variant, one.location): one.available for one in told} == {("v-A", "north"): 0, ("eb~v-9", ""): 10}
    for one in told:
        found.said(one)
    assert place.rows("SELECT on_hand FROM stock_balance WHERE item = 'A' AND location = 'north'") == [(6,)]
    places.name_place(shop, "north", "North", "ana", channels=[], database=database)
    assert offers(place, "A")["v-A", "north"] == 6


def test_a_till_sells_from_where_it_stands(two_stores: Place) -> None:
    place = two_stores
    shop, database = place.shop, place.database
    assert list(moving.sell(shop, "T-1", lines(A=2), "till", place="stall", database=database)) == []
    assert list(moving.sell(shop, "T-1", lines(A=2), "till", place="stall", database=database)) == []
    assert there(place) == {"north": 6, "stall": 2}
    short = moving.sell(shop, "T-2", lines(A=3), "till", place="stall", database=database)
    assert [(one.item, one.available) for one in short] == [("A", 2)]
    assert there(place) == {"north": 6, "stall": -1}, "it was in somebody's hand, there and not elsewhere"
    with pytest.raises(LookupError, match="no place attic"):
        moving.sell(shop, "T-3", lines(A=1), "till", place="attic", database=database)


def test_who_changes_what_a_channel_gets_has_its_stores_told_of_all_items(two_stores: Place) -> None:
    place = two_stores
    shop, database = place.shop, place.database

    def told() -> list[str]:
        rows = place.rows("SELECT subject FROM event WHERE uid LIKE 'rule|%' ORDER BY subject")
        return [subject for (subject,) in rows]

    moving.keep_back(shop, "second", "A", 2, "ana", database=database)
    assert told() == ["sku:A"]
    moving.keep_back(shop, "second", "", 1, "ana", database=database)
    assert told() == ["sku:A"], "a piece at a time, by a worker"
    with database.transaction() as tx:
        assert retell_page(tx, shop, 1, limit=1) == 1
    assert told() == ["sku:A", "sku:A"]
    Reteller(place.runtime.world).turn()
    assert told() == ["sku:A", "sku:A", "sku:B"]
    assert place.rows("SELECT count(*) FROM stock_retelling") == [(0,)]


def there(place: Place) -> dict[str, int]:
    found = place.rows("SELECT location, on_hand FROM stock_balance WHERE item = 'A' ORDER BY location")
    return {str(key): int(number) for key, number in found}


def held(place: Place, key: str) -> int:
    return int(place.rows(f"SELECT reserved FROM stock_balance WHERE item = 'A' AND location = '{key}'")[0][0])
