"""`sereno order`: for people, for programs, and used wrongly."""

from __future__ import annotations

from typing import Any


def test_orders_are_listed_and_shown(busy: Any) -> None:
    rows = busy("order", "list", "--json").json
    assert {"order", "number", "status", "total", "is_held", "hold_reasons"} <= set(rows[0])
    assert {row["order"] for row in rows} == {"1001", "1002", "1003"}
    assert len(busy("order", "list", "--limit", "1", "--json").json) == 1
    found = busy("order", "show", "1001", "--json").json
    assert (found["order"], found["tickets"], found["data"]["id"]) == ("1001", [], "1001")
    assert [row["order"] for row in busy("order", "list", "--search", "#1002", "--json").json] == ["1002"]
    assert busy("order", "list", "--search", "nobody", "--json").json == []
    assert "order: 1001" in busy("order", "show", "1001").out
    assert "1001" in busy("order", "list").out


def test_orders_are_held_and_released(busy: Any) -> None:
    assert busy("order", "list", "--held", "--json").json == []
    assert "Nothing is held." in busy("order", "list", "--held").err
    held = busy("order", "hold", "1001", "1002", "--reason", "risk.high", "--note", "look", "--json")
    assert held.json == {"changed": ["1001", "1002"]}
    assert [row["hold_reasons"] for row in busy("order", "list", "--held", "--json").json] == [["risk.high"]] * 2
    assert "1 released." in busy("order", "release", "1001").out
    assert "so already" in busy("order", "release", "1001").out
    assert [row["order"] for row in busy("order", "list", "--held", "--json").json] == ["1002"]


def test_what_is_not_there_is_said(busy: Any) -> None:
    for wrong in (("show", "nobody"), ("hold", "nobody"), ("release",)):
        outcome = busy("order", *wrong)
        assert outcome.status == 2
        assert "order" in outcome.err
