"""Switches and limits by API key."""

from __future__ import annotations

from calling import call
from seeding import NOW, Seeded

from sereno.store.keys import issue
from sereno.store.models import Flow, LimitQuestion, Switch


def key_of(seeded: Seeded, *scopes: str) -> str:
    return issue(seeded.shop.pk, "tests", " ".join(scopes), "ana@example.com")


def test_switches(seeded: Seeded) -> None:
    key = key_of(seeded, "read", "settings")
    listed = call(key, "GET", "switches")["items"]
    assert {"shop", "channel", "connection", "flow"} == {one["kind"] for one in listed}
    off = {"kind": "channel", "name": "email", "reason": "wrong price"}
    assert call(key, "POST", "switches/off", off) == {"changed": True, "cancelled": 0}
    assert call(key, "POST", "switches/off", off)["changed"] is False
    (found,) = [one for one in call(key, "GET", "switches")["items"] if one["is_off"] and one["kind"] == "channel"]
    assert (found["reason"], found["name"]) == ("wrong price", "email") and found["by"]
    call(key, "POST", "switches/on", {"kind": "channel", "name": "email", "older_than_seconds": 0})
    assert not Switch.objects.exists()
    call(key, "POST", "switches/on", {"kind": "channel", "name": "email"}, 404)
    call(key, "POST", "switches/off", {"kind": "moon", "name": "x", "reason": "y"}, 422)
    call(key_of(seeded, "read", "work"), "POST", "switches/off", off, 403)


def test_limits_and_a_question(seeded: Seeded) -> None:
    key = key_of(seeded, "read", "settings")
    given = {"effects_per_hour": 50, "spend_per_day": {"EUR": "12.50"}}
    assert call(key, "PUT", "limits", given) == given
    row = LimitQuestion.objects.create(
        shop=seeded.shop, flow=seeded.thanks, kind="effects_per_hour", span="h:1", limit="50", wanted="51",
        created_at=NOW,
    )  # fmt: skip
    found = call(key, "GET", "limits")
    assert found["usual"] == given
    assert {one["flow"] for one in found["flows"]} >= {"thanks"}
    assert found["flows"][0]["effects_this_hour"] == {"used": "0", "limit": "50", "currency": None}
    assert [one["wanted"] for one in found["questions"]] == ["51"]
    call(key, "POST", f"limits/questions/{row.pk}/answer", {"go_on": True, "allowed": "2"}, 409)
    assert call(key, "POST", f"limits/questions/{row.pk}/answer", {"go_on": True})["status"] == "raised"
    assert Flow.objects.get(pk=seeded.thanks.pk).status == "live"
    call(key, "POST", f"limits/questions/{row.pk + 9}/answer", {"go_on": True}, 404)
