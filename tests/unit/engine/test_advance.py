from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sereno.engine.advance import SEEN, advance, begin, can_move, run_uid
from sereno.engine.chance import fraction_of
from sereno.engine.context import RunContext
from sereno.engine.durations import parse_instant
from sereno.engine.flow import Flow, compile_flow
from sereno.engine.run import (
    Advanced,
    Decided,
    EffectFinished,
    Ended,
    EventArrived,
    NewEffect,
    RunState,
    Started,
    TimerDue,
    decode_state,
    encode_state,
)

from .catalog import CATALOG
from .simulator import SHOP, START, Simulator, event

HOUR = timedelta(hours=1)
CART: Mapping[str, Any] = {
    "id": "c1",
    "total": "120.00",
    "currency": "EUR",
    "lines": [{"sku": "A", "price": "100"}, {"sku": "B", "price": "20"}],
    "updated_at": "2026-03-02T08:00:00Z",
}
CUSTOMER: Mapping[str, Any] = {"name": "Ana", "locale": "es", "accepts_email": True, "tags": ["vip"]}


def flow_of(steps: str, more: str = "") -> Flow:
    return compile_flow(f"flow: t\ntrigger: {{event: checkout.abandoned}}\n{more}steps:\n{steps}", CATALOG)


def run(
    steps: str, records: Mapping[str, Any] | None = None, more: str = "", answer: Any = lambda effect: None
) -> Simulator:
    """A simulator in which a run of these steps has just started."""
    found = {"cart": CART, "customer": CUSTOMER} if records is None else records
    simulator = Simulator(flow_of(steps, more), lambda subject: found, answer)
    simulator.deliver(event("1", "checkout.abandoned", data={"total": "7.5"}))
    return simulator


def texts(simulator: Simulator) -> list[Any]:
    """The texts logged so far, in order."""
    return [effect.config.get("text") for _, effect in simulator.effects.values()]


# --- branches --------------------------------------------------------------------------------------


def test_if_takes_the_branch_and_says_why() -> None:
    simulator = run(
        "  - if: cart.total >= 100\n    then: [{log: {text: big}}]\n    else: [{log: {text: small}}]\n"
        "  - log: {text: after}\n"
    )
    assert texts(simulator) == ["big", "after"]
    entry = next(entry for entry in simulator.trace[simulator.only().id] if entry.code == "step.condition")
    assert entry.step == "0"
    assert entry.details == {"condition": "cart.total >= 100", "values": {"cart.total": 120.0}, "branch": "then"}
    assert simulator.only().status == "finished"


def test_a_condition_that_cannot_be_told_takes_neither_branch() -> None:
    simulator = run(
        "  - if: cart.total >= 100\n    then: [{log: {text: a}}]\n    else: [{log: {text: b}}]\n"
        "  - log: {text: after}\n",
        {"cart": None},
    )
    assert texts(simulator) == ["after"]
    entry = next(entry for entry in simulator.trace[simulator.only().id] if entry.code == "step.condition")
    assert entry.details["branch"] is None
    assert entry.details["error"] == "cart.total is null"


@pytest.mark.parametrize(("locale", "expected"), [("es", "hola"), ("ro", "hello"), (None, "hello")])
def test_switch(locale: str | None, expected: str) -> None:
    steps = "  - switch: customer.locale\n    cases: {es: [{log: {text: hola}}]}\n    default: [{log: {text: hello}}]\n"
    assert texts(run(steps, {"customer": {"locale": locale}})) == [expected]


CASES = {"2": "two", "true": "'yes'", "null": "none"}


def test_switch_compares_numbers_and_truth_as_they_are_written() -> None:
    cases = ", ".join(f"'{value}': [{{{{log: {{{{text: {text}}}}}}}}}]" for value, text in CASES.items())
    steps = f"  - switch: {{0}}\n    cases: {{{{{cases}}}}}\n"
    assert texts(run(steps.format("size(cart.lines)"))) == ["two"]
    assert texts(run(steps.format("cart.total / 60"))) == ["two"]
    assert texts(run(steps.format("customer.accepts_email"))) == ["yes"]
    assert texts(run(steps.format("customer.email"))) == ["none"]
    assert texts(run(steps.format("1 / 0"))) == []


