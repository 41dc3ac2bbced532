"""A message in several wordings: who gets which, what is measured, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.engine.catalog import ActionType, FlowInvalid
from sereno.engine.flow import Flow, compile_flow, to_yaml
from sereno.engine.read_steps import merged_config
from sereno.engine.run import TraceEntry
from sereno.engine.trace import explain

from .catalog import SmallCatalog
from .simulator import START, Simulator, event

FLOW = """\
flow: greet
trigger: {{event: order.created}}
key: event.subject
reentry: always
steps:
  - messages.send: {{subject: Hello, text: Hi}}
    test: {test}
  - log: {{text: after}}
"""
TEST = "{short: {weight: 30}, long: {weight: 70, subject: 'Hello {{ order.id }}'}}"


class Catalog(SmallCatalog):
    def action(self, name: str) -> ActionType | None:
        if name != "messages.send":
            return super().action(name)
        return ActionType(
            name,
            lambda config: [],
            frozenset({"subject", "text", "purpose"}),
            templates=frozenset({"subject"}),
            purpose=lambda config: config.get("purpose", "marketing"),
        )


def read(test: str = TEST) -> Flow:
    return compile_flow(FLOW.format(test=test), Catalog())


def sent(flow: Flow, number: int) -> dict[str, Any]:
    simulator = Simulator(flow)
    simulator.deliver(event(f"e{number}", "order.created", f"order:{number}"))
    assert simulator.codes()[:3] == ["run.started", "step.test", "effect.created"]
    return next(dict(config) for _, action, config in simulator.sent() if action == "messages.send")


def test_people_fall_into_wordings_by_their_weights_and_stay_there() -> None:
    flow = read()
    found = [sent(flow, number) for number in range(400)]
    assert [sent(flow, number) for number in range(20)] == found[:20], "always the same for the same key"
    long = [config for config in found if config["wording"] == "long"]
    assert 0.6 < len(long) / len(found) < 0.8
    assert all(config["subject"].startswith("Hello ") and config["text"] == "Hi" for config in long)
    assert {config["subject"] for config in found if config["wording"] == "short"} == {"Hello"}


def test_it_is_an_experiment_of_its_step_until_its_words_change() -> None:
    experiment = read().experiments["0"]
    assert experiment.weights == {"short": 30, "long": 70}
    assert read(TEST.replace("Hello", "Hey")).experiments["0"].design != experiment.design
    flow = read()
    assert compile_flow(to_yaml(flow.document), Catalog()).experiments == flow.experiments
    assert read("{a: {weight: 0}, b: {}}").experiments == {}, "who never comes up is not compared"


def test_the_trace_says_which() -> None:
    entry = TraceEntry(START, "0", "step.test", {"wording": "long"})
    assert explain(entry) == "Wording long, always the same for this key"


def test_null_takes_a_word_away() -> None:
    assert merged_config({"template": "x", "to": "a"}, {"template": None, "text": "t", "weight": 5}) == {
        "to": "a",
        "text": "t",
    }


@pytest.mark.parametrize(
    ("test", "codes"),
    [
        ("{only: {}}", ["flow.wrong_test"]),
        ("{a: {weight: 0}, b: {weight: 0}}", ["flow.wrong_test"]),
        ("{a: {weight: half}, b: {}}", ["flow.wrong_weight", "flow.wrong_test"]),
        ("{a: {}, 'b c': {}}", ["flow.wrong_name"]),
        ("{a: {}, b: {purpose: transactional}}", ["flow.wrong_test"]),
        ("{a: {}, b: {subjet: x}}", ["flow.unknown_key"]),
        ("{a: {}, b: {subject: '{{ nothing.id }}'}}", ["template.unknown_field"]),
    ],
)
def test_what_cannot_be_tried_is_refused(test: str, codes: list[str]) -> None:
    with pytest.raises(FlowInvalid) as caught:
        read(test)
    assert [problem.code for problem in caught.value.problems][: len(codes)] == codes


def test_only_messages_are_tried() -> None:
    with pytest.raises(FlowInvalid) as caught:
        compile_flow(
            "flow: x\ntrigger: {event: order.created}\nsteps: [{log: {text: a}, test: {a: {}, b: {}}}]", Catalog()
        )
    assert [problem.code for problem in caught.value.problems] == ["flow.wrong_test"]
