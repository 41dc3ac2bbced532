"""Newsletters by key and by command: written, scheduled, followed, stopped."""

from __future__ import annotations

from calling import call
from seeding import Seeded

from sereno.modules.messages import printing
from sereno.modules.newsletters.models import Newsletter, NewsletterPiece
from sereno.store.keys import issue

GIVEN = {"name": "Autumn", "message": "inactive-news", "schedule": {"kind": "local", "local": "2031-05-01T09:00"}}


def test_the_whole_way(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "k", "read flows:write", "mara")
    made = call(key, "POST", "newsletters", GIVEN, 201)
    assert made["status"] == "draft" and made["counts"]["sent"] == 0
    path = f"newsletters/{made['id']}"
    changed = call(key, "PUT", path, {**GIVEN, "pace": {"per_minute": 100}})
    assert changed["pace"] == {"per_minute": 100, "providers": {}}
    assert call(key, "POST", f"{path}/do", {"do": "schedule"})["due_at"] == "2031-04-30T19:00:00Z"
    call(key, "PUT", path, GIVEN, 409)
    assert call(key, "POST", f"{path}/do", {"do": "pause"})["status"] == "paused"
    assert call(key, "POST", f"{path}/do", {"do": "resume"})["status"] == "scheduled"
    assert [one["id"] for one in call(key, "GET", "newsletters?status=scheduled")["items"]] == [made["id"]]
    assert call(key, "POST", f"{path}/do", {"do": "cancel"})["status"] == "cancelled"
    row = Newsletter.objects.get()
    for number in range(3):
        NewsletterPiece.objects.create(
            newsletter=row, shop=seeded.shop, person=f"c{number}", address=f"c{number}@example.com", provider="other",
            variant="", status="sent", due_at=1, sent_at=1,
        )  # fmt: skip
    first = call(key, "GET", f"{path}/people?limit=2")
    assert [one["customer"] for one in first["items"]] == ["c2", "c1"]
    rest = call(key, "GET", f"{path}/people?limit=2&before={first['next']}")
    assert [one["customer"] for one in rest["items"]] == ["c0"] and rest["next"] is None


def test_what_is_refused_says_why(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "k", "read flows:write", "mara")
    wrong = call(key, "POST", "newsletters", {**GIVEN, "trial": {"share": 20}}, 409)
    assert "a trial needs a second subject" in str(wrong)
    call(issue(seeded.shop.pk, "r", "read", "mara"), "POST", "newsletters", GIVEN, 403)
    call(key, "GET", "newsletters/999999", status=404)
    made = call(key, "POST", "newsletters", {**GIVEN, "message": "order-paid"}, 201)
    refused = call(key, "POST", f"newsletters/{made['id']}/do", {"do": "schedule"}, 409)
    assert "not a marketing mail about a customer" in str(refused)
    call(key, "DELETE", f"newsletters/{made['id']}", status=204)
    assert Newsletter.objects.count() == 0


def test_a_message_that_needs_what_happened_is_no_newsletter(seeded: Seeded) -> None:
    """Its words have holes where the event would stand: "you had an eye on nothing, it costs % less"."""
    key = issue(seeded.shop.pk, "k", "read flows:write", "mara")
    for name, missing in (("price-drop", "products"), ("tier-reached", "event.tier"), ("new-arrivals", "products")):
        made = call(key, "POST", "newsletters", {**GIVEN, "message": name}, 201)
        refused = call(key, "POST", f"newsletters/{made['id']}/do", {"do": "schedule"}, 409)
        assert f"{name} speaks of what happened ({missing})" in str(refused)
    offered = {name for name, _title, _own in printing.choices(seeded.shop.pk)}
    assert {"inactive-news", "welcome-guide"} <= offered
    assert offered.isdisjoint({"price-drop", "tier-reached", "new-arrivals", "restock-notice", "points-expiring"})
