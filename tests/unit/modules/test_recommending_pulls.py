"""Things weighed together: what a third thing explains is not counted twice, with or without numpy."""

from __future__ import annotations

import random
from math import exp

import pytest

from sereno.modules.recommendations import pairs, pulling
from sereno.modules.recommendations.pairs import Neighbours


def baskets(number: int = 1200) -> list[list[str]]:
    """Who buys a tent buys pegs and a mat, each on its own account; pegs and mats have nothing else in common."""
    dice = random.Random(2)
    found: list[list[str]] = []
    for _ in range(number):
        held = ["tent"] if dice.random() < 0.3 else []
        held += [item for item in ("pegs", "mat") if dice.random() < (0.7 if held[:1] == ["tent"] else 0.05)]
        found.append(held + [item for item in ("bread", "milk") if dice.random() < 0.2])
    return found


def test_what_a_third_thing_explains_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "RIDGE", 1.0)
    pulls = pulling.fit(baskets())
    assert pulls.to["tent"]["pegs"] > 0.4
    assert abs(pulls.to["mat"]["pegs"]) < 0.15, "together often, and only because of the tent"
    scores = pulls.over({"pegs": 0.0, "bread": 0.0, "rare": -3.0}, ["tent"], {"pegs": 0.25, "bread": 0.2})
    assert exp(scores["pegs"]) == pytest.approx(0.7, abs=0.15)
    assert scores["rare"] == -3.0, "what was not weighed keeps what was counted"
    assert pulls.over({"pegs": -1.0}, ["unknown"], {"pegs": 0.25}) == {"pegs": -1.0}


def test_too_few_baskets_weigh_nothing_and_no_chance_is_below_nothing() -> None:
    assert pulling.fit(baskets(200)) == pulling.NONE
    pulls = pulling.Pulls({"a": 0.1}, {"b": {"a": -5.0}})
    assert exp(pulls.over({"a": 0.0}, ["b"], {"a": 0.2})["a"]) == pytest.approx(0.02)


def test_the_standard_library_weighs_as_numpy_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = pulling.fit(baskets())
    monkeypatch.setattr(pulling, "_numpy", lambda: None)
    without = pulling.fit(baskets())
    assert without.lean == pytest.approx(with_it.lean) and without.lean.keys() == with_it.lean.keys()
    for item, weights in with_it.to.items():
        assert without.to[item] == pytest.approx(weights, abs=2e-6)


def test_of_thousands_only_the_most_bought_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "HEAD", 3)
    monkeypatch.setattr(pulling, "HEAD_FAST", 3)
    assert set(pulling.fit(baskets()).lean) == {"tent", "pegs", "mat"}


def test_weights_say_what_counts_would() -> None:
    known = {"tent": Neighbours(360, {"pegs": 250, "bread": 72})}
    counts = {"tent": 360, "pegs": 290, "bread": 240, "milk": 240}
    weighed = pairs.with_these(known, counts, 1200, counts, pulling.fit(baskets()))
    counted = pairs.with_these(known, counts, 1200, counts)
    assert max(weighed, key=lambda one: weighed[one]) == max(counted, key=lambda one: counted[one]) == "pegs"
    assert weighed != counted
