"""Control groups in flow files: what is read, what is refused, and what makes a new experiment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sereno.engine.catalog import ActionType, FlowInvalid
from sereno.engine.control import as_share, is_held_out, is_in_holdout
from sereno.engine.flow import Flow, compile_flow, to_yaml
from sereno.engine.trace import explain

from .catalog import SmallCatalog

FLOW = """\
flow: greet
trigger: {{event: order.created}}
control: {control}
steps:
{steps}
"""
MARKETING = "  - messages.send: {purpose: marketing}"
SPLIT = "  - split: {weights: {a: 50, b: 50}, a: [{log: {text: one}}], b: [{log: {text: two}}]}"


class Catalog(SmallCatalog):
    def action(self, name: str) -> ActionType | None:
        if name != "messages.send":
            return super().action(name)
        return ActionType(
            name, lambda config: [], frozenset({"purpose"}), purpose=lambda config: config.get("purpose", "")
        )


def read(control: str, steps: str = MARKETING) -> Flow:
    return compile_flow(FLOW.format(control=control, steps=steps), Catalog())


def refused(control: str, steps: str = MARKETING) -> list[tuple[str, int, str]]:
    with pytest.raises(FlowInvalid) as caught:
        read(control, steps)
    return [(problem.code, problem.line, problem.path) for problem in caught.value.problems]


def test_share_and_window_are_read() -> None:
    control = read("{share: 12.5, window: 30d}").control
    assert control is not None
    assert (control.share, control.window) == (1250, timedelta(days=30))
    usual = read("{share: 10}").control
    assert usual is not None
    assert usual.window == timedelta(days=14)


def test_the_document_survives_the_way_to_yaml_and_back() -> None:
    flow = read("{share: 12.5, window: 30d}")
    assert compile_flow(to_yaml(flow.document), Catalog()).control == flow.control


@pytest.mark.parametrize(
    ("control", "code", "path"),
    [
        ("{share: 51}", "control.wrong_share", "control.share"),
        ("{share: -1}", "control.wrong_share", "control.share"),
        ("{share: 1.234}", "control.wrong_share", "control.share"),
        ("{share: true}", "control.wrong_share", "control.share"),
        ("{share: ten}", "control.wrong_share", "control.share"),
        ("{share: .nan}", "control.wrong_share", "control.share"),
        ("{share: 10, window: 1m}", "control.wrong_window", "control.window"),
        ("{share: 10, window: 400d}", "control.wrong_window", "control.window"),
        ("{share: 10, window: soon}", "flow.wrong_duration", "control.window"),
        ("{window: 7d}", "flow.missing_key", "control"),
        ("{share: 10, widnow: 7d}", "flow.unknown_key", "control.widnow"),
        ("10", "flow.wrong_shape", "control"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(control: str, code: str, path: str) -> None:
    assert (code, 3, path) in refused(control)


@pytest.mark.parametrize(
    "steps",
    [
        "  - messages.send: {purpose: transactional}",
        f"{MARKETING}\n  - if: order.total > 5\n    then: [messages.send: {{purpose: transactional}}]",
        "  - messages.send: {}",
    ],
    ids=["alone", "beside marketing, in a branch", "not said what for"],
)
def test_nobody_is_kept_from_a_transactional_message(steps: str) -> None:
    assert refused("{share: 10}", steps)[0][0] == "control.transactional"
    # Without anybody held out there is nothing to refuse.
    assert read("{share: 0}", steps).experiments == {}


def test_what_is_measured_follows_the_document() -> None:
    def designs(control: str, steps: str) -> dict[str, str]:
        return {name: found.design for name, found in read(control, steps).experiments.items()}

    both = f"{MARKETING}\n{SPLIT}"
    base = designs("{share: 10}", both)
    assert set(base) == {"control", "1"}
    assert designs("{share: 10}", both) == base
    assert designs("{share: 20}", both)["control"] != base["control"]
    assert designs("{share: 20}", both)["1"] == base["1"]
    other = designs("{share: 10, window: 7d}", both)
    assert other["control"] != base["control"]
    assert other["1"] != base["1"]
    assert designs("{share: 10}", both.replace("two", "three"))["1"] != base["1"]
    assert designs("{share: 10}", both.replace("b: 50", "b: 60"))["1"] != base["1"]
    # A step elsewhere changes what the flow is worth, not who is compared with whom.
    more = f"{both}\n  - log: {{text: bye}}"
    assert designs("{share: 10}", more) == base
    assert dict(read("{share: 10}").experiments["control"].weights) == {"control": 1000, "treated": 9000}
    assert designs("{share: 10}", SPLIT.replace("b: 50", "b: 0")).keys() == {"control"}


def test_who_is_held_out_is_stable_and_of_the_right_size_and_differs_between_flows() -> None:
    control = read("{share: 10}").control
    larger = read("{share: 20}").control
    assert control is not None
    assert larger is not None
    people = [f"email:{number}@example.com" for number in range(20_000)]

    def held(flow: str, of: Any = control) -> set[str]:
        return {one for one in people if is_held_out(of, flow, one)}

    assert held("greet") == held("greet")
    assert 1850 < len(held("greet")) < 2150
    assert held("greet") < held("greet", larger)
    # Independent: a tenth of one flow's tenth is in the other's.
    assert 130 < len(held("greet") & held("recover")) < 270
    everywhere = {one for one in people if is_in_holdout(1000, one)}
    assert 1850 < len(everywhere) < 2150
    assert 130 < len(everywhere & held("greet")) < 270


def test_the_shop_wide_share_is_a_percentage() -> None:
    assert as_share(5) == 500
    assert as_share(2.5) == 250
    assert as_share("2.5") == 250
    assert [as_share(odd) for odd in (0, -1, 80, "five", "nan", None, True)] == [0] * 7


def test_the_trace_says_it_in_words() -> None:
    assert "10" in explain({"code": "control.held_out", "details": {"share": 10.0}})
