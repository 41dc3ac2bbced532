"""What a checkout offers, asked by API key and by a storefront's page of another site."""

from __future__ import annotations

import json
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import Seeded, make_shop, seed

from sereno.modules.decisions.models import VisitorLink
from sereno.runtime.decisions import asking, keeping
from sereno.runtime.decisions.recording import recorder
from sereno.store import storefronts
from sereno.store.database import default_database
from sereno.store.keys import issue
from sereno.store.models import Exposure, StorefrontKey
from sereno.web.storefronts.asking import Buckets

OPTIONS = [{"id": "card", "kind": "payment", "name": "Card"}, {"id": "cod", "kind": "payment", "name": "Cash"}]
DOCUMENT: dict[str, Any] = {
    "options": OPTIONS,
    "rules": [
        {"id": "r1", "name": "Dear", "when": "cart.total > 300", "do": "hide", "options": ["cod"]},
        {"id": "r2", "name": "Known", "when": "history.order_count >= 1", "do": "first", "options": ["cod"]},
    ],
    "variants": [{"id": "till", "arms": [{"name": "old", "weight": 1}, {"name": "new", "weight": 1}]}],
}
SHOP = "https://shop.example"


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> Seeded:
    monkeypatch.setattr(asking, "FRESH", 0.0)
    recorder(default_database())._known.clear()
    asking._standing(default_database())._held.clear()
    return seed()


@pytest.fixture
def key(seeded: Seeded) -> str:
    return issue(seeded.shop.pk, "shop", "read write settings", "ana@example.com")


@pytest.fixture
def storefront(seeded: Seeded) -> tuple[str, str]:
    """A live document, and a key with its secret."""
    keeping.keep_draft(seeded.shop.pk, DOCUMENT, "ana")
    keeping.publish(seeded.shop.pk, "ana")
    made, secret = storefronts.issue(seeded.shop.pk, "shop", [f"{SHOP}/checkout"], "ana")
    return made.token, secret


