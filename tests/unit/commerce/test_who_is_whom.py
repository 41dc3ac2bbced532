"""Who is whom, from the records alone; telephones in one way of writing."""

from __future__ import annotations

import pytest

from sereno.commerce.persons import Traits, main_of, one_of, traits_of, trees, verdict
from sereno.commerce.telephones import e164


@pytest.mark.parametrize(
    ("number", "country", "written"),
    [
        ("+34 600 111 222", None, "+34600111222"),
        ("0034600111222", None, "+34600111222"),
        ("600 111 222", "ES", "+34600111222"),
        ("0722 123 456", "RO", "+40722123456"),
        ("+40 (0)722 123 456", None, "+40722123456"),
        ("912 345 678", "PT", "+351912345678"),
        ("600 111 222", None, None),
        ("600 111", "ES", None),
        ("+34 000 000 000", None, None),
        ("ring me", "ES", None),
        (None, "ES", None),
    ],
)
def test_a_number_is_written_in_one_way_or_not_at_all(number: object, country: str | None, written: str | None) -> None:
    assert e164(number, country) == written


def who(key: str, **record: object) -> Traits:
    return traits_of(key, record, "ES")


@pytest.mark.parametrize(
    ("one", "other", "rule", "is_sure"),
    [
        (who("1", email="A@x.es"), who("2", email="a@x.es "), "same_email", True),
        (
            who("1", email="a@x.es", name="Ana Gil"),
            who("2", email="a@x.es", name="Luis Paz"),
            "email_other_name",
            False,
        ),
        (who("1", email="a@x.es", name="Ana"), who("email:a@x.es", email="a@x.es", name="Luis"), "same_email", True),
        (who("1", email="a@x.es", email_is_verified=False), who("2", email="a@x.es"), "email_unverified", False),
        (
            who("1", phone="600111222", name="Ana Gil"),
            who("2", phone="+34600111222", name="GIL Ana"),
            "same_phone",
            True,
        ),
        (
            who("1", phone="600111222", name="Ana Gil"),
            who("2", phone="600111222", name="Luis Gil"),
            "phone_shared",
            False,
        ),
        (who("1", phone="600111222", name="Ana Gil"), who("2", phone="600111222"), "same_phone", True),
    ],
)
def test_rules(one: Traits, other: Traits, rule: str, is_sure: bool) -> None:
    for found in (verdict(one, other), verdict(other, one)):
        assert found is not None
        assert (found.rule, found.is_sure) == (rule, is_sure)


def test_a_name_is_no_reason() -> None:
    assert verdict(who("1", name="Ana Gil", email="a@x.es"), who("2", name="Ana Gil", email="b@x.es")) is None


def test_a_person_adds_up_and_the_strictest_word_holds() -> None:
    main = {"id": "1", "accepts_email": True, "order_count": 1, "total_spent": "10.10", "currency": "EUR", "name": None}
    other = {
        "id": "2",
        "accepts_email": False,
        "order_count": 2,
        "total_spent": "0.20",
        "currency": "EUR",
        "name": "Bo",
    }
    found = one_of([main, other])
    assert found["id"] == "1"
    assert found["name"] == "Bo"
    assert (found["order_count"], found["total_spent"]) == (3, "10.30")
    assert found["accepts_email"] is False
    assert one_of([main, {**other, "currency": "RON"}])["total_spent"] == "10.10"
    seen = one_of([{**main, "orders_seen": {"a": "x", "b": ""}}, {**other, "orders_seen": {"b": "y", "c": "z"}}])
    assert (seen["orders_placed"], seen["orders_seen"]) == (3, {"a": "x", "b": "", "c": "z"})
    plain = one_of([{"id": "1", "orders_seen": {"a": "x"}}, {"id": "2", "orders_seen": {"c": "z"}}])
    assert plain["orders_placed"] == 2


def test_trees_and_their_main_record() -> None:
    assert sorted(sorted(one) for one in trees("abcd", [("a", "b"), ("b", "c")])) == [["a", "b", "c"], ["d"]]
    assert main_of([(1, "email:a@x.es"), (3, "17"), (2, "18")]) == "18"
