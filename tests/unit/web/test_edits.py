"""Edits of the tree: whatever is done in whatever order, the document stays one that YAML keeps; nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.documents import read_document, to_yaml
from sereno.engine.places import find, walk
from sereno.web.builder import edits
from sereno.web.builder.edits import EditRefused
from sereno.web.builder.text import rewritten, sign

TEXT = """\
# Above all
flow: x
name: "X"   # the title
trigger: {event: order.paid}

# The steps
steps:
  # first wait
  - wait: 4h   # four
  - if: order.total > 1
    # when it is big
    then:
      # a note
      - log: {text: 'a'}
      - log:
          text: |
            # not a comment
            hi
    else: []
  - approve: {by: owner, then: [{log: {text: f}}]}

  # the end
  - stop
"""
DOCUMENT = read_document(TEXT)[0].document
LEAVES = st.sampled_from(
    [
        {"wait": "4h"},
        {"log": {"text": "a\n# b\n\nc\n"}},
        {"log": {"text": " no: 'plain' \"text\" #1"}},
        {"orders.add_tag": {"tag": "yes"}, "as": "tagged"},
        {"set": {"n": 1, "t": True, "f": 1.0, "nothing": None}},
        "stop",
        {"stop": None},
    ]
)


def _steps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    return st.one_of(
        st.builds(lambda a, b: {"if": "order.total > 1", "then": a, "else": b}, lists, lists),
        st.builds(lambda a: {"if": "true", "then": a}, lists),
        st.builds(lambda a, b: {"switch": "order.status", "cases": {"paid": a, "not yet": b}}, lists, lists),
        st.builds(lambda a: {"split": {"weights": {"a": 1, "0": 2}, "0": a}}, lists),
        st.builds(lambda a: {"approve": {"by": "owner", "then": a}}, lists),
        st.builds(lambda a: {"for_each": {"items": "order.lines", "as": "line", "steps": a}}, lists),
        st.builds(lambda a: {"log": {"text": "x"}, "on_error": a}, lists),
    )


STEP = st.recursive(LEAVES, _steps, max_leaves=8)
FLOW = st.builds(
    lambda steps: {"flow": "x", "name": "X", "trigger": {"event": "order.paid"}, "steps": steps},
    st.lists(STEP, max_size=5),
)
NAMES = ("insert", "delete", "duplicate", "move", "up", "down", "into", "out", "wrap", "paste")


def _texts(document: dict[str, Any]) -> list[str]:
    """The same document as different people would write it."""
    return [
        to_yaml(document),
        yaml.dump(document, Dumper=_Indentless, sort_keys=False, default_style=None),
        to_yaml(document).replace("\n  - ", "\n\n  # a comment\n  - "),
        yaml.dump(document, Dumper=_Indentless, sort_keys=False, default_flow_style=True),
    ]


class _Indentless(yaml.SafeDumper):
    """Lists at the column of their key, as PyYAML does by itself."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _do(name: str, document: dict[str, Any], paths: list[str], one: int, other: int, step: Any) -> edits.Edited:
    path, to = paths[one % len(paths)], paths[other % len(paths)]
    match name:
        case "insert" | "paste":
            return edits.insert(document, path, [step] if name == "insert" else [find(document, to), step])
        case "move":
            return edits.move(document, path, to)
        case "delete" | "duplicate" | "wrap":
            return getattr(edits, name)(document, path)
        case _:
            return edits.nudge(document, path, name)


@settings(max_examples=150, deadline=None)
@given(
    FLOW,
    st.integers(0, 3),
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 50), st.integers(0, 50), STEP), max_size=5),
)
def test_any_sequence_of_edits_gives_a_document_that_yaml_keeps(
    document: dict[str, Any], style: int, changes: list[tuple[str, int, int, Any]]
) -> None:
    text = _texts(document)[style]
    document = read_document(text)[0].document
    for name, one, other, step in changes:
        paths = [path for path, _ in walk(document)]
        before = sign(document)
        try:
            changed, path = _do(name, document, paths or ["0"], one, other, step)
        except (EditRefused, LookupError):
            assert sign(document) == before
            continue
        assert sign(document) == before, "an edit must leave the document it was given alone"
        if path:
            find(changed, path)
        text = rewritten(text, document, changed)
        found, problems = read_document(text)
        assert not problems
        assert sign(found.document) == sign(changed)
        assert sign(read_document(to_yaml(changed))[0].document) == sign(changed)
        document = found.document


@settings(max_examples=100, deadline=None)
@given(FLOW, st.integers(0, 50), st.integers(0, 50))
def test_a_move_loses_no_step_and_follows_it(document: dict[str, Any], one: int, other: int) -> None:
    paths = [path for path, _ in walk(document)]
    if not paths:
        return
    path, to = paths[one % len(paths)], paths[other % len(paths)]
    step = find(document, path)
    if to.startswith(f"{path}."):
        with pytest.raises(EditRefused):
            edits.move(document, path, to)
        return
    changed, landed = edits.move(document, path, to)
    assert find(changed, landed) == step
    kept = sorted(sign(one) for _, one in walk(document) if not _has_steps(one))
    assert sorted(sign(one) for _, one in walk(changed) if not _has_steps(one)) == kept


