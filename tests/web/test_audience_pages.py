"""Lists that are kept in step with segments, on their page, by the API and by whoever may change settings alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person

from sereno.api import audiences as api
from sereno.api import tools
from sereno.modules.catalog.models import ProductMark
from sereno.modules.tools.models import Audience
from sereno.runtime import connecting
from sereno.runtime.segments import services as segmenting
from sereno.runtime.stores import permitting
from sereno.runtime.tools import attaching
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.store.keys import issue
from sereno.store.models import Audit, Shop
from sereno.web.connecting import lists

LISTS = {"data": [{"id": "5", "name": "VIP over there", "approximate_count_lower_bound": 1200}]}


class Meta:
    def send(self, request: HttpRequest) -> HttpAnswer:
        is_lists = request.url.partition("?")[0].endswith("/customaudiences")
        body: Any = LISTS if is_lists else {"name": "Shop", "account_status": 1}
        return HttpAnswer(200, {}, json.dumps(body).encode())


@pytest.fixture
def owner(shop: Shop) -> User:
    return person(shop, "ana@example.com", "owner")


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture(autouse=True)
def meta(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Meta:
    web = Meta()
    monkeypatch.setattr(lists, "shop_http", lambda settings: web)
    monkeypatch.setattr(api, "shop_http", lambda settings: web)
    monkeypatch.setattr(tools, "shop_http", lambda settings: web)
    connecting.connect(shop.pk, "metaads", "ads", by="ana", secrets=["s"], base_url="https://sereno.example/")
    permitting.give_access("ads", {"token": "t", "account": "42"}, by="ana", shop_id=shop.pk, http=web)
    segmenting.create(shop.pk, "vip", {"field": "tags", "is": "has", "value": "vip"}, "ana")
    return web


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def headers(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(shop.pk, 'test', 'read settings', 'ana')}"}


def test_a_segment_is_attached_seen_and_detached(client: Client, shop: Shop) -> None:
    empty = text(client, "/audiences")
    assert "No list is kept in step yet" in empty and "/connections/ads/lists" in empty
    seen = text(client, "/connections/ads/lists?list=5&segment=vip")
    assert 'value="attach" checked' in seen and "agreed to marketing by mail" in seen
    given = {"list": "5", "segment": "vip", "how": "attach"}
    page = client.post("/connections/ads/lists/fill", given, follow=True).content.decode()
    assert "VIP over there" in page and "Being filled" in page and "/segments/vip" in page
    assert "kept in step with the segment" in text(client, "/connections/ads/lists?list=5&segment=vip")
    again = client.post("/connections/ads/lists/fill", given, follow=True).content.decode()
    assert "detach it first" in again and Audience.objects.count() == 1
    kept = client.post("/segments/vip/remove", follow=True).content.decode()
    assert "VIP over there" in kept and "Audiences" in kept
    number = Audience.objects.get().pk
    assert "compared now" in client.post(f"/audiences/{number}/compare", follow=True).content.decode()
    gone = client.post(f"/audiences/{number}/detach", {"stays": "no"}, follow=True).content.decode()
    assert "Being let go" in gone and Audience.objects.get().status == "leaving"
    assert "Being let go" in client.post(f"/audiences/{number}/detach", {"stays": "yes"}, follow=True).content.decode()
    assert Audience.objects.get().status == "letting"
    acts = Audit.objects.filter(action__startswith="audience.").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["audience.attached", "audience.hurried", "audience.detached", "audience.detached"]


def test_figures_reasons_and_the_last_failure_are_said(client: Client, shop: Shop) -> None:
    attaching.attach("ads", "5", "vip", by="ana", shop_id=shop.pk, http=Meta())
    now = datetime.now(UTC)
    Audience.objects.update(
        put=1234, taken=56, invalid=2, drift=3, in_step_at=now, compared_at=now, error="store.refused",
        message="The list is closed", failed_at=now, failures=2, next_at=now + timedelta(minutes=30),
        counts={"on": 1178, "put": 7, "take": 4, "turned": {"consent.missing": 9, "address.missing": 1}},
    )  # fmt: skip
    page = text(client, "/audiences")
    for said in (
        "1,178", "1,234 put on, 56 taken off", "7 to be put on, 4 to be taken off", "9 · did not agree",
        "3 mended", "2 entries", "Cannot go on", "The list is closed", "Try again now", "1,200 people",
    ):  # fmt: skip
        assert said in page, said
    (one,) = client.get("/api/v1/audiences", headers=headers(shop)).json()["items"]
    assert (one["state"], one["on"], one["putting"], one["taking"], one["turned"]["consent.missing"]) == (
        *("failing", 1178, 7, 4, 9),
    )
    assert one["error"] == "store.refused" and one["next_at"] > one["failed_at"]


def test_advertisements_that_wait_for_stock_are_listed(client: Client, shop: Shop) -> None:
    at = datetime.now(UTC)
    ProductMark.objects.create(shop=shop, product="77", kind="ad:x", text="run-1|campaign|ads|4711", at=at)
    page = text(client, "/audiences")
    assert "4711" in page and "Campaign" in page
    (one,) = client.get("/api/v1/audiences", headers=headers(shop)).json()["paused"]
    assert (one["product"], one["id"], one["connection"], one["kind"]) == ("77", "4711", "ads", "campaign")


def test_the_api_attaches_compares_and_detaches(client: Client, shop: Shop) -> None:
    asked: dict[str, Any] = {"headers": headers(shop), "content_type": "application/json"}
    seen = client.get("/api/v1/connections/ads/lists/5/filling?segment=vip", headers=headers(shop))
    assert seen.status_code == 200, seen.json()
    path = "/api/v1/connections/ads/lists/5/attach"
    number = client.post(path, {"segment": "vip"}, **asked).json()["id"]
    assert client.post(path, {"segment": "vip"}, **asked).status_code in (409, 422)
    assert client.post(path, {"segment": "nobody"}, **asked).status_code in (404, 422)
    assert client.post(f"/api/v1/audiences/{number}/compare", **asked).status_code == 204
    assert client.post(f"/api/v1/audiences/{number}/detach", {"stays": True}, **asked).status_code == 204
    assert client.post(f"/api/v1/audiences/{number + 9}/detach", {"stays": True}, **asked).status_code == 404
    assert client.post(f"/api/v1/audiences/{number + 9}/compare", **asked).status_code == 404
    reading = {"Authorization": f"Bearer {issue(shop.pk, 'r', 'read', 'ana')}"}
    assert client.get("/api/v1/audiences", headers=reading).status_code == 200
    denied = client.post(f"/api/v1/audiences/{number}/compare", headers=reading, content_type="application/json")
    assert denied.status_code == 403


def test_who_may_only_work_sees_and_changes_nothing(shop: Shop) -> None:
    number = attaching.attach("ads", "5", "vip", by="ana", shop_id=shop.pk, http=Meta())
    client = Client()
    client.force_login(person(shop, "sam@example.com", "marketer"))
    page = text(client, "/audiences")
    assert "VIP over there" in page and f"/audiences/{number}/detach" not in page
    assert client.post(f"/audiences/{number}/detach", {"stays": "no"}).status_code == 403
    other = make_shop("other")
    boss = Client()
    boss.force_login(person(other, "eva@example.com", "owner"))
    assert "VIP over there" not in text(boss, "/audiences")
    boss.post(f"/audiences/{number}/detach", {"stays": "no"})
    assert Audience.objects.get().status == "on"
