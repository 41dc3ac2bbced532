from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.money import AmountInvalid, CurrencyMismatch, Money, exponent_of

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF", "RON"])
UNITS = st.integers(min_value=-(10**15), max_value=10**15)


@pytest.mark.parametrize(
    ("units", "currency", "text"),
    [(1250, "EUR", "12.50"), (1250, "JPY", "1250"), (1250, "KWD", "1.250"), (-5, "EUR", "-0.05"), (0, "KWD", "0.000")],
)
def test_minor_units_follow_the_currency(units: int, currency: str, text: str) -> None:
    money = Money.from_minor(units, currency)
    assert money.text == text
    assert money.to_minor() == units


def test_a_platform_may_count_yen_in_hundredths() -> None:
    assert Money.from_minor(770600, "JPY", exponent=2).text == "7706.00"
    assert Money.from_minor(770600, "JPY", exponent=2).rounded().text == "7706"


@pytest.mark.parametrize("text", ["", "abc", "1,50", "NaN", "Infinity", "1_000", "１２"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountInvalid):
        Money.parse(text, "EUR")


def test_floats_and_wrong_currencies_are_refused() -> None:
    with pytest.raises(AmountInvalid):
        Money.parse(0.1, "EUR")  # pyright: ignore[reportArgumentType]
    with pytest.raises(AmountInvalid):
        Money(Decimal(1), "euro")


def test_currencies_do_not_mix() -> None:
    euro, dollar = Money.parse("1", "EUR"), Money.parse("1", "USD")
    for operation in (lambda: euro + dollar, lambda: euro - dollar, lambda: euro < dollar, lambda: euro >= dollar):
        with pytest.raises(CurrencyMismatch):
            operation()
    assert euro != dollar


def test_rounding_is_half_to_even() -> None:
    assert Money.parse("0.125", "EUR").rounded().text == "0.12"
    assert Money.parse("0.135", "EUR").rounded().text == "0.14"
    assert Money.parse("2.5", "JPY").rounded().text == "2"
    assert Money.parse("1E+3", "EUR").text == "1000.00"


def test_allocation_gives_the_leftover_to_the_largest_remainders() -> None:
    assert [part.text for part in Money.parse("10", "EUR").allocate([1, 1, 1])] == ["3.34", "3.33", "3.33"]
    assert [part.text for part in Money.parse("-1", "JPY").allocate([1, 1])] == ["-1", "0"]
    assert [part.text for part in Money.parse("1", "EUR").allocate([Decimal("0.5"), 0, Decimal("1.5")])] == [
        "0.25", "0.00", "0.75",
    ]  # fmt: skip
    for weights in ([], [0, 0], [1, -1]):
        with pytest.raises(ValueError, match="weights"):
            Money.zero("EUR").allocate(weights)


@given(UNITS, CURRENCIES)
def test_minor_units_and_texts_go_both_ways(units: int, currency: str) -> None:
    money = Money.from_minor(units, currency)
    assert money.to_minor() == units
    assert Money.parse(money.text, currency) == money
    assert len(money.text.partition(".")[2]) == exponent_of(currency)


@given(UNITS, UNITS, UNITS, CURRENCIES)
def test_sums_are_exact(a: int, b: int, c: int, currency: str) -> None:
    x, y, z = (Money.from_minor(units, currency) for units in (a, b, c))
    assert (x + y) + z == x + (y + z)
    assert x + y - y == x
    assert (x + y).to_minor() == a + b
    assert (x * -1) == -x
    assert (x * 3).to_minor() == 3 * a


@given(UNITS, st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=30).filter(any), CURRENCIES)
def test_allocated_parts_add_up_and_are_fair(units: int, weights: list[int], currency: str) -> None:
    money = Money.from_minor(units, currency)
    parts = money.allocate(weights)
    assert sum(part.to_minor() for part in parts) == units
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.to_minor() * total - units * weight) < total
        if weight == 0:
            assert not part
