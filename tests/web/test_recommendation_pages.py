"""Recommendations as staff, programs and storefronts use them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.modules.catalog.models import Product
from sereno.modules.recommendations import services, showing
from sereno.modules.recommendations.models import Basket, Learned, Rule, Shown, ShownVisit, Thing
from sereno.store import storefronts
from sereno.store.fields import to_micros
from sereno.store.keys import issue
from sereno.store.models import Audit

NOW = datetime.now(UTC)
PRODUCTS = ("cup", "saucer", "jug", "pen")


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    for number, key in enumerate(PRODUCTS):
        values = {"title": f"The {key}", "status": "active", "price": "4.50", "currency": "EUR"}
        Product.objects.create(shop=found.shop, key=key, version=1, data={"id": key}, seen_at=NOW, **values)
        facts = {"title": f"The {key}", "tags": ["new"] if key == "jug" else [], "url": "javascript:alert(1)"}
        together = [["saucer", 30], ["jug", 20]] if key == "cup" else []
        Thing.objects.create(
            shop=found.shop, item=key, bought=40 - number, warm=float(9 - number), together=together, facts=facts
        )
    measured = {"together": {**services_measured(), "verdict": "better"}, "session": {"tries": 3, "verdict": "few"}}
    Learned.objects.create(shop=found.shop, baskets=200, visits=9, measured=measured, learned_at=NOW)
    return found


def services_measured() -> dict[str, Any]:
    return {"tries": 400, "ours": 0.31, "popular": 0.2, "difference": 0.11, "low": 0.06, "high": 0.16, "is_used": True}


def call(seeded: Seeded, method: str, path: str, body: Any = None) -> Any:
    key = issue(seeded.shop.pk, "tests", "read flows:write work", "ana")
    given: dict[str, Any] = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
    return getattr(Client(), method)(f"/api/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {key}", **given)


def test_the_page_says_how_well_it_does_and_shows_what_it_would(boss: Client) -> None:
    page = boss.get("/recommendations?way=together&items=cup").content.decode()
    assert "+11<" in page and "+6 … +16<" in page and "Too little to say" in page
    assert page.index("The saucer") < page.index("The jug") and "in 30 of 40 orders with it" in page
    assert "The cup" not in page, "never what it was asked about"


def test_a_shop_that_knows_nothing_is_told_what_to_do() -> None:
    client = Client()
    client.force_login(seed().owner)
    assert "Connect a store and read its history" in client.get("/recommendations").content.decode()


def test_a_rule_holds_at_once_and_is_written_down(seeded: Seeded, boss: Client) -> None:
    boss.post("/recommendations/rules", {"does": "exclude", "by": "tag", "value": " New ", "place": ""})
    page = boss.get("/recommendations?way=together&items=cup").content.decode()
    assert "The saucer" in page and "The jug" not in page
    rule = Rule.objects.get(shop=seeded.shop)
    assert boss.post(f"/recommendations/rules/{rule.pk}/drop").status_code == 302
    assert not Rule.objects.exists()
    told = Audit.objects.filter(action__startswith="recommendations.").values_list("action", flat=True)
    assert set(told) == {"recommendations.rule_made", "recommendations.rule_dropped"}


@pytest.mark.parametrize(("field", "value"), [("factor", "many"), ("value", " "), ("by", "colour"), ("factor", "1000")])
def test_a_rule_that_is_wrong_says_so(boss: Client, field: str, value: str) -> None:
    given = {"does": "boost", "by": "tag", "value": "new", "place": "", "factor": "2", field: value}
    assert boss.post("/recommendations/rules", given, follow=True).content.count(b"notice bad") == 1
    assert not Rule.objects.exists()


def test_learning_is_asked_for_and_a_viewer_may_not(seeded: Seeded, boss: Client) -> None:
    boss.post("/recommendations/learn")
    assert Learned.objects.get(shop=seeded.shop).asked_at is not None
    client = Client()
    client.force_login(seeded.viewer)
    assert client.post("/recommendations/learn").status_code == 403
    assert client.post("/recommendations/rules", {"does": "pin", "by": "tag", "value": "new"}).status_code == 403


def test_the_api_gives_the_same_with_its_reasons(seeded: Seeded) -> None:
    found = call(seeded, "get", "recommendations?way=together&items=cup&limit=2").json()["items"]
    assert [(one["id"], one["why"], one["number"], one["of"]) for one in found] == [
        ("saucer", "together", 30, 40),
        ("jug", "together", 20, 40),
    ]
    assert found[0]["price"] == "4.50" and found[0]["url"] is None, "an address that is a script is none"
    made = call(seeded, "post", "recommendations/rules", {"does": "pin", "by": "product", "value": "pen"})
    assert made.status_code == 201
    first, *_ = call(seeded, "get", "recommendations?way=popular").json()["items"]
    assert first["id"] == "pen"
    assert call(seeded, "delete", f"recommendations/rules/{made.json()['id']}").status_code == 204
    assert call(seeded, "get", "recommendations/quality").json()["measured"]["together"]["difference"] == 0.11
    assert call(seeded, "get", "recommendations?way=magic").status_code == 422
    assert call(seeded, "post", "recommendations/learn").status_code == 202


# --- the storefront ---------------------------------------------------------------------------------


def post(key: str, what: str, body: Any, origin: str = "https://shop.example") -> Any:
    path = f"/storefront/{key}/{what}"
    return Client().post(path, data=json.dumps(body), content_type="text/plain", HTTP_ORIGIN=origin)


def visits(arm: str) -> str:
    return next(name for name in map(str, range(1000)) if services.arm_of(name) == arm)


def test_a_page_of_another_site_asks_and_is_counted(seeded: Seeded) -> None:
    key, _ = storefronts.issue(seeded.shop.pk, "web", ["https://shop.example"], "ana")
    for arm, first in (("ours", "saucer"), ("popular", "saucer")):
        asked = {"way": "together", "items": ["cup"], "visit": visits(arm), "place": "product"}
        answer = post(key.token, "recommend", asked)
        assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
        assert answer.json()["items"][0]["id"] == first
        assert answer.json()["items"][0]["why"] == ("together" if arm == "ours" else "popular")
    post(key.token, "seen", {"visit": visits("ours"), "clicked": "product"})
    rows = {row.arm: (row.shown, row.clicked) for row in Shown.objects.filter(shop=seeded.shop, place="product")}
    assert rows == {"ours": (1, 1), "popular": (1, 0)}
    Basket.objects.create(shop=seeded.shop, key="order:1", kind="bought", at=to_micros(NOW + timedelta(hours=1)))
    assert post(key.token, "seen", {"visit": visits("popular"), "order": "1"}).status_code == 200
    became = services.quality(seeded.shop.pk)["became"]
    assert [became[arm]["clicked"]["number"] for arm in ("ours", "popular")] == [1, 0]
    assert [became[arm]["ordered"]["number"] for arm in ("ours", "popular")] == [0, 1]
    assert became["verdicts"] == {"clicked": "few", "ordered": "few"}
    assert post(key.token, "recommend", {}, origin="https://other.example").status_code == 403
    assert post(key.token, "recommend", {"way": "magic"}).status_code == 422
    assert post(key.token, "recommend", []).status_code == 422


def test_what_a_visit_looked_at_is_learned_from_and_unknown_things_are_not(seeded: Seeded) -> None:
    key, _ = storefronts.issue(seeded.shop.pk, "web", [], "ana")
    for items in (["jug"], ["pen", "nothing-of-ours"], ["jug"]):
        assert post(key.token, "seen", {"visit": "v1", "items": items}).status_code == 200
    basket = Basket.objects.get(shop=seeded.shop, key="visit:v1")
    assert (basket.kind, basket.person, basket.items) == ("seen", None, ["pen", "jug"])
    assert set(Thing.objects.filter(is_due=True).values_list("item", flat=True)) == {"pen", "jug", "cup", "saucer"}


def test_an_arm_is_better_once_the_intervals_part() -> None:
    few, ours, popular = showing.Rate(9, 40), showing.Rate(300, 1000), showing.Rate(10, 110)
    assert [showing.verdict(ours, few), showing.verdict(ours, popular), showing.verdict(popular, ours)] == [
        *("few", "better", "worse")
    ]
    assert showing.verdict(ours, showing.Rate(30, 110)) == "alike"


def test_the_page_shows_what_became_of_visits_in_both_arms(seeded: Seeded, boss: Client) -> None:
    for number in range(90):
        visit = ShownVisit(shop=seeded.shop, visit=str(number), arm="ours" if number < 60 else "popular", at=NOW)
        visit.clicked, visit.is_ordered = int(number % 4 == 0), number % 10 == 0
        visit.save()
    page = boss.get("/recommendations").content.decode()
    assert "placed an order" in page and "25 %" in page and page.count("Too little to say") == 3


def test_nobody_learns_what_a_customer_bought_without_the_shops_word(seeded: Seeded) -> None:
    key, secret = storefronts.issue(seeded.shop.pk, "web", [], "ana")
    Basket.objects.create(shop=seeded.shop, key="order:1", kind="bought", person="17", at=to_micros(NOW), items=["cup"])
    asked = {"way": "for_you", "customer": "17", "visit": visits("ours"), "limit": 4}
    assert "for_you" not in {one["why"] for one in post(key.token, "recommend", asked).json()["items"]}
    proven = post(key.token, "recommend", {**asked, "proof": storefronts.proof(secret, "17")}).json()["items"]
    assert proven[0]["why"] == "for_you" and "cup" not in {one["id"] for one in proven}


def test_the_script_is_small_and_only_for_live_keys(seeded: Seeded) -> None:
    key, _ = storefronts.issue(seeded.shop.pk, "web", [], "ana")
    answer = Client().get(f"/storefront/{key.token}/recommend.js")
    assert answer.status_code == 200 and len(gzip.compress(answer.content)) < 4096
    assert Client().get("/storefront/sf_nothing/recommend.js").status_code == 404
