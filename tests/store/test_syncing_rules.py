"""Rules by which products are the same in all stores: made, changed, removed, refused."""

from __future__ import annotations

from typing import Any

import pytest
from support import START, Place, fact

from sereno.runtime import connecting
from sereno.runtime.syncing import services
from sereno.runtime.syncing.services import Rule, SyncRefused
from sereno.sdk.connector import NewEvent
from sereno.store.queries import statements

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def variant(id: str, sku: str) -> NewEvent:
    data = {"variant_id": id, "product_id": f"{id}p", "sku": sku, "price": "10.00", "updated_at": START.isoformat()}
    return fact(f"v|{id}", "variant.updated", f"variant:{id}", data, START)


@pytest.fixture
def two(place: Place, secret_key: None) -> Place:
    for name, namespace in (("web", ""), ("pim", "pim")):
        connecting.connect(
            place.shop, "generic", name, by="ana", secrets=[SECRET], namespace=namespace, database=place.database
        )
    place.send(variant("1", "MUG"), variant("pim~9", "MUG"))
    place.drain()
    return place


def kept(two: Place, rule: Rule) -> Rule:
    return services.set_rule(two.shop, rule, by="ana", database=two.database)


def test_a_rule_is_made_changed_and_removed(two: Place) -> None:
    assert [one.name for one in services.sides(two.shop, database=two.database)] == ["web", "pim"]
    kept(two, Rule("title", "pim", "leader"))
    kept(two, Rule("price", "pim", "newest", ("web",), 10))
    assert services.rules_of(two.shop, database=two.database) == [
        Rule("price", "pim", "newest", ("pim", "web"), 10),
        Rule("title", "pim", "leader"),
    ]
    kept(two, Rule("price", "web", "ask"))
    services.remove_rule(two.shop, "title", by="ana", database=two.database)
    assert services.rules_of(two.shop, database=two.database) == [Rule("price", "web", "ask")]
    said = two.rows("SELECT \"by\", action, target FROM audit WHERE action LIKE 'sync%' ORDER BY id")
    assert said == [
        ("ana", "sync_rule.made", "title"),
        ("ana", "sync_rule.made", "price"),
        ("ana", "sync_rule.changed", "price"),
        ("ana", "sync_rule.removed", "title"),
    ]


def test_a_connection_without_products_takes_no_part_whoever_has_many(two: Place) -> None:
    """Also where its prefix would stand before, between or behind those that have any."""
    for name in ("a", "p", "pima", "z"):
        connecting.connect(two.shop, "generic", name, by="ana", secrets=[SECRET], namespace=name, database=two.database)
    assert [one.name for one in services.sides(two.shop, database=two.database)] == ["web", "pim"]
    two.send(variant("z~1", "MUG"))
    two.drain()
    assert [one.name for one in services.sides(two.shop, database=two.database)] == ["web", "pim", "z"]


@pytest.mark.parametrize(
    ("name", "index"),
    [("has_variant_of", "catalog_variant_prefix"), ("skus_of_products", "catalog_variant_product")],
)
def test_large_catalogues_are_not_walked(sqlite: Any, name: str, index: str) -> None:
    statement = statements("sqlite")[name]
    plan = sqlite.connection().execute(f"EXPLAIN QUERY PLAN {statement.text}", [None] * len(statement.parameters))
    assert index in str(plan.fetchall())


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule("weight", "pim", "leader"), "field.unknown"),
        (Rule("price", "pim", "loudest"), "conflict.unknown"),
        (Rule("price", "shop", "leader"), "connection.unknown"),
        (Rule("price", "pim", "leader", ("pim", "shop")), "connection.unknown"),
        (Rule("price", "pim", "leader", ("pim",)), "connection.none"),
        (Rule("price", "pim", "leader", (), -1), "change.invalid"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(two: Place, rule: Rule, code: str) -> None:
    with pytest.raises(SyncRefused) as refused:
        kept(two, rule)
    assert refused.value.code == code
    assert services.rules_of(two.shop, database=two.database) == []


def test_no_rule_is_removed_twice(two: Place) -> None:
    with pytest.raises(SyncRefused, match="no rule for price"):
        services.remove_rule(two.shop, "price", by="ana", database=two.database)


def test_without_differences_lists_are_empty(two: Place) -> None:
    given: dict[str, Any] = {"field": "price", "connection": "web", "state": "open", "search": "Mug_%\\"}
    assert services.differences(two.shop, **given, database=two.database) == ([], None)
    assert services.counts(two.shop, database=two.database).compared == 0
    with pytest.raises(SyncRefused) as gone:
        services.one(two.shop, 7, database=two.database)
    assert gone.value.code == "difference.gone"
