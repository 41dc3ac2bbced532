"""The permission to write in a store, from the browser and the API: given, refused in words, asked about, taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded, make_shop, person, seed

from sereno.api import access as api_access
from sereno.runtime import connecting
from sereno.runtime.stores.finding import open_access
from sereno.sdk.ports import HttpBlocked
from sereno.store.keys import issue
from sereno.store.models import Alert, Audit, Connection
from sereno.web.connecting import access
from storefront import KIND, URL, Platform, register


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    register()
    platform = Platform(now=datetime.now(UTC))
    monkeypatch.setattr(access, "shop_http", lambda settings: platform)
    monkeypatch.setattr(api_access, "shop_http", lambda settings: platform)
    return platform


@pytest.fixture
def seeded(platform: Platform) -> Seeded:
    seeded = seed()
    connecting.connect(seeded.shop.pk, KIND, "front", by="ana", secrets=["first-secret"], title="Our front")
    return seeded


def owner(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


def page(client: Client, name: str = "front") -> str:
    response = client.get(f"/connections/{name}")
    assert response.status_code == 200
    return response.content.decode()


def give(client: Client, platform: Platform, **values: str) -> Any:
    given = {"access-url": URL, "access-token": platform.token, **values}
    return client.post("/connections/front/access", given)


def held() -> dict[str, str]:
    return open_access(Connection.objects.get(name="front").access)


def test_a_key_is_given_and_the_page_says_what_it_opens(seeded: Seeded, platform: Platform) -> None:
    client = owner(seeded)
    before = page(client)
    assert "Only listens" in before and "Make a key." in before and "Tag orders" in before
    assert give(client, platform).status_code == 302
    after = page(client)
    assert "May write" in after and "Casa over there" in after
    assert platform.token not in after and URL in after
    assert held() == {"url": URL, "token": platform.token}
    line = Audit.objects.get(action="connection.access_given")
    assert line.by == "ana@example.com" and platform.token not in json.dumps(line.details)


def test_a_refusal_says_what_to_do_and_keeps_what_was_typed(seeded: Seeded, platform: Platform) -> None:
    client = owner(seeded)
    response = give(client, platform, **{"access-token": "a wrong one"})
    text = response.content.decode()
    assert response.status_code == 422 and "does not take this key" in text
    assert f'value="{URL}"' in text and "a wrong one" not in text and held() == {}
    response = give(client, platform, **{"access-url": "shop.example"})
    assert "Write it whole" in response.content.decode() and response.status_code == 422
    platform.next_answers = ["busy"]
    assert "did not answer in time" in give(client, platform).content.decode()
    platform.next_answers = ["busy"]
    assert give(client, platform, unasked="yes").status_code == 302
    assert held() and "never" in page(client)


def test_a_refusal_stands_at_the_field_it_is_about(
    seeded: Seeded, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store of one's own network: at the address, with the command that allows it and keeps what was allowed."""
    seeded.shop.settings = {"allowed_hosts": ["erp.internal:80"]}
    seeded.shop.save()
    client = owner(seeded)
    text = give(client, platform, **{"access-token": "a wrong one"}).content.decode()
    assert text.index('name="access-token"') < text.index("does not take this key")

    def send(request: object) -> None:
        raise HttpBlocked("10.0.0.1 is not public")

    monkeypatch.setattr(platform, "send", send)
    text = give(client, platform).content.decode()
    command = f"sereno shop set {seeded.shop.slug} allowed_hosts=erp.internal:80,{URL.partition('//')[2]}"
    assert text.index('name="access-url"') < text.index(command) < text.index('name="access-token"')
    assert held() == {}


def test_what_is_refused_is_shown_and_asked_about(seeded: Seeded, platform: Platform) -> None:
    client = owner(seeded)
    give(client, platform)
    right, platform.token = platform.token, "another"
    client.post("/connections/front/access/check")
    assert "The key is refused" in page(client)
    assert Alert.objects.get(kind="store.key_refused").status == "open"
    platform.token, platform.lacking = right, ["write_orders"]
    client.post("/connections/front/access/check")
    text = page(client)
    assert "May write" in text and "write_orders" in text
    assert Alert.objects.get(kind="store.key_refused").status == "settled"


def test_the_key_is_forgotten(seeded: Seeded, platform: Platform) -> None:
    client = owner(seeded)
    give(client, platform)
    assert client.post("/connections/front/access/take").status_code == 302
    assert held() == {} and "Only listens" in page(client)


def test_a_platform_that_is_only_listened_to_says_nothing_of_it(seeded: Seeded) -> None:
    connecting.connect(seeded.shop.pk, "stripe", "money", by="ana", secrets=["whsec_aaaaaaaaaaaaaaaaaaaaaaaa"])
    assert 'id="access"' not in page(owner(seeded), "money")


def test_who_may_not_change_settings_sees_no_key_and_changes_none(seeded: Seeded, platform: Platform) -> None:
    give(owner(seeded), platform)
    client = Client()
    client.force_login(person(seeded.shop, "support@example.com", "support"))
    text = page(client)
    assert "May write" in text and URL not in text and "access-token" not in text
    for path in ("", "/check", "/take"):
        assert client.post(f"/connections/front/access{path}").status_code == 403
    stranger = Client()
    stranger.force_login(person(make_shop("other"), "eve@example.com", "owner"))
    for path in ("", "/check", "/take"):
        assert stranger.post(f"/connections/front/access{path}").status_code == 404
    assert held()


def test_the_api_gives_shows_asks_and_takes(seeded: Seeded, platform: Platform) -> None:
    key = issue(seeded.shop.pk, "tests", "read settings", "ana")
    client = Client(headers={"authorization": f"Bearer {key}"})
    place = "/api/v1/connections/front/access"
    assert client.get(place).json()["is_given"] is False
    refused = client.put(place, {"values": {"url": URL, "token": "x"}}, "application/json")
    assert refused.status_code == 409 and refused.json()["reason"] == "store.key_refused"
    values = {"url": URL, "token": platform.token}
    given = client.put(place, {"values": values}, "application/json").json()
    assert given["is_given"] and given["shop"] == "Casa over there"
    assert {one["name"] for one in given["abilities"] if one["is_there"]} >= {"tag_order", "refund_order"}
    assert platform.token not in json.dumps(given)
    assert client.post(f"{place}/check").json()["lacking"] == []
    assert client.delete(place).status_code == 204 and held() == {}
    only = Client(headers={"authorization": f"Bearer {issue(seeded.shop.pk, 'reads', 'read', 'ana')}"})
    assert only.put(place, {"values": values}, "application/json").status_code == 403
