"""What recommendations rest on, without a database: pairs, visits, heat, likeness, packs and the shop's rules."""

from __future__ import annotations

from math import log

import pytest

from sereno.modules.recommendations import heat, likeness, measuring, pairs, visits
from sereno.modules.recommendations.pairs import Neighbours
from sereno.modules.recommendations.rules import Rule, Thing, arrange
from sereno.modules.recommendations.visits import Visit

COUNTS = {"cup": 40, "saucer": 40, "bread": 500, "odd": 1}


def test_an_anchor_that_says_nothing_changes_nothing() -> None:
    known = {"cup": Neighbours(40, {"saucer": 30, "bread": 20})}
    scores = pairs.with_these(known, COUNTS, 1000)
    assert scores["bread"] == pytest.approx(log(0.5)), "bread is in half of all baskets, with a cup or without"
    assert scores["saucer"] - log(0.04) > 2, "a saucer is in one of 25"


def test_a_pair_seen_once_weighs_next_to_nothing() -> None:
    known = {"cup": Neighbours(40, {"odd": 1, "saucer": 30})}
    scores = pairs.with_these(known, {**COUNTS, "common": 200}, 1000, ["common"])
    assert scores["saucer"] > scores["common"] > scores["odd"]


def test_of_a_past_the_newer_part_counts_more_and_nothing_twice() -> None:
    known = {"a": Neighbours(10, {"x": 5, "b": 5}), "b": Neighbours(10, {"y": 5})}
    scores = pairs.for_person({"a": 1.0, "b": 180.0}, known, {"x": 10, "y": 10})
    assert scores["x"] > 3 * scores["y"] > 0 and set(scores) == {"x", "y"}


def test_neighbours_are_kept_by_number_and_by_closeness() -> None:
    found = {f"n{at}": 10 for at in range(300)} | {"close": 2}
    kept = pairs.closest(found, {**dict.fromkeys(found, 10_000), "close": 2}, 10)
    assert len(kept) == 10 and "close" in kept


def test_a_newer_visit_counts_more_and_what_came_after_more_than_before() -> None:
    def rare(item: str) -> float:
        return 1.0

    day = 86_400.0
    held = [Visit(["a", "new"], 10 * day), Visit(["a", "old"], 1 * day), Visit(["before", "a", "after"], 10 * day)]
    scores = visits.next_of(["a"], held, 10 * day, rare)
    assert scores["new"] > scores["old"] and scores["after"] > scores["before"] and "a" not in scores
    assert visits.next_of(["a"], held, 10 * day, rare, may_repeat=True)["a"] > scores["new"]


def test_of_a_visit_what_stood_close_by_counts_more() -> None:
    held = [Visit(["far", "x", "near", "a", "next", "y", "last"], 0.0)]
    scores = visits.next_of(["a"], held, 0.0, lambda item: 1.0)
    assert scores["next"] > scores["y"] > scores["last"] and scores["near"] > scores["far"]
    assert scores["next"] > scores["near"], "as close, but before"


def test_a_rare_thing_in_common_says_more_and_what_is_looked_at_now_is_stayed_with() -> None:
    held = [Visit(["usual", "this"], 0.0), Visit(["rare", "that"], 0.0)]
    scores = visits.next_of(["usual", "rare"], held, 0.0, lambda item: 3.0 if item == "rare" else 1.0, may_repeat=True)
    assert scores["that"] > scores["this"] and max(scores, key=lambda item: scores[item]) == "rare"


def test_two_steps_lead_to_what_no_visit_like_this_one_holds() -> None:
    held = [["a", "b"], ["b", "c"], ["b", "x", "y", "c"], ["a", "b"]]
    beside = {one: visits.beside(one, held) for one in "abc"}
    assert beside["a"] == {"b": 1.0} and list(beside["b"]) == ["a", "c", "x", "y"]
    assert sum(beside["b"].values()) == pytest.approx(1.0, abs=1e-4)
    near = visits.step({"a": 2.0}, beside, 1)
    assert near == {"b": 1.0}
    farther = visits.step(near, beside)
    scores = visits.next_of(["a"], [Visit(["a", "b"], 0.0)], 0.0, lambda item: 5.0, farther=farther)
    assert sorted(scores, key=lambda one: -scores[one]) == ["b", "c", "x", "y"], "what is seen now is left out"
    assert visits.next_of(["a"], [], 0.0, lambda item: 5.0, farther=farther)["c"] > 0


