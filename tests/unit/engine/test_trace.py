from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given, settings

import sereno.engine
from sereno.engine.flow import Flow
from sereno.engine.run import TraceEntry
from sereno.engine.trace import CODES, SKIPS, explain, explain_skip, sentence, skip_sentence

from .simulator import START
from .test_properties import INPUTS, RECORDS, flows, play


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        (
            "step.condition",
            {"condition": "cart.total >= 100", "values": {"cart.total": 120.0}, "branch": "then"},
            "cart.total >= 100 was true: the first branch (cart.total is 120)",
        ),
        (
            "step.condition",
            {
                "condition": "cart.total >= 100",
                "values": {"cart.total": None},
                "branch": None,
                "error": "cart.total is null",
            },
            "cart.total >= 100 could not be told (cart.total is null), so neither branch ran (cart.total is null)",
        ),
        ("step.set", {"values": {"tier": "gold", "n": 5}}, "Set tier to gold, n to 5"),
        ("wait.started", {"until": "2026-03-02T13:00:00Z", "for": "4h"}, "Waits until 2026-03-02T13:00:00Z"),
        ("wait.started", {"events": ["order.paid"], "until": None}, "Waits for order.paid"),
        ("run.failed", {"reason": "no_date"}, "The run failed: there was no date to wait for"),
        ("run.ended", {"reason": "moved", "by": "ana"}, "ana ended the run: moved"),
        ("from.the.future", {}, "from.the.future"),
    ],
)
def test_sentences(code: str, details: dict[str, object], expected: str) -> None:
    assert explain(TraceEntry(START, "0", code, details)) == expected
    assert explain({"at": "x", "step": "0", "code": code, "details": details}) == expected


def test_skips_have_sentences_too() -> None:
    details = {"condition": "cart.total >= 30", "values": {"cart.total": 5.0}}
    assert explain_skip("when_false", details) == "cart.total >= 30 was false (cart.total is 5)"
    assert skip_sentence("flow_paused", {}).text == SKIPS["flow_paused"]


@given(flows(), RECORDS, INPUTS)
@settings(max_examples=40, deadline=None)
def test_every_entry_of_every_run_can_be_told(flow: Flow, records: object, drawn: list[tuple[str, object]]) -> None:
    for *_, done in play(flow, records, drawn):
        for entry in done.trace:
            found = sentence(entry.code, entry.details)
            assert found.text in CODES.values()
            wanted = {name for _, name, _, _ in string.Formatter().parse(found.text) if name}
            assert wanted <= set(found.parameters), (entry.code, entry.details)


def test_every_code_in_the_source_has_a_sentence() -> None:
    folder = Path(sereno.engine.__file__).parent
    source = "".join(
        (folder / name).read_text() for name in ("walk.py", "waits.py", "stepping.py", "advance.py", "entry.py")
    )
    used = set(re.findall(r'"((?:run|exit|step|effect|wait|approval|loop)\.[a-z_]+)"', source))
    assert used
    assert used <= set(CODES)
    assert set(re.findall(r'Skip\(\s*"([a-z_]+)"', source)) <= set(SKIPS)