def ask(key: str, body: Any, origin: str = SHOP, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return Client().generic(
        "POST", f"/storefront/{key}/decide", text, "text/plain", headers={"origin": origin, **headers}
    )


def test_drafted_tried_published_asked(key: str) -> None:
    assert call(key, "GET", "decisions/draft")["revision"] == 0
    assert call(key, "GET", "decisions/draft")["currency"] == "EUR"
    put = call(key, "PUT", "decisions/draft", {"document": DOCUMENT}, **{"if-match": '"0"'})
    assert (put["revision"], put["version"]) == (1, None)
    call(key, "PUT", "decisions/draft", {"document": DOCUMENT}, 412, **{"if-match": '"0"'})
    wrong = {**DOCUMENT, "rules": [{"id": "r", "do": "hide", "options": ["gold"]}]}
    refused = call(key, "PUT", "decisions/draft", {"document": wrong}, 422)
    assert refused["fields"] == [{"at": "rules.0.options.0", "message": "there is no option 'gold'"}]
    dear = {"cart": {"total": "400"}, "visitor": {"id": "v1"}}
    tried = call(key, "POST", "decisions/trials", dear)
    assert [one["is_shown"] for one in tried["payment"]] == [True, False]
    assert call(key, "POST", "decisions", dear)["payment"] == []
    assert call(key, "POST", "decisions/publish", {"note": "first"}) == {"version": 1}
    answer = call(key, "POST", "decisions", dear)
    assert answer["version"] == 1
    assert answer["payment"][1] == {"id": "cod", "name": "Cash", "is_shown": False, "by": ["r1"]}
    assert answer["why"][0]["seen"] == {"cart.total": 400.0}
    assert answer["variants"]["till"]["arm"] in ("old", "new")
    recorder(default_database()).flush()
    assert Exposure.objects.get().unit == "visitor:v1"
    call(key, "PUT", "decisions/draft", {"document": {**DOCUMENT, "rules": []}})
    assert call(key, "POST", "decisions/publish", {}) == {"version": 2}
    assert call(key, "POST", "decisions/rollback", {"version": 1}) == {"version": 3}
    assert [one["number"] for one in call(key, "GET", "decisions/versions")["items"]] == [3, 2, 1]
    call(key, "POST", "decisions/rollback", {"version": 99}, 404)
    results = call(key, "GET", "decisions/results")
    assert [one["experiment"] for one in results["experiments"]] == ["checkout:till"]
    reader = issue(
        StorefrontKey.objects.model.shop.field.related_model.objects.first().pk, "r", "read", "x@example.com"
    )
    call(reader, "POST", "decisions", dear, 403)


def test_a_key_is_made_shown_once_and_revoked(seeded: Seeded, key: str) -> None:
    made = call(key, "POST", "storefront-keys", {"name": "Shop", "origins": [f"{SHOP}:8443/x"]}, 201)
    assert made["origins"] == [f"{SHOP}:8443"]
    assert made["secret"]
    (listed,) = call(key, "GET", "storefront-keys")["items"]
    assert "secret" not in listed
    assert listed["key"] == made["key"]
    call(key, "POST", "storefront-keys", {"name": "Shop", "origins": ["example"]}, 409)
    assert ask(made["key"], {}, origin=f"{SHOP}:8443").status_code == 200
    call(key, "DELETE", f"storefront-keys/{made['id']}", status=204)
    assert ask(made["key"], {}, origin=f"{SHOP}:8443").status_code == 404
    other = issue(make_shop("other", "Other").pk, "k", "read settings", "x@example.com")
    assert call(other, "GET", "storefront-keys")["items"] == []


def test_a_page_of_a_site_that_is_known_gets_an_answer(storefront: tuple[str, str]) -> None:
    token, _secret = storefront
    answer = ask(token, {"cart": {"id": "c1", "total": "400"}, "visitor": {"id": "v1"}})
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Set-Cookie" not in answer
    found = answer.json()
    assert [one["is_shown"] for one in found["payment"]] == [True, False]
    # Anybody can read this: no condition, no value, no name of a rule.
    assert "why" not in found
    assert "Dear" not in answer.content.decode()
    assert set(found["variants"]["till"]) == {"arm", "values", "why", "is_measured", "error"}
    recorder(default_database()).flush()
    assert list(VisitorLink.objects.values_list("visitor", "link")) == [("visitor:v1", "cart:c1")]


def test_who_is_refused(storefront: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    token, _secret = storefront
    assert ask(token, {}, origin="https://elsewhere.example").status_code == 403
    assert ask("sf_nothing", {}).status_code == 404
    assert ask(token, "{").status_code == 400
    assert ask(token, "[]").status_code == 422
    assert ask(token, {"visitor": {"id": "a b"}}).json()["error"] == "request.invalid"
    assert ask(token, {"options": {"payment": "cod"}}).status_code == 422
    assert ask(token, "x" * 70_000).status_code == 413
    assert Client().get(f"/storefront/{token}/decide").status_code == 405
    monkeypatch.setattr("sereno.web.storefronts.asking.BUCKETS", Buckets(0.0, 2.0))
    assert [ask(token, {}).status_code for _ in range(3)] == [200, 200, 429]


def test_a_browser_that_asks_first_is_told(storefront: tuple[str, str]) -> None:
    answer = Client().options(f"/storefront/{storefront[0]}/decide", headers={"origin": SHOP})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Access-Control-Allow-Methods"] == "POST"


def test_a_customer_counts_only_when_the_shops_server_signed_it(seeded: Seeded, storefront: tuple[str, str]) -> None:
    token, secret = storefront
    from sereno.modules.orders.models import Order

    email = Order.objects.filter(shop=seeded.shop, email__isnull=False).values_list("email", flat=True).first()
    assert email

    def first(customer: Any) -> str:
        return ask(token, {"customer": customer}).json()["payment"][0]["id"]

    assert first({"email": email}) == "card"
    assert first({"email": email, "signature": "0" * 64}) == "card"
    assert first({"email": email, "signature": storefronts.proof("other", email)}) == "card"
    assert first({"email": email, "signature": storefronts.proof(secret, email)}) == "cod"
    # A signature for one is no signature for the other.
    assert first({"id": "nobody", "email": email, "signature": storefronts.proof(secret, "nobody")}) == "card"


def test_the_script_is_small_and_kept_by_browsers(storefront: tuple[str, str]) -> None:
    import gzip

    path = f"/storefront/{storefront[0]}/sereno.js"
    answer = Client().get(path)
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(gzip.compress(answer.content)) < 4096
    assert Client().get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert Client().get("/storefront/sf_nothing/sereno.js").status_code == 404
