"""When a change of a thing is news, for how many, and what a usual interval is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sereno.runtime.interests.rules import (
    Item,
    Settings,
    interval,
    number_in,
    percent_off,
    places,
    settings_of,
    settled,
)

SAID = Settings()


def walk(*prices: str) -> list[bool]:
    held: Item | None = None
    told: list[bool] = []
    for price in prices:
        held, changes = settled(held, Item("v", "p", price=Decimal(price), currency="EUR", available=9.0), SAID)
        told.append("price" in changes)
    return told


def test_small_steps_add_up_and_ups_and_downs_do_not() -> None:
    assert walk("100", "95", "90", "85") == [False, False, True, False]
    assert walk("100", "89", "99", "89", "80") == [False, True, False, True, True]
    assert walk("100", "0") == [False, False], "a price of nothing is a mistake more often than a gift"


def test_another_currency_is_no_drop() -> None:
    before, _ = settled(None, Item("v", "p", price=Decimal(100), currency="RON"), SAID)
    after, changes = settled(before, Item("v", "p", price=Decimal(20), currency="EUR"), SAID)
    assert changes == [] and after.anchor == 20


@given(some.lists(some.integers(0, 12), min_size=1, max_size=30))
def test_back_and_low_alternate_with_gone_and_many(figures: list[int]) -> None:
    held: Item | None = None
    for figure in figures:
        before = held
        held, changes = settled(before, Item("v", "p", available=float(figure)), SAID)
        was = None if before is None else before.available
        assert ("restock" in changes) == (was == 0 and figure > 0)
        assert ("low" in changes) == (was is not None and was > SAID.few and 0 < figure <= SAID.few)


@given(some.lists(some.decimals(1, 500, places=2), min_size=2, max_size=30))
def test_nobody_is_told_of_a_drop_smaller_than_said(prices: list[Decimal]) -> None:
    held, _ = settled(None, Item("v", "p", price=prices[0], currency="EUR"), SAID)
    for price in prices[1:]:
        anchor = held.anchor
        held, changes = settled(held, replace(held, price=price), SAID)
        if "price" in changes:
            assert anchor is not None and price <= anchor * Decimal("0.9")
            assert percent_off(anchor, price) >= 10


def test_what_is_not_counted_is_never_back_and_never_low() -> None:
    endless = Item("v", "p", available=0.0, is_counted=False)
    held, _ = settled(None, endless, SAID)
    assert settled(held, replace(held, available=2.0), SAID)[1] == []
    assert endless.room is None and places(None, SAID) is None and places(3, Settings(per_unit=2)) == 6


@pytest.mark.parametrize(
    ("gaps", "days", "is_regular"),
    [
        ([30, 30, 30, 31, 29], 30, True),
        ([30, 30, 30, 30], 30, False),
        ([1, 1, 1, 1, 1, 2], 1, False),
        ([5, 90, 10, 200, 40, 300], 65, False),
    ],
)
def test_an_interval_needs_enough_reorders_close_together(gaps: list[float], days: float, is_regular: bool) -> None:
    found = interval(gaps)
    assert (found.days, found.is_regular, found.count) == (days, is_regular, len(gaps))


def test_a_setting_outside_its_limits_is_brought_inside() -> None:
    assert number_in({"few_left": "5"}, "few_left") == 5
    assert number_in({"few_left": -4}, "few_left") == 1
    assert number_in({"few_left": "many"}, "few_left") == 3
    assert settings_of({"restock_wave_hours": 48}).wave.days == 2
