"""Lists over there that are read back, and lists that flows fill: on the page of audiences, in segments, by API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import person

from sereno.api import audiences as api
from sereno.modules.tools.models import Mirror
from sereno.runtime import connecting, services
from sereno.runtime.publishing import publish
from sereno.runtime.stores import permitting
from sereno.runtime.tools import mirroring
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.store.keys import issue
from sereno.store.models import Audit, Shop
from sereno.web.connecting import lists

LISTS = {"lists": [{"id": "aud1", "name": "News over there", "stats": {"member_count": 3}}]}
FILLING = """\
flow: fill-list
name: Buyers onto the list
trigger: {event: order.created}
steps:
  - if: order.total > 100
    then:
      - audience.add: {list: aud7, tool: readers}
"""


class Mailchimp:
    def send(self, request: HttpRequest) -> HttpAnswer:
        is_lists = request.url.partition("?")[0].endswith("/lists")
        return HttpAnswer(200, {}, json.dumps(LISTS if is_lists else {"account_name": "Shop"}).encode())


@pytest.fixture
def client(shop: Shop) -> Client:
    owner: User = person(shop, "ana@example.com", "owner")
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture(autouse=True)
def readers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Mailchimp:
    web = Mailchimp()
    monkeypatch.setattr(lists, "shop_http", lambda settings: web)
    monkeypatch.setattr(api, "shop_http", lambda settings: web)
    connecting.connect(shop.pk, "mailchimp", "readers", by="ana", secrets=["s"], base_url="https://sereno.example/")
    permitting.give_access("readers", {"key": "k-us21"}, by="ana", shop_id=shop.pk, http=web)
    return web


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_list_is_read_back_chosen_in_a_segment_and_let_go(client: Client, shop: Shop) -> None:
    assert "/connections/readers/lists/mirror" in text(client, "/connections/readers/lists")
    page = client.post("/connections/readers/lists/mirror", {"list": "aud1"}, follow=True).content.decode()
    assert "News over there" in page and "readers/aud1" in page and "Being read" in page
    again = client.post("/connections/readers/lists/mirror", {"list": "aud1"}, follow=True).content.decode()
    assert "read back already" in again and Mirror.objects.count() == 1
    assert "is read back" in text(client, "/connections/readers/lists")
    one = Mirror.objects.get()
    Mirror.objects.update(read_at=datetime.now(UTC), people=1234, error="store.refused", message="Gone")
    page = text(client, "/audiences")
    assert "1,234" in page and "Cannot be read" in page and "Gone" in page
    shown = client.post(
        "/segments/new", {"title": "News", "how:0": "all", "count:0": "1", "what:0.0": "lists", "operator:0.0": "has"}
    ).content.decode()
    assert '<option value="readers/aud1"' in shown and "News over there (readers)" in shown
    assert "being read now" in client.post(f"/audiences/mirrors/{one.pk}/read", follow=True).content.decode()
    assert "Being let go" in client.post(f"/audiences/mirrors/{one.pk}/stop", follow=True).content.decode()
    acts = Audit.objects.filter(action__startswith="audience.").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["audience.mirrored", "audience.read", "audience.unmirrored"]


def test_a_list_that_only_flows_fill_stands_there_with_its_flow(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, FILLING)
    assert "aud7" not in text(client, "/audiences"), "a draft fills nothing"
    publish(shop.pk, "fill-list", "ana")
    page = text(client, "/audiences")
    assert "Filled by flows" in page and "aud7" in page and "/flows/fill-list" in page and "Puts on" in page


def test_the_api_begins_lists_and_ends(client: Client, shop: Shop) -> None:
    key = {"Authorization": f"Bearer {issue(shop.pk, 'test', 'read settings', 'ana')}"}
    asked: dict[str, Any] = {"headers": key, "content_type": "application/json"}
    path = "/api/v1/connections/readers/lists/aud1/mirror"
    number = client.post(path, **asked).json()["id"]
    assert client.post(path, **asked).status_code in (409, 422)
    assert client.post(path.replace("aud1", "aud9"), **asked).status_code in (404, 409, 422)
    (one,) = client.get("/api/v1/audiences/mirrors", headers=key).json()["items"]
    assert (one["name"], one["state"], one["people"]) == ("readers/aud1", "reading", 0)
    assert client.post(f"/api/v1/audiences/mirrors/{number}/read", **asked).status_code == 204
    assert client.post(f"/api/v1/audiences/mirrors/{number + 9}/read", **asked).status_code == 404
    assert client.delete(f"/api/v1/audiences/mirrors/{number}", **asked).status_code == 204
    assert client.delete(f"/api/v1/audiences/mirrors/{number}", **asked).status_code == 404


def test_who_may_only_work_sees_and_changes_nothing(shop: Shop) -> None:
    number = mirroring.mirror("readers", "aud1", by="ana", shop_id=shop.pk, http=Mailchimp())
    client = Client()
    client.force_login(person(shop, "sam@example.com", "marketer"))
    assert f"/audiences/mirrors/{number}/stop" not in text(client, "/audiences")
    assert client.post(f"/audiences/mirrors/{number}/stop").status_code == 403
    assert client.post("/connections/readers/lists/mirror", {"list": "aud1"}).status_code == 403
    assert Mirror.objects.get().phase == "rest"
