"""Facts of an order, the rules that look at them, and the score they make."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sereno.commerce.merging import micros
from sereno.modules.risk import marks, policy
from sereno.modules.risk.buying import find, patterns, wanted
from sereno.modules.risk.facts import DAY, gather
from sereno.modules.risk.places import country_of, distance
from sereno.modules.risk.rules import RULES, Policy, Setting, judge, needs_review
from sereno.sdk.risk import Bought, Listed, Seen

PLACED = "2026-03-02T09:00:00+00:00"
AT = micros(PLACED) or 0
SPAIN: dict[str, Any] = {"name": "Ana Ruiz", "line1": "Calle Mayor, 7", "postal_code": "28013", "country": "ES"}
ORDER: dict[str, Any] = {
    "id": "9", "email": "ana@shop.example", "total": "50.00", "placed_at": PLACED, "shipping_address": SPAIN,
    "lines": [{"sku": "A", "quantity": 1}],
}  # fmt: skip


def found(order: dict[str, Any] | None = None, seen: Any = (), listed: Any = (), **more: Any) -> dict[str, Any]:
    return gather({**ORDER, **(order or {})}, more.pop("customer", None), seen, listed, now=AT, **more)


def codes(facts: dict[str, Any], rules: Policy | None = None) -> list[str]:
    return [one.code for one in judge(facts, rules or Policy()).reasons]


def test_nothing_known_is_held_against_nobody() -> None:
    assert judge({}, Policy()).score == 0
    assert codes(gather({"id": "1"}, None, (), (), now=AT)) == []


@pytest.mark.parametrize(
    ("order", "more", "code"),
    [
        ({"billing_address": {"country": "PT"}}, {}, "address.countries"),
        ({"ip_address": "200.147.3.157"}, {}, "ip.country"),
        ({"ip_address": "200.147.3.157"}, {}, "ip.far"),
        ({"email": "x@sub.mailinator.com"}, {}, "email.disposable"),
        ({"payments": [{"cvv_result": "no_match"}]}, {}, "card.cvv"),
        ({"payments": [{"avs_result": "no_match"}]}, {}, "card.avs"),
        ({"payments": [{"card_country": "us"}], "billing_address": SPAIN}, {}, "card.country"),
        ({"payments": [{"status": "failed"}] * 3}, {}, "card.failures"),
        ({"platform_risk": "high"}, {}, "platform.high"),
        ({"lines": [{"sku": "A", "quantity": 12}]}, {}, "items.many"),
        ({"lines": [{"sku": "A", "is_gift_card": True}]}, {}, "items.gift_card"),
        ({"lines": [{"sku": "GIFT-1"}]}, {"watched": ["gift-*"]}, "items.watched"),
        ({"total": "200.00"}, {"usual": Decimal("50")}, "amount.high"),
        ({"billing_address": {**SPAIN, "name": "Bob Stone"}}, {}, "name.mismatch"),
        ({}, {"customer": {"created_at": "2026-03-02T08:59:30Z", "status": "enabled"}}, "account.instant"),
        ({}, {"customer": {"created_at": "2026-03-02T08:40:00Z", "status": "enabled"}}, "account.new"),
        ({}, {"listed": [Listed("email", "email:ana@shop.example", "block", "")]}, "list.blocked"),
        ({}, {"seen": [Seen("email", "1", "p", AT - 99 * DAY, is_bad=True)]}, "history.bad"),
        ({"ip_address": "81.40.1.7"}, {"seen": [Seen("ip", str(n), str(n), AT - n) for n in range(3)]}, "ip.shared"),
    ],
)
def test_each_rule_finds_its_case_and_an_ordinary_order_none(order: Any, more: Any, code: str) -> None:
    assert code in codes(found(order, **more))
    assert code not in codes(found())


def test_a_guests_record_made_with_the_order_is_no_new_account() -> None:
    for status in ("disabled", None):
        assert "account.instant" not in codes(found(customer={"created_at": PLACED, "status": status}))


def test_good_orders_speak_for_somebody() -> None:
    past = [Seen("email", str(one), "p", AT - (40 + one) * DAY, is_same_person=True) for one in range(3)]
    assert codes(found(seen=past)) == ["history.good"]
    assert judge(found({"payments": [{"cvv_result": "no_match"}]}, seen=past), Policy()).score == 5


def test_history_of_later_orders_and_of_itself_does_not_count() -> None:
    later = [Seen("email", "20", "p", AT + 1), Seen("email", "9", "p", AT)]
    assert found(seen=later)["email_day"] == 1


def test_the_score_has_bounds_and_levels() -> None:
    everything = {"cvv": "no_match", "avs": "no_match", "card_people": 5, "is_disposable": True, "bad": ["card"]}
    assert judge(everything, Policy()).score == 100
    assert judge({"is_disposable": True, "has_gift_card": True}, Policy()).level == "medium"
    assert judge({"good_orders": 9}, Policy()).score == 0
    assert needs_review("medium", Policy(review="medium"))
    assert not needs_review("medium", Policy())


def test_blocked_is_high_however_little_the_rule_gives() -> None:
    rules = Policy({"list.blocked": Setting(points=1)})
    assert judge({"blocked": ["email"], "allowed": ["email"]}, rules).level == "high"


def test_a_policy_keeps_what_differs_and_refuses_what_is_wrong() -> None:
    whole = policy.told(Policy())
    assert policy.checked(whole)["rules"] == []
    kept = policy.checked(
        {**whole, "rules": [{"code": "ip.far", "limit": "500"}, {"code": "card.cvv", "is_on": False}]}
    )
    abroad = {"cvv": "no_match", "ip_country": "PT", "ship_country": "ES", "distance_km": 600}
    assert codes(abroad, policy.read(kept)) == ["ip.country", "ip.far"]
    for wrong in ({"medium": 70}, {"rules": [{"code": "none"}]}, {"rules": [{"code": "ip.far", "points": 900}]}):
        with pytest.raises(ValueError):
            policy.checked({**whole, **wrong})


def test_every_rule_has_words_and_one_code() -> None:
    from sereno.modules.risk.reasons import GROUPS, LABELS, UNITS

    assert {one.code for one in RULES} == LABELS.keys()
    assert len({one.code for one in RULES}) == len(RULES)
    assert {one.group for one in RULES} <= GROUPS.keys()
    assert {one.unit for one in RULES if one.unit} <= UNITS.keys()


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "A.na+shop@Gmail.com", "ana@googlemail.com"),
        ("phone", "+34 612 345 678", "612345678"),
        ("ip", "2a02:9000::1", "2a02:9000:0:0:ffff::2"),
        ("address", "28013 Cálle Mayor, 7", "28013 calle mayor 7"),
        ("name", "Ruiz, Ana", "ana ruiz"),
    ],
)
def test_the_same_thing_written_twice_is_one_mark(kind: str, one: str, other: str) -> None:
    assert marks.mark(kind, one) == marks.mark(kind, other)


def test_what_cannot_be_a_mark_is_refused() -> None:
    for kind, text in (("email", "ana"), ("ip", "10.0.0.1"), ("ip", "x"), ("phone", "12"), ("colour", "red")):
        with pytest.raises(ValueError):
            marks.mark(kind, text)
    assert marks.marks_of(ORDER)["address"] == marks.mark("address", "28013 Calle Mayor 7")


def test_marks_are_said_without_saying_who() -> None:
    assert marks.hidden("email:ana@shop.example") == "a…@shop.example"
    assert marks.hidden("card:fp_123456") == "…3456"


def test_countries_of_addresses_and_how_far_they_are() -> None:
    assert country_of("200.147.3.157") == "BR"
    assert country_of("10.0.0.1") is None
    assert country_of("no address") is None
    assert distance("ES", "ES") == 0
    assert 300 <= (distance("ES", "PT") or 0) <= 700
    assert 7000 <= (distance("BR", "ES") or 0) <= 9000
    assert distance("ES", "ZZ") is None


def test_buying_out_counts_units_and_orders_of_one_pattern() -> None:
    taken = [Bought(str(n), "A", 3, AT - n, {"ip": "i", "card": str(n)}) for n in range(4)]
    hit = find(taken, "0", AT, units=10, orders=99)
    assert hit is not None
    assert (hit.pattern, hit.units, hit.order_ids) == ("ip", 12, ("0", "1", "2", "3"))
    assert find(taken, "0", AT, units=13, orders=5) is None
    assert find(taken, "0", AT, units=99, orders=4) is not None
    assert find(taken[:1], "0", AT, units=2, orders=1) is None


def test_a_free_mail_domain_is_no_pattern_and_amounts_are_summed() -> None:
    lines = [{"sku": "A", "quantity": 2}, {"sku": "A", "quantity": 1}, {"variant_id": "v"}, {"quantity": 3}]
    assert wanted({"lines": lines}) == {"A": 3, "v": 1}
    assert "domain" not in patterns({**ORDER, "email": "x@gmail.com"}, AT, with_minute=False)
    assert patterns(ORDER, AT, with_minute=True).keys() == {"address", "domain", "minute"}
