"""A step is found again after somebody else's change; where nobody can tell, it is said to be gone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.places import find, walk
from sereno.web.builder import edits
from sereno.web.builder.rebase import follow, follow_place

DOCUMENT: dict[str, Any] = {
    "flow": "x",
    "steps": [
        {"wait": "1h"},
        {"if": "true", "then": [{"log": {"text": "a"}}, {"log": {"text": "b"}}], "else": [{"log": {"text": "c"}}]},
        {"for_each": {"items": "order.lines", "as": "line", "steps": [{"log": {"text": "d"}}]}},
        {"wait": "2h"},
    ],
}
PATHS = [path for path, _ in walk(DOCUMENT)]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from([*PATHS, "4", "1.then.2", "2.1"]))
def test_a_step_is_found_after_another_came_in_anywhere(path: str, at: str) -> None:
    after, _ = edits.insert(DOCUMENT, at, [{"log": {"text": "new"}}])
    found = follow(DOCUMENT, after, path)
    assert found is not None
    if not at.startswith(f"{path}."):
        assert find(after, found) == find(DOCUMENT, path)
    place = follow_place(DOCUMENT, after, path)
    assert place is not None
    edits.insert(after, place, [{"wait": "9d"}])


@pytest.mark.parametrize(("path", "way"), [("1.then.0", "out"), ("3", "up"), ("0", "down")])
def test_a_step_that_was_moved_is_found_where_it_is(path: str, way: str) -> None:
    after, landed = edits.nudge(DOCUMENT, path, way)
    assert follow(DOCUMENT, after, path) == landed


def test_a_step_that_was_changed_where_it_stands_is_still_the_one() -> None:
    after = deepcopy(DOCUMENT)
    after["steps"][1]["then"][1]["log"]["text"] = "changed"
    assert follow(DOCUMENT, after, "1.then.1") == "1.then.1"


@pytest.mark.parametrize("path", ["0", "1.then.0", "2.0"])
def test_a_step_that_was_deleted_is_gone(path: str) -> None:
    after, _ = edits.delete(DOCUMENT, path)
    assert follow(DOCUMENT, after, path) is None


def test_what_is_inside_a_deleted_step_is_gone_with_it() -> None:
    after, _ = edits.delete(DOCUMENT, "1")
    assert follow(DOCUMENT, after, "1.then.0") is None
    assert follow_place(DOCUMENT, after, "1.then.1") is None
    assert follow_place(DOCUMENT, after, "1.else.0") is None


def test_the_trigger_stays_the_trigger() -> None:
    assert follow(DOCUMENT, {}, "trigger") == "trigger"
    assert follow_place(DOCUMENT, {"steps": []}, "0") == "0"
