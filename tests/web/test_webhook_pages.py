"""Outgoing webhooks on their pages: made, tested, changed, switched off and on, never another shop's."""

from __future__ import annotations

import pytest
from seeding import make_shop, person
from test_actions import signed_in, work

from sereno.runtime import webhooks
from sereno.store.models import Audit, Effect, Webhook

NEW = {"name": "Warehouse", "url": "https://warehouse.invalid/hooks", "types": ["run.failed", "effect.failed"]}


def test_from_making_one_to_removing_it() -> None:
    shop = make_shop()
    client = signed_in(person(shop, "olga@example.com", "owner"))
    assert "Nobody is told yet" in client.get("/webhooks").content.decode()
    page = client.post("/webhooks", NEW, follow=True).content.decode()
    row = Webhook.objects.get()
    assert "whsec_" in page and row.types == ["effect.failed", "run.failed"]
    assert "whsec_" not in client.get(f"/webhooks/{row.pk}").content.decode(), "shown once"
    client.post(f"/webhooks/{row.pk}/act", {"do": "test"})
    work()
    page = client.get(f"/webhooks/{row.pk}").content.decode()
    assert "webhook.test" in page
    sent = Effect.objects.get(action="webhooks.deliver")
    body = client.get(f"/webhooks/{row.pk}/messages/{sent.pk}").content.decode()
    assert "webhook.test" in body and sent.key in body
    client.post(f"/webhooks/{row.pk}", {**NEW, "types": ["flow.published"]})
    row.refresh_from_db()
    assert row.types == ["flow.published"]
    for doing, status in (("pause", "paused"), ("resume", "active")):
        client.post(f"/webhooks/{row.pk}/act", {"do": doing})
        row.refresh_from_db()
        assert row.status == status
    assert "whsec_" in client.post(f"/webhooks/{row.pk}/act", {"do": "rotate"}, follow=True).content.decode()
    client.post(f"/webhooks/{row.pk}/act", {"do": "remove"})
    assert not Webhook.objects.exists()
    told = set(Audit.objects.filter(action__startswith="webhook.").values_list("action", flat=True))
    assert {"webhook.created", "webhook.tested", "webhook.changed", "webhook.secret_rotated", "webhook.removed"} <= told


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Give it a name"),
        ({"types": []}, "Tick at least one event"),
        ({"url": "warehouse.example"}, "begins with https://"),
        ({"url": "https://me:pw@warehouse.example"}, "must not carry a password"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(wrong: dict[str, object], said: str) -> None:
    client = signed_in(person(make_shop(), "olga@example.com", "owner"))
    answer = client.post("/webhooks", {**NEW, **wrong})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert Webhook.objects.count() == 0


def test_failed_messages_are_sent_again() -> None:
    shop = make_shop()
    client = signed_in(person(shop, "olga@example.com", "owner"))
    id_, _ = webhooks.create_webhook(shop.pk, "W", "https://w.invalid", ["*"], "olga")
    webhooks.test_webhook(shop.pk, id_, "olga")
    Effect.objects.filter(action="webhooks.deliver").update(status="failed", message="HTTP 500")
    Webhook.objects.update(status="disabled", reason="Nothing could be delivered for days.")
    page = client.get(f"/webhooks/{id_}").content.decode()
    assert "Switched off" in page and "Send the failed again" in page
    client.post(f"/webhooks/{id_}/act", {"do": "resend"})
    assert Effect.objects.get(action="webhooks.deliver").status == "pending"


def test_only_those_who_set_things_up_and_never_another_shop() -> None:
    shop, other = make_shop(), make_shop(slug="other")
    id_, _ = webhooks.create_webhook(other.pk, "theirs", "https://theirs.invalid", ["*"], "eva")
    client = signed_in(person(shop, "olga@example.com", "owner"))
    assert "theirs" not in client.get("/webhooks").content.decode()
    assert client.get(f"/webhooks/{id_}").status_code == 404
    assert client.post(f"/webhooks/{id_}/act", {"do": "remove"}).status_code == 404
    assert signed_in(person(shop, "vic@example.com", "viewer")).get("/webhooks").status_code == 403


def test_its_messages_are_at_home_on_the_pages_of_effects_runs_and_flows() -> None:
    shop = make_shop()
    client = signed_in(person(shop, "olga@example.com", "owner"))
    id_, _ = webhooks.create_webhook(shop.pk, "W", "https://w.invalid", ["*"], "olga")
    webhooks.test_webhook(shop.pk, id_, "olga")
    Effect.objects.filter(action="webhooks.deliver").update(status="failed", error="http.refused", message="HTTP 500")
    effect = Effect.objects.select_related("run", "flow").get(action="webhooks.deliver")
    places = (
        "/",
        "/attention",
        "/effects?status=failed",
        f"/effects/{effect.pk}",
        "/runs",
        f"/runs/{effect.run.uid}",
        "/flows",
        f"/flows/{effect.flow.name}",
        "/audit",
    )
    for place in places:
        assert client.get(place).status_code == 200, place
