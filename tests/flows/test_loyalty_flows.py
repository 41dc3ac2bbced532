"""Messages about points, tiers and thanks: to whom, when, and when not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flows.replaying import START, event, replay, sent

MAIL, PAGE = "messages.send_email", "loyalty.find_page"


def customer(after: str = "0h", **changes: Any) -> dict[str, Any]:
    given = {"id": "7", "email": "ana@example.com", "accepts_email": True, "order_count": 4, **changes}
    return event("customer.updated", "customer:7", after, **given)


def tier(after: str, name: str = "tier.reached") -> dict[str, Any]:
    held = {"points": 200, "tier": "Silver", "changed_at": "2026-03-02T09:00:00Z"}
    return event(name, "customer:7", after, id="7", tier="Silver", loyalty=held)


def expiring(after: str, points: int = 40) -> dict[str, Any]:
    held = {"points": 200, "changed_at": "2026-03-02T09:00:00Z"}
    ends = (START + timedelta(days=30)).isoformat()
    return event("points.expiring", "customer:7", after, id="7", points=points, expires_at=ends, loyalty=held)


def order(after: str, type: str = "order.created", **changes: Any) -> dict[str, Any]:
    given = {"customer_id": "7", "email": "ana@example.com", "placed_at": START.isoformat(), **changes}
    return event(type, "order:1", after, id="1", **given)


def earlier(number: int, **changes: Any) -> list[dict[str, Any]]:
    """So many orders before, from a platform that sends no count."""
    given = {"customer_id": "7", "email": "ana@example.com", "placed_at": START.isoformat(), **changes}
    return [event("order.created", f"order:e{n}", f"{n}m", id=f"e{n}", **given) for n in range(number)]


def actions(found: Any) -> list[str]:
    return [effect["action"] for effect in found["effects"]]


def leaves(after: str) -> dict[str, Any]:
    said = {"customer_id": "7", "email": "ana@example.com", "channel": "email", "granted": False}
    return event("consent.changed", "customer:7", after, **said)


def deleted(after: str) -> dict[str, Any]:
    return event("customer.deleted", "customer:7", after, id="7", deleted_at=START.isoformat())


def test_who_reaches_a_tier_is_congratulated_once() -> None:
    found = replay("tier-reached", [customer(), tier("1h"), tier("90m")], until="3d")
    assert actions(found) == [PAGE, MAIL]
    assert [when for when, _what in sent(found)][-1] == "2h 30m"


@pytest.mark.parametrize("then", [tier("80m", "tier.left"), leaves("80m"), deleted("80m")])
def test_who_falls_back_or_leaves_within_the_hour_is_not(then: dict[str, Any]) -> None:
    assert sent(replay("tier-reached", [customer(), tier("1h"), then], until="3d")) == []


def test_points_that_end_are_told_of_twice() -> None:
    found = replay("points-expiring", [customer(), expiring("1h")], until="60d")
    assert actions(found) == [PAGE, MAIL, MAIL]


BOUGHT = event("reward.bought", "customer:7", "2d", id="7", purchase="1")


@pytest.mark.parametrize("ending", [BOUGHT, leaves("2d"), deleted("2d")])
def test_who_spends_them_or_leaves_hears_no_more(ending: dict[str, Any]) -> None:
    found = replay("points-expiring", [customer(), expiring("1h"), ending], until="60d")
    assert [run["status"] for run in found["runs"]] == ["exited"]
    assert actions(found) == [PAGE, MAIL]


def test_regulars_are_thanked_with_a_code_and_points() -> None:
    wanted = ["loyalty.give_points", "pricing.issue_code", MAIL]
    found = replay("vip-thanks", [customer(order_count=None), *earlier(4), order("1h")], until="10d")
    assert actions(found) == wanted
    history = replay("vip-thanks", [customer(order_count=5), *earlier(1), order("1h")], until="10d")
    assert actions(history)[:3] == wanted, "the platform knows of orders that never came here"


def test_the_fifth_order_is_the_fifth_whatever_is_told_of_the_others() -> None:
    again = [event("order.updated", "order:e1", "20m", id="e1", customer_id="7", placed_at=START.isoformat())]
    gone = earlier(1, status="cancelled")
    blank = customer(order_count=None)
    assert actions(replay("vip-thanks", [blank, *earlier(3), *again, order("1h")], until="10d")) == []
    assert actions(replay("vip-thanks", [blank, *earlier(4), *gone, order("1h")], until="10d")) == []


@pytest.mark.parametrize(
    "events",
    [
        [customer(order_count=6), order("1h")],
        [customer(accepts_email=False), *earlier(4), order("1h")],
        [customer(), *earlier(4), order("1h", is_test=True)],
        [customer(), *earlier(4), order("1h"), order("5h", "order.cancelled", status="cancelled")],
        [customer(), *earlier(4), order("1h"), leaves("5h")],
        [customer(), *earlier(4), order("1h"), deleted("5h")],
    ],
)
def test_who_is_no_regular_or_does_not_want_it_is_let_be(events: list[dict[str, Any]]) -> None:
    assert sent(replay("vip-thanks", events, until="10d")) == []
