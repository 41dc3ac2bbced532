"""What lines want of stock, and which places give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.stock import Room, allocate, item_key, offered, wanted, whole


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
