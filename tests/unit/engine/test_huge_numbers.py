"""Numbers of thousands of digits, wherever a flow may hold one, are a problem with a line and never a crash."""

from __future__ import annotations

import pytest

from sereno.engine.catalog import FlowInvalid
from sereno.engine.durations import is_duration, parse_duration
from sereno.engine.flow import compile_flow

from .catalog import CATALOG

NINES = "9" * 6000


@pytest.mark.parametrize(
    "step",
    [
        f"wait: {NINES}d",
        f"wait: {NINES}",
        f"wait: {{until: {{event: order.paid}}, timeout: {NINES}d}}",
        f"approve: {{by: owner, timeout: {NINES}h, then: []}}",
        f"split: {{weights: {{a: {NINES}, b: 1}}, a: [], b: []}}",
        f"if: order.total > {NINES}\n    then: []",
        f"set: {{x: {NINES}}}",
        f"for_each: {{items: order.lines, as: line, limit: {NINES}, steps: []}}",
    ],
)
def test_a_step(step: str) -> None:
    with pytest.raises(FlowInvalid) as refused:
        compile_flow(f"flow: f\ntrigger: {{event: order.paid}}\nsteps:\n  - {step}\n", CATALOG)
    assert refused.value.problems[0].line == 4


@pytest.mark.parametrize(
    "head",
    [
        f"trigger: {{event: order.paid}}\nreentry: {{after: {NINES}d}}",
        f'trigger: {{schedule: {{cron: "{NINES} * * * *"}}}}',
        f'trigger: {{schedule: {{rrule: "FREQ=DAILY;COUNT={NINES}"}}}}',
    ],
)
def test_a_head(head: str) -> None:
    with pytest.raises(FlowInvalid):
        compile_flow(f"flow: f\n{head}\nsteps: []\n", CATALOG)


def test_durations() -> None:
    assert not is_duration(f"{NINES}d")
    with pytest.raises(ValueError, match="6001 characters"):
        parse_duration(f"{NINES}d")
    with pytest.raises(ValueError, match="ten years"):
        parse_duration("9" * 90 + "d")
