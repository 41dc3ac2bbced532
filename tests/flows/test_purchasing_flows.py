"""Suppliers are reminded while they are silent, asked about late goods, and drafts wait for a yes."""

from __future__ import annotations

from typing import Any

from flows.replaying import event, replay

ORDER: dict[str, Any] = {
    "id": "7",
    "number": 7,
    "supplier": "north",
    "supplier_name": "North",
    "total": "80.00",
    "currency": "EUR",
}


def fact(name: str, after: str, **data: Any) -> dict[str, Any]:
    return event(f"purchase_order.{name}", "purchase_order:7", after, **ORDER, **data)


def did(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["at"][5:10], one["action"]) for one in found["effects"]]


def test_a_silent_supplier_is_reminded_twice_and_then_the_shop_is_told() -> None:
    found = replay("purchase-chase", [fact("sent", "0h", confirm_by="2026-11-05T09:00:00Z")], until="10d")
    assert did(found) == [
        ("11-05", "purchasing.chase_order"),
        ("11-07", "purchasing.chase_order"),
        ("11-08", "alerts.notify"),
    ]
    assert found["effects"][0]["config"]["number"] == "7"
    assert found["effects"][2]["config"]["text"] == "Sin respuesta del proveedor: North, PO-7"


def test_an_answer_ends_the_reminders() -> None:
    sent = fact("sent", "0h", confirm_by="2026-11-04T09:00:00Z")
    for answer in ("confirmed", "declined", "received", "cancelled"):
        found = replay("purchase-chase", [sent, fact(answer, "3d")], until="10d")
        assert did(found) == [("11-04", "purchasing.chase_order")]


def test_the_shop_hears_at_once_that_a_supplier_declines() -> None:
    found = replay("purchase-declined", [fact("declined", "1h", reason="sold out")], until="1d", locale="en")
    assert did(found) == [("11-02", "alerts.notify")]
    assert found["effects"][0]["config"]["text"] == "The supplier will not deliver: North, PO-7 (sold out)"


def test_late_goods_are_asked_for_a_day_after_they_were_due() -> None:
    due = "2026-11-05T12:00:00Z"
    found = replay("purchase-late", [fact("sent", "0h", expected_at=due)], until="10d", locale="en")
    assert did(found) == [("11-06", "purchasing.chase_order"), ("11-06", "alerts.notify")]
    assert found["effects"][1]["config"]["text"] == "The goods have not come: North, PO-7"
    for end in ("received", "cancelled", "declined"):
        over = replay("purchase-late", [fact("sent", "0h", expected_at=due), fact(end, "2d")], until="10d")
        assert did(over) == [], end


def test_a_later_date_moves_the_question() -> None:
    events = [
        fact("sent", "0h", expected_at="2026-11-05T12:00:00Z"),
        fact("confirmed", "1d", expected_at="2026-11-09T12:00:00Z"),
    ]
    assert did(replay("purchase-late", events, until="20d"))[0] == ("11-10", "purchasing.chase_order")


def test_every_working_morning_is_looked_what_to_order() -> None:
    found = replay("reorder", [event("custom.beat", "shop:1", "0h")], until="7d")
    days = [one["at"][:10] for one in found["effects"] if one["action"] == "purchasing.reorder"]
    assert days == ["2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09"]


def test_a_draft_waits_for_a_yes() -> None:
    found = replay("purchase-approval", [fact("drafted", "0h")], until="5d")
    assert did(found) == []
    assert [run["status"] for run in found["runs"]] == ["stopped"]
