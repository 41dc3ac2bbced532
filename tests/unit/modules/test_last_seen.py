"""The last day a person did something themselves, whatever the order of arrival."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from folding import Line, Records

PERSON = {
    "id": "7",
    "email": "ana@example.com",
    "created_at": "2026-01-05T10:00:00Z",
    "updated_at": "2026-06-01T08:00:00Z",
}
ORDER = {
    "id": "1", "customer_id": "7", "email": "ana@example.com", "placed_at": "2026-02-01T23:30:00Z",
    "updated_at": "2026-05-01T08:00:00Z",
}  # fmt: skip
CART = {"id": "c", "customer_id": "7", "email": "ana@example.com", "updated_at": "2026-03-01T08:00:00+02:00"}
CLICK = {"customer_id": "7", "email": "ana@example.com", "is_machine": False, "done_at": "2026-04-02T08:00:00Z"}
YES = {"customer_id": "7", "channel": "email", "granted": True, "changed_at": "2026-04-03T08:00:00Z"}


BORN: Line = ("customer.created", PERSON, "2026-01-05T10:00:00Z")
DONE: dict[str, Line] = {
    "2026-02-01": ("order.created", ORDER, "2026-02-01T23:30:00Z"),
    "2026-03-01": ("cart.updated", CART, "2026-03-01T06:00:00Z"),
    "2026-04-02": ("message.clicked", CLICK, "2026-04-02T08:00:00Z"),
    "2026-04-03": ("consent.renewed", YES, "2026-04-03T08:00:00Z"),
}


def seen(*lines: Line) -> Any:
    return (Records().take([BORN, *lines]).get("customer", "7") or {}).get("last_seen_on")


@pytest.mark.parametrize("day", DONE)
def test_what_a_person_does_counts(day: str) -> None:
    assert seen(DONE[day]) == day


def test_any_order_of_arrival_gives_the_same_day() -> None:
    for lines in itertools.permutations(DONE.values()):
        assert seen(*lines, *lines) == "2026-04-03"


@pytest.mark.parametrize(
    "line",
    [
        ("message.opened", {**CLICK, "is_machine": True}, "2026-04-02T08:00:00Z"),
        ("consent.changed", {**YES, "granted": False}, "2026-04-03T08:00:00Z"),
        ("customer.updated", {**PERSON, "updated_at": "2026-06-05T08:00:00Z"}, "2026-06-05T08:00:00Z"),
        ("cart.deleted", {**CART, "deleted_at": "2026-03-01T08:00:00Z"}, "2026-03-01T08:00:00Z"),
        ("order.updated", {**ORDER, "placed_at": "2026-01-05T10:00:00Z"}, "2026-05-01T08:00:00Z"),
    ],
)
def test_what_others_and_programs_do_does_not(line: Line) -> None:
    assert seen(line) == "2026-01-05"


def test_a_second_cart_on_the_same_day_changes_nothing() -> None:
    records = Records().take([BORN, DONE["2026-03-01"]])
    before = records.rows["customer"]["7"]
    later = {**CART, "updated_at": "2026-03-01T19:00:00Z"}
    assert records.take([("cart.updated", later, "2026-03-01T19:00:00Z")]).rows["customer"]["7"][1] is before[1]
