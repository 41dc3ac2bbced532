"""Lists travel to PostgreSQL as arrays, of whatever they are made."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.store.arrays import Column, listed
from sereno.store.queries import statements


def test_what_a_statement_casts_to_an_array_is_known() -> None:
    known = statements("postgresql")
    assert known["known_events"].arrays == {"shops": "bigint", "sources": "text", "uids": "text"}
    assert all(one.lists <= set(one.arrays) for one in known.values())
    assert not any(one.arrays for one in statements("sqlite").values())


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("bigint", [1, -(2**63), None]),
        ("bigint", []),
        ("smallint", [7]),
        ("int", [2**31 - 1]),
        ("text", ['a"b{},\\', "", None, "\u00e9"]),
    ],
)
def test_arrays_come_back_as_they_went(postgres: Any, type_: str, values: list[Any]) -> None:
    found = listed(type_, values)
    assert isinstance(found, Column)
    with postgres.read() as tx:
        assert tx.text(f"SELECT $1::{type_}[]", [found]) == [(values,)]


@pytest.mark.parametrize(
    ("type_", "values"), [("bigint", ["5"]), ("text", ["\ud800"]), ("bigint", [1.5]), ("uuid", [])]
)
def test_what_is_of_another_type_is_left_to_the_driver(type_: str, values: list[Any]) -> None:
    assert listed(type_, values) == values
