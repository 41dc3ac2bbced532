"""What lines want of stock, and which places give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.stock import Room, Shelf, allocate, even_out, item_key, offered, wanted, whole


def test_lines_want_their_items_by_sku_or_variant() -> None:
    lines = [
        {"sku": "A", "variant_id": "1", "quantity": 2},
        {"sku": "A", "quantity": 1},
        {"variant_id": "7", "quantity": "1.2"},
        {"sku": "G", "quantity": 1, "is_gift_card": True},
        {"sku": "D", "quantity": 1, "requires_shipping": False},
        {"title": "Typed in by hand", "product_id": "3", "quantity": 1},
        {"sku": "Z", "quantity": 0},
    ]
    assert wanted(lines) == {"A": 3, "7": 2}


@pytest.mark.parametrize(("value", "number"), [(None, 1), ("x", 0), (-1, 0), (2.0, 2), ("NaN", 0), (1e300, 0)])
def test_quantities(value: object, number: int) -> None:
    assert whole(value) == number


def test_the_name_of_an_item() -> None:
    assert item_key({"sku": " A ", "variant_id": "1"}) == "A"
    assert item_key({"sku": "", "variant_id": "1"}) == "1"
    assert item_key({}) is None


def test_one_place_before_several_and_the_near_one_first() -> None:
    rooms = [Room("far", 5, 2), Room("near", 2, 1)]
    assert allocate(rooms, 2) == [("near", 2)]
    assert allocate(rooms, 4) == [("far", 4)]
    assert allocate(rooms, 6) == [("near", 2), ("far", 4)]
    assert allocate(rooms, 8) == []
    assert allocate(rooms, 8, can_oversell=True) == [("near", 8)]
    assert allocate([], 1, can_oversell=True) == []


@given(st.lists(st.integers(-3, 6), max_size=5), st.integers(1, 12))
def test_never_more_than_there_is(there: list[int], quantity: int) -> None:
    rooms = [Room(str(number), one) for number, one in enumerate(there)]
    found = allocate(rooms, quantity)
    room = {one.location: one.available for one in rooms}
    assert all(0 < number <= room[place] for place, number in found)
    assert sum(number for _, number in found) == (quantity if found else 0)
    assert bool(found) == (sum(max(one, 0) for one in there) >= quantity)


def test_a_channel_is_never_told_less_than_nothing() -> None:
    assert [offered(5, 2), offered(1, 2), offered(-1, 0)] == [3, 0, 0]


def test_goods_move_to_where_they_sell() -> None:
    shelves = [
        Shelf("north", 100, 0, 1.0),
        Shelf("south", 2, 0, 2.0),
        Shelf("west", 0, 20, 1.0),
        Shelf("dust", 9, 0, 0),
    ]
    assert even_out(shelves, 14, 28) == [("north", "south", 26)]
    assert even_out([Shelf("a", 10, 0, 1.0), Shelf("b", 0, 0, 1.0)], 14, 28) == []
    assert even_out([Shelf("a", 30, 0, 1.0), Shelf("b", 0, 0, 1.0)], 14, 28) == [("a", "b", 2)]


@given(st.lists(st.tuples(st.integers(-5, 90), st.integers(0, 20), st.floats(0, 4)), max_size=5), st.integers(1, 40))
def test_moves_never_take_more_than_there_is(given_: list[tuple[int, int, float]], cover: int) -> None:
    shelves = [Shelf(str(number), *one) for number, one in enumerate(given_)]
    moves = even_out(shelves, cover, cover * 2)
    for one in shelves:
        left = sum(number for origin, _, number in moves if origin == one.location)
        came = sum(number for _, place, number in moves if place == one.location)
        assert not (left and came)
        assert left <= max(one.available, 0)
    assert all(number > 0 for _, _, number in moves)