def test_heat_keeps_its_order_as_time_passes() -> None:
    old, young = heat.heat([(0.0, 1.0)] * 3, 5.0), heat.heat([(10.0, 1.0)], 5.0)
    assert young > old, "three sales two half-lives ago are three quarters of one today"
    assert heat.now(old, 10.0, 5.0) == pytest.approx(0.75) and heat.now(young, 10.0, 5.0) == pytest.approx(1.0)
    assert heat.heat([], 5.0) == heat.COLD and heat.now(heat.COLD, 10.0, 5.0) == 0


def test_what_rises_is_not_what_always_sold() -> None:
    def of(*days: float) -> tuple[float, float]:
        moments = [(day, 1.0) for day in days]
        return heat.heat(moments, heat.HOT_DAYS), heat.heat(moments, heat.WARM_DAYS)

    steady = heat.rise(*of(*range(100)), 100.0)
    rising = heat.rise(*of(*([97.0, 98.0, 99.0] * 3)), 100.0)
    single = heat.rise(*of(99.5), 100.0)
    assert rising > steady and rising > single


@pytest.mark.parametrize(
    ("title", "size"),
    [
        ("Blue cup, pack of 6", 6),
        ("Jabón, caja de 12", 12),
        ("Sabonete, conjunto de 4", 4),
        ("Săpun, set de 3", 3),
        ("6-pack beer", 6),
        ("Olive oil 12 uds", 12),
        ("Blue cup", 1),
        ("Route 66 poster", 1),
    ],
)
def test_packs_are_read_in_four_languages(title: str, size: int) -> None:
    assert likeness.pack_size(title) == size


def test_a_larger_pack_is_of_the_same_thing() -> None:
    assert likeness.is_larger_pack("Blue cup", 1, "Blue cup, pack of 6", 6)
    assert not likeness.is_larger_pack("Blue cup", 1, "Red candle, pack of 6", 6)
    assert not likeness.is_larger_pack("Blue cup, pack of 6", 6, "Blue cup", 1)


def test_the_likest_shares_what_is_rare() -> None:
    things = {
        "a": {"title": "Walnut bowl", "type": "Bowls"},
        "b": {"title": "Walnut spoon", "type": "Spoons"},
        "c": {"title": "Clay bowl", "type": "Bowls"},
        "d": {"title": "Clay bowl", "type": "Bowls"},
    }
    found = likeness.Index({item: likeness.traits(facts) for item, facts in things.items()}).like("a")
    assert [item for item, _ in found] == ["c", "d", "b"] and "a" not in dict(found)


def things(**available: float | None) -> dict[str, Thing]:
    return {
        name: Thing(name, name, "active", "1", "EUR", there, tags=["Sale"] if name == "b" else ())
        for name, there in available.items()
    }


def test_rules_and_stock_decide_what_is_shown() -> None:
    scores = {"a": 3.0, "b": 2.0, "c": 1.0, "gone": 9.0}
    held = {**things(a=1, b=None, c=5, gone=0), "hidden": Thing("hidden", status="draft")}
    assert arrange(scores, held, [], "home", 9) == ["a", "b", "c"]
    assert arrange(scores, held, [], "home", 9, keeps_sold_out=True)[-1] == "gone"
    assert arrange(scores, held, [Rule("exclude", "tag", "sale")], "home", 9) == ["a", "c"]
    assert arrange(scores, held, [Rule("exclude", "tag", "sale", "cart")], "home", 9) == ["a", "b", "c"]
    assert arrange(scores, held, [Rule("boost", "tag", "SALE", "", 2.0)], "home", 1) == ["b"]
    assert arrange(scores, held, [Rule("pin", "product", "C")], "home", 1) == ["c"]
    logs = {"a": -1.0, "b": -1.5, "c": -3.0}
    assert arrange(logs, held, [Rule("boost", "tag", "sale", "", 2.0)], "home", 1, are_logs=True) == ["b"]


def test_a_way_is_believed_by_its_interval() -> None:
    assert measuring.judge([(1.0, 0.0)] * 10)["verdict"] == "few"
    better = measuring.judge([(1.0, 0.0)] * 30 + [(0.0, 0.0)] * 70)
    assert better["verdict"] == "better" and better["low"] > 0 and better["is_used"]
    worse = measuring.judge([(0.0, 1.0)] * 30 + [(0.0, 0.0)] * 70)
    assert worse["verdict"] == "worse" and not worse["is_used"]
    assert measuring.judge([(1.0, 0.0), (0.0, 1.0)] * 50)["verdict"] == "alike"
