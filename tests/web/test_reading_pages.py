"""The page of reading back: what was missed, the webhooks over there, and history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from seeding import NOW, Seeded

from sereno.runtime.stores.finding import seal_access
from sereno.store.models import Audit, Backfill, Connection, Delivery, Event, Reading, ReadingGap


def sign_in(seeded: Seeded, role: str = "owner") -> Client:
    client = Client()
    client.force_login(seeded.viewer if role == "viewer" else seeded.owner)
    return client


@pytest.fixture
def store(seeded: Seeded) -> Connection:
    access = seal_access({"token": "x"})
    return Connection.objects.create(
        shop=seeded.shop,
        name="read-back",
        kind="woocommerce",
        access=access,
        settings={"title": "Till"},
        created_at=NOW,
    )


def reading_of(store: Connection, **changes: Any) -> Reading:
    return Reading.objects.create(
        connection=store, shop=store.shop, every=900, begin_at=NOW, through_at=NOW, next_at=NOW, last_at=NOW,
        **changes,
    )  # fmt: skip


def page(client: Client) -> str:
    answer = client.get("/connections/read-back/reading")
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_key_it_says_what_to_do(seeded: Seeded, store: Connection) -> None:
    client = sign_in(seeded)
    Connection.objects.update(access="")
    assert "Reading needs a key to the store" in page(client)
    assert "/connections/read-back#access" in page(client)
    assert client.get("/connections/nothing/reading").status_code == 404


def test_gaps_lead_to_what_was_missed(seeded: Seeded, store: Connection) -> None:
    reading_of(store, last_counts={"order": {"read": 1200, "new": 2, "gaps": 1}}, looked_at=NOW,
               subscriptions={"active": ["order.created"], "missing": ["order.updated"], "inactive": []})  # fmt: skip
    delivery = Delivery.objects.create(
        connection=store, dedupe_key="gap:1", topic="order.updated", headers={"x-sereno-read": "gap"}, body=b"{}",
        received_at=NOW, status="done",
    )  # fmt: skip
    event = Event.objects.create(
        shop=seeded.shop, connection=store, delivery=delivery, source="read-back", uid="order:7:paid",
        type="order.paid", subject="order:7", occurred_at=NOW, received_at=NOW, data={}, refs={}, lane=0,
    )  # fmt: skip
    ReadingGap.objects.create(
        shop=seeded.shop, connection=store, delivery=delivery.pk, kind="order", facts=1, found_at=NOW, behind=840
    )
    client = sign_in(seeded)
    found = page(client)
    assert f'href="/events/{event.pk}"' in found and "order.paid" in found and "14 minutes" in found
    assert "1,200" in found and "1 missing" in found and "order.updated" in found
    Event.objects.update(occurred_at=NOW - timedelta(minutes=14))
    assert (
        "read back from the store, 14 minutes after it happened" in client.get(f"/events/{event.pk}").content.decode()
    )
    assert "Gaps made good" in client.get("/connections/read-back").content.decode()
    assert "Read back from the store" in client.get(f"/deliveries/{delivery.pk}").content.decode()


def test_history_is_begun_paused_and_ended_by_hand(seeded: Seeded, store: Connection) -> None:
    client = sign_in(seeded)
    reading_of(store)
    base = "/connections/read-back/reading"
    assert "Bring history in" in page(client)
    client.post(f"{base}/history", {"kind": ["order"], "span": "90"})
    job = Backfill.objects.get()
    assert (job.kinds, job.status, job.since is not None) == (["order"], "waiting", True)
    Backfill.objects.update(status="running", counts={"order": {"read": 250, "total": 1000, "new": 500, "failed": 1}})
    found = page(client)
    assert (
        'value="25"' in found and "250 of 1,000" in found and "500 new facts" in found and "1 not understood" in found
    )
    assert 'hx-trigger="every 2s"' in found
    for doing, status in (("pause", "paused"), ("resume", "waiting"), ("cancel", "cancelled")):
        client.post(f"{base}/history/{job.pk}", {"do": doing})
        job.refresh_from_db()
        assert job.status == status
    assert "is over already" in client.post(f"{base}/history/{job.pk}", {"do": "cancel"}, follow=True).content.decode()
    client.post(f"{base}/history", {"kind": ["moons"]})
    assert Backfill.objects.count() == 1
    assert Audit.objects.filter(action__startswith="backfill.").count() == 4


def test_how_often_and_whether_webhooks_are_kept(seeded: Seeded, store: Connection) -> None:
    client = sign_in(seeded)
    row = reading_of(store)
    base = "/connections/read-back/reading"
    client.post(f"{base}/change", {"every": "3600"})
    client.post(f"{base}/change", {"keeps": "yes"})
    client.post(f"{base}/change", {"is_on": "no"})
    row.refresh_from_db()
    assert (row.every, row.keeps_subscriptions, row.is_on) == (3600, True, False)
    assert "every hour" in page(client)
    Reading.objects.update(next_at=NOW + timedelta(days=400))
    client.post(f"{base}/now")
    row.refresh_from_db()
    assert row.is_on and row.next_at < NOW + timedelta(days=399)
    Reading.objects.update(error="store.key_refused", message="401: no", failures=3)
    found = page(client)
    assert "does not take the key" in found and "401: no" in found and "tried 3 times" in found


def test_who_only_looks_changes_nothing(seeded: Seeded, store: Connection) -> None:
    reading_of(store)
    client = sign_in(seeded, role="viewer")
    assert "Bring history in" not in page(client)
    assert client.post("/connections/read-back/reading/history", {}).status_code == 403
