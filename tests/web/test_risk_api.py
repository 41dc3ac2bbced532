"""Risk by API key: the queue, verdicts, decisions, lists, rules and what was learned."""

from __future__ import annotations

import pytest
from calling import call
from seeding import NOW, Seeded, seed

from sereno.modules.orders.models import Order, OrderStanding
from sereno.modules.risk.models import RiskAssessment
from sereno.store.keys import issue


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    for key, score in (("7001", 70), ("7002", 90)):
        Order.objects.create(
            shop=found.shop, key=key, version=1, data={"id": key}, seen_at=NOW, placed_at=NOW, number=f"#{key}",
            status="open", email=f"{key}@example.com",
        )  # fmt: skip
        data = {"reasons": [{"code": "card.cvv", "points": 30, "facts": {}}], "facts": {"cvv": "no_match"}}
        RiskAssessment.objects.create(
            shop=found.shop, key=key, version=0, data={"id": key, "needs_review": True, **data}, seen_at=NOW,
            score=score, level="high", is_waiting=True, subject=f"order:{key}",
        )  # fmt: skip
    return found


@pytest.fixture
def key(seeded: Seeded) -> str:
    return issue(seeded.shop.pk, "tests", "read work settings", "ana@example.com")


def test_the_queue_and_a_verdict(key: str) -> None:
    found = call(key, "GET", "risk/queue")["items"]
    assert [one["order"] for one in found] == ["7002", "7001"]
    assert found[0]["reasons"] == [
        {"code": "card.cvv", "points": 30, "said": "The card's security code was wrong"},
    ]
    whole = call(key, "GET", "risk/orders/7001")
    assert (whole["score"], whole["facts"], whole["is_waiting"]) == (70, {"cvv": "no_match"}, True)
    assert call(key, "GET", "risk/orders/none", status=404)["code"] == "not_found"


def test_verdicts_and_the_queue_are_searched(key: str) -> None:
    assert [one["order"] for one in call(key, "GET", "risk/orders")["items"]] == ["7002", "7001"]
    assert [one["order"] for one in call(key, "GET", "risk/orders?q=7001@example.com")["items"]] == ["7001"]
    assert [one["order"] for one in call(key, "GET", "risk/orders?q=%237002&level=high")["items"]] == ["7002"]
    assert call(key, "GET", "risk/orders?q=7002&decision=refused")["items"] == []
    assert call(key, "GET", "risk/orders?q=nobody")["items"] == []
    first = call(key, "GET", "risk/orders?limit=1")
    assert [one["order"] for one in call(key, "GET", f"risk/orders?before={first['next']}")["items"]] == ["7001"]
    assert [one["order"] for one in call(key, "GET", "risk/queue?q=7001")["items"]] == ["7001"]
    assert [one["order"] for one in call(key, "GET", "orders?q=%237001")["items"]] == ["7001"]
    assert [one["order"] for one in call(key, "GET", "orders?q=ionescu")["items"]] == ["1001"], "by a part of the name"


def test_deciding_and_taking_back(key: str) -> None:
    given = {"orders": ["7001"], "decision": "refused"}
    assert call(key, "POST", "risk/decisions", given) == {"changed": ["7001"]}
    assert call(key, "POST", "risk/decisions", given) == {"changed": []}
    assert OrderStanding.objects.get(key="7001").is_held
    assert call(key, "GET", "risk/orders/7001")["decision"] == "refused"
    assert call(key, "POST", "risk/decisions", {"orders": ["7001"], "decision": "reopened"}) == {"changed": ["7001"]}
    assert call(key, "POST", "risk/orders/7001/assess")["effect"].startswith("risk-")


def test_lists_are_added_to_and_taken_from(key: str) -> None:
    given = {"list": "block", "kind": "email", "values": ["Bad@Example.com"], "reason": "stole"}
    assert call(key, "POST", "risk/lists", given) == {"count": 1}
    (entry,) = call(key, "GET", "risk/lists")["items"]
    assert (entry["list"], entry["value"], entry["reason"]) == ("block", "bad@example.com", "stole")
    call(key, "POST", "risk/lists", {**given, "values": ["nobody"]}, status=409)
    assert call(key, "DELETE", f"risk/lists/{entry['id']}") == {"count": 1}
    assert call(key, "GET", "risk/lists")["items"] == []


def test_rules_are_read_put_and_refused(key: str) -> None:
    held = call(key, "GET", "risk/rules")
    assert {"code": "card.cvv", "is_on": True, "points": 30, "limit": None} in held["rules"]
    held["rules"] = [{"code": "card.cvv", "is_on": False}]
    assert call(key, "PUT", "risk/rules", {**held, "high": 50})["version"] == 1
    call(key, "PUT", "risk/rules", {**held, "rules": [{"code": "none"}]}, status=409)


def test_what_was_learned_and_what_is_bought_out(key: str) -> None:
    assert call(key, "GET", "risk/learned")["is_used"] is False
    assert call(key, "POST", "risk/learn")["effect"].startswith("risk-")
    assert call(key, "GET", "risk/buying-out") == {"items": []}


def test_a_key_that_only_reads_decides_nothing(seeded: Seeded) -> None:
    reads = issue(seeded.shop.pk, "reads", "read", "ana@example.com")
    call(reads, "POST", "risk/decisions", {"orders": ["7001"], "decision": "released"}, status=403)
    call(reads, "PUT", "risk/rules", {}, status=403)
