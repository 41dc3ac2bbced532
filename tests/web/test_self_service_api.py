"""Self-service by API: the rules with their tag, a change inside the same window, and the customer's link."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import NOW, make_shop

from sereno.modules.orders.models import Order
from sereno.runtime.orders import self_service
from sereno.sdk.writes import CancelOrder, ChangeAddress, ChangeItems
from sereno.store.keys import issue
from sereno.store.models import Effect, Shop

LINES = [{"id": "a", "sku": "CUP", "title": "Cup", "quantity": 2, "total": "30.00"}]
ADDRESS = {"name": "Mara", "line1": "Calle 1", "city": "Madrid", "postal_code": "28013", "country": "ES"}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    def holding(stores: Any, kind: str, key: str) -> Any:
        return SimpleNamespace(api=SimpleNamespace(writes={ChangeAddress, ChangeItems, CancelOrder}))

    monkeypatch.setattr(self_service, "holding", holding)
    made = make_shop()
    data = {"id": "7", "number": "#7", "placed_at": NOW.isoformat(), "lines": LINES, "shipping_address": ADDRESS}
    Order.objects.create(shop=made, key="7", version=1, data=data, seen_at=NOW, number="#7")
    self_service.change_rules(made.pk, {"is_on": True, "minutes": 600}, "ana")
    return made


@pytest.fixture
def key(shop: Shop) -> str:
    return issue(shop.pk, "tests", "read work settings", "ana@example.com")


def test_rules_are_changed_by_who_read_them(key: str) -> None:
    rules = call(key, "GET", "self-service")
    assert rules["is_on"] is True and rules["can"] == ["address", "items", "cancel"]
    call(key, "PUT", "self-service", rules, 428)
    call(key, "PUT", "self-service", rules, 412, **{"if-match": '"old"'})
    answer = Client().get("/api/v1/self-service", headers={"authorization": f"Bearer {key}"})
    kept = call(key, "PUT", "self-service", {**rules, "minutes": 15}, **{"if-match": answer["ETag"]})
    assert kept["minutes"] == 15
    late = call(key, "PUT", "self-service", {**rules, "minutes": 20}, 412, **{"if-match": answer["ETag"]})
    assert late["code"] == "self_service.conflict"
    assert call(key, "PUT", "self-service", {**rules, "minutes": 0}, 422, **{"if-match": '"x"'})["fields"]


def test_a_change_is_asked_for_once(key: str) -> None:
    wanted = {"kind": "items", "lines": [{"line": "a", "quantity": 1}]}
    first = call(key, "POST", "orders/7/changes", wanted, **{"idempotency-key": "k"})
    assert call(key, "POST", "orders/7/changes", wanted, **{"idempotency-key": "k"}) == first
    assert Effect.objects.get(key=first["effect"]).config["lines"] == [{"line": "a", "quantity": 1}]
    refused = call(key, "POST", "orders/7/changes", {"kind": "cancel"}, 409)
    assert (refused["code"], refused["reason"]) == ("order.not_changed", "change.under_way")
    call(key, "POST", "orders/none/changes", {"kind": "cancel"}, 404)


def test_a_wrong_change_says_why(key: str) -> None:
    for wanted, reason in (
        ({"kind": "items", "lines": [{"line": "a", "quantity": 9}]}, "change.more"),
        ({"kind": "address", "address": {"postal_code": "X"}}, "address.postal_code"),
        ({"kind": "address", "address": {}}, "change.nothing"),
    ):
        assert call(key, "POST", "orders/7/changes", wanted, 409)["reason"] == reason
    assert not Effect.objects.exists()


def test_the_link_is_for_who_may_work(shop: Shop, key: str) -> None:
    found = call(key, "POST", "orders/7/link")
    assert found["can"] == ["address", "items", "cancel"] and found["why"] is None
    page = Client().get(found["url"].partition("testserver")[2])
    assert page.status_code == 200 and "#7" in page.content.decode()
    looker = issue(shop.pk, "looker", "read", "ana@example.com")
    call(looker, "POST", "orders/7/link", status=403)
    call(key, "POST", "orders/none/link", status=404)
