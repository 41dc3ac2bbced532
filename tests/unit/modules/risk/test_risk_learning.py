"""The learned score: it finds what there is to find, and claims nothing where there is nothing."""

from __future__ import annotations

from random import Random

import pytest

from sereno.modules.risk.learning import Example, chance, chance_of, compare, fit, lift_of


def shop(orders: int, *, tells: bool, seed: int = 3) -> list[Example]:
    """A shop whose frauds share devices, when `tells`; the rules know nothing of it."""
    drawn = Random(seed)
    found: list[Example] = []
    for at in range(orders):
        shared = drawn.random() < 0.2
        is_bad = drawn.random() < ((0.4 if shared else 0.02) if tells else 0.1)
        facts = {
            "device_people": 4 if shared else 1,
            "ip_day": drawn.randint(1, 3),
            "amount_ratio": drawn.random() + 0.5,
        }
        found.append(Example(at, facts, drawn.choice((0, 0, 15, 30)), is_bad))
    return found


def test_what_the_past_tells_is_learned_calibrated_and_better_than_the_rules() -> None:
    model, report = fit(shop(4000, tells=True))
    assert model is not None
    assert report.is_better
    assert report.low is not None
    assert report.low > 0.1
    expected, seen, _ = report.calibration[-1]
    assert abs(expected - seen) < 0.1
    assert chance(model, {"device_people": 4}) > 5 * chance(model, {"device_people": 1})
    kept = {"model": model}
    assert lift_of(kept, chance_of(kept, {"device_people": 4, "ip_day": 2}) or 0) > 2


def test_where_there_is_nothing_to_learn_nothing_is_claimed() -> None:
    model, report = fit(shop(4000, tells=False))
    assert model is None
    assert report.reason == "risk.not_better"
    assert chance_of({"model": None}, {"device_people": 4}) is None
    assert chance_of(None, {}) is None


def test_too_few_frauds_teach_nothing() -> None:
    model, report = fit(shop(300, tells=True))
    assert model is None
    assert report.reason == "risk.too_few"
    assert fit([])[1].reason == "risk.too_few"


def test_a_past_that_no_longer_holds_is_not_believed() -> None:
    old, new = shop(3000, tells=True), shop(1500, tells=False, seed=9)
    model, report = fit(old, [Example(one.at + 9999, one.facts, one.score, one.is_bad) for one in new])
    assert model is None
    assert not report.is_better


def test_areas_and_their_difference() -> None:
    bad = [True, True, False, False] * 20
    apart = compare(bad, [2.0, 3.0, 1.0, 0.0] * 20, [0.0] * 80)
    assert apart.first == 1.0
    assert apart.second == 0.5
    assert apart.low == pytest.approx(0.5)
    same = compare(bad, [1.0, 0.0, 1.0, 0.0] * 20, [1.0, 0.0, 1.0, 0.0] * 20)
    assert same.difference == same.low == same.high == 0
