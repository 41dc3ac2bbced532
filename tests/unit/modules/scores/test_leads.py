"""Scores of people who have not bought yet: nothing after the day is seen, what is learned must do better than points,
and with too little the stated points are what counts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from sereno.modules.scores import judging
from sereno.modules.scores.leads import (
    HORIZON,
    SIGNALS,
    USUAL,
    Lead,
    Leading,
    features,
    fit_leading,
    judge_leading,
    keep_good,
    points,
)
from sereno.modules.scores.weighing import Weights

TODAY = date(2026, 3, 2).toordinal()
TILL, CART, LOOK, LEFT = (SIGNALS.index(name) for name in ("till", "cart", "look", "left"))


@cache
def shop(number: int) -> list[Lead]:
    """Some look around often, and of those who go to the till many order soon; who came by a fair seldom does."""
    dice = random.Random(1)
    found: list[Lead] = []
    for at in range(number):
        known, warm, order = TODAY - dice.randrange(1, 220), dice.random() ** 3, None
        origin = dice.choice(("account", "fair"))
        acts: set[tuple[int, int]] = set()
        for day in range(known, TODAY):
            if dice.random() < 0.02 + 0.15 * warm:
                act = dice.choice((TILL, CART, CART, LOOK, LOOK, LOOK, LOOK))
                acts.add((day, act))
                if dice.random() < {TILL: 0.3, CART: 0.08, LOOK: 0.005}[act] * (0.3 if origin == "fair" else 1):
                    order = day + 1 + dice.randrange(9)
                    break
        found.append(Lead(f"l{at}", known, sorted(acts), order if order and order < TODAY else None, origin))
    return found


def test_points_count_a_day_once_and_the_older_by_half() -> None:
    lead = Lead("a", TODAY - 50, [(TODAY - 40, TILL), (TODAY - 20, TILL), (TODAY - 3, CART), (TODAY, TILL)])
    assert points(lead, TODAY) == 3 + 4
    assert points(replace(lead, acts=[(TODAY - 2, LEFT)]), TODAY) == -6
    assert lead.signals(TODAY) == {"till": 1, "cart": 1}
    assert lead.last_act(TODAY) == TODAY - 3 and Lead("b", 1, []).last_act(TODAY) is None


def test_who_ordered_is_no_lead_and_who_is_not_known_yet_is_none() -> None:
    lead = Lead("a", 100, [], 130)
    assert [lead.is_lead(day) for day in (100, 101, 130, 131)] == [False, True, True, False]
    assert lead.ordered(130, 131) and not lead.ordered(100, 130) and not Lead("b", 1, []).ordered(1, 9)
    assert lead.before(130).first_order is None


def test_without_a_past_the_stated_chances_hold() -> None:
    model = fit_leading([], TODAY)
    assert model.weights is None and model.bands == pytest.approx(USUAL)
    assert model.chance(Lead("a", TODAY - 9, [(TODAY - 1, TILL), (TODAY - 1, CART)]), TODAY) == USUAL[3]
    assert judge_leading([], TODAY) == {}
    few = shop(250)
    assert fit_leading(few, TODAY).weights is None
    assert judge_leading(few, TODAY)["lead"]["is_learned"] is False


def test_what_is_learned_ranks_better_than_points_and_tells_how_many_come() -> None:
    found = judge_leading(shop(1500), TODAY)["lead"]
    assert found["is_learned"]
    assert found["low"] < found["auc"] < found["high"] and found["auc"] > found["rule"] + 0.02
    assert found["expected"] == pytest.approx(found["came"], rel=0.25)
    assert found["lift_low"] > 1.5 and found["lift_low"] < found["lift"] < found["lift_high"]


def test_the_future_is_not_seen() -> None:
    """Whatever comes at the day of the score or after, the features and the model are the same."""
    leads = shop(1500)
    dice = random.Random(4)
    then = TODAY - HORIZON
    other = [
        replace(
            one,
            acts=[*one.before(then).acts, *((day, dice.randrange(len(SIGNALS))) for day in range(then, TODAY, 3))],
            first_order=one.before(then).first_order or dice.choice((None, then, TODAY - 1)),
        )
        for one in leads
        if one.known_on < then
    ]
    same = [one for one in leads if one.known_on < then]
    model = fit_leading(same, then)
    assert model.weights is not None and model == fit_leading(other, then)
    for one, two in zip(same, other, strict=True):
        assert features(one, then, model.origins) == features(two, then, model.origins)


def test_a_shuffled_future_is_not_foretold() -> None:
    """If who orders next has nothing to do with what was known, nothing must seem to be known."""
    leads, then, dice = shop(1500), TODAY - HORIZON, random.Random(3)
    open_ones = [one for one in leads if one.is_lead(then)]
    orders = [one.first_order for one in open_ones]
    dice.shuffle(orders)
    moved = {one.key: replace(one, first_order=order) for one, order in zip(open_ones, orders, strict=True)}
    found = judge_leading([moved.get(one.key, one) for one in leads], TODAY)["lead"]
    assert 0.42 < found["auc"] < 0.58 and found["lift"] < 1.6


def test_what_did_not_do_better_is_not_used() -> None:
    model = Leading(USUAL, (), Weights(0.5, (0.1,) * 14))
    assert keep_good(model, {"lead": {"is_learned": True}}) is model
    rule = keep_good(model, {"lead": {"is_learned": False}})
    lead = Lead("a", TODAY - 9, [(TODAY - 1, TILL)])
    assert rule.weights is None and rule.chance(lead, TODAY) == model.rule(lead, TODAY)
    assert keep_good(model, {}).weights is None


def test_lift_holds_its_share() -> None:
    yes = [at < 8 for at in range(200)]
    found = judging.lift([-float(at) for at in range(200)], yes)
    assert found is not None
    assert found.value == pytest.approx((8 / 20) / (8 / 200))
    assert (found.low * 0.04, found.high * 0.04) == pytest.approx((0.2188, 0.6134), abs=1e-3)  # Wilson's of 8 in 20
    assert judging.lift([1.0] * 5, [True] * 5) is None and judging.lift([1.0] * 20, [False] * 20) is None
