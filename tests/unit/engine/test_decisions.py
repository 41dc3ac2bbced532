"""What a checkout offers: the document, the rules, the split; pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sereno.engine.decisions import Asked, DecisionsInvalid, Plan, decide, read_plan

from .catalog import SmallCatalog

OPTIONS = [
    {"id": "card", "kind": "payment", "name": "Card"},
    {"id": "cod", "kind": "payment", "name": "Cash on delivery"},
    {"id": "courier", "kind": "delivery", "name": "Courier"},
    {"id": "locker", "kind": "delivery", "name": "Locker"},
    {"id": "pickup", "kind": "delivery", "name": "Pick-up"},
]
ARMS = [{"name": "three-pages", "weight": 1}, {"name": "one-page", "weight": 1, "values": {"url": "/one"}}]


def plan(*rules: dict[str, Any], variants: list[dict[str, Any]] | None = None) -> Plan:
    found = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    return read_plan({"options": OPTIONS, "rules": found, "variants": variants or []}, SmallCatalog())


def shown(plan: Plan, available: Any = None, unit: str = "", **scope: Any) -> list[str]:
    answer = decide(plan, Asked(scope, available or {}, unit))
    return [one.id for one in answer.offered if one.is_shown]


def flaws(document: Any) -> dict[str, str]:
    with pytest.raises(DecisionsInvalid) as error:
        read_plan(document, SmallCatalog())
    return {flaw.path: flaw.code for flaw in error.value.flaws}


def test_a_rule_hides_what_it_says_when_it_holds() -> None:
    found = plan({"when": "cart.total > 300", "do": "hide", "options": ["cod"]})
    assert shown(found, cart={"total": "300.00"}) == ["card", "cod", "courier", "locker", "pickup"]
    assert shown(found, cart={"total": "300.01"}) == ["card", "courier", "locker", "pickup"]


def test_what_cannot_be_answered_does_nothing_and_says_so() -> None:
    found = plan({"name": "Dear", "when": "cart.total > 300", "do": "hide", "options": ["cod"]})
    answer = decide(found, Asked({"cart": {}}))
    assert all(one.is_shown for one in answer.offered)
    (reason,) = answer.reasons
    assert (reason.held, reason.name, reason.options) == (None, "Dear", ())
    assert reason.error == "cart.total is null"


def test_the_last_option_of_a_kind_stays() -> None:
    found = plan(
        {"do": "hide", "options": ["card"]},
        {"do": "hide", "options": ["cod", "courier"]},
    )
    answer = decide(found, Asked({}))
    assert [one.id for one in answer.offered if one.is_shown] == ["cod", "locker", "pickup"]
    assert answer.reasons[1].kept == ("cod",)
    assert answer.reasons[1].options == ("courier",)


def test_only_hides_the_others_of_its_kind_unless_nothing_would_stay() -> None:
    found = plan({"do": "only", "options": ["locker", "pickup"]})
    assert shown(found) == ["card", "cod", "locker", "pickup"]
    hidden_before = plan({"do": "hide", "options": ["cod"]}, {"do": "only", "options": ["cod"]})
    assert shown(hidden_before) == ["card", "courier", "locker", "pickup"]


def test_order_and_words_and_rules_that_are_off() -> None:
    found = plan(
        {"do": "first", "options": ["pickup", "locker"]},
        {"do": "last", "options": ["card"]},
        {"do": "rename", "options": ["cod"], "label": "Pay at the door"},
        {"do": "hide", "options": ["cod"], "is_on": False},
    )
    answer = decide(found, Asked({}))
    assert [one.id for one in answer.offered] == ["cod", "card", "pickup", "locker", "courier"]
    assert answer.offered[0].name == "Pay at the door"
    assert answer.offered[0].by == ["r2"]


def test_the_storefront_says_what_it_has() -> None:
    found = plan({"do": "hide", "options": ["cod"]})
    available = {"payment": ["paypal", "cod"], "delivery": []}
    assert shown(found, available) == ["paypal"]
    # An empty list is a list: nothing of the kind is offered just now.
    assert shown(found, {"payment": ["cod"]}) == ["cod", "courier", "locker", "pickup"]


def test_visitors_fall_evenly_into_arms_and_stay_there() -> None:
    found = plan(variants=[{"id": "till", "arms": ARMS}])
    first = {unit: decide(found, Asked({}, {}, unit)).assigned[0] for unit in map(str, range(2000))}
    again = {unit: decide(found, Asked({}, {}, unit)).assigned[0] for unit in first}
    assert first == again
    counts = Counter(one.arm for one in first.values())
    assert abs(counts["one-page"] - 1000) < 100
    assert all(one.is_measured and one.why == "split" for one in first.values())
    assert {one.arm: dict(one.values) for one in first.values()}["one-page"] == {"url": "/one"}


def test_nobody_is_measured_who_is_not_known_again_or_not_asked() -> None:
    found = plan(variants=[{"id": "till", "arms": ARMS, "when": "visitor.device == 'mobile'"}])

    def one(unit: str, winners: Any = None, **visitor: str) -> Any:
        return decide(found, Asked({"visitor": visitor}, {}, unit), winners).assigned[0]

    assert (one("v1", device="desktop").why, one("v1", device="desktop").arm) == ("not_asked", None)
    assert (one("", device="mobile").why, one("", device="mobile").arm) == ("nobody", "three-pages")
    won = one("v1", {found.variants[0].design: "one-page"}, device="mobile")
    assert (won.why, won.arm, won.is_measured) == ("winner", "one-page", False)


def test_another_comparison_has_another_design() -> None:
    def design(**changed: Any) -> str:
        return plan(variants=[{"id": "till", "arms": ARMS, **changed}]).variants[0].design

    assert design() == design(name="Other words") == design(metric="revenue")
    assert len({design(), design(window="14d"), design(when="cart.total > 1"), design(arms=ARMS[::-1])}) == 4


def test_a_document_names_everything_that_is_wrong() -> None:
    rule = {"id": "X", "do": "melt", "options": ["nothing"], "when": "cart.totl > 1", "colour": "red"}
    found = flaws({"options": OPTIONS, "rules": [rule], "variants": [{"id": "v", "arms": ARMS[:1], "window": "1m"}]})
    assert found == {
        "rules.0.colour": "decision.unknown_key",
        "rules.0.id": "decision.wrong_id",
        "rules.0.do": "decision.wrong_word",
        "rules.0.options.0": "decision.unknown_option",
        "rules.0.when": "expression.unknown_field",
        "variants.0.arms": "decision.few_arms",
        "variants.0.window": "decision.wrong_length",
    }
    assert flaws([]) == {"": "decision.no_mapping"}
    assert flaws({"options": [OPTIONS[0], OPTIONS[0]]}) == {"options.1.id": "decision.twice"}
    assert flaws({"options": "all"}) == {"options": "decision.no_list"}
    assert flaws({"options": OPTIONS, "rules": [{"id": "r", "do": "rename", "options": ["cod"]}]}) == {
        "rules.0.label": "decision.no_label"
    }
