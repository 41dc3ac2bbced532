"""Approvals by several: who is asked, what answers come to, silence, and one person who may not count twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.catalog import FlowInvalid
from sereno.engine.flow import compile_flow
from sereno.engine.run import Advanced, Decided, TimerDue, decode_state, encode_state

from .catalog import CATALOG
from .simulator import Simulator, event

HOUR = timedelta(hours=1)


def run(settings: str, total: str | None = "120.00", **data: Any) -> tuple[Simulator, str]:
    text = (
        "flow: asks\ntrigger: {event: checkout.abandoned}\nsteps:\n"
        f"  - approve: {{{settings}, then: [{{stop: yes}}], else: [{{stop: no}}]}}\n"
    )
    simulator = Simulator(
        compile_flow(text, CATALOG), records=lambda subject: {"cart": {"total": total}, "customer": None}
    )
    simulator.deliver(event("1", "checkout.abandoned", data=data))
    return simulator, next(iter(simulator.runs))


def answer(simulator: Simulator, uid: str, part: int, approved: bool, by: str, **more: Any) -> Advanced:
    return simulator.give(uid, Decided("0", approved, by, part=part, **more))


def ended(simulator: Simulator, uid: str) -> str | None:
    return simulator.runs[uid].reason


def codes(simulator: Simulator, uid: str) -> list[str]:
    return [entry.code for entry in simulator.trace[uid]]


def test_all_must_agree() -> None:
    simulator, uid = run("by: [support, owner], need: all")
    assert [(one.part, one.by) for one in simulator.approvals] == [(0, "support"), (1, "owner")]
    assert len({one.key for one in simulator.approvals}) == 2
    answer(simulator, uid, 0, True, "ana")
    assert ended(simulator, uid) is None and simulator.runs[uid].status == "waiting"
    assert answer(simulator, uid, 0, True, "bea").trace == ()  # That part is answered.
    assert answer(simulator, uid, 1, True, "ana").trace == ()  # One person, one voice.
    answer(simulator, uid, 1, True, "bea")
    assert ended(simulator, uid) == "yes"


def test_one_no_refuses_all() -> None:
    simulator, uid = run("by: [support, owner], need: all")
    answer(simulator, uid, 1, False, "bea")
    assert ended(simulator, uid) == "no"


@pytest.mark.parametrize("approved", [True, False])
def test_any_is_the_first_answer(approved: bool) -> None:
    simulator, uid = run("by: [support, owner]")
    answer(simulator, uid, 1, approved, "bea")
    assert ended(simulator, uid) == ("yes" if approved else "no")


def test_two_of_three() -> None:
    simulator, uid = run("by: [support, operator, owner], need: 2")
    answer(simulator, uid, 0, False, "a")
    assert ended(simulator, uid) is None
    answer(simulator, uid, 1, True, "b")
    answer(simulator, uid, 2, True, "c")
    assert ended(simulator, uid) == "yes"
    simulator, uid = run("by: [support, operator, owner], need: 2")
    answer(simulator, uid, 0, False, "a")
    answer(simulator, uid, 1, False, "b")
    assert ended(simulator, uid) == "no"


AMOUNTS = "by: [{by: support, when: 'cart.total < 100'}, {by: owner, when: 'cart.total >= 100'}], need: all"


@pytest.mark.parametrize(("total", "asked"), [("99.99", ["support"]), ("100", ["owner"]), (None, ["support", "owner"])])
def test_who_is_asked_depends_on_the_amount(total: str | None, asked: list[str]) -> None:
    """An amount nobody knows asks everybody."""
    simulator, _ = run(AMOUNTS, total)
    assert [one.by for one in simulator.approvals] == asked


def test_nobody_to_ask_goes_on() -> None:
    simulator, uid = run("by: [{by: owner, when: 'cart.total >= 1000'}]")
    assert simulator.approvals == [] and ended(simulator, uid) == "yes"
    assert "approval.not_needed" in codes(simulator, uid)


def test_in_order_each_is_asked_after_the_one_before() -> None:
    simulator, uid = run("by: [support, operator, owner], need: all, in_order: true, timeout: 2d")
    assert [one.by for one in simulator.approvals] == ["support"]
    assert answer(simulator, uid, 2, True, "c").trace == ()
    answer(simulator, uid, 0, True, "a")
    assert [one.by for one in simulator.approvals] == ["support", "operator"]
    answer(simulator, uid, 1, True, "b")
    answer(simulator, uid, 2, True, "c")
    assert ended(simulator, uid) == "yes"
    assert codes(simulator, uid).count("approval.next") == 2


def test_silence_reminds_escalates_and_ends() -> None:
    simulator, uid = run(
        "by: [support, operator], need: all, timeout: 10h, remind: 3h, escalate: {after: 4h, to: owner}"
    )
    simulator.pass_time(3 * HOUR)
    assert [(one.part, one.reminder) for one in simulator.approvals] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    simulator.pass_time(HOUR)
    assert (simulator.approvals[-1].by, simulator.approvals[-1].part) == ("owner", 2)
    simulator.pass_time(6 * HOUR)
    assert ended(simulator, uid) == "no" and codes(simulator, uid)[-2] == "approval.expired"
    assert codes(simulator, uid).count("approval.reminded") == 3


def test_who_it_was_escalated_to_decides_alone() -> None:
    simulator, uid = run("by: [support, operator], need: all, escalate: {after: 4h, to: owner}")
    simulator.pass_time(4 * HOUR)
    answer(simulator, uid, 2, True, "boss")
    assert ended(simulator, uid) == "yes"


def test_a_deputy_counts_for_the_person_and_as_themselves() -> None:
    simulator, uid = run("by: [support, operator], need: all")
    answer(simulator, uid, 0, True, "bea", instead_of="ana")
    assert answer(simulator, uid, 1, True, "ana").trace == ()
    assert answer(simulator, uid, 1, True, "bea").trace == ()
    answer(simulator, uid, 1, True, "cleo")
    assert ended(simulator, uid) == "yes"


def test_reminders_come_to_an_end() -> None:
    simulator, uid = run("by: owner, remind: 1h")
    simulator.pass_time(100 * HOUR)
    assert codes(simulator, uid).count("approval.reminded") == 5 and simulator.runs[uid].due_at is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("by: [owner, owner]", "approve.asked_twice"),
        ("by: []", "approve.wrong_number"),
        ("by: [owner], need: 2", "approve.wrong_need"),
        ("by: [owner, support], need: most", "approve.wrong_need"),
        ("by: [owner, support], in_order: true", "approve.wrong_order"),
        ("by: owner, not_by: me", "approve.wrong_not_by"),
        ("by: owner, escalate: {after: 5s, to: x}", "flow.wrong_duration"),
        ("by: [{by: owner, when: 'cart.totl > 1'}]", "expression.unknown_field"),
        ("by: [{who: owner}]", "flow.unknown_key"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(FlowInvalid) as refused:
        run(text)
    assert code in [problem.code for problem in refused.value.problems]


ANSWERS = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), st.sampled_from("abcd"), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(max_examples=200, deadline=None)
@given(ANSWERS, st.sampled_from(["any", "all", "2"]), st.booleans(), st.booleans())
def test_whatever_comes_it_is_decided_once(
    answers: list[tuple[int, bool, str, int]], need: str, in_order: bool, escalates: bool
) -> None:
    """In any order of answers and timers: no more than one decision, nobody counted twice, approved only by enough, and
    the state survives its own text."""
    order = "true" if in_order and need != "any" else "false"
    more = ", escalate: {after: 1h, to: boss}" if escalates else ""
    simulator, uid = run(f"by: [support, operator, owner], need: {need}, in_order: {order}, timeout: 9h{more}")
    for part, approved, by, hours in answers:
        state = simulator.runs[uid]
        if state.status != "waiting":
            break
        simulator.runs[uid] = decode_state(encode_state(state))
        if hours == 3:
            simulator.pass_time(HOUR)
        else:
            answer(simulator, uid, part, approved, by)
        assert not simulator.give(uid, TimerDue(-1)).trace
    found = simulator.trace[uid]
    finals = [one for one in found if one.code in ("approval.given", "approval.refused", "approval.expired")]
    assert len(finals) <= 1
    yes = [one.details["by"] for one in found if one.code == "approval.answered" and one.details["approved"]]
    assert len(yes) == len(set(yes))
    if finals and finals[0].code == "approval.given" and not escalates:
        assert len(yes) >= {"any": 0, "all": 3, "2": 2}[need]
