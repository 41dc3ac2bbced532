"""Interests as staff, programs, customers and storefronts use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.modules.interests.models import Demand, Habit, Interest, Item, Round
from sereno.store import storefronts
from sereno.store.keys import issue
from sereno.store.models import Audit, Event, Shop, StorefrontKey

NOW = datetime.now(UTC)


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    shop = found.shop
    Item.objects.create(shop=shop, key="v1", product="p1", title="Enamel mug", available=0)
    for number in range(3):
        who = f"w{number}"
        Interest.objects.create(
            shop=shop,
            person=who,
            rank=0,
            product="p1",
            variant="v1",
            email=f"{who}@example.com",
            since=NOW,
            last_at=NOW,
        )
    Demand.objects.create(shop=shop, product="p1", waiting=3, wishes=1)
    Round.objects.create(shop=shop, kind="restock", item="v1", product="p1", opened_at=NOW, due_at=NOW, told=2, wave=1)
    Habit.objects.create(shop=shop, item="v1", days=30, low=28, high=33, count=12, is_regular=True)
    return found


@pytest.fixture
def key(seeded: Seeded) -> tuple[StorefrontKey, str]:
    return storefronts.issue(seeded.shop.pk, "shop", [], "ana")


def ask(key: StorefrontKey, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = Client().post(f"/storefront/{key.token}/interest", json.dumps(body), content_type="text/plain")
    return answer.status_code, answer.json()


def proof(key: tuple[StorefrontKey, str], who: str) -> dict[str, str]:
    return {"customer": who, "proof": storefronts.proof(key[1], who)}


def types() -> list[str]:
    found = Event.objects.exclude(type__startswith="order").order_by("id").values_list("type", flat=True)
    return [one for one in found if one.startswith(("waiting", "wish", "product.viewed"))]


def test_the_page_says_what_is_wanted_and_who_stands_in_line(boss: Client) -> None:
    page = boss.get("/interests").content.decode()
    for word in ("Enamel mug", "w0@example.com", "2 people told", "every 30 days", "Make a key"):
        assert word in page, word
    assert "w2@example.com" in boss.get("/interests?product=p1").content.decode()
    one = boss.get("/interests?customer=w1").content.decode()
    assert "w1@example.com" in one and "w2@example.com" not in one


def test_the_rules_are_kept_with_a_line_in_the_audit(boss: Client, seeded: Seeded) -> None:
    given = {"restock_wave_hours": "48", "restock_people_per_unit": "2", "price_drop_percent": "15"}
    boss.post("/interests/rules", {**given, "few_left": "5", "browse_rest_hours": "4"})
    assert Shop.objects.get(pk=seeded.shop.pk).settings["restock_wave_hours"] == 48
    line = Audit.objects.get(action="interests.rules_set")
    assert line.details["price_drop_percent"] == {"before": 10, "after": 15}
    wrong = boss.post("/interests/rules", {**given, "few_left": "0", "browse_rest_hours": "4"}, follow=True)
    assert "between 1 and 1000" in wrong.content.decode()
    assert Audit.objects.filter(action="interests.rules_set").count() == 1


def test_an_address_is_put_in_line_and_nobody_taken_off_without_proof(key: tuple[StorefrontKey, str]) -> None:
    assert ask(key[0], what="wait", product="p1", variant="v1", email="Mara@Example.com") == (200, {"status": "kept"})
    event = Event.objects.get(type="waiting.joined")
    assert event.data["email"] == "mara@example.com" and event.refs["product"] == "p1"
    for body in (
        {"what": "wait", "product": "p1"},
        {"what": "wait", "product": "p1", "email": "not an address"},
        {"what": "leave", "product": "p1", "email": "w0@example.com"},
        {"what": "wish", "product": "p1", "email": "w0@example.com"},
        {"what": "view", "product": "p1", "customer": "7", "proof": "guessed"},
        {"what": "wait", "product": "", "email": "a@example.com"},
        {"what": "nothing"},
    ):
        assert ask(key[0], **body)[0] == 422, body
    assert types() == ["waiting.joined"]


def test_machines_fill_the_hidden_field_and_learn_nothing(key: tuple[StorefrontKey, str]) -> None:
    bot = ask(key[0], what="wait", product="p1", email="a@example.com", website="http://spam.example")
    assert bot == (200, {"status": "kept"}) and types() == []
    codes = [ask(key[0], what="wait", product="p1", email=f"a{n}@example.com")[0] for n in range(21)]
    assert codes == [200] * 20 + [429]


def test_nobodys_mailbox_is_filled_whatever_things_are_named_from_wherever(key: tuple[StorefrontKey, str]) -> None:
    def wait(number: int, email: str = "mara@example.com") -> int:
        body = json.dumps({"what": "wait", "product": f"made-up-{number}", "email": email})
        place = {"REMOTE_ADDR": f"198.51.100.{number}"}
        return (
            Client().post(f"/storefront/{key[0].token}/interest", body, content_type="text/plain", **place).status_code
        )

    assert [wait(number) for number in range(7)] == [200] * 5 + [429] * 2
    assert wait(8, "Mara@Example.com") == 429 and wait(9, "other@example.com") == 200
    assert types() == ["waiting.joined"] * 6


@pytest.mark.parametrize(("length", "status"), [("x", 400), ("²", 400), ("-1", 400), ("9" * 5000, 413), ("70000", 413)])
def test_a_length_that_is_none_or_too_much_is_refused(key: tuple[StorefrontKey, str], length: str, status: int) -> None:
    address = f"/storefront/{key[0].token}/interest"
    answer = Client().post(address, "{}", content_type="text/plain", CONTENT_LENGTH=length)
    assert answer.status_code == status


def test_a_proven_customer_wishes_looks_and_sees_the_list(seeded: Seeded, key: tuple[StorefrontKey, str]) -> None:
    who = proof(key, "7")
    for what in ("wish", "view", "view", "unwish"):
        assert ask(key[0], what=what, product="p1", **who)[0] == 200
    assert types() == ["wish.added", "product.viewed", "wish.removed"], "looks within half an hour are one"
    assert Event.objects.get(type="product.viewed").refs == {"customer": "7", "product": "p1"}
    Interest.objects.create(shop=seeded.shop, person="7", rank=1, product="p9", since=NOW, last_at=NOW)
    assert ask(key[0], what="list", **who)[1] == {"wishes": ["p9"]}
    assert ask(key[0], what="list", customer="7", proof="guessed")[1] == {"wishes": []}


def test_where_addresses_are_confirmed_the_owner_says_yes_first(seeded: Seeded, key: tuple[StorefrontKey, str]) -> None:
    Shop.objects.filter(pk=seeded.shop.pk).update(settings={**seeded.shop.settings, "double_opt_in": "all"})
    given = {"what": "wait", "product": "p1", "variant": "v1", "email": "mara@example.com", "locale": "es"}
    assert ask(key[0], **given) == (200, {"status": "pending"})
    address = "/waiting/" + Event.objects.get(type="waiting.requested").data["confirm_url"].rpartition("/")[2]
    asked = Client().get(address)
    assert "Enamel mug" in asked.content.decode() and asked["Referrer-Policy"] == "no-referrer"
    assert types() == ["waiting.requested"], "a look changes nothing"
    assert Client().post(address).status_code == 200
    assert Client().post(address, {"leave": "1"}).status_code == 200
    assert types() == ["waiting.requested", "waiting.joined", "waiting.left"]
    assert Client().get(address.replace("/waiting/", "/waiting/x")).status_code == 404


def test_the_script_and_the_list_by_the_api(seeded: Seeded, key: tuple[StorefrontKey, str]) -> None:
    script = Client().get(f"/storefront/{key[0].token}/wishes.js")
    assert script.status_code == 200 and script["Content-Type"].startswith("text/javascript")
    token = issue(seeded.shop.pk, "tests", "read flows:write work events:write", "ana")

    def call(method: str, path: str, body: Any = None) -> Any:
        more: dict[str, Any] = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        return getattr(Client(), method)(f"/api/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {token}", **more)

    (wanted,) = call("get", "interests/demand").json()["items"]
    assert wanted == {"product": "p1", "title": "Enamel mug", "waiting": 3, "wishes": 1, "available": 0.0}
    line = call("get", "interests?product=p1").json()["items"]
    assert [one["customer"] for one in line] == ["w0", "w1", "w2"] and line[0]["kind"] == "waiting"
    said = call("post", "interests", {"what": "wish", "product": "p1", "customer": "7"})
    assert said.status_code == 202 and said.json() == {"status": "kept"} and types() == ["wish.added"]
    assert call("post", "interests", {"what": "wish", "product": "p1"}).status_code == 409
    rules = call("get", "interests/rules").json()
    assert rules["price_drop_percent"] == 10
    changed = call("put", "interests/rules", {**rules, "few_left": 7})
    assert changed.json()["few_left"] == 7 and Audit.objects.filter(action="interests.rules_set").exists()
    assert call("put", "interests/rules", {**rules, "few_left": 0}).status_code == 409
