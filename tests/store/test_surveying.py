"""An answer is kept once for a person and a thing, told to flows, and seen with the customer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from support import Place

from sereno.modules.surveys import reading
from sereno.runtime import surveying
from sereno.runtime.surveying import Answer, Asked, TooLate

AFTER = reading.shipped()["after-purchase"]
ASKED = Asked("after-purchase", "ana@example.com", "1001", "run/0")


def say(place: Place, is_whole: bool = True, asked: Asked = ASKED, **answers: Any) -> bool:
    answer = Answer(answers, lambda one: reading.measured(AFTER, one), is_whole, "es")
    return surveying.answer(place.shop, asked, answer, database=place.database)


def told(place: Place) -> list[dict[str, Any]]:
    return [
        json.loads(data) for (data,) in place.rows("SELECT data FROM event WHERE type = 'survey.answered' ORDER BY id")
    ]


def test_a_press_and_the_page_are_one_answer(place: Place) -> None:
    assert say(place, False, overall=4)
    assert not say(place, False, overall=4), "the mailbox asked twice"
    place.after(seconds=60)
    assert not say(place, overall=4, shipping=2, comment="Late by a week.")
    assert place.rows("SELECT satisfaction, is_whole FROM surveys_answer") == [(4, True)]
    first, second = told(place)
    assert (first["is_first"], first["is_whole"], first["satisfaction"]) == (True, False, 4)
    assert (second["is_first"], second["is_whole"], second["comment"]) == (False, True, "Late by a week.")
    assert second["answers"] == {"overall": 4, "shipping": 2, "comment": "Late by a week."}


def test_a_later_press_adds_to_the_page(place: Place) -> None:
    say(place, overall=4, shipping=2)
    say(place, False, overall=1)
    (row,) = place.rows("SELECT answers, satisfaction, is_whole FROM surveys_answer")
    assert json.loads(row[0]) == {"overall": 1, "shipping": 2} and tuple(row[1:]) == (1, True)


def test_the_customer_is_known_by_it(place: Place) -> None:
    say(place, overall=2)
    place.runtime.drain()
    (row,) = place.rows("SELECT key, data FROM customers_customer")
    data = json.loads(row[1])
    assert row[0] == "email:ana@example.com" and data["opinion"]["satisfaction"] == 2
    assert data["opinion"]["order"] == "1001"
    say(place, asked=Asked("recommend", "ana@example.com"), overall=5)
    place.runtime.drain()
    (again,) = place.rows("SELECT data FROM customers_customer")
    assert json.loads(again[0])["opinion"]["survey"] == "recommend", "the last word"


def test_another_order_is_another_answer(place: Place) -> None:
    assert say(place, overall=4) and say(place, asked=Asked("after-purchase", "ana@example.com", "1002"), overall=5)
    assert len(told(place)) == 2


def test_after_a_month_it_stands(place: Place) -> None:
    say(place, overall=4)
    place.after(seconds=timedelta(days=31).total_seconds())
    with pytest.raises(TooLate):
        say(place, overall=1)
    held = surveying.held_answer(place.shop, ASKED, database=place.database)
    assert held is not None and held.answers == {"overall": 4}
