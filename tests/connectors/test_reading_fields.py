"""The short ways through `reading` say what the long ones say, whatever a body holds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sereno.commerce.identity import refs_of
from sereno.connectors.building import Found
from sereno.connectors.reading import EXACT, Reader, as_decimal, as_text, compact
from sereno.sdk.connector import Delivery

ODD: list[Any] = [
    None, "", " ", "0", 0, 1, -1, True, False, "a b ", " ñ", "a\x00b", "x" * 20_001, "\ud83d", EXACT, EXACT + 3, 2**63,
    10**45, Decimal("1.50"), Decimal("NaN"), Decimal("7"), 1.5, {}, [], {"a": 1}, [1], "12,50", "1e400",
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_a_record_is_what_text_and_compact_make(value: Any) -> None:
    reader = Reader({"one": value, "two": "second"})
    by_table = reader.record((("a", "one"), ("b", None), ("c", "two"), ("d", "missing")), {"b": value})
    assert list(by_table.items()) == list(
        compact({"a": reader.text("one"), "b": value, "c": reader.text("two"), "d": reader.text("missing")}).items()
    )


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_numbers_and_ids_are_read_as_exactly_as_ever(value: Any) -> None:
    reader = Reader({"one": value})
    number = as_decimal(value)
    if number is None or (number != number.to_integral_value()) or abs(number) >= 2**63:
        assert not isinstance(reader.number("one"), int)
    else:
        assert reader.number("one") == int(number) and type(reader.number("one")) is int
    found = reader.id("one")
    if isinstance(value, int) and not isinstance(value, bool) and value and abs(value) < 10**40:
        assert found == str(value)
    elif isinstance(value, str):
        text = as_text(value)
        assert found == (None if text in (None, "0") else text[:150])


def test_facts_of_one_record_are_about_the_same_and_share_nothing() -> None:
    found = Found(Delivery({}, b"", "", datetime(2026, 11, 1, tzinfo=UTC)), "k", [])
    data = {"id": "1", "customer_id": "7", "order_id": "1"}
    for type, subject in (("order.created", "order:1"), ("order.paid", "order:1"), ("payment.paid", "order:1")):
        found.add(type, subject, data)
        assert found.events[-1].refs == refs_of(type, subject, data)
    assert found.events[0].refs is not found.events[1].refs
