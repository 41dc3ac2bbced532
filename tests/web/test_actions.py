"""What people do from the pages, carried through the real services and a real worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person, seed

from sereno.runtime import services
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import default_database
from sereno.store.models import ApiKey, Approval, Delivery, Effect, Flow, Run, Shop, Tag

ASKING = """\
flow: ask-first
name: Ask first
trigger: {event: order.created, when: "order.total >= 100"}
steps:
  - orders.add_tag: {tag: big}
  - if: order.total >= 1000
    then: [{log: {text: "huge"}}]
  - approve: {by: owner, text: "Send a gift?", then: [{log: {text: "gift"}}], else: [{stop: "no gift"}]}
"""


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owner_of(shop: Shop) -> Client:
    return signed_in(person(shop, "ana@example.com", "owner"))


def order(number: str, total: str) -> NewEvent:
    data = {"id": number, "number": f"#{number}", "total": total, "currency": "EUR", "email": "mara@example.com"}
    return NewEvent(number, "order.created", f"order:{number}", datetime.now(UTC), data, {"order": number})


def work() -> None:
    Runtime(default_database(), registry()).drain()


def publish(client: Client, text: str, **fields: str) -> Any:
    return client.post("/flows/new", {"do": "publish", "text": text, **fields}, follow=True)


def test_a_flow_is_written_checked_published_run_and_decided() -> None:
    shop = make_shop()
    client = owner_of(shop)
    page = publish(client, ASKING).content.decode()
    assert "Version 1 is live." in page
    services.insert_events(shop.pk, None, "test", [order("7", "250.00"), order("8", "12.00")])
    work()
    run = Run.objects.get()
    assert run.status == "waiting"
    page = client.get(f"/runs/{run.uid}").content.decode()
    assert "order.total &gt;= 1000" in page and "250" in page and "did not hold" in page
    assert "Send a gift?" in page
    assert Tag.objects.get().tag == "big"

    approval = Approval.objects.get()
    attention = client.get("/attention").content.decode()
    assert "Send a gift?" in attention
    client.post(f"/approvals/{approval.pk}/decide", {"answer": "no", "note": "too small"})
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by, approval.note) == ("refused", "ana@example.com", "too small")
    run.refresh_from_db()
    assert run.status == "stopped"
    page = client.get(f"/runs/{run.uid}").content.decode()
    assert "ana@example.com refused: “too small”" in page and "Stopped: no gift" in page


def test_why_not_shows_the_reason_and_the_values_seen() -> None:
    shop = make_shop()
    client = owner_of(shop)
    publish(client, ASKING)
    services.insert_events(shop.pk, None, "test", [order("8", "12.00")])
    work()
    for question in ("8", "#8", "order:8", "mara@example.com"):
        page = client.get("/why", {"subject": question, "flow": "ask-first"}).content.decode()
        assert "The condition was not met" in page, question
        assert "order.total &gt;= 100" in page and ">12<" in page
    assert "No flow ever looked at it" in client.get("/why", {"subject": "nobody"}).content.decode()


def test_problems_are_shown_by_line_and_nothing_is_kept() -> None:
    client = owner_of(make_shop())
    text = ASKING.replace("order.total >= 1000", "order.totl >= 1000").replace("orders.add_tag", "orders.ad_tag")
    response = client.post("/flows/new", {"do": "publish", "text": text})
    page = response.content.decode()
    assert response.status_code == 422
    assert "2 problems to mend" in page
    assert "orders.add_tag" in page and 'class="count">5<' in page and 'class="count">6<' in page
    assert not Flow.objects.filter(name="ask-first").exists()


def test_pausing_and_resuming() -> None:
    shop = make_shop()
    client = owner_of(shop)
    publish(client, ASKING)
    page = client.post("/flows/ask-first/status", {"status": "paused"}, follow=True).content.decode()
    assert "The flow is paused" in page and "Resume" in page
    assert Flow.objects.get(name="ask-first").status == "paused"
    assert "Ask first" in client.get("/attention").content.decode()
    client.post("/flows/ask-first/status", {"status": "live"})
    assert Flow.objects.get(name="ask-first").status == "live"


def test_a_second_version_ends_the_runs_of_the_first_when_asked() -> None:
    shop = make_shop()
    client = owner_of(shop)
    publish(client, ASKING)
    services.insert_events(shop.pk, None, "test", [order("7", "250.00")])
    work()
    edit = client.get("/flows/ask-first/edit").content.decode()
    assert "1 run is under way" in edit
    changed = ASKING.replace("big", "very-big")
    client.post("/flows/ask-first/edit", {"do": "publish", "text": changed, "inflight": "end", "note": "bigger"})
    assert Flow.objects.get(name="ask-first").version == 2
    assert Run.objects.get().status == "stopped"
    assert "bigger" in client.get("/flows/ask-first/versions").content.decode()
    assert "very-big" not in client.get("/flows/ask-first/yaml?version=1").content.decode()


def test_a_run_is_ended_by_hand_with_a_reason() -> None:
    shop = make_shop()
    client = owner_of(shop)
    publish(client, ASKING)
    services.insert_events(shop.pk, None, "test", [order("7", "250.00")])
    work()
    run = Run.objects.get()
    page = client.post(f"/runs/{run.uid}/end", {"reason": "wrong order"}, follow=True).content.decode()
    assert "The run is ended." in page and "ana@example.com ended it: wrong order" in page
    again = client.post(f"/runs/{run.uid}/end", {}, follow=True).content.decode()
    assert "ended already" in again


def test_failed_effects_and_deliveries_are_replayed_from_the_list() -> None:
    seeded = seed()
    client = signed_in(seeded.owner)
    page = client.post("/effects/replay", {"id": [seeded.failed_effect.pk]}, follow=True).content.decode()
    assert "1 effect is tried again. 1 of them waits until its flow, which is paused, is resumed." in page
    assert Effect.objects.get(pk=seeded.failed_effect.pk).status == "pending"
    client.post("/deliveries/replay", {"id": [seeded.broken_delivery.pk], "next": "/attention"})
    assert Delivery.objects.get(pk=seeded.broken_delivery.pk).status == "pending"
    page = client.post("/effects/replay", {}, follow=True).content.decode()
    assert "No failed effect was ticked" in page


def test_a_ready_made_flow_is_installed_as_a_draft() -> None:
    client = owner_of(make_shop())
    listed = client.get("/flows").content.decode()
    assert "Ready-made flows" in listed
    name = listed.partition('name="name" value="')[2].partition('"')[0]
    client.post("/flows/install", {"name": name})
    flow = Flow.objects.get(name=name)
    assert (flow.status, flow.version) == ("draft", None)
    assert client.get(f"/flows/{name}").status_code == 200


def test_a_flow_that_is_not_manual_refuses_to_be_started_by_hand() -> None:
    client = owner_of(make_shop())
    publish(client, ASKING)
    page = client.post("/flows/ask-first/start", {"subject": "order:7"}, follow=True).content.decode()
    assert "not started by hand" in page


def test_a_manual_flow_is_started_by_hand() -> None:
    shop = make_shop()
    client = owner_of(shop)
    publish(client, "flow: by-hand\ntrigger: {manual: order}\nsteps:\n  - log: {text: hello}\n")
    assert "Start it by hand" in client.get("/flows/by-hand").content.decode()
    client.post("/flows/by-hand/start", {"subject": "order:7"})
    work()
    assert Run.objects.get().subject == "order:7"


def test_a_key_is_shown_once_and_can_be_revoked() -> None:
    client = owner_of(make_shop())
    page = client.post("/keys", {"name": "Warehouse", "scopes": ["events:write", "work"]}).content.decode()
    key = ApiKey.objects.get()
    assert key.prefix in page and key.scopes == "read events:write work"
    token = page.partition('id="new-key">')[2].partition("<")[0]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert Client().get("/api/v1/flows", **bearer).status_code == 200
    assert token not in client.get("/keys").content.decode()
    client.post(f"/keys/{key.pk}/revoke")
    assert Client().get("/api/v1/flows", **bearer).status_code == 401


def test_the_language_is_the_browsers_until_one_is_chosen() -> None:
    shop = make_shop()
    client = owner_of(shop)
    assert '<html lang="ro">' in client.get("/", HTTP_ACCEPT_LANGUAGE="ro-RO,ro;q=0.9").content.decode()
    response = client.post("/language", {"language": "pt", "next": "/runs"})
    assert response["Location"] == "/runs"
    assert '<html lang="pt">' in client.get("/", HTTP_ACCEPT_LANGUAGE="ro").content.decode()
