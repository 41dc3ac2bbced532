"""When to order, how many, from whom: the rules, without a database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sereno.commerce.purchasing import (
    Demand,
    LeadTime,
    Offer,
    Position,
    Rule,
    Terms,
    flat_demand,
    lead_time,
    levels,
    needed_for,
    quantity,
    wish,
    within_budget,
)
from sereno.runtime.purchasing.suppliers import read_price_list

STEADY = flat_demand(70.0, 10.0)
WEEK = LeadTime(((7.0, 1.0),))


def test_lead_times_are_learned_from_receipts() -> None:
    assert lead_time(10, []).mean == pytest.approx(11.25)
    learned = lead_time(10, [20.0] * 10)
    assert 18 < learned.mean < 20 and learned.seen == 10
    assert lead_time(10, [10, 30, 10, 30, 10, 30]).spread > lead_time(10, [20.0] * 6).spread


def test_what_is_needed_grows_with_service_and_with_unsure_lead_times() -> None:
    assert needed_for(STEADY, WEEK, 0.5) == pytest.approx(70, abs=2)
    sure, unsure = WEEK, LeadTime(((1.0, 0.5), (13.0, 0.5)))
    assert needed_for(STEADY, sure, 0.95) == pytest.approx(86.4, abs=2)
    assert needed_for(STEADY, unsure, 0.95) > 1.3 * needed_for(STEADY, sure, 0.95)
    assert needed_for(STEADY, sure, 0.99) > needed_for(STEADY, sure, 0.95)


def test_quantiles_never_fall_with_time() -> None:
    found = [STEADY.quantiles(days)[6] for days in range(1, 300, 7)]
    assert found == sorted(found)
    assert Demand([], []).quantiles(30) == [0.0] * 9


def test_packs_minimum_and_price_breaks() -> None:
    offer = Offer(1, "A", Decimal("2.00"), ((100, Decimal("1.70")), (5000, Decimal("1.60"))), minimum=12, multiple=6)
    assert offer.rounded(1) == 12
    assert offer.rounded(13) == 18
    assert quantity(offer, 0, 5) == 0
    # 90 -> 102 for a price that is lower for all of them; 5,000 would lie there for years.
    assert quantity(offer, 90, 5) == 102
    assert quantity(offer, 90, 0.05) == 90


def test_what_is_coming_counts_as_if_it_were_there() -> None:
    offer = Offer(1, "A", Decimal(1))

    def wanted(position: Position, rule: Rule = Rule()) -> int:  # noqa: B008
        found = wish([offer], lambda offer: WEEK, STEADY, position, rule, Terms())
        return 0 if found is None else found.quantity

    first = wanted(Position(20))
    assert first > 0
    assert wanted(Position(20, first)) == 0
    assert wanted(Position(-5)) == first + 25
    assert wanted(Position(20), Rule(is_on=False)) == 0
    assert wanted(Position(20), Rule(least=15, most=60)) == 0
    assert wanted(Position(15), Rule(least=15, most=60)) == 45


def test_the_cheapest_of_the_same_rank_is_asked() -> None:
    dear, cheap, second = Offer(1, "A", Decimal(3)), Offer(2, "A", Decimal(2)), Offer(3, "A", Decimal(1), rank=1)
    found = wish([dear, cheap, second], lambda offer: WEEK, STEADY, Position(0), Rule(), Terms())
    assert found is not None and found.offer is cheap
    assert levels(STEADY, WEEK, Rule(), Terms()).safety > 0


def test_money_goes_to_what_runs_out_first() -> None:
    offers = [Offer(1, sku, Decimal(1)) for sku in "ABC"]
    wishes = [
        wish([one], lambda offer: WEEK, STEADY, Position(stock), Rule(), Terms())
        for one, stock in zip(offers, (40, 0, 20), strict=True)
    ]
    found = [one for one in wishes if one is not None]
    assert [one.offer.sku for one in within_budget(found, None).taken] == ["B", "C", "A"]
    plan = within_budget(found, found[1].cost + 1)
    assert [one.offer.sku for one in plan.taken] == ["B"]
    assert [one.offer.sku for one in plan.left_out] == ["C", "A"]


def test_price_lists_as_people_send_them() -> None:
    found = read_price_list(
        "\ufeffSKU;Price;Breaks\nA;4,50;10:4.20 50:3.90\n\nB;1.234,00;\n".replace("1.234,00", "1234")
    )
    assert [(one.sku, one.price, one.breaks) for one in found] == [
        ("A", Decimal("4.50"), ((10, Decimal("4.20")), (50, Decimal("3.90")))),
        ("B", Decimal(1234), ()),
    ]
    with pytest.raises(ValueError, match="line 3"):
        read_price_list("sku,price\nA,1\nB,x\n")
    with pytest.raises(ValueError, match="price is missing"):
        read_price_list("sku,cost\nA,1\n")
