"""A message kept from a share of people: who does without, what is measured, what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sereno.engine.catalog import FlowInvalid
from sereno.engine.flow import Flow, compile_flow, to_yaml
from sereno.engine.message_control import KEY, Kept, kept_newsletter, place_of, read_design, read_kept
from sereno.engine.steps import HoldOut

from .simulator import Simulator, event
from .test_wordings import Catalog

FLOW = """\
flow: greet
trigger: {{event: order.created}}
key: event.subject
reentry: always
steps:
  - messages.send: {{subject: {subject}, text: Hi{more}}}
    hold_out: {hold_out}
  - log: {{text: after}}
"""


def read(hold_out: str = "{share: 20, window: 7d}", subject: str = "Hello", more: str = "") -> Flow:
    return compile_flow(FLOW.format(hold_out=hold_out, subject=subject, more=more), Catalog())


def test_the_effect_carries_its_experiment_and_the_run_goes_on() -> None:
    flow = read()
    simulator = Simulator(flow)
    simulator.deliver(event("e1", "order.created", "order:1"))
    config = next(dict(config) for _, action, config in simulator.sent() if action == "messages.send")
    found = read_kept(config[KEY])
    assert found is not None and found.experiment == "message:0"
    assert (found.share, found.window) == (2000, timedelta(days=7))
    assert simulator.codes()[-1] == "run.finished"
    experiment = flow.experiments["message:0"]
    assert experiment.weights == {"control": 2000, "treated": 8000} and experiment.design == found.design
    assert place_of(experiment.name) == "0" and place_of("0") is None and place_of("control") is None


def test_who_starts_a_run_by_hand_measures_nobody() -> None:
    simulator = Simulator(read())
    simulator.deliver(event("e1", "run.requested", "order:1"))
    assert all(KEY not in config for _, _, config in simulator.sent())


def test_other_words_another_share_or_window_begin_anew() -> None:
    design = read().experiments["message:0"].design
    assert read(subject="Hey").experiments["message:0"].design != design
    assert read("{share: 21, window: 7d}").experiments["message:0"].design != design
    assert read("{share: 20, window: 8d}").experiments["message:0"].design != design
    flow = read()
    assert compile_flow(to_yaml(flow.document), Catalog()).experiments == flow.experiments
    assert read("{share: 0}").experiments == {}


def test_the_same_people_always_and_others_for_each_message() -> None:
    people = [f"email:p{number}@example.com" for number in range(4000)]
    small, large = Kept("message:0", "1000/7d/x"), Kept("message:0", "2000/7d/x")
    out = {one for one in people if small.keeps_out("greet", one)}
    assert 300 < len(out) < 500
    assert out < {one for one in people if large.keeps_out("greet", one)}, "a larger share keeps out the same and more"
    other = {one for one in people if Kept("message:1", "1000/7d/x").keeps_out("greet", one)}
    assert len(out & other) < 80, "who does without one message is not likelier to do without the next"


@pytest.mark.parametrize(
    ("hold_out", "more", "codes"),
    [
        ("{share: 20}", ", purpose: transactional", ["control.transactional"]),
        ("{share: 20}", ", purpose: ''", ["control.transactional"]),
        ("{share: 51}", "", ["control.wrong_share"]),
        ("{share: 20, window: 5m}", "", ["control.wrong_window"]),
        ("{share: 20, wnidow: 7d}", "", ["flow.unknown_key"]),
        ("{window: 7d}", "", ["flow.missing_key"]),
        ("20", "", ["flow.wrong_shape"]),
    ],
)
def test_what_cannot_be_held_out_is_refused(hold_out: str, more: str, codes: list[str]) -> None:
    with pytest.raises(FlowInvalid) as caught:
        read(hold_out, more=more)
    assert [problem.code for problem in caught.value.problems] == codes


def test_only_a_message_can_be() -> None:
    with pytest.raises(FlowInvalid) as caught:
        compile_flow(
            "flow: a\ntrigger: {event: order.created}\nsteps: [{log: {text: x}, hold_out: {share: 5}}]", Catalog()
        )
    assert [problem.code for problem in caught.value.problems] == ["flow.wrong_hold_out"]


@pytest.mark.parametrize("given", [None, {}, "x", {"experiment": "message:0"}, {"experiment": "m", "design": "x"}])
def test_what_is_none_of_ours_is_left_alone(given: Any) -> None:
    assert read_kept(given) is None


def test_a_newsletter_is_one_message() -> None:
    assert kept_newsletter(5, None) is None
    found = kept_newsletter(5, HoldOut(1000, timedelta(days=14)))
    assert found is not None and found.experiment == "message:newsletter-5"
    assert read_design(found.design) == (1000, timedelta(days=14))
