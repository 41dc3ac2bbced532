"""Product sync by API key: rules, what differs, decisions about what was seen; and the answers are as described."""

from __future__ import annotations

import json

import pytest
from calling import call
from django.test import Client
from seeding import Seeded, make_shop
from synced import PIM, difference, make_rule, make_stores

from sereno.modules.catalog.models import Variant
from sereno.store.keys import issue

RULES, DIFFERENCES = "catalog/sync-rules", "catalog/differences"


@pytest.fixture
def key(seeded: Seeded) -> str:
    make_stores(seeded.shop)
    return issue(seeded.shop.pk, "erp", "read work settings", "ana@example.com")


def test_rules_are_put_listed_and_taken_away(seeded: Seeded, key: str) -> None:
    assert call(key, "GET", RULES)["items"] == []
    given = {"leader": PIM, "conflict": "newest", "connections": [PIM, "lantern-store"], "most_change": 10}
    assert call(key, "PUT", f"{RULES}/price", given) == {"field": "price", **given}
    put = call(key, "PUT", f"{RULES}/title", {"leader": PIM})
    assert put == {"field": "title", "leader": PIM, "conflict": "leader", "connections": [], "most_change": 30}
    assert [one["field"] for one in call(key, "GET", RULES)["items"]] == ["price", "title"]
    call(key, "DELETE", f"{RULES}/price", status=204)
    assert call(key, "DELETE", f"{RULES}/price", status=404)["reason"] == "rule.unknown"
    refused = call(key, "PUT", f"{RULES}/price", {"leader": "nowhere"}, 409)
    assert (refused["code"], refused["reason"]) == ("refused", "connection.unknown")
    call(key, "PUT", f"{RULES}/colour", {"leader": PIM}, 422)
    call(key, "PUT", f"{RULES}/price", {"leader": PIM, "most_change": -1}, 422)
    call(key, "PUT", f"{RULES}/price", {"leader": PIM, "conflict": "loudest"}, 422)


def test_scopes(seeded: Seeded, key: str) -> None:
    make_rule(seeded.shop)
    row = difference()
    reader, worker = (issue(seeded.shop.pk, one, one, "ana@example.com") for one in ("read", "work"))
    call(reader, "GET", RULES)
    call(reader, "POST", f"{DIFFERENCES}/{row.pk}/decision", {"decision": "leave"}, 403)
    call(worker, "PUT", f"{RULES}/price", {"leader": PIM}, 403)
    call(worker, "POST", f"{DIFFERENCES}/{row.pk}/decision", {"decision": "leave"})
    call(worker, "DELETE", f"{RULES}/price", status=403)


def test_what_differs_is_listed_narrowed_paged_and_counted(seeded: Seeded, key: str) -> None:
    make_stores(seeded.shop, "I1", "I2")
    make_rule(seeded.shop)
    make_stores(seeded.shop, "OIL", price="10.00", title="The whole OIL")
    make_rule(seeded.shop, "title")
    first = call(key, "GET", f"{DIFFERENCES}?limit=2")
    assert [one["sku"] for one in first["items"]] == ["OIL", "LAMP"]
    rest = call(key, "GET", f"{DIFFERENCES}?limit=2&before={first['next']}")
    assert ([one["sku"] for one in rest["items"]], rest["next"]) == (["I2", "I1"], None)
    for query in ("field=title", "state=open", "q=oil"):
        assert [one["sku"] for one in call(key, "GET", f"{DIFFERENCES}?{query}")["items"]] == ["OIL"], query
    assert call(key, "GET", f"{DIFFERENCES}?connection={PIM}")["items"] == []
    one = call(key, "GET", f"{DIFFERENCES}/{difference().pk}")
    assert {name: one[name] for name in ("sku", "connection", "source", "own", "target", "reason")} == {
        "sku": "LAMP", "connection": "lantern-store", "source": PIM, "own": "10", "target": "16",
        "reason": "price.too_far",
    }  # fmt: skip
    assert (one["currency"], one["change_percent"], one["decided_by"]) == ("EUR", 60.0, None)
    counts = call(key, "GET", f"{DIFFERENCES}/counts")
    assert counts == {"compared": 7, "equal": 3, "held": 3, "open": 1, "waiting": 0, "left": 0}
    call(key, "GET", f"{DIFFERENCES}?state=odd", status=422)


def test_a_decision_names_what_was_seen(seeded: Seeded, key: str) -> None:
    make_rule(seeded.shop)
    row = difference()
    path = f"{DIFFERENCES}/{row.pk}"
    tag = Client().get(f"/api/v1/{path}", headers={"authorization": f"Bearer {key}"})["ETag"]
    Variant.objects.filter(key="lamp").update(data={**Variant.objects.get(key="lamp").data, "price": "8.00"})
    make_rule(seeded.shop)
    refused = call(key, "POST", f"{path}/decision", {"decision": "leave"}, 412, **{"if-match": tag})
    assert (refused["code"], refused["reason"]) == ("difference.conflict", "difference.changed")
    tag = Client().get(f"/api/v1/{path}", headers={"authorization": f"Bearer {key}"})["ETag"]
    done = call(key, "POST", f"{path}/decision", {"decision": "leave"}, **{"if-match": tag})
    assert (done["state"], done["decided_by"]) == ("left", "api:erp")
    call(key, "POST", f"{path}/decision", {"decision": "toss"}, 422)


def test_another_shops_are_not_there(seeded: Seeded, key: str) -> None:
    make_rule(seeded.shop)
    row = difference()
    other = issue(make_shop("other", "Other").pk, "k", "read work settings", "x@example.com")
    assert call(other, "GET", DIFFERENCES)["items"] == []
    call(other, "GET", f"{DIFFERENCES}/{row.pk}", status=404)
    call(other, "POST", f"{DIFFERENCES}/{row.pk}/decision", {"decision": "leave"}, 404)
    call(other, "DELETE", f"{RULES}/price", status=404)


def test_it_is_described_with_examples(key: str) -> None:
    document = json.loads(Client().get("/api/v1/openapi.json").content)
    paths = [path for path in document["paths"] if path.startswith("/api/v1/catalog/")]
    assert len(paths) == 6
    schemas = document["components"]["schemas"]
    assert schemas["DifferenceOut"]["properties"]["own"]["examples"] == ["18.00"]
    assert schemas["RuleIn"]["properties"]["leader"]["examples"] == ["azahar-pim"]
    decide = document["paths"]["/api/v1/catalog/differences/{id}/decision"]["post"]
    assert {"412", "404", "422"} <= decide["responses"].keys()
