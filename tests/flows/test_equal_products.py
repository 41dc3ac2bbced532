"""Products made equal in all stores: small changes at once, large prices after a yes, texts once they stand still."""

from __future__ import annotations

from typing import Any

from flows.replaying import after, event, replay


def differs(when: str, field: str, target: str, **changes: Any) -> dict[str, Any]:
    data = {"sku": "MUG", "title": "Taza", "field": field, "connection": "web", "source": "pim", "own": "10"}
    data |= {"target": target, "currency": "EUR", **changes}
    return event("product.differs", "sku:MUG", when, **data)


def did(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(after(one["at"]), one["action"]) for one in found["effects"]]


def test_a_small_change_of_a_price_is_written_at_once() -> None:
    events = [
        differs("0h", "price", "11", change_percent=10.0),
        differs("1h", "compare_at_price", ""),
        differs("2h", "title", "Taza azul"),
    ]
    assert did(replay("equal-prices", events)) == [("0", "catalog.align"), ("1h", "catalog.align")]


def test_a_large_one_waits_for_a_yes_and_without_one_is_not_written() -> None:
    found = replay("equal-prices", [differs("0h", "price", "20", change_percent=100.0)], until="2d")
    assert did(found) == []


def test_the_same_thing_in_another_store_is_another_matter() -> None:
    events = [differs("0s", "price", "20", change_percent=100.0, connection=name) for name in ("web", "till")]
    events.append(differs("1h", "price", "10.50", change_percent=5.0))
    assert did(replay("equal-prices", events, until="2d")) == [("1h", "catalog.align")]


def test_texts_are_written_once_they_stand_still_and_status_at_once() -> None:
    events = [
        differs("0m", "title", "T"),
        differs("5m", "title", "Taza"),
        differs("6m", "description", "Azul"),
        differs("7m", "status", "draft"),
        differs("8m", "price", "11"),
    ]
    assert [name for _when, name in did(replay("equal-texts", events, until="1h"))] == ["catalog.align"] * 3
    assert did(replay("equal-texts", events, until="1h"))[0][0] == did(replay("equal-texts", events[3:4]))[0][0]
