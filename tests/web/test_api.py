"""The REST API: what lists promise, keys and their scopes, changes through the real services."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from seeding import Seeded, make_shop, seed
from test_actions import ASKING, work

from sereno.store.keys import issue
from sereno.store.models import Audit, Event, Flow, Run, Shop

PROMISED = {
    "events": {"id", "connection", "source", "type", "subject", "occurred_at", "received_at", "data"},
    "deliveries": {"id", "connection", "topic", "received_at", "status", "reason", "events"},
    "runs": {"id", "flow", "version", "subject", "key", "status", "step", "started_at", "due_at"},
    "effects": {
        "id",
        "key",
        "flow",
        "run",
        "step",
        "action",
        "status",
        "attempts",
        "at",
        "subject",
        "config",
        "result",
    },
}


class Caller:
    """A client with a key of the shop."""

    def __init__(self, shop: Shop, scopes: str = "read write") -> None:
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {issue(shop.pk, 'test', scopes, 'ana@example.com')}"}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, **self.headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        document = json.dumps(body if body is not None else {})
        return self.client.generic(method, f"/api/v1/{path}", document, "application/json", **self.headers)


def test_lists_carry_what_is_promised_and_page_by_key() -> None:
    caller = Caller(seed().shop)
    for name, fields in PROMISED.items():
        first = caller.get(name, limit=1).json()
        assert fields <= set(first["items"][0]), name
        if first["next"] is not None:
            assert caller.get(name, limit=1, before=first["next"]).json()["items"] != first["items"]
    assert caller.get("events", limit=100).json()["next"] is None


def test_lists_are_narrowed() -> None:
    caller = Caller(seed().shop)
    assert {row["type"] for row in caller.get("events", type="order.*").json()["items"]} == {"order.paid"}
    assert len(caller.get("runs", flow="thanks", status="finished").json()["items"]) == 1
    assert len(caller.get("runs", status="live").json()["items"]) == 1
    assert len(caller.get("effects", status="failed", subject="order:1001").json()["items"]) == 1
    assert caller.get("deliveries", status="done").json()["items"][0]["events"]
    assert caller.get("events", since="1h", type="order.paid").json()["items"]
    assert caller.get("events", since="2999-01-01").json()["items"] == []
    assert caller.get("events", since="yesterday").status_code == 422
    assert caller.get("events", limit=100_000).json()["code"] == "request.invalid"


def test_without_a_good_key_there_is_nothing() -> None:
    seeded = seed()
    bare = Client().get("/api/v1/runs")
    assert bare.status_code == 401 and bare.json()["code"] == "key.missing"
    assert Client().get("/api/v1/runs", HTTP_AUTHORIZATION="Bearer sereno_wrong").status_code == 401
    reader = Caller(seeded.shop, "read")
    refused = reader.send("POST", "effects/replay", {"ids": [seeded.failed_effect.pk]})
    assert refused.status_code == 403 and refused.json()["code"] == "key.scope"


def test_a_key_sees_its_own_shop_only() -> None:
    seeded = seed()
    other = Caller(make_shop("other", "Other"))
    for name in PROMISED:
        assert other.get(name).json()["items"] == []
    for path in details_of(seeded):
        assert other.get(path).status_code == 404, path
    assert other.send("POST", "effects/replay", {"ids": [seeded.failed_effect.pk]}).json() == {
        "replayed": 0,
        "held_back": 0,
    }
    assert other.send("POST", f"approvals/{seeded.approval.pk}/decide", {"approved": True}).status_code == 404
    assert other.send("POST", f"runs/{seeded.run.uid}/end").status_code == 404


def test_details() -> None:
    seeded = seed()
    caller = Caller(seeded.shop)
    for path in details_of(seeded):
        assert caller.get(path).status_code == 200, path
    run = caller.get(f"runs/{seeded.run.uid}").json()
    assert run["trace"][0]["code"] == "run.started" and run["approvals"][0]["text"] == "Send the last one?"


def details_of(seeded: Seeded) -> list[str]:
    return [
        f"events/{seeded.event.pk}",
        f"deliveries/{seeded.delivery.pk}",
        f"deliveries/{seeded.broken_delivery.pk}",
        f"effects/{seeded.effect.pk}",
        f"runs/{seeded.run.uid}",
        f"flows/{seeded.recovery.name}",
    ]


def test_a_flow_is_put_published_fed_asked_and_ended() -> None:
    shop = make_shop()
    caller = Caller(shop)
    assert caller.send("PUT", "flows/ask-first", {"text": ASKING}).json()["status"] == "draft"
    published = caller.send("POST", "flows/ask-first/publish", {"note": "by the API"})
    assert published.json() == {"name": "ask-first", "version": 1}
    event = {
        "id": "e1",
        "type": "order.created",
        "subject": "order:7",
        "occurred_at": "2026-11-22T08:00:00Z",
        "data": {"id": "7", "total": "250.00", "currency": "EUR"},
    }
    assert caller.send("POST", "events", [event, event]).json() == {"received": 2, "new": 1}
    work()
    why = caller.get("why", flow="ask-first", subject="order:7").json()
    assert why["runs"][0]["status"] == "waiting" and why["runs"][0]["trace"]
    approval = caller.get("approvals", status="open").json()["items"][0]
    decided = caller.send("POST", f"approvals/{approval['id']}/decide", {"approved": True, "note": "yes"})
    assert decided.json()["status"] == "approved"
    work()
    assert Run.objects.get().status == "finished"
    ended = caller.send("POST", f"runs/{Run.objects.get().uid}/end")
    assert ended.status_code == 409 and "ended already" in ended.json()["message"]
    assert caller.send("POST", "flows/ask-first/status", {"status": "paused"}).json()["status"] == "paused"
    assert Audit.objects.filter(by="api:test", action="flow.published").exists()


def test_a_wrong_flow_is_refused_with_every_problem() -> None:
    caller = Caller(make_shop())
    answer = caller.send("PUT", "flows/ask-first", {"text": ASKING.replace("order.total", "order.totl")})
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "flow.invalid" and body["problems"][0]["line"] == 3
    assert body["problems"][0]["suggestion"] == "order.total"
    other = caller.send("PUT", "flows/another-name", {"text": ASKING})
    assert other.status_code == 409 and "make them the same" in other.json()["message"]
    assert caller.send("POST", "flows/nowhere/publish").status_code == 404
    assert not Flow.objects.exists()


def test_events_of_unknown_type_are_refused_whole() -> None:
    caller = Caller(make_shop())
    good = {"id": "1", "type": "custom.thing", "subject": "thing:1", "occurred_at": "2026-11-22T08:00:00Z"}
    answer = caller.send("POST", "events", [good, {**good, "id": "2", "type": "order.payd"}])
    assert answer.status_code == 422 and "order.payd" in answer.json()["message"]
    naive = caller.send("POST", "events", [{**good, "occurred_at": "2026-11-22T08:00:00"}])
    assert naive.status_code == 422
    assert not Event.objects.exists()


def test_the_description_and_its_page_need_no_key() -> None:
    client = Client()
    document = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/events", "/api/v1/why", "/api/v1/flows/{name}/publish"} <= set(document["paths"])
    page = client.get("/api/v1/docs")
    assert page.status_code == 200 and "<script>" not in page.content.decode()
    assert Client().get("/api/v1/nowhere").json()["code"] == "not_found"
