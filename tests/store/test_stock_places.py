"""Places of the shop's own, what stores count at, and barcodes: on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support import START, Place
from test_reserving import level

from sereno.runtime.stock import moving, places


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
