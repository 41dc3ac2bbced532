"""Visits as storefronts, programs and staff meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.modules.customers.models import Customer
from sereno.modules.visits.models import View, Visit, Visitor
from sereno.store import storefronts
from sereno.store.keys import issue
from sereno.store.models import Event, StorefrontKey

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
SITE = "https://shop.example"


@pytest.fixture
def seeded() -> Seeded:
    return seed()


@pytest.fixture
def key(seeded: Seeded) -> tuple[StorefrontKey, str]:
    return storefronts.issue(seeded.shop.pk, "shop", [SITE], "ana")


def beacon(key: tuple[StorefrontKey, str], who: str = "17", agent: str = PHONE, **body: Any) -> tuple[int, Any]:
    given = {"customer": who, "proof": storefronts.proof(key[1], who), "view": "view-0001", **body}
    answer = Client().post(
        f"/storefront/{key[0].token}/visit",
        json.dumps(given),
        content_type="text/plain",
        headers={"User-Agent": agent, "Origin": SITE},
    )
    return answer.status_code, answer.json()


def test_a_page_of_a_proven_customer_begins_a_visit_and_is_counted_once(key: Any) -> None:
    said = {"referrer": "https://www.instagram.com/x?who=ana", "utm_campaign": "spring", "language": "es-ES"}
    assert beacon(key, **said) == (200, {"status": "started"})
    assert beacon(key, **said) == (200, {"status": "kept"})
    assert beacon(key, view="view-0002", product="p1") == (200, {"status": "kept"})
    one = Visit.objects.get()
    assert (one.person, one.pages, one.products, one.device, one.language) == ("17", 2, 1, "mobile", "es-ES")
    assert (one.source, one.medium, one.campaign) == ("instagram.com", "", "spring")
    assert Event.objects.filter(type="visit.started").count() == 1


def test_nobody_else_and_no_program_leaves_anything_behind(key: Any) -> None:
    assert beacon(key, proof="0" * 64)[0] == 422
    assert beacon(key, customer="")[0] == 422
    assert beacon(key, view="x")[0] == 422
    assert beacon(key, agent="Mozilla/5.0 (compatible; Googlebot/2.1)") == (200, {"status": "ignored"})
    assert beacon(key, agent="") == (200, {"status": "ignored"})
    assert not Visitor.objects.exists() and not View.objects.exists()
    assert not Event.objects.filter(type__startswith="visit.").exists()


def test_neither_the_address_nor_what_the_browser_calls_itself_is_kept(key: Any) -> None:
    beacon(key, page="https://shop.example/secret-page", referrer="https://mail.example/inbox/secret-letter")
    for model in (Visitor, Visit, View):
        kept = " ".join(str(value) for row in model.objects.values() for value in row.values())
        assert not [word for word in ("iPhone", "Mozilla", "127.0.0.1", "secret") if word in kept], model
    (event,) = Event.objects.filter(type="visit.started")
    text = json.dumps(event.data)
    assert not [word for word in ("iPhone", "Mozilla", "127.0.0.1", "secret") if word in text]


def test_the_page_of_a_customer_shows_their_visits(boss: Client, key: Any) -> None:
    shop = key[0].shop
    row = Customer.objects.filter(shop=shop).first()
    assert row is not None
    assert "Came first" not in boss.get(f"/customers/{row.pk}").content.decode()
    beacon(key, row.key, utm_source="newsletter", utm_medium="email")
    beacon(key, row.key, view="view-0002", product="p1")
    page = boss.get(f"/customers/{row.pk}").content.decode()
    for word in ("Phone", "newsletter · email", "2 pages", "1 product", "1 visit", "Came first", "Came to the shop"):
        assert word in page, word
    assert "Came to the shop" in boss.get(f"/customers/{row.pk}?show=visits").content.decode()
    assert "Came to the shop" not in boss.get(f"/customers/{row.pk}?show=orders").content.decode()


def test_programs_read_visits_and_tell_of_those_elsewhere(seeded: Seeded) -> None:
    client, shop = Client(), seeded.shop
    row = Customer.objects.filter(shop=shop).first()
    assert row is not None
    bearer = {"Authorization": f"Bearer {issue(shop.pk, 'app', 'work events:write', 'ana')}"}

    def say(**body: Any) -> Any:
        given = {"customer": row.key, "view": "screen-0001", **body}
        return client.post("/api/v1/visits", given, content_type="application/json", headers=bearer)

    address = f"/api/v1/customers/{row.key}/visits"
    assert client.get(address, headers=bearer).json()["items"] == []
    assert say(device="tablet", source="app").json() == {"status": "started"}
    assert say(device="tablet", source="app").json() == {"status": "kept"}
    assert say(view="no").status_code == 422 and say(device="fridge").status_code == 422
    told = client.get(address, headers=bearer).json()
    assert (told["visits"], told["last_30_days"], told["first_source"]) == (1, 1, "app")
    (one,) = told["items"]
    assert (one["pages"], one["device"], one["is_over"], one["number"]) == (1, "tablet", False, 1)
    assert client.get("/api/v1/customers/nobody/visits", headers=bearer).status_code == 404
    reader = {"Authorization": f"Bearer {issue(shop.pk, 'look', 'read', 'ana')}"}
    assert client.get(address, headers=reader).status_code == 403
