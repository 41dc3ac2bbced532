"""Products are compared between the stores of a shop, put aside where something is amiss, and made equal by flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selling import ALIGN, Market

from sereno.commerce.money import Money
from sereno.runtime.syncing import services
from sereno.runtime.syncing.services import Rule, SyncRefused
from sereno.sdk.result import Done, Retry
from sereno.sdk.writes import PublishProduct, SetPrice, SetTexts


@pytest.fixture
def market(database: Any, secret_key: None) -> Iterator[Market]:
    market = Market(database)
    for name in ("web", "till", "pim"):
        market.sell(name, "MUG")
    market.tell("web", "till", "pim")
    yield market
    market.runtime.stop()


def euros(amount: str) -> Money:
    return Money.parse(amount, "EUR")


# --- comparing ------------------------------------------------------------------------------


def test_without_rules_nothing_is_compared(market: Market) -> None:
    market.change("web", price="12.00")
    assert market.rows("SELECT count(*) FROM catalog_to_compare") == [(0,)]
    assert market.rows("SELECT count(*) FROM catalog_agreed") == [(0,)]


def test_a_new_rule_compares_the_whole_catalogue(market: Market) -> None:
    market.sell("web", "CUP", price="7.00")
    market.sell("pim", "CUP", price="8.00")
    market.tell("web", "pim", sku="CUP")
    market.rule()
    assert market.short() == [("price", "web", "7", "8", "open", "")]
    found = services.counts(market.shop, database=market.database)
    assert (found.compared, found.equal, found.states["open"]) == (2, 1, 1)
    assert [one.compared_at is not None for one in services.standing(market.shop, database=market.database)] == [True]


def test_the_leaders_word_is_put_back_and_the_echo_closes_it(market: Market) -> None:
    market.flow(ALIGN)
    market.rule()
    market.change("web", price="12.00")
    assert market.told() == [("differs", "price", "web", "12", "10")]
    assert market.writes == [("web", SetPrice("p-web-MUG", "web-MUG", euros("10"), None))]
    assert market.short() == [("price", "web", "12", "10", "waiting", "")]
    market.tell("web")
    assert market.short() == []
    assert len(market.told()) == 1 and len(market.runs()) == 1


def test_what_the_leader_says_goes_to_all(market: Market) -> None:
    market.flow(ALIGN)
    for field in ("price", "compare_at_price", "title", "description", "status"):
        market.rule(field)
    long = "<p>" + "muy azul " * 100 + "</p>"
    market.change("pim", price="11.00", compare_at_price="15.00", title="Taza grande", description=long, status="draft")
    told = [write for name, write in market.writes if name == "till"]
    assert sorted(told, key=repr) == [
        PublishProduct("till~p-till-MUG", is_published=False),
        SetPrice("till~p-till-MUG", "till~till-MUG", euros("11"), None),
        SetPrice("till~p-till-MUG", "till~till-MUG", None, euros("15")),
        SetTexts("till~p-till-MUG", "", long),
        SetTexts("till~p-till-MUG", "Taza grande", None),
    ]
    assert {one.state for one in market.differences()} == {"waiting"} and len(market.differences()) == 10
    market.tell("web", "till")
    assert market.short() == []


def test_the_newest_change_wins_whoever_made_it(market: Market) -> None:
    market.flow(ALIGN)
    market.rule(conflict="newest")
    market.change("till", price="12.00")
    market.tell("web", "pim")
    assert {market.goods[name]["MUG"]["price"] for name in ("web", "till", "pim")} == {"12.00"}
    market.change("web", price="13.00")
    market.tell("till", "pim")
    assert sorted(name for name, _ in market.writes) == ["pim", "pim", "till", "web"]
    assert market.short() == []


def test_changes_made_while_writing_are_not_lost(market: Market) -> None:
    """Both changed before either was written: the later one goes everywhere."""
    market.rule(conflict="newest")
    market.change("till", price="12.00")
    market.change("web", price="13.00")
    assert [(one.connection, one.target) for one in market.differences()] == [("till", "13"), ("pim", "13")]
    market.flow(ALIGN)
    market.rule(conflict="newest")
    market.tell("till", "pim")
    assert market.short() == []
    assert market.goods["till"]["MUG"]["price"] == "13.00"


def test_by_ask_a_person_decides(market: Market) -> None:
    market.flow(ALIGN)
    market.rule(conflict="ask")
    market.change("till", price="12.00")
    assert [row[1:] for row in market.short()] == [
        ("pim", "10", "12", "held", "conflict.both_changed"),
        ("web", "10", "12", "held", "conflict.both_changed"),
    ]
    assert market.writes == [] and {row[0] for row in market.told()} == {"difference_held"}
    market.decide("web", "write")
    assert market.writes == [("web", SetPrice("p-web-MUG", "web-MUG", euros("12"), None))]
    market.tell("web")
    market.decide("pim", "take")
    market.tell("web", "till")
    assert market.short() == []
    assert {market.goods[name]["MUG"]["price"] for name in ("web", "till")} == {"10.00"}


def test_only_those_named_take_part(market: Market) -> None:
    market.rule(connections=("web",))
    market.change("till", price="12.00")
    assert market.short() == []


def test_a_variant_with_another_sku_leaves_its_old_company(market: Market) -> None:
    market.rule()
    market.change("web", price="12.00")
    assert len(market.short()) == 1
    market.change("web", sku="CUP")
    assert market.short() == []
    market.change("web", sku="MUG")
    assert len(market.short()) == 1


def test_a_product_that_is_deleted_differs_from_nobody(market: Market) -> None:
    market.rule()
    market.change("web", price="12.00")
    market.change("web", status="deleted")
    assert market.short() == []


# --- what is put aside ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "leader", "own", "reason"),
    [
        ("price", {"price": "0.00"}, {}, "price.zero"),
        ("price", {"price": None}, {}, "value.missing"),
        ("title", {"title": " "}, {}, "value.missing"),
        ("price", {"price": "10.00", "currency": "USD"}, {}, "currency.differs"),
        ("price", {"price": "14.00"}, {}, "price.too_far"),
    ],
)
def test_what_is_amiss_is_not_written(
    market: Market, field: str, leader: dict[str, Any], own: dict[str, Any], reason: str
) -> None:
    market.flow(ALIGN)
    market.rule(field, most_change=30, connections=("web",))
    market.change("pim", **leader)
    (found,) = market.differences()
    assert (found.connection, found.state, found.reason) == ("web", "held", reason)
    assert [row[0] for row in market.told()] == ["difference_held"]
    assert market.writes == []
    if reason in ("value.missing", "currency.differs"):
        with pytest.raises(SyncRefused) as refused:
            market.decide("web", "write")
        assert refused.value.code == reason
    else:
        market.decide("web", "write")
        assert [name for name, _ in market.writes] == ["web"]
    market.change("pim", price="10.00", title="Taza", currency="EUR")
    market.tell("web")
    market.tell("web")
    assert market.short() == []


def test_a_sku_twice_in_one_store_is_put_aside(market: Market) -> None:
    market.flow(ALIGN)
    market.rule()
    market.sell("web", "MUG-2", price="12.00", sku="MUG")
    market.tell("web", sku="MUG-2")
    assert market.short() == [("price", "web", "12", "10", "held", "sku.twice")]
    assert [one.variant for one in market.differences()] == ["web-MUG-2"]
    market.change("web", "MUG-2", price="10.00")
    assert market.short() == [] and market.writes == []


def test_a_store_without_a_key_is_put_aside_until_it_has_one(market: Market) -> None:
    market.flow(ALIGN)
    market.allow("pim")
    market.rule(connections=("web",))
    market.change("web", price="12.00")
    assert market.short() == [("price", "web", "12", "10", "held", "store.cannot")]
    with pytest.raises(SyncRefused, match="give the connection its key"):
        market.decide("web", "write")
    market.allow("web", "pim")
    market.runtime.beat()
    market.drain()
    assert market.short() == [("price", "web", "12", "10", "waiting", "")]


def test_a_store_that_keeps_another_text_is_told_a_few_times_and_no_more(market: Market) -> None:
    market.flow(ALIGN)
    market.rule("title")
    market.makes = lambda name, field, value: f"{value} #{market.count}" if name == "web" else value
    market.change("pim", title="Taza azul")
    for _ in range(6):
        market.pass_by(minutes=1)
        market.tell("web")
    assert [name for name, _ in market.writes].count("web") == 3
    (found,) = [one for one in market.differences() if one.connection == "web"]
    assert (found.state, found.reason) == ("held", "store.keeps_other")


def test_a_store_that_cleans_a_text_is_told_once_more_and_then_left_alone(market: Market) -> None:
    market.flow(ALIGN)
    market.rule("title", connections=("web",))
    market.makes = lambda name, field, value: "TAZA AZUL" if name == "web" else value
    market.change("pim", title="Taza azul")
    for _ in range(5):
        market.pass_by(minutes=1)
        market.tell("web")
    assert len(market.writes) == 2
    assert market.short() == [("title", "web", "TAZA AZUL", "Taza azul", "held", "store.keeps_other")]


def test_by_the_newest_a_stores_own_answer_wins_nothing(market: Market) -> None:
    market.flow(ALIGN)
    market.rule(conflict="newest")
    market.makes = lambda name, field, value: "11.90" if name == "web" else value
    market.change("pim", price="12.00")
    market.tell("web", "till")
    market.tell("web", "till")
    assert market.short() == [("price", "web", "11.9", "12", "held", "store.keeps_other")]
    assert market.goods["pim"]["MUG"]["price"] == "12.00"


def test_a_store_that_did_not_take_it_is_not_told_for_ever(market: Market) -> None:
    market.flow(ALIGN)
    market.rule()
    market.makes = lambda name, field, value: "12.00"
    market.change("web", price="12.00")
    assert market.short()[0][4] == "waiting"
    for _ in range(3):
        market.change("web")
    assert market.short() == [("price", "web", "12", "10", "held", "store.keeps_other")]
    assert len(market.writes) == 1


def test_texts_that_read_alike_are_equal(market: Market) -> None:
    market.rule("description")
    market.change("web", description="<div><b>Azul</b></div>\n")
    assert market.short() == []


# --- decisions ------------------------------------------------------------------------------


def test_left_as_it_is_and_taken_back(market: Market) -> None:
    market.flow(ALIGN)
    market.allow("pim", "till")
    market.rule()
    market.change("web", price="12.00")
    assert market.decide("web", "leave").state == "left"
    market.allow("pim", "till", "web")
    market.change("web", price="13.00")
    market.change("pim", price="11.00")
    assert ("price", "web", "13", "11", "left", "") in market.short()
    assert [name for name, _ in market.writes] == ["till"]
    found = market.decide("web", "again")
    assert (found.state, found.decided_by) == ("open", "")
    assert [name for name, _ in market.writes] == ["till", "web"]


def test_what_is_taken_goes_to_the_leader_too(market: Market) -> None:
    market.flow(ALIGN)
    market.rule(most_change=5)
    market.allow("pim", "till")
    market.change("web", price="20.00")
    assert market.short()[0][4:] == ("held", "store.cannot")
    found = market.decide("web", "take")
    assert (found.target, found.source) == ("20", "web")
    assert sorted(name for name, _ in market.writes) == ["pim", "till"]
    assert {one.decided_by for one in market.differences()} == {"eva"}
    market.tell("pim", "till")
    assert market.short() == []
    market.allow("pim", "till", "web")
    market.change("pim", price="21.00")
    assert [row[1] for row in market.short()] == ["till", "web"], "then the leader counts again"


def test_a_person_releases_what_was_put_aside_for_that_value_alone(market: Market) -> None:
    market.flow(ALIGN)
    market.rule(most_change=30, connections=("web",))
    market.change("pim", price="20.00")
    found = market.decide("web", "write")
    assert (found.state, found.decided_by) == ("open", "eva")
    assert len(market.writes) == 1
    market.change("pim", price="40.00")
    assert market.short() == [("price", "web", "10", "40", "held", "price.too_far")]


def test_decisions_stand_in_the_audit(market: Market) -> None:
    market.rule()
    market.change("web", price="12.00")
    for decision in ("leave", "again", "write", "take"):
        market.decide("web", decision)
    said = market.rows("SELECT \"by\", action, target FROM audit WHERE action LIKE 'difference%' ORDER BY id")
    assert said == [("eva", f"difference.{word}", "MUG") for word in ("left", "compared", "released", "taken")]
    gone = services.differences(market.shop, connection="till", database=market.database)[0]
    assert [one.target for one in gone] == ["12"]
    with pytest.raises(SyncRefused) as refused:
        services.decide(market.shop, gone[0].id, "burn", by="eva", database=market.database)
    assert refused.value.code == "decision.unknown"
    services.remove_rule(market.shop, "price", by="ana", database=market.database)
    with pytest.raises(SyncRefused) as refused:
        services.decide(market.shop, gone[0].id, "write", by="eva", database=market.database)
    assert refused.value.code == "difference.gone"


def test_lists_are_narrowed_and_paged(market: Market) -> None:
    market.rule()
    for number in range(5):
        sku = f"CUP-{number}"
        market.sell("web", sku, price="7.00", title=f"Copa {number}")
        market.sell("pim", sku)
        market.tell("web", "pim", sku=sku)
    first, after = services.differences(market.shop, limit=3, database=market.database)
    assert [one.sku for one in first] == ["CUP-4", "CUP-3", "CUP-2"]
    rest, end = services.differences(market.shop, limit=3, after=after or 0, database=market.database)
    assert [one.sku for one in rest] == ["CUP-1", "CUP-0"] and end is None
    assert [one.sku for one in market.differences(search="copa 3")] == ["CUP-3"]
    assert [one.sku for one in market.differences(search="cup-4")] == ["CUP-4"]
    assert market.differences(field="title") == market.differences(connection="till") == []
    assert market.differences(state="held") == []


# --- writing --------------------------------------------------------------------------------


def test_a_lost_answer_is_tried_again_under_the_same_key(market: Market) -> None:
    market.flow(ALIGN)
    market.rule()
    market.answers = [Retry("store.busy", "no answer"), Done({})]
    market.change("web", price="12.00")
    assert market.short() == [("price", "web", "12", "10", "open", "")]
    market.after(hours=1)
    assert len(market.writes) == 1 and market.short()[0][4] == "waiting"
    market.tell("web")
    assert market.short() == []


def test_what_is_equal_by_then_is_not_written(market: Market) -> None:
    market.flow(ALIGN.replace("steps:", "steps:\n  - wait: 10m"))
    market.rule()
    market.change("web", price="12.00")
    market.change("web", price="10.00")
    market.after(hours=1)
    assert market.writes == []
    assert market.rows("SELECT result FROM effect") == [('{"written":false,"reason":"equal"}',)]


def test_a_target_that_changed_is_told_of_by_another_event(market: Market) -> None:
    market.flow(ALIGN.replace("steps:", "steps:\n  - wait: 10m").replace("restart", "ignore"))
    market.rule(connections=("web",))
    market.change("pim", price="12.00")
    market.change("pim", price="13.00")
    market.after(hours=1)
    assert market.writes == []
    assert market.rows("SELECT result FROM effect") == [('{"written":false,"reason":"target.changed"}',)]


def test_in_shadow_nothing_is_written(market: Market) -> None:
    market.flow(ALIGN)
    services_flow = "UPDATE flow SET status = 'shadow' WHERE name = 'align'"
    with market.database.transaction() as tx:
        tx.text(services_flow)
    market.rule()
    market.change("web", price="12.00")
    assert market.effects() == [("catalog.align", "shadow", 0, None)]
    assert market.writes == [] and market.short()[0][4] == "open"
    assert market.rows("SELECT told_target FROM catalog_difference") == [("",)]


def test_set_anew_a_rule_tells_again_of_what_is_open(market: Market) -> None:
    market.rule()
    market.change("web", price="12.00")
    market.flow(ALIGN)
    market.drain()
    assert market.writes == []
    market.rule()
    assert len(market.told()) == 2 and len(market.writes) == 1


def test_two_batches_at_once_see_each_other(market: Market) -> None:
    """On PostgreSQL neither sees what the other changed before it commits; what is compared after them does."""
    market.rule()
    market.pass_by(minutes=5)
    market.sell("pim", "MUG", price="11.00")
    market.sell("web", "MUG", price="12.00")
    market.send(market.news("pim", "MUG"))
    market.runtime.dispatcher.run(10)
    market.send(market.news("web", "MUG"))
    market.runtime.dispatcher.run(10)
    assert market.rows("SELECT count(*) FROM catalog_to_compare")[0][0] >= 4
    market.drain()
    assert [row[1:4] for row in market.short()] == [("till", "10", "11"), ("web", "12", "11")]


def test_a_rule_for_a_store_that_is_off_compares_it_no_more(market: Market) -> None:
    market.rule()
    market.change("web", price="12.00")
    with market.database.transaction() as tx:
        tx.text("UPDATE connection SET is_active = FALSE WHERE name = 'web'")
    market.runtime.beat()
    market.drain()
    assert market.short() == []
    assert services.rules_of(market.shop, database=market.database) == [Rule("price", "pim", "leader", (), 0)]
