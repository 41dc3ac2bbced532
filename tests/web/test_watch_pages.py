"""The pages of the watch, and the same by API and command line: what is amiss, what people say to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from seeding import Seeded
from test_actions import signed_in

from sereno.runtime.watching.alerting import raise_alert
from sereno.runtime.watching.expecting import Hour, learn
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.keys import issue
from sereno.store.models import Alert, AlertListener, Audit, WatchHour, WatchPause, WatchSeries

NOW = datetime.now(UTC)


@pytest.fixture
def client(seeded: Seeded) -> Client:
    return signed_in(seeded.owner)


def rise(seeded: Seeded, kind: str = "effects.failed", about: str = "flow:thanks", **facts: Any) -> Alert:
    with default_database().transaction() as tx:
        raise_alert(
            tx,
            seeded.shop.pk,
            kind=kind,
            about=about,
            text_code=kind,
            values={"name": "Thank big orders", "what": "0", "reason": "smtp.refused", **facts},
            now=to_micros(NOW - timedelta(minutes=5)),
        )
    return Alert.objects.get(shop=seeded.shop, kind=kind, about=about)


def silent_series(seeded: Seeded) -> WatchSeries:
    """The flow has started every hour for six weeks, and not for two days."""
    last = int((NOW - timedelta(days=2)).timestamp()) // 3600
    hours = {hour: Hour(1, 3600, hour * 3600 + 1800) for hour in range(last - 6 * 168, last)}
    profile = learn(hours, last - 6 * 168, last, "Europe/Madrid")
    assert profile is not None
    from msgspec import to_builtins

    row = WatchSeries.objects.create(
        shop=seeded.shop,
        kind="flow",
        name=str(seeded.recovery.pk),
        first_hour=last - 6 * 168,
        last_at=NOW - timedelta(days=2),
        learned_hour=last,
        profile=to_builtins(profile),
    )
    WatchHour.objects.create(series=row, hour=last, count=3, pause=0, pause_end=NOW)
    return row


def test_the_page_says_what_is_amiss_and_what_to_do(client: Client, seeded: Seeded) -> None:
    assert "Nothing is amiss" in client.get("/watch").content.decode()
    row = rise(seeded)
    page = client.get("/watch").content.decode()
    assert "Thank big orders”: step 0 fails with smtp.refused" in page
    assert f"/watch/alerts/{row.pk}" in page
    assert "fails with smtp.refused" in client.get("/").content.decode()


def test_a_connectors_reason_is_in_the_readers_language(client: Client, seeded: Seeded) -> None:
    reason = "orders/create: the body is not a JSON object but a list."
    rise(seeded, "deliveries.failed", "connection:lantern-store", name="lantern-store", reason=reason)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    page = client.get("/watch").content.decode()
    assert "no se puede leer" in page
    assert "orders/create" in page
    assert reason not in page


@pytest.mark.parametrize(
    ("do", "status"), [("acknowledge", "acknowledged"), ("snooze:8h", "snoozed"), ("settle", "settled")]
)
def test_a_person_answers_an_alert(client: Client, seeded: Seeded, do: str, status: str) -> None:
    row = rise(seeded)
    answer = client.post(f"/watch/alerts/{row.pk}", {"do": do})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.status == status
    assert Audit.objects.filter(shop=seeded.shop, action__startswith="alert.").count() == 1
    if status != "settled":
        client.post(f"/watch/alerts/{row.pk}", {"do": "open"})
        row.refresh_from_db()
        assert row.status == "open"


def test_a_viewer_only_looks(seeded: Seeded) -> None:
    client = signed_in(seeded.viewer)
    row = rise(seeded)
    assert client.get("/watch").status_code == 200
    assert client.post(f"/watch/alerts/{row.pk}", {"do": "settle"}).status_code == 403


def test_a_silence_is_shown_and_can_be_called_normal(client: Client, seeded: Seeded) -> None:
    series = silent_series(seeded)
    page = client.get("/watch").content.decode()
    assert "Silent for too long" in page
    row = rise(seeded, "flow.silent", f"flow:{seeded.recovery.name}")
    one = client.get(f"/watch/{series.pk}").content.decode()
    assert "It rang" in one
    assert "This is normal" in one
    client.post(f"/watch/alerts/{row.pk}", {"do": "normal"})
    series.refresh_from_db()
    row.refresh_from_db()
    assert series.tolerance > 1.5
    assert row.status == "settled"
    assert "It would" not in client.get(f"/watch/{series.pk}").content.decode()
    assert "Silent for too long" not in client.get("/watch").content.decode()


def test_what_is_not_to_be_watched_is_not(client: Client, seeded: Seeded) -> None:
    series = silent_series(seeded)
    client.post(f"/watch/{series.pk}/change", {"watch": "no"})
    assert "Not watched" in client.get("/watch").content.decode()
    client.post(f"/watch/{series.pk}/change", {"watch": "yes", "tolerance": "2"})
    series.refresh_from_db()
    assert (series.is_ignored, series.tolerance) == (False, 2.0)
    client.post(f"/watch/{series.pk}/change", {"tolerance": "nan"})
    series.refresh_from_db()
    assert series.tolerance == 2.0


def test_closing_days_and_who_hears(client: Client, seeded: Seeded) -> None:
    client.post("/watch/pauses", {"from": "2026-12-24", "to": "2027-01-03", "note": "Christmas"})
    pause = WatchPause.objects.get(shop=seeded.shop)
    assert pause.ends_at - pause.begins_at == timedelta(days=11)
    assert client.post("/watch/pauses", {"from": "never"}).status_code == 302
    client.post("/watch/hears", {"user": seeded.owner.pk, "hears": "critical", "quiet_from": "22", "quiet_until": "7"})
    held = AlertListener.objects.get(shop=seeded.shop)
    assert (held.hears, held.quiet_from, held.quiet_until) == ("critical", 22, 7)
    page = client.get("/watch/settings").content.decode()
    assert "Christmas" in page
    client.post("/watch/pauses", {"remove": pause.pk})
    assert not WatchPause.objects.filter(shop=seeded.shop).exists()
    signed_in(seeded.viewer).post("/watch/hears", {"user": seeded.owner.pk, "hears": "none"})
    held.refresh_from_db()
    assert held.hears == "critical", "others are not changed by a viewer"


def test_the_same_by_api(seeded: Seeded) -> None:
    row = rise(seeded)
    token = issue(seeded.shop.pk, "tests", "read work", "olga")
    client, head = Client(), {"authorization": f"Bearer {token}"}
    (found,) = client.get("/api/v1/alerts", headers=head).json()["items"]
    assert (found["kind"], found["status"], found["count"]) == ("effects.failed", "open", 1)
    answer = client.post(f"/api/v1/alerts/{row.pk}/acknowledge", headers=head)
    assert answer.json()["status"] == "acknowledged"
    client.post(f"/api/v1/alerts/{row.pk}/settle", headers=head)
    assert client.get("/api/v1/alerts", headers=head).json()["items"] == []
    assert len(client.get("/api/v1/alerts?status=all", headers=head).json()["items"]) == 1
    assert client.get("/api/v1/alerts/999999", headers=head).status_code == 404
