"""Messages about points, tiers and thanks: to whom, when, and when not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flows.replaying import START, event, replay, sent

MAIL, PAGE = "messages.send_email", "loyalty.find_page"


def customer(after: str = "0h", **changes: Any) -> dict[str, Any]:
    given = {"id": "7", "email": "ana@example.com", "accepts_email": True, "order_count": 5, **changes}
    return event("customer.updated", "customer:7", after, **given)


def tier(after: str, name: str = "tier.reached") -> dict[str, Any]:
    held = {"points": 200, "tier": "Silver", "changed_at": "2026-03-02T09:00:00Z"}
    return event(name, "customer:7", after, id="7", tier="Silver", loyalty=held)


def expiring(after: str, points: int = 40) -> dict[str, Any]:
    held = {"points": 200, "changed_at": "2026-03-02T09:00:00Z"}
    ends = (START + timedelta(days=30)).isoformat()
    return event("points.expiring", "customer:7", after, id="7", points=points, expires_at=ends, loyalty=held)


def order(after: str, type: str = "order.created", **changes: Any) -> dict[str, Any]:
    return event(type, "order:1", after, id="1", customer_id="7", email="ana@example.com", **changes)


def actions(found: Any) -> list[str]:
    return [effect["action"] for effect in found["effects"]]


def leaves(after: str) -> dict[str, Any]:
    said = {"customer_id": "7", "email": "ana@example.com", "channel": "email", "granted": False}
    return event("consent.changed", "customer:7", after, **said)


def test_who_reaches_a_tier_is_congratulated_once() -> None:
    found = replay("tier-reached", [customer(), tier("1h"), tier("90m")], until="3d")
    assert actions(found) == [PAGE, MAIL]
    assert [when for when, _what in sent(found)][-1] == "2h 30m"


@pytest.mark.parametrize("then", [tier("80m", "tier.left"), leaves("80m")])
def test_who_falls_back_or_leaves_within_the_hour_is_not(then: dict[str, Any]) -> None:
    assert sent(replay("tier-reached", [customer(), tier("1h"), then], until="3d")) == []


def test_points_that_end_are_told_of_twice() -> None:
    found = replay("points-expiring", [customer(), expiring("1h")], until="60d")
    assert actions(found) == [PAGE, MAIL, MAIL]


def test_who_spends_them_hears_no_more() -> None:
    bought = event("reward.bought", "customer:7", "2d", id="7", purchase="1")
    found = replay("points-expiring", [customer(), expiring("1h"), bought], until="60d")
    assert actions(found) == [PAGE, MAIL]


def test_regulars_are_thanked_with_a_code_and_points() -> None:
    found = replay("vip-thanks", [customer(), order("1h")], until="10d")
    assert actions(found) == ["loyalty.give_points", "pricing.issue_code", MAIL]


@pytest.mark.parametrize(
    "events",
    [
        [customer(order_count=6), order("1h")],
        [customer(accepts_email=False), order("1h")],
        [customer(), order("1h", is_test=True)],
        [customer(), order("1h"), order("5h", "order.cancelled", status="cancelled")],
        [customer(), order("1h"), leaves("5h")],
    ],
)
def test_who_is_no_regular_or_does_not_want_it_is_let_be(events: list[dict[str, Any]]) -> None:
    assert sent(replay("vip-thanks", events, until="10d")) == []
