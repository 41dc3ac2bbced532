"""Keys that platforms hand over by themselves: the way there and back, and what is not taken."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from seeding import Seeded, make_shop, person, seed

from sereno.runtime import connecting
from sereno.runtime.clock import VirtualClock
from sereno.runtime.staff import open_staff
from sereno.runtime.stores.finding import open_access
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.store import secrets
from sereno.store.models import Connection
from sereno.web.connecting import granting

APP = {"grant-shop": "casa.myshopify.com", "grant-client_id": "app-1", "grant-client_secret": "app-secret"}


class Answering:
    """Answers what a platform would, by the end of the path."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        path = urlsplit(request.url).path
        if path.endswith("/oauth/access_token"):
            assert json.loads(request.body or b"")["code"] == "the-code"
            return HttpAnswer(200, {}, b'{"access_token": "shpat_token", "scope": "read_orders"}')
        if path.endswith("/graphql.json"):
            shop = {"name": "Casa", "currencyCode": "EUR", "myshopifyDomain": "casa.myshopify.com"}
            app = {"accessScopes": []}
            body = {"data": {"shop": shop, "currentAppInstallation": app}}
            return HttpAnswer(200, {}, json.dumps(body).encode())
        return HttpAnswer(200, {}, b'{"code": "EUR", "environment": {"home_url": "https://woo.example"}}')


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Answering:
    store = Answering()
    monkeypatch.setattr(granting, "shop_http", lambda settings: store)
    return store


def client_of(seeded: Seeded, kind: str) -> Client:
    connecting.connect(seeded.shop.pk, kind, "front", by="ana", secrets=["first-secret"])
    client = Client()
    client.force_login(seeded.owner)
    return client


def begin(client: Client, **values: str) -> dict[str, str]:
    """Gives what the platform is asked for."""
    answer = client.post("/connections/front/grant", values)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"]).content.decode()
    address = page.split('class="button primary" href="')[1].split('"')[0].replace("&amp;", "&")
    return {"address": address, **{key: value[0] for key, value in parse_qs(urlsplit(address).query).items()}}


def signed(**came: str) -> str:
    said = "&".join(f"{name}={came[name]}" for name in sorted(came))
    return urlencode({**came, "hmac": hmac.new(b"app-secret", said.encode(), hashlib.sha256).hexdigest()})


def held() -> dict[str, str]:
    return open_access(Connection.objects.get(name="front").access)


def test_shopifys_code_becomes_a_token(store: Answering) -> None:
    client = client_of(seed(), "shopify")
    asked = begin(client, **APP)
    assert asked["address"].startswith("https://casa.myshopify.com/admin/oauth/authorize?")
    assert "write_orders" in asked["scope"] and asked["redirect_uri"].endswith("/connections/front/grant/back")
    assert "app-secret" not in asked["address"]
    came = signed(code="the-code", shop="casa.myshopify.com", state=asked["state"], timestamp="1")
    client.get(f"/connections/front/grant/back?{came}")
    assert held()["token"] == "shpat_token" and held()["client_id"] == "app-1"
    client.get(f"/connections/front/grant/back?{came}")
    assert sum(one.url.endswith("access_token") for one in store.requests) == 1, "it holds once"


@pytest.mark.parametrize("wrong", ["hmac", "shop", "state", "browser", "late"])
def test_what_nobody_asked_for_is_not_taken(store: Answering, wrong: str) -> None:
    seeded = seed()
    client = client_of(seeded, "shopify")
    state = begin(client, **APP)["state"]
    given = {"code": "the-code", "shop": "casa.myshopify.com", "state": state, "timestamp": "1"}
    if wrong == "shop":
        given["shop"] = "evil.myshopify.com"
    if wrong == "state":
        given["state"] = secrets.encrypt([json.dumps({"name": "other", "shop": seeded.shop.pk, "at": 0})])
    came = signed(**given) + ("0" if wrong == "hmac" else "")
    if wrong == "browser":
        client = Client()
        client.force_login(person(seeded.shop, "other@example.com", "owner"))
    staff = open_staff().world
    clock = staff.clock
    if wrong == "late":
        staff.clock = VirtualClock(datetime.now(UTC) + timedelta(minutes=16))
    try:
        client.get(f"/connections/front/grant/back?{came}")
    finally:
        staff.clock = clock
    assert held() == {} and store.requests == []


def test_woocommerce_sends_the_key_to_the_inbox(store: Answering) -> None:
    client = client_of(seed(), "woocommerce")
    asked = begin(client, **{"grant-url": "https://woo.example"})
    assert asked["address"].startswith("https://woo.example/wc-auth/v1/authorize?")
    key: dict[str, Any] = {
        "key_id": 1, "user_id": asked["user_id"], "consumer_key": "ck_1234567890", "consumer_secret": "cs_1234567890",
        "key_permissions": "read_write",
    }  # fmt: skip
    inbox = urlsplit(asked["callback_url"]).path
    stranger = Client(enforce_csrf_checks=True)
    for bad in ({**key, "user_id": "17"}, {**key, "key_permissions": "read"}, ["x"]):
        assert stranger.post(inbox, json.dumps(bad), "application/json").status_code == 404
    assert stranger.post("/grants/nobody", json.dumps(key), "application/json").status_code == 404
    assert held() == {}
    assert stranger.post(inbox, json.dumps(key), "application/json").status_code == 200
    assert held()["consumer_key"] == "ck_1234567890" and held()["url"] == "https://woo.example"
    assert client.get("/connections/front/grant/back?success=1").status_code == 302


def test_another_shops_people_begin_nothing(store: Answering) -> None:
    client_of(seed(), "shopify")
    stranger = Client()
    stranger.force_login(person(make_shop("other"), "eve@example.com", "owner"))
    assert stranger.post("/connections/front/grant", APP).status_code == 404
    assert stranger.get("/connections/front/grant/back?state=x").status_code == 404


def test_what_is_missing_is_said(store: Answering) -> None:
    client = client_of(seed(), "shopify")
    answer = client.post("/connections/front/grant", {**APP, "grant-client_id": ""}, follow=True)
    assert "This is needed." in answer.content.decode()