def test_a_split_is_stable_per_key_and_keeps_its_weights() -> None:
    branches = ", ".join(f"{name}: [{{log: {{text: {name}}}}}]" for name in "abc")
    flow = flow_of(f"  - split: {{weights: {{a: 3, b: 1, c: 0}}, {branches}}}\n")
    counts = {"a": 0, "b": 0, "c": 0}
    for number in range(2000):
        chosen: set[str] = set()
        for attempt in ("x", "y"):
            start = event(f"{number}{attempt}", "checkout.abandoned", f"cart:{number}")
            state = begin(flow, uid=f"{number}{attempt}", version=1, event=start, key=str(number), now=START)
            done = advance(flow, state, Started(), RunContext({}, SHOP), START)
            chosen.add(str(done.effects[0].config["text"]))
        (branch,) = chosen
        counts[branch] += 1
    assert counts["c"] == 0
    assert 1400 < counts["a"] < 1600


def test_the_split_never_changes() -> None:
    assert round(fraction_of("cart-recovery", "4", "c1"), 6) == 0.59327
    assert run_uid("shop", "flow", "key", "source", "1") == "3025bc9309027e84b822"


# --- waits -----------------------------------------------------------------------------------------


def test_a_wait_sets_a_numbered_timer_and_late_or_doubled_timers_do_nothing() -> None:
    simulator = run("  - wait: 4h\n  - log: {text: x}\n  - wait: 1d\n")
    state = simulator.only()
    assert (state.status, state.step, state.due_at, state.timer) == ("waiting", "0", START + 4 * HOUR, 1)
    simulator.now = START + 5 * HOUR
    for number in (0, 2):
        assert simulator.give(state.id, TimerDue(number)).trace == ()
    simulator.give(state.id, TimerDue(1))
    assert simulator.only().due_at == START + 5 * HOUR + timedelta(days=1)
    before = simulator.only()
    simulator.give(state.id, TimerDue(1))
    assert simulator.only() == before
    assert texts(simulator) == ["x"]


def test_now_at_a_timer_is_never_before_it_was_due() -> None:
    flow = flow_of("  - wait: 4h\n  - wait: 1h\n")
    state = begin(flow, uid="u", version=1, event=event("1", "checkout.abandoned"), key="k", now=START)
    state = advance(flow, state, Started(), RunContext({}, SHOP), START).state
    # A worker whose clock is behind.
    done = advance(flow, state, TimerDue(1), RunContext({}, SHOP), START + HOUR)
    assert done.state.due_at == START + 5 * HOUR
    assert done.trace[0].at == START + 4 * HOUR


@pytest.mark.parametrize(
    ("wait", "due"),
    [
        ("{until: '18:00'}", "2026-03-02T17:00:00Z"),
        ("{until: '09:00'}", "2026-03-03T08:00:00Z"),
        ("{until: {time: '18:00'}, zone: store}", "2026-03-02T17:00:00Z"),
        ("{until: {time: '09:00', weekday: [sat, sun]}}", "2026-03-07T08:00:00Z"),
        ("{until: {weekday: wed}}", "2026-03-03T23:00:00Z"),
        ("{until: {date: cart.updated_at, offset: 2d}}", "2026-03-04T08:00:00Z"),
        ("{until: {date: cart.updated_at, offset: 2d, at: '07:00'}}", "2026-03-04T06:00:00Z"),
        ("store.abandoned_after", "2026-03-02T10:00:00Z"),
        ("\"{{ store.nothing | default: '90m' }}\"", "2026-03-02T10:30:00Z"),
        ("duration('30m') + duration('1m')", "2026-03-02T09:31:00Z"),
        ("size(cart.lines) * 60", "2026-03-02T09:02:00Z"),
    ],
)
def test_waits(wait: str, due: str) -> None:
    text = wait.replace("store.nothing", "store.website") if "nothing" in wait else wait
    assert run(f"  - wait: {text}\n").only().due_at == parse_instant(due)


