"""Who of the staff is who in a chat: the page, the API and the command, and a press that comes through the door."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from seeding import Seeded, person

from sereno.runtime.channels import keeping, staffing
from sereno.store.keys import issue
from sereno.store.models import Audit


@pytest.fixture
def owner(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


def connect(seeded: Seeded, kind: str) -> None:
    access = {"token": "xoxb-1" if kind == "slack" else "12345678:" + "A" * 35, "signing_secret": "s"}
    settings = {"channel": "C1", "bot": "casa_bot"}
    keeping.connect(seeded.shop.pk, kind, access, settings, by="anna", base_url="https://s.example")


def entries(seeded: Seeded) -> list[tuple[str, str, str]]:
    return [(one.person, one.kind, one.account) for one in staffing.entries(seeded.shop.pk)]


def test_the_page_says_what_to_do_first(owner: Client) -> None:
    assert "No chat is connected" in owner.get("/channels/people").content.decode()


def test_an_entry_is_made_shown_and_ended(owner: Client, seeded: Seeded) -> None:
    connect(seeded, "slack")
    connect(seeded, "telegram")
    me = seeded.owner.username
    page = owner.get("/channels/people").content.decode()
    assert "Nobody is entered yet" in page and "https://t.me/casa_bot?start=staff-" in page
    given = {"kind": "telegram", "person": me, "account": "@ana"}
    answer = owner.post("/channels/people", given)
    assert answer.status_code == 422 and "does not look like an account" in answer.content.decode()
    assert owner.post("/channels/people", {**given, "account": "99"}).status_code == 302
    assert entries(seeded) == [(me, "telegram", "99")]
    assert "<code" in owner.get("/channels/people").content.decode()
    assert owner.post("/channels/people", {**given, "account": ""}).status_code == 302
    assert entries(seeded) == []
    assert list(Audit.objects.order_by("id").values_list("action", flat=True))[-2:] == ["desk.entered", "desk.ended"]
    assert "Said which account" in owner.get("/audit").content.decode()


def test_nobody_speaks_for_who_is_more_than_they_are(seeded: Seeded) -> None:
    connect(seeded, "slack")
    given = {"kind": "slack", "person": seeded.owner.username, "account": "U1"}
    for role, status in (("operator", 422), ("support", 422), ("viewer", 422)):
        client = Client()
        client.force_login(person(seeded.shop, f"{role}@example.com", role))
        assert client.post("/channels/people", given).status_code == status
        assert client.get("/channels/people").status_code == 200
    assert entries(seeded) == []


def test_the_api_keeps_and_lists_entries(seeded: Seeded) -> None:
    person(seeded.shop, "op@example.com", "operator")
    key, path = issue(seeded.shop.pk, "test", "read settings", "ana@example.com"), "/api/v1/channels/people"
    client, json_ = Client(headers={"authorization": f"Bearer {key}"}), "application/json"
    given = {"kind": "slack", "person": "op@example.com", "account": "U7"}
    answer = client.put(path, json.dumps(given), content_type=json_)
    assert [one["account"] for one in answer.json()["items"]] == ["U7"]
    assert client.get(path).json()["items"][0]["source"] == "page"
    refused = client.put(path, json.dumps({**given, "person": seeded.owner.username}), content_type=json_)
    assert refused.status_code == 422 and "owner" in refused.content.decode()
    weak = issue(seeded.shop.pk, "test", "read", "ana@example.com")
    only = Client(headers={"authorization": f"Bearer {weak}"})
    assert only.put(path, json.dumps(given), content_type=json_).status_code == 403
