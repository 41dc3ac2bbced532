"""Step paths in documents agree with those the engine gives to steps and problems."""

from __future__ import annotations

import pytest

from sereno.engine.documents import read_document
from sereno.engine.places import find, locate, step_of_place, walk

TEXT = """\
flow: x
trigger: {event: order.paid}
exit: {event: order.created}
steps:
  - if: order.total > 1
    then: [{log: {text: a}}]
  - switch: order.status
    cases:
      paid: [{log: {text: b}}]
      "not yet": [{log: {text: c}}]
    default: [stop]
  - split: {weights: {a: 50, "0": 50}, a: [{log: {text: d}}], "0": [{log: {text: e}}]}
  - approve: {by: owner, then: [{log: {text: f}}]}
  - for_each: {items: order.lines, as: line, steps: [{if: "true", then: [{log: {text: g}}]}]}
  - orders.add_tag: {tag: x}
    on_error: [{log: {text: h}}]
"""
DOCUMENT = read_document(TEXT)[0].document


def test_every_step_is_found_by_its_path() -> None:
    found = dict(walk(DOCUMENT))
    logs = {
        "0.then.0",
        "1.paid.0",
        "1.#1.0",
        "1.default.0",
        "2.a.0",
        "2.0.0",
        "3.then.0",
        "4.0",
        "4.0.then.0",
        "5.on_error.0",
    }
    assert logs <= found.keys()
    assert len(found) == 16
    for path, step in found.items():
        assert find(DOCUMENT, path) is step


def test_a_place_one_past_the_end_or_in_a_branch_not_written_can_be_pointed_at() -> None:
    assert locate(DOCUMENT, "6") == (("steps",), 6)
    assert locate(DOCUMENT, "0.else.0") == (("steps", 0, "else"), 0)
    assert locate(DOCUMENT, "3.else.0") == (("steps", 3, "approve", "else"), 0)


@pytest.mark.parametrize(
    "path", ["", "x", "7", "0.no.0", "0.then", "0.then.2", "5.0.0", "1.not yet.0", "-1", "0.else.0.then.0"]
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(LookupError):
        locate(DOCUMENT, path)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("steps.0.then.0.log.text", ("0.then.0", "log.text")),
        ("steps.1.cases.not yet.0.log", ("1.#1.0", "log")),
        ("steps.1.cases.paid", ("1", "cases.paid")),
        ("steps.2.split.0.0.log", ("2.0.0", "log")),
        ("steps.4.for_each.steps.0.then.0", ("4.0.then.0", "")),
        ("steps.5.orders.add_tag.tag", ("5", "orders.add_tag.tag")),
        ("steps.5.on_error.0.log", ("5.on_error.0", "log")),
        ("steps.5.nonsense", ("5", "nonsense")),
        ("trigger.event", ("trigger", "event")),
        ("key", ("entry", "key")),
        ("exit.event", ("exit.0", "event")),
        ("steps", ("", "steps")),
        ("", ("", "")),
    ],
)
def test_a_problem_finds_its_step(place: str, found: tuple[str, str]) -> None:
    assert step_of_place(DOCUMENT, place) == found
