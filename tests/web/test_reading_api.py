"""Reading back by API key."""

from __future__ import annotations

import pytest
from calling import call
from seeding import NOW, Seeded

from sereno.runtime.stores.finding import seal_access
from sereno.store.keys import issue
from sereno.store.models import Connection, Reading, ReadingGap


@pytest.fixture
def store(seeded: Seeded) -> Connection:
    """A connection with a key."""
    access = seal_access({"token": "x"})
    return Connection.objects.create(
        shop=seeded.shop, name="read-back", kind="shopify", access=access, settings={}, created_at=NOW
    )


def key_of(seeded: Seeded, *scopes: str) -> str:
    return issue(seeded.shop.pk, "tests", " ".join(scopes), "ana@example.com")


def test_history_is_asked_for_and_followed(seeded: Seeded, store: Connection) -> None:
    key = key_of(seeded, "read", "settings")
    made = call(key, "POST", "connections/read-back/backfills", {"kinds": ["order"]}, 201)
    assert (made["status"], [one["kind"] for one in made["kinds"]], made["by"]) == ("waiting", ["order"], "api:tests")
    call(key, "POST", "connections/read-back/backfills", {}, 409)
    call(key, "POST", "connections/read-back/backfills", {"kinds": ["moons"]}, 409)
    call(key, "POST", "connections/nobody/backfills", {}, 404)
    id_ = made["id"]
    assert call(key, "POST", f"backfills/{id_}/pause")["status"] == "paused"
    assert call(key, "POST", f"backfills/{id_}/resume")["status"] == "waiting"
    assert call(key, "POST", f"backfills/{id_}/cancel")["status"] == "cancelled"
    call(key, "POST", f"backfills/{id_}/cancel", None, 409)
    assert call(key, "GET", f"backfills/{id_}")["finished_at"]
    assert [one["id"] for one in call(key, "GET", "connections/read-back/backfills")["items"]] == [id_]
    call(key, "GET", f"backfills/{id_ + 9}", None, 404)
    call(key_of(seeded, "read", "work"), "POST", "connections/read-back/backfills", {}, 403)


def test_the_steady_reading_and_its_gaps(seeded: Seeded, store: Connection) -> None:
    key = key_of(seeded, "read", "settings")
    call(key, "GET", "connections/read-back/reading", None, 404)
    call(key, "POST", "connections/read-back/reading/now", {}, 409)
    row = Reading.objects.create(
        connection=store, shop=seeded.shop, every=900, begin_at=NOW, through_at=NOW, next_at=NOW, looked_at=NOW,
        subscriptions={"active": ["orders/create"], "missing": ["orders/paid"]}, last_counts={"order": {"read": 3}},
    )  # fmt: skip
    found = call(key, "GET", "connections/read-back/reading")
    assert found["subscriptions"]["missing"] == ["orders/paid"] and found["last"]["read"] == 3
    assert call(key, "POST", "connections/read-back/reading/now", {"since": "2026-01-01T00:00:00Z"}, 202)
    row.refresh_from_db()
    assert row.through_at.year == 2026 and row.through_at.month == 1
    change = {"every": 60, "is_on": False, "keeps_subscriptions": True}
    changed = call(key, "PATCH", "connections/read-back/reading", change)
    assert {name: changed[name] for name in change} == change
    call(key, "PATCH", "connections/read-back/reading", {"every": 1}, 422)
    ReadingGap.objects.create(
        shop=seeded.shop, connection=store, delivery=999_999, kind="order", facts=2, found_at=NOW, behind=300
    )
    (gap,) = call(key, "GET", "connections/read-back/gaps")["items"]
    assert (gap["kind"], gap["behind_seconds"], gap["facts"]) == ("order", 300, [])
