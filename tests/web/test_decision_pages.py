"""The pages of the decisions: options, rules and variants without code, tried, published, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.runtime.decisions import asking, keeping
from sereno.store.database import default_database
from sereno.store.models import StorefrontKey


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> Seeded:
    monkeypatch.setattr(asking, "FRESH", 0.0)
    asking._standing(default_database())._held.clear()
    return seed()


@pytest.fixture
def client(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


def post(client: Client, path: str, status: int = 302, **values: Any) -> Any:
    answer = client.post(f"/decisions{path}", values)
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer


def draft(seeded: Seeded) -> Any:
    return keeping.read_kept(seeded.shop.pk).draft


def options(client: Client) -> None:
    for kind, id_, name in (("payment", "card", "Card"), ("payment", "cod", "Cash"), ("delivery", "courier", "")):
        post(client, "/options", kind=kind, id=id_, name=name)


def test_a_rule_from_nothing_to_live_and_back(seeded: Seeded, client: Client) -> None:
    assert "Everybody sees everything" in client.get("/decisions").content.decode()
    options(client)
    form = {"name": "Dear", "when-mode": "rows", "when-join": "all", "do": "hide", "options": "cod"}
    rows = {"when-0-field": "cart.total", "when-0-op": "gt", "when-0-v": "300"}
    post(client, "/rules/new", **form, **rows)
    (rule,) = draft(seeded)["rules"]
    assert rule == {
        "name": "Dear", "do": "hide", "options": ["cod"], "is_on": True, "when": "cart.total > 300", "id": "rule-1",
    }  # fmt: skip
    page = client.get("/decisions").content.decode()
    assert "The draft is not live yet" in page and "€300.00" in page, "an amount says of what"
    assert "Total (EUR)" in client.get("/decisions/try").content.decode()
    tried = client.get("/decisions/try?total=400").content.decode()
    assert "is-hidden" in tried
    assert "is-hidden" not in client.get("/decisions/try?total=30").content.decode()
    post(client, "/publish", revision=keeping.read_kept(seeded.shop.pk).revision, note="first")
    assert asking.live_plan(seeded.shop.pk).rules[0].name == "Dear"
    post(client, "/rule/rule-1/move", do="off")
    assert draft(seeded)["rules"][0]["is_on"] is False
    post(client, "/undo")
    assert draft(seeded)["rules"][0]["is_on"] is True
    post(client, "/options", do="remove", id="cod")
    assert draft(seeded)["rules"] == []
    post(client, "/publish")
    post(client, "/roll-back", version=1)
    assert asking.live_plan(seeded.shop.pk).rules[0].name == "Dear"


def test_rules_change_their_order_and_keep_what_was_typed(seeded: Seeded, client: Client) -> None:
    options(client)
    form = {"when-mode": "rows", "when-join": "all", "do": "hide"}
    for name, option in (("One", "cod"), ("Two", "card")):
        post(client, "/rules/new", name=name, options=option, **form)
    post(client, "/rule/rule-2/move", do="up")
    assert [one["name"] for one in draft(seeded)["rules"]] == ["Two", "One"]
    refused = post(client, "/rules/rule-1", 422, name="Kept", do="rename", options="cod", **{"when-mode": "rows"})
    assert 'value="Kept"' in refused.content.decode()
    pressed = post(client, "/rules/rule-1", 200, name="Kept", options="cod", **form, **{"f-do": "when:add:"})
    assert "when-0-field" in pressed.content.decode()
    wrong = post(client, "/rules/rule-1", 422, name="x", options="cod", do="hide", **{"when-mode": "text", "when-text": "cart.totl > 1"})  # fmt: skip # noqa: E501
    assert "totl" in wrong.content.decode()
    post(client, "/rule/rule-2/move", do="remove")
    assert [one["name"] for one in draft(seeded)["rules"]] == ["One"]
    post(client, "/rule/rule-2/move", do="remove")  # it is gone already: said, not broken
    post(client, "/rule/rule-1/move", 404, do="dance")
    client.get("/decisions/rules/rule-9")


def test_variants_are_compared(seeded: Seeded, client: Client) -> None:
    form = {
        "name": "Pages", "arm-0": "three", "weight-0": "50", "arm-1": "one", "weight-1": "50", "url-1": "/one",
        "window": "7", "at_least": "14", "at_most": "84", "metric": "orders", "then": "use", "when-mode": "rows",
    }  # fmt: skip
    post(client, "/variants/new", 422, **{**form, "arm-1": ""})
    post(client, "/variants/new", **form)
    (made,) = draft(seeded)["variants"]
    assert made["arms"] == [{"name": "three", "weight": 50}, {"name": "one", "weight": 50, "values": {"url": "/one"}}]
    page = client.get("/decisions").content.decode()
    assert "give the winner to everybody" in page
    assert client.get("/decisions/variants/variants-1").status_code == 200


def test_a_key_for_the_pages(seeded: Seeded, client: Client) -> None:
    assert post(client, "/keys", 422, name="Shop", origins="nonsense").status_code == 422
    page = post(client, "/keys", 200, name="Shop", origins="https://shop.example").content.decode()
    key = StorefrontKey.objects.get()
    assert f"/storefront/{key.token}/sereno.js" in page
    post(client, f"/keys/{key.pk}/revoke")
    assert StorefrontKey.objects.get().revoked_at is not None
