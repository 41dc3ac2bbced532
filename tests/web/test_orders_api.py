"""Orders by API key: lists, holds, releases, and what is asked of the store."""

from __future__ import annotations

from typing import Any

import pytest
from calling import call
from seeding import NOW, Seeded, make_shop, seed

from sereno.modules.orders.models import Order, OrderStanding
from sereno.runtime.orders import doing
from sereno.store.keys import issue
from sereno.store.models import Effect, Shop


def make_order(shop: Shop, key: str) -> Order:
    return Order.objects.create(
        shop=shop, key=key, version=1, data={"id": key, "number": f"#{key}"}, seen_at=NOW, placed_at=NOW,
        number=f"#{key}", status="open", email=f"{key}@example.com",
    )  # fmt: skip


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    for key in ("7001", "7002", "7003"):
        make_order(found.shop, key)
    return found


@pytest.fixture
def key(seeded: Seeded) -> str:
    return issue(seeded.shop.pk, "tests", "read work", "ana@example.com")


def orders(found: Any) -> list[str]:
    return [one["order"] for one in found["items"]]


def test_the_list_pages_and_narrows(seeded: Seeded, key: str) -> None:
    first = call(key, "GET", "orders?limit=2")
    assert orders(first) == ["7003", "7002"]
    assert orders(call(key, "GET", f"orders?limit=1&before={first['next']}")) == ["7001"]
    assert orders(call(key, "GET", "orders?number=7002")) == ["7002"]
    assert orders(call(key, "GET", "orders?email=7001@example.com")) == ["7001"]
    OrderStanding.objects.create(shop=seeded.shop, key="7001", version=0, data={"queue": "q"}, seen_at=NOW, queue="q")
    (found,) = call(key, "GET", "orders?queue=q")["items"]
    assert (found["order"], found["queue"]) == ("7001", "q")


def test_orders_are_held_and_released(key: str) -> None:
    given = {"orders": ["7001", "7002"], "reasons": ["stock.short"], "note": "look"}
    assert call(key, "POST", "orders/hold", given) == {"changed": ["7001", "7002"]}
    assert call(key, "POST", "orders/hold", given) == {"changed": []}
    found = call(key, "GET", "orders/held")["items"]
    assert [(one["order"], one["hold_reasons"], one["hold_note"]) for one in found] == [
        ("7001", ["stock.short"], "look"),
        ("7002", ["stock.short"], "look"),
    ]
    assert found[0]["hold_reasons_said"] == ["Not enough in stock"]
    assert call(key, "POST", "orders/release", {"orders": ["7001"]}) == {"changed": ["7001"]}
    whole = call(key, "GET", "orders/7001")
    assert (whole["is_held"], whole["hold_reasons"], whole["data"]["id"], whole["tickets"]) == (False, [], "7001", [])


def test_what_is_not_there_is_refused(seeded: Seeded, key: str) -> None:
    make_order(make_shop("other"), "9001")
    for path in ("orders/9001", "orders/nobody"):
        call(key, "GET", path, status=404)
    call(key, "POST", "orders/hold", {"orders": ["9001"]}, 404)
    call(key, "POST", "orders/hold", {"orders": []}, 422)
    call(key, "POST", "orders/9001/actions", {"action": "orders.note", "config": {"text": "x"}}, 404)
    reading = issue(seeded.shop.pk, "reading", "read", "ana@example.com")
    call(reading, "POST", "orders/release", {"orders": ["7001"]}, 403)


def test_the_store_is_asked_once_for_one_key(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"action": "orders.refund", "config": {"amount": "10.00"}}
    call(key, "POST", "orders/7001/actions", given, 409)
    monkeypatch.setattr(doing, "lack_of", lambda plugins, kinds, action: None)
    headers = {"Idempotency-Key": "k-1"}
    first = call(key, "POST", "orders/7001/actions", given, **headers)
    assert call(key, "POST", "orders/7001/actions", given, **headers) == first
    (effect,) = Effect.objects.filter(action="orders.refund")
    assert effect.key == first["effect"]
    call(key, "POST", "orders/7001/actions", {"action": "orders.refund", "config": {"amount": "no"}}, 409)
    call(key, "POST", "orders/7001/actions", {"action": "http.request", "config": {}}, 422)
