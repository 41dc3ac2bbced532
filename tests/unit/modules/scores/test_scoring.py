"""Scores of whole shops: deterministic fifths, learned scores that are taken only where they do better, rules where
there is too little."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.records.scores import GROUPS
from sereno.modules.scores import judging
from sereno.modules.scores.past import History, features, usual_gap
from sereno.modules.scores.ranks import edges, group_of
from sereno.modules.scores.regression import chance, fit_logistic, fit_quantile
from sereno.modules.scores.returning import fit_returning, judge_returning, keep_good
from sereno.modules.scores.scoring import fit, horizon_of, scores

TODAY = date(2026, 3, 2).toordinal()


def shop(customers: int, *, days: int = 400, leave: float = 0.25, seed: int = 5) -> list[History]:
    """Some buy often and some seldom, and after each order some stay away for good."""
    dice = random.Random(seed)
    found: list[History] = []
    for at in range(customers):
        day, own = TODAY - dice.randrange(1, days), set[int]()
        rate = dice.gammavariate(1.5, 1 / 60)
        while day < TODAY:
            own.add(day)
            if dice.random() < leave:
                break
            day += 1 + int(dice.expovariate(rate))
        of = tuple(sorted(own))
        found.append(History(f"c{at:05}", of, tuple(round(dice.lognormvariate(3.5, 0.4), 2) for _ in of)))
    return found


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.randoms())
def test_fifths_know_no_order_and_never_fall(values: list[int], dice: random.Random) -> None:
    shuffled = list(values)
    dice.shuffle(shuffled)
    one, two = edges(values), edges(shuffled)
    assert one == two
    ranked = [one.fifth(value) for value in sorted(values)]
    assert ranked == sorted(ranked)
    assert set(ranked) <= {1, 2, 3, 4, 5}
    assert one.fifth(min(values)) == 1


def test_without_ties_fifths_are_alike() -> None:
    found = edges(range(100))
    assert [sum(found.fifth(value) == fifth for value in range(100)) for fifth in range(1, 6)] == [20] * 5


def test_every_pair_of_fifths_is_in_a_group() -> None:
    fifths = range(1, 6)
    found = {group_of(r, f, m, n) for r in fifths for f in fifths for m in fifths for n in (1, 2, 9)}
    assert found == set(GROUPS)
    assert group_of(5, 5, 5, 9) == "champions"
    assert group_of(1, 5, 5, 9) == "cannot_lose"
    assert group_of(5, 1, 1, 1) == "new"
    assert group_of(1, 1, 1, 1) == "lost"


def test_a_learned_chance_is_the_true_one() -> None:
    dice = random.Random(3)
    rows = [(dice.gauss(0, 2), dice.gauss(5, 1)) for _ in range(6000)]
    yes = [dice.random() < chance(0.5 + 0.8 * one - 0.3 * two) for one, two in rows]
    found = fit_logistic(rows, yes)
    assert found.base == pytest.approx(0.5, abs=0.25)
    assert found.each == pytest.approx((0.8, -0.3), abs=0.06)
    with pytest.raises(ValueError, match="all say the same"):
        fit_logistic([(1.0,), (2.0,)], [True, True])


def test_quantiles_hold_their_share() -> None:
    dice = random.Random(4)
    rows = [(dice.uniform(1, 4),) for _ in range(3000)]
    came = [dice.expovariate(1 / (10 * one)) for (one,) in rows]
    for share in (0.25, 0.5, 0.75):
        found = fit_quantile(rows, came, share)
        below = sum(value <= found.of(row) for row, value in zip(rows, came, strict=True)) / len(rows)
        assert below == pytest.approx(share, abs=0.02)


def test_auc_and_the_top_tenth_by_hand() -> None:
    found = judging.auc([0.1, 0.4, 0.4, 0.9], [False, False, True, True])
    assert found is not None and found.value == pytest.approx(0.875)
    assert judging.auc([0.1, 0.2], [True, True]) is None
    assert judging.top_share(list(range(10)), [1.0] * 9 + [11.0]) == pytest.approx(0.55)
    assert judging.top_share([1.0], [0.0]) is None
    assert judging.brier([1.0, 0.5], [True, False]) == pytest.approx(0.125)


def test_a_large_shop_is_learned_and_does_better_than_the_rule() -> None:
    people = shop(3000)
    model, quality = fit(people, TODAY)
    assert quality["used"]["chance"] and quality["used"]["orders"]
    assert all(quality["used"][name] == quality[name]["is_learned"] for name in quality["used"])
    assert quality["chance"]["auc"] > quality["chance"]["rule"]
    assert quality["chance"]["low"] < quality["chance"]["auc"] < quality["chance"]["high"]
    assert quality["orders"]["rmse"] < quality["orders"]["rule"]
    recency = [share for share in quality["rfm"]["recency"] if share is not None]
    assert recency[-1] > recency[0]
    found = list(scores(model, people))
    assert len(found) == 3000
    assert all(0 <= one.risk <= 1 and one.orders >= 0 and one.value >= 0 for one in found)
    assert all(one.next_on is None or one.next_from <= one.next_on <= one.next_until for one in found)
    assert found == list(scores(fit(list(people), TODAY)[0], people)), "the same again"


def test_a_small_shop_goes_by_rules() -> None:
    model, quality = fit(shop(40), TODAY)
    assert set(quality["used"].values()) == {False}
    assert model.buying.lifetime is None
    found = list(scores(model, shop(40)))
    assert all(0 <= one.risk <= 1 and one.alive is None for one in found)
    assert fit([], TODAY)[1]["customers"] == 0


def test_what_does_no_better_is_not_taken() -> None:
    people = shop(3000)
    model = fit_returning(people, TODAY, 90)
    assert model.weights is not None and model.dates is not None
    kept = keep_good(model, {"chance": {"is_learned": False}, "date": {"is_learned": True}})
    assert kept.weights is None and kept.dates is not None
    # Weights that say the contrary are found out by the same trial.
    contrary = replace(model, weights=replace(model.weights, each=tuple(-one for one in model.weights.each)))
    assert not judge_returning(people, TODAY, 90, model=contrary)["chance"]["is_learned"]


def test_nothing_after_the_cut_is_seen() -> None:
    people = shop(600)
    cut = TODAY - 100
    cropped = [one.before(cut) for one in people]
    assert fit([one for one in cropped if one], cut)[0] == fit([one for one in cropped if one], cut)[0]
    assert fit_returning(people, cut, 45) == fit_returning([one for one in cropped if one], cut, 45)
    past = History("x", (cut - 30, cut - 10, cut + 5), (1.0, 2.0, 900.0)).before(cut)
    assert past == History("x", (cut - 30, cut - 10), (1.0, 2.0))
    assert len(features(past, cut, usual_gap([past]))) == 8
    assert [horizon_of(span) for span in (400, 200, 10)] == [90, 45, 30]
