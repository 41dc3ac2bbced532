"""What changed between two documents: as steps and as lines."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sereno.web.live.difference import FieldChange, StepChange, compare, flat, unified

LEAVES = st.one_of(
    st.sampled_from(["1h", "3d"]).map(lambda length: {"wait": length}),
    st.text("abc", min_size=1, max_size=3).map(lambda tag: {"orders.add_tag": {"tag": tag}}),
    st.text("abc", min_size=1, max_size=3).map(lambda text: {"log": {"text": text}}),
    st.just("stop"),
)


def _branching(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.lists(inner, max_size=4)
    return st.one_of(
        st.fixed_dictionaries({"if": st.sampled_from(["a > 1", "b"]), "then": steps}, optional={"else": steps}),
        st.builds(lambda a, b: {"split": {"weights": {"a": 1, "b": 1}, "a": a, "b": b}}, steps, steps),
        st.builds(lambda a, b: {"switch": "x", "cases": {"one": a}, "default": b}, steps, steps),
        st.builds(lambda a: {"approve": {"by": "owner", "then": a}}, steps),
    )


STEPS = st.lists(st.recursive(LEAVES, _branching, max_leaves=12), max_size=6)


def flow(steps: list[Any], **head: Any) -> dict[str, Any]:
    return {"flow": "f", "name": "F", "trigger": {"event": "order.paid"}, **head, "steps": steps}


def marks(before: list[Any], after: list[Any]) -> list[tuple[str, str | None, str | None]]:
    found = compare(flow(before), flow(after))
    return [(step.mark, step.before, step.after) for step in flat(found.steps) if step.mark != "same"]


@given(STEPS)
def test_a_document_does_not_differ_from_itself(steps: list[Any]) -> None:
    found = compare(flow(steps), flow(copy.deepcopy(steps)))
    assert found.is_empty
    assert all(step.before == step.after for step in flat(found.steps))


@given(STEPS, STEPS)
def test_every_step_of_both_is_told_once(before: list[Any], after: list[Any]) -> None:
    found = list(flat(compare(flow(before), flow(after)).steps))
    olds = [step.before for step in found if step.before is not None]
    news = [step.after for step in found if step.after is not None]
    assert sorted(olds) == sorted(_paths(before))
    assert sorted(news) == sorted(_paths(after))


@given(STEPS, STEPS)
def test_there_and_back_mirror_each_other(before: list[Any], after: list[Any]) -> None:
    there, back = compare(flow(before), flow(after)), compare(flow(after), flow(before))
    assert there.is_empty == back.is_empty == (before == after)


@given(STEPS, LEAVES, st.integers(0, 5))
def test_one_step_added_is_one_mark(steps: list[Any], leaf: Any, at: int) -> None:
    after = [*steps[:at], leaf, *steps[at:]]
    (mark,) = marks(steps, after)
    assert mark[0] == "added"


@given(STEPS, STEPS)
def test_the_lines_give_the_newer_text(before: list[Any], after: list[Any]) -> None:
    old, new = repr(before).replace("{", "\n{"), repr(after).replace("{", "\n{")
    lines = unified(old, new, context=10_000)
    if old == new:
        assert lines == []
        return
    assert [line.text for line in lines if line.sign in " +"] == new.splitlines()
    assert [line.text for line in lines if line.sign in " -"] == old.splitlines()
    assert [line.after for line in lines if line.after] == list(range(1, len(new.splitlines()) + 1))


def test_a_changed_value_is_named_by_its_place() -> None:
    before, after = [{"orders.add_tag": {"tag": "big"}, "as": "x"}], [{"orders.add_tag": {"tag": "huge"}}]
    (step,) = compare(flow(before), flow(after)).steps
    assert (step.mark, step.before, step.after) == ("changed", "0", "0")
    assert step.fields == (FieldChange("tag", "big", "huge"), FieldChange("as", "x", None))


def test_a_lone_value_and_the_head() -> None:
    found = compare(
        flow([{"wait": "3h"}], trigger={"event": "order.paid", "when": "a"}),
        flow([{"wait": "4h"}], trigger={"event": "order.paid", "when": "b"}, reentry="once"),
    )
    assert found.head == (FieldChange("trigger.when", "a", "b"), FieldChange("reentry", None, "once"))
    assert found.steps[0].fields == (FieldChange("", "3h", "4h"),)


def test_a_step_that_changed_its_place_has_moved() -> None:
    mail, wait, tag = {"log": {"text": "a mail"}}, {"wait": "3h"}, {"orders.add_tag": {"tag": "t"}}
    assert marks([mail, wait, tag], [wait, tag, mail]) == [("moved", "0", "2")]
    inside = {"if": "order.total > 5", "then": [mail]}
    assert marks([inside, tag], [{**inside, "then": []}, tag, mail]) == [("moved", "0.then.0", "2")]


def test_a_change_deep_inside_marks_only_what_changed() -> None:
    inner = {"if": "b", "then": [{"log": {"text": "a"}}]}
    before = [{"if": "a", "then": [inner], "else": [{"stop": "no"}]}]
    after = copy.deepcopy(before)
    after[0]["then"][0]["then"][0]["log"]["text"] = "b"
    assert marks(before, after) == [("changed", "0.then.0.then.0", "0.then.0.then.0")]
    step: StepChange = compare(flow(before), flow(after)).steps[0]
    assert step.mark == "same" and step.is_touched


def test_true_is_not_one() -> None:
    assert compare(flow([{"set": {"a": 1}}]), flow([{"set": {"a": True}}])).steps[0].mark == "changed"


def _paths(steps: list[Any], prefix: str = "") -> list[str]:
    """Every step's path, counted by another way than the one tested."""
    found: list[str] = []
    for number, step in enumerate(steps):
        path = f"{prefix}{number}"
        found.append(path)
        if not isinstance(step, dict):
            continue
        for name in ("then", "else", "default"):
            found += _paths(step.get(name) or [], f"{path}.{name}.")
        for name, inner in (step.get("cases") or {}).items():
            found += _paths(inner, f"{path}.{name}.")
        for name, inner in (step.get("split") or {}).items():
            found += _paths(inner, f"{path}.{name}.") if isinstance(inner, list) else []
        approve = step.get("approve")
        found += _paths(approve.get("then") or [], f"{path}.then.") if isinstance(approve, dict) else []
    return found
