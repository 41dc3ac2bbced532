"""Customers who slip away: tagged and told of, once a silence, until they order."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, replay, sent


def lapsing(after: str, group: str = "at_risk") -> dict[str, Any]:
    return event("customer.lapsing", "customer:7", after, id="7", score={"group": group, "risk": 0.83})


def order(after: str) -> dict[str, Any]:
    return event(
        "order.created",
        "order:1",
        after,
        id="1",
        customer_id="7",
        email="ana@example.com",
        total="10.00",
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("locale", "word"), [("en", "silent"), ("es", "frecuencia"), ("pt-BR", "encomenda"), ("ro", "comandat")]
)
def test_the_shop_is_told_and_the_tag_goes_with_the_next_order(locale: str, word: str) -> None:
    found = replay("lapsing-customer", [lapsing("1h"), order("5d")], locale=locale)
    assert [effect["action"] for effect in found["effects"]] == [
        "customers.add_tag",
        "alerts.notify",
        "customers.remove_tag",
    ]
    assert word in found["effects"][1]["config"]["text"]
    assert [when for when, _what in sent(found)] == ["1h", "1h", "5d"]


def test_after_a_year_the_tag_goes_too() -> None:
    found = replay("lapsing-customer", [lapsing("1h")], until="400d")
    assert [when for when, _what in sent(found)] == ["1h", "1h", "365d 1h"]


@pytest.mark.parametrize("group", ["lost", "hibernating", "new", None])
def test_who_came_once_is_let_go(group: str | None) -> None:
    assert sent(replay("lapsing-customer", [lapsing("1h", group)])) == []  # type: ignore[arg-type]