def _has_steps(step: Any) -> bool:
    return not isinstance(step, dict) or any(
        key in step for key in ("if", "switch", "split", "approve", "for_each", "on_error")
    )


@settings(max_examples=60, deadline=None)
@given(FLOW, st.integers(0, 50), STEP)
def test_what_is_put_in_and_taken_out_again_leaves_no_trace(document: dict[str, Any], one: int, step: Any) -> None:
    paths = [path for path, _ in walk(document)] or ["0"]
    path = paths[one % len(paths)]
    changed, at = edits.insert(document, path, [step])
    assert sign(edits.delete(changed, at)[0]) == sign(document)


def _after(name: str, *args: Any) -> str:
    changed, _ = getattr(edits, name)(DOCUMENT, *args)
    return rewritten(TEXT, DOCUMENT, changed)


def test_a_moved_step_takes_its_comments_with_it() -> None:
    text = _after("move", "1.then.0", "0")
    assert "steps:\n  # a note\n  - log: {text: 'a'}\n  # first wait\n  - wait: 4h   # four\n" in text
    assert "    # when it is big\n    then:\n      - log:\n          text: |\n            # not a comment\n" in text
    assert text.startswith('# Above all\nflow: x\nname: "X"   # the title\n')


def test_a_step_moved_inwards_is_indented_with_its_block_of_text() -> None:
    text = _after("move", "1.then.1", "2.then.0")
    assert "        - log:\n            text: |\n              # not a comment\n              hi\n" in text
    assert "  # the end\n  - stop\n" in text


def test_a_change_inside_a_branch_leaves_all_around_it() -> None:
    assert _after("insert", "1.else.0", [{"wait": "1d"}]) == TEXT.replace(
        "    else: []\n", "    else:\n      - wait: 1d\n"
    )
    assert _after("delete", "0") == TEXT.replace("  # first wait\n  - wait: 4h   # four\n", "")


def test_a_duplicate_does_not_repeat_the_comments_over_it() -> None:
    text = _after("duplicate", "0")
    assert text.count("# first wait") == 1
    assert text.count("- wait: 4h   # four\n") == 2


@pytest.mark.parametrize(
    ("path", "way", "landed"),
    [
        ("1", "up", "0"),
        ("1", "down", "2"),
        ("1.then.0", "up", "1"),
        ("1.then.1", "down", "2"),
        ("1.then.0", "out", "2"),
        ("2", "into", "1.then.2"),
        ("3", "into", "2.then.1"),
    ],
)
def test_a_step_is_nudged(path: str, way: str, landed: str) -> None:
    step = find(DOCUMENT, path)
    changed, found = edits.nudge(DOCUMENT, path, way)
    assert found == landed
    assert find(changed, landed) == step


@pytest.mark.parametrize(
    ("path", "way"), [("0", "up"), ("3", "down"), ("0", "out"), ("0", "into"), ("1", "into"), ("0", "x")]
)
def test_where_there_is_no_way_it_says_so(path: str, way: str) -> None:
    with pytest.raises(EditRefused):
        edits.nudge(DOCUMENT, path, way)


def test_what_is_too_much_is_refused() -> None:
    many = {"flow": "x", "steps": [{"wait": "1d"}] * 999}
    edits.insert(many, "0", [{"wait": "1d"}])
    with pytest.raises(EditRefused):
        edits.insert(many, "0", [{"wait": "1d"}, {"wait": "1d"}])
    deep: dict[str, Any] = {"flow": "x", "steps": [{"wait": "1d"}]}
    path = "0"
    with pytest.raises(EditRefused):
        for _ in range(40):
            deep, path = edits.wrap(deep, path)
    assert read_document(to_yaml(deep))


def test_a_step_that_is_not_written_as_one_is_left_alone() -> None:
    broken = {"flow": "x", "steps": [{"approve": "owner"}]}
    with pytest.raises(EditRefused):
        edits.insert(broken, "0.then.0", [{"wait": "1d"}])


def test_the_name_and_the_exits() -> None:
    named = edits.retitle(DOCUMENT, "New", "What it is for")
    assert list(named)[:3] == ["flow", "name", "description"]
    assert "description" not in edits.retitle(named, "New", "")
    with_exit, path = edits.add_exit(DOCUMENT, {"event": "order.created"})
    assert (path, list(with_exit)) == ("exit.0", ["flow", "name", "trigger", "exit", "steps"])
    two, path = edits.add_exit(with_exit, {"event": "order.cancelled"})
    assert path == "exit.1"
    assert edits.remove_exit(two, "exit.0")[0]["exit"] == [{"event": "order.cancelled"}]
    assert edits.remove_exit(with_exit, "exit.0")[0] == DOCUMENT
    with pytest.raises(LookupError):
        edits.remove_exit(DOCUMENT, "exit.0")