def test_a_wait_is_in_the_recipients_zone_across_a_clock_change() -> None:
    flow = flow_of("  - wait: {until: '09:00'}\n")
    for zone, now, due in (
        ("Europe/Madrid", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
        ("America/Sao_Paulo", "2026-03-28T12:30:00Z", "2026-03-29T12:00:00Z"),
        ("Asia/Kolkata", "2026-03-28T12:00:00Z", "2026-03-29T03:30:00Z"),
        ("Europe", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
        ("No/Where", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
        (None, "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z"),
    ):
        at = parse_instant(now)
        state = begin(flow, uid="u", version=1, event=event("1", "checkout.abandoned", at=at), key="k", now=at)
        done = advance(flow, state, Started(), RunContext({}, SHOP, zone), at)
        assert done.state.due_at == parse_instant(due)


def test_a_date_that_has_passed_is_no_wait_and_one_that_moved_is_waited_for_again() -> None:
    assert texts(run("  - wait: {until: {date: cart.updated_at}}\n  - log: {text: x}\n")) == ["x"]
    records = {"cart": dict(CART, updated_at="2026-03-03T00:00:00Z")}
    simulator = run("  - wait: {until: {date: cart.updated_at}}\n  - log: {text: x}\n", records)
    records["cart"]["updated_at"] = "2026-03-05T00:00:00Z"
    simulator.pass_time(timedelta(days=2))
    assert (simulator.only().due_at, simulator.only().timer) == (parse_instant("2026-03-05T00:00:00Z"), 2)
    simulator.pass_time(timedelta(days=2))
    assert texts(simulator) == ["x"]
    assert "wait.moved" in simulator.codes()


def test_without_a_date_or_a_length_nothing_is_sent_too_early() -> None:
    simulator = run("  - wait: {until: {date: cart.updated_at}}\n  - log: {text: x}\n", {"cart": None})
    assert (simulator.only().status, simulator.only().reason) == ("stopped", "no_date")
    simulator = run("  - wait: customer.name\n  - log: {text: x}\n")
    assert (simulator.only().status, simulator.only().reason) == ("failed", "wait_unknown")
    assert not simulator.effects


UNTIL = """\
  - wait: {until: {event: order.paid, when: event.total > 10}, timeout: 20h}
    as: got
  - log: {text: "{{ vars.got.happened }} {{ vars.got.data.total }}"}
"""


def test_waiting_for_an_event_or_the_time_out() -> None:
    simulator = run(UNTIL)
    assert simulator.only().listens == ["order.paid"]
    simulator.deliver(event("2", "order.paid", at=START + HOUR, data={"total": "9"}))
    assert simulator.only().status == "waiting"
    assert simulator.codes()[-1] == "wait.not_met"
    simulator.deliver(event("3", "order.paid", at=START + 2 * HOUR, data={"total": "12"}))
    assert texts(simulator) == ["true 12"]
    simulator = run(UNTIL)
    simulator.pass_time(timedelta(days=1))
    assert texts(simulator) == ["false "]
    assert "wait.timeout" in simulator.codes()


def test_an_event_older_than_the_wait_does_not_end_it() -> None:
    simulator = run("  - wait: 4h\n" + UNTIL)
    simulator.pass_time(5 * HOUR)
    simulator.deliver(event("2", "order.paid", at=START + 3 * HOUR, data={"total": "12"}), START + 5 * HOUR)
    assert simulator.codes()[-1] == "wait.too_old"
    assert simulator.only().status == "waiting"


# --- exits -----------------------------------------------------------------------------------------

EXIT = 'exit: [{event: order.created, when: "event.cart_id == cart.id"}]\n'


@pytest.mark.parametrize(
    "steps", ["  - wait: 4h\n", "  - http.request: {method: GET, url: x}\n", "  - approve: {by: owner}\n"]
)
def test_an_exit_ends_the_run_also_while_it_waits_or_is_parked(steps: str) -> None:
    simulator = run(steps + "  - log: {text: x}\n", more=EXIT)
    uid = simulator.only().id
    simulator.deliver(event("2", "order.created", at=START + HOUR, data={"cart_id": "other"}))
    assert simulator.only().status in ("waiting", "parked")
    assert simulator.codes()[-1] == "exit.not_met"
    simulator.deliver(event("3", "order.created", at=START + HOUR, data={"cart_id": "c1"}))
    state = simulator.only()
    assert (state.status, state.reason, state.due_at, state.listens) == ("exited", "order.created", None, [])
    for late in (TimerDue(state.timer), EffectFinished(f"{uid}/0", True), Decided("0", True, "x"), Ended("x")):
        assert simulator.give(uid, late).trace == ()
    assert "x" not in texts(simulator)


def test_an_exit_that_cannot_be_told_does_not_end_the_run() -> None:
    simulator = run(
        "  - wait: 4h\n", {"cart": None}, "exit: [{event: order.created, when: event.total > cart.total}]\n"
    )
    simulator.deliver(event("2", "order.created", at=START + HOUR, data={"total": "1"}))
    assert simulator.only().status == "waiting"
    assert simulator.trace[simulator.only().id][-1].details["error"] == "cart.total is null"


def test_an_exit_that_happened_before_the_start_is_only_late() -> None:
    simulator = run("  - wait: 4h\n", more="exit: [{event: order.created}]\n")
    simulator.deliver(event("2", "order.created", at=START - HOUR), START + HOUR)
    assert simulator.only().status == "waiting"
    assert simulator.codes()[-1] == "exit.too_old"


def test_an_absence_holds_since_the_last_activity() -> None:
    flow = flow_of("  - wait: 4h\n", "exit: [{event: order.created}]\n")
    simulator = Simulator(flow)
    since = (START - HOUR).isoformat()
    simulator.deliver(event("1", "checkout.abandoned", data={"since": since}))
    simulator.deliver(event("2", "order.created", at=START - HOUR / 2), START + HOUR)
    assert simulator.only().status == "exited"


# --- actions ---------------------------------------------------------------------------------------


def test_effects_have_the_key_of_their_step_and_a_rendered_config() -> None:
    config = "{method: POST, url: 'https://x.example/{{ cart.id }}', json: {a: ['{{ event.total }}', 1]}}"
    steps = f"  - http.request: {config}\n"
    simulator = run(steps)
    state = simulator.only()
    ((_, effect),) = simulator.effects.values()
    assert effect == NewEffect(
        f"{state.id}/0",
        "0",
        "http.request",
        {"method": "POST", "url": "https://x.example/c1", "json": {"a": ["7.5", 1]}},
        True,
    )
    assert (state.status, state.effect_key) == ("parked", effect.key)


def test_html_is_escaped_and_text_is_not() -> None:
    records = {"customer": {"name": "<b>Ana</b>"}}
    simulator = run(
        "  - messages.send_email: {template: x, subject: '{{ customer.name }}', html: '{{ customer.name }}'}\n", records
    )
    ((_, effect),) = simulator.effects.values()
    assert effect.config["subject"] == "<b>Ana</b>"
    assert effect.config["html"] == "&lt;b&gt;Ana&lt;/b&gt;"


def test_a_run_waits_for_what_it_needs_and_goes_on_with_it() -> None:
    simulator = run("  - pricing.issue_code: {percent: 10}\n    as: gift\n  - log: {text: '{{ vars.gift.code }}'}\n")
    uid = simulator.only().id
    assert simulator.only().status == "parked"
    assert simulator.give(uid, EffectFinished("other", True)).trace == ()
    simulator.give(uid, EffectFinished(f"{uid}/0", True, {"code": "X1"}))
    assert texts(simulator)[-1] == "X1"
    before = encode_state(simulator.only())
    simulator.give(uid, EffectFinished(f"{uid}/0", True, {"code": "X2"}))
    assert encode_state(simulator.only()) == before


@pytest.mark.parametrize(
    ("on_error", "status", "expected"),
    [
        ("stop", "failed", []),
        ("continue", "finished", ["after"]),
        ("[{log: {text: instead}}]", "finished", ["instead", "after"]),
    ],
)
def test_what_happens_when_an_effect_fails_for_good(on_error: str, status: str, expected: list[str]) -> None:
    steps = (
        f"  - pricing.issue_code: {{percent: 10}}\n    as: gift\n    on_error: {on_error}\n  - log: {{text: after}}\n"
    )
    simulator = run(steps, answer=lambda effect: EffectFinished(effect.key, False, reason="http.500"))
    assert simulator.only().status == status
    assert [text for text in texts(simulator) if text] == expected
    if status == "failed":
        assert simulator.only().reason == "http.500"
    else:
        assert simulator.only().vars["gift"] is None


def test_a_text_that_cannot_be_written_is_a_failed_effect() -> None:
    steps = '  - log: {text: "{% for i in (1..99999) %}{{ i }}{% endfor %}"}\n  - log: {text: after}\n'
    simulator = run(steps)
    assert texts(simulator) == ["after"]
    assert "step.template_failed" in simulator.codes()
    assert (
        run(steps.replace("\n  - log: {text: after", "\n    on_error: stop\n  - log: {text: after")).only().status
        == "failed"
    )


# --- approvals -------------------------------------------------------------------------------------

APPROVE = """\
  - approve:
      by: owner
      text: "Give {{ customer.name }} a code?"
      timeout: 2d
      then: [{log: {text: yes}}]
      else: [{log: {text: no}}]
"""


@pytest.mark.parametrize(("approved", "expected"), [(True, "yes"), (False, "no")])
def test_a_person_decides(approved: bool, expected: str) -> None:
    simulator = run(APPROVE)
    uid = simulator.only().id
    (asked,) = simulator.approvals
    assert (asked.key, asked.by, asked.text, asked.expires_at) == (
        f"{uid}/0", "owner", "Give Ana a code?", START + timedelta(days=2),
    )  # fmt: skip
    assert simulator.give(uid, Decided("9", approved, "me")).trace == ()
    simulator.give(uid, Decided("0", approved, "me", "fine"))
    assert texts(simulator) == [expected]
    assert simulator.give(uid, Decided("0", not approved, "me")).trace == ()


def test_without_an_answer_the_other_branch_runs() -> None:
    simulator = run(APPROVE)
    simulator.pass_time(timedelta(days=3))
    assert texts(simulator) == ["no"]
    assert "approval.expired" in simulator.codes()


# --- loops -----------------------------------------------------------------------------------------


def test_a_loop_runs_for_each_item_with_keys_of_its_own() -> None:
    inside = "[{log: {text: '{{ vars.line.sku }}'}}, {wait: 1h}]"
    steps = f"  - for_each: {{items: cart.lines, as: line, steps: {inside}}}\n  - log: {{text: done}}\n"
    simulator = run(steps)
    uid = simulator.only().id
    assert simulator.only().step == "0[0].1"
    simulator.pass_time(timedelta(days=1))
    assert texts(simulator) == ["A", "B", "done"]
    assert list(simulator.effects) == [f"{uid}/0[0].0", f"{uid}/0[1].0", f"{uid}/1"]
    assert "line" not in simulator.only().vars


def test_loops_inside_loops() -> None:
    inner = "{for_each: {items: \"['x', 'y']\", as: letter, steps: [{pricing.issue_code: {percent: 1}, as: c}]}}"
    steps = f"  - for_each: {{items: cart.lines, as: line, steps: [{inner}]}}\n"
    simulator = run(steps, answer=lambda effect: EffectFinished(effect.key, True, {"code": effect.key}))
    uid = simulator.only().id
    assert list(simulator.effects) == [f"{uid}/0[{a}].0[{b}].0" for a in (0, 1) for b in (0, 1)]
    assert simulator.only().status == "finished"


def test_a_loop_is_bounded_and_says_so() -> None:
    simulator = run("  - for_each: {items: cart.lines, as: line, limit: 1, steps: [{log: {text: x}}]}\n")
    assert texts(simulator) == ["x"]
    entry = next(entry for entry in simulator.trace[simulator.only().id] if entry.code == "loop.limited")
    assert entry.details == {"count": 2, "limit": 1}


def test_a_loop_over_nothing_is_left_out() -> None:
    for cart in (None, {"lines": None}, {"lines": []}):
        steps = "  - for_each: {items: cart.lines, as: line, steps: [{log: {text: x}}]}\n  - log: {text: done}\n"
        assert texts(run(steps, {"cart": cart})) == ["done"]


def test_loops_of_loops_end_at_last() -> None:
    many = '"[' + ",".join(["1"] * 100) + ']"'
    steps = f"{{for_each: {{items: {many}, as: d, steps: [{{set: {{x: '1'}}}}]}}}}"
    for name in "cba":
        steps = f"{{for_each: {{items: {many}, as: {name}, steps: [{steps}]}}}}"
    simulator = run(f"  - {steps}\n")
    assert (simulator.only().status, simulator.only().reason) == ("failed", "too_many_steps")


# --- values, ends, inputs --------------------------------------------------------------------------


def test_set_keeps_values_and_null_where_there_is_none() -> None:
    simulator = run("  - set: {tier: \"cart.total > 100 ? 'gold' : 'silver'\", n: 5, bad: '1 / 0', at: now + '1d'}\n")
    assert simulator.only().vars == {"tier": "gold", "n": 5, "bad": None, "at": "2026-03-03T09:00:00Z"}
    entry = next(entry for entry in simulator.trace[simulator.only().id] if entry.code == "step.set")
    assert entry.details["errors"] == {"bad": "divide by zero"}


def test_times_that_were_set_can_be_reckoned_with() -> None:
    steps = """\
  - set: {at: now + '1d', long: duration('2h')}
  - if: vars.at > now && vars.at - now == duration('24h') && vars.long < duration('3h')
    then: [{log: {text: x}}]
"""
    assert texts(run(steps)) == ["x"]


def test_stop_and_end() -> None:
    simulator = run("  - stop: enough\n  - log: {text: x}\n")
    assert (simulator.only().status, simulator.only().reason, texts(simulator)) == ("stopped", "enough", [])
    simulator = run("  - wait: 4h\n")
    simulator.give(simulator.only().id, Ended("ended by hand", "ana@example.com"))
    assert (simulator.only().status, simulator.only().reason) == ("stopped", "ended by hand")


def test_data_is_read_when_it_is_used() -> None:
    records: dict[str, Any] = {"cart": dict(CART)}
    simulator = run("  - wait: 4h\n  - log: {text: '{{ cart.total }} {{ event.total }}'}\n", records)
    records["cart"]["total"] = "5.00"
    simulator.pass_time(5 * HOUR)
    assert texts(simulator) == ["5.00 7.5"]


def test_an_absent_event_lets_the_run_go_on_only_if_it_stayed_away() -> None:
    text = """
flow: t
trigger: {absent: order.created, within: 24h, since: [cart.updated, checkout.updated], when: cart.total > 10}
key: cart.id
steps:
  - log: {text: "forgotten"}
"""
    flow = compile_flow(text, CATALOG)
    records = {"cart": dict(CART)}
    simulator = Simulator(flow, lambda subject: records)
    simulator.deliver(event("1", "cart.updated"))
    simulator.deliver(event("2", "checkout.updated", at=START + HOUR))
    assert [state.status for state in simulator.runs.values()] == ["stopped", "waiting"]
    simulator.pass_time(timedelta(hours=23, minutes=30))
    assert texts(simulator) == []
    simulator.pass_time(HOUR)
    assert texts(simulator) == ["forgotten"]
    bought = Simulator(flow, lambda subject: records)
    bought.deliver(event("1", "cart.updated"))
    bought.deliver(event("2", "order.created", at=START + HOUR))
    bought.pass_time(timedelta(days=2))
    assert texts(bought) == []
    assert bought.only().status == "exited"
    emptied = Simulator(flow, lambda subject: records)
    emptied.deliver(event("1", "cart.updated"))
    records["cart"]["total"] = "0"
    emptied.pass_time(timedelta(days=2))
    assert (emptied.only().status, emptied.only().reason) == ("stopped", "when_false")


def test_started_twice_and_unheard_events_change_nothing() -> None:
    simulator = run("  - wait: 4h\n", more="exit: [{event: order.created}]\n")
    state = simulator.only()
    assert simulator.give(state.id, Started()).trace == ()
    assert simulator.give(state.id, EventArrived(event("9", "cart.updated", at=START + HOUR))).trace == ()
    assert simulator.give(state.id, EventArrived(event("1", "order.created"))).trace == ()


def test_what_a_run_remembers_is_bounded() -> None:
    flow = flow_of("  - wait: {until: {event: order.paid, when: event.total > 1000}}\n")
    state = begin(flow, uid="u", version=1, event=event("1", "checkout.abandoned"), key="k", now=START)
    context = RunContext({}, SHOP)
    state = advance(flow, state, Started(), context, START).state
    for number in range(SEEN + 50):
        state = advance(
            flow, state, EventArrived(event(f"p{number}", "order.paid", data={"total": "1"})), context, START
        ).state
    assert len(state.seen) == SEEN
    assert state.seen[-1] == f"test/p{SEEN + 49}"


def test_a_run_whose_step_is_gone_fails_with_a_reason() -> None:
    old, new = flow_of("  - log: {text: a}\n  - wait: 4h\n"), flow_of("  - log: {text: a}\n")
    state = begin(old, uid="u", version=1, event=event("1", "checkout.abandoned"), key="k", now=START)
    state = advance(old, state, Started(), RunContext({}, SHOP), START).state
    assert can_move(old, state)
    assert not can_move(new, state)
    assert not can_move(flow_of("  - log: {text: a}\n  - if: cart.total > 1\n    then: [stop]\n"), state)
    until = flow_of("  - log: {text: a}\n  - wait: {until: {event: order.paid}}\n")
    assert can_move(until, state)
    assert not can_move(until, state, old)
    done: Advanced = advance(new, state, TimerDue(1), RunContext({}, SHOP), START + 4 * HOUR)
    assert (done.state.status, done.state.reason) == ("failed", "step_missing")


def test_the_state_goes_through_json_unchanged() -> None:
    simulator = run("  - for_each: {items: cart.lines, as: line, steps: [{set: {x: cart.total}}, {wait: 1h}]}\n")
    state: RunState = simulator.only()
    assert decode_state(encode_state(state)) == state
    assert state.schema == 2
    old = encode_state(state).replace(b'"schema":2', b'"schema":1')
    assert decode_state(old).schema == 1 and b"approval" not in old
