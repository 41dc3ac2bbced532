"""What must hold for every flow and every order of events."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.advance import advance, begin
from sereno.engine.context import RunContext
from sereno.engine.flow import Flow, compile_flow, to_yaml
from sereno.engine.run import (
    LIVE,
    Decided,
    EffectFinished,
    EventArrived,
    Input,
    RunState,
    Started,
    TimerDue,
    decode_state,
    encode_state,
)

from .catalog import CATALOG
from .simulator import SHOP, START, Simulator, event

CONDITIONS = st.sampled_from(
    [
        "cart.total >= 100",
        "cart.total < 100 || customer.accepts_email",
        "customer.tags.exists(t, t == 'vip')",
        "cart.lines.all(l, l.price > 5)",
        "customer.name.startsWith('A')",
        "true",
        "cart.updated_at < now",
        "event.total > 3",
    ]
)
TEXTS = st.sampled_from(["plain", "{{ customer.name }}", "{{ cart.total | money }} {{ event.id }}", "{{ vars }}"])


def actions(steps: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Any]:
    log = st.builds(lambda text: {"log": {"text": text}}, TEXTS)
    tag = st.just({"customers.add_tag": {"tag": "seen"}})
    call = st.builds(
        lambda on_error: {"http.request": {"method": "GET", "url": "https://x.example"}, "on_error": on_error},
        st.one_of(st.sampled_from(["stop", "continue"]), steps),
    )
    code = st.just({"pricing.issue_code": {"percent": 10}, "as": "gift"})
    return st.one_of(log, tag, call, code)


def controls(steps: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(lambda test, a, b: {"if": test, "then": a, "else": b}, CONDITIONS, steps, steps),
        st.builds(lambda a, b: {"split": {"weights": {"a": 1, "b": 3}, "a": a, "b": b}}, steps, steps),
        st.builds(lambda a, b: {"switch": "customer.locale", "cases": {"es": a}, "default": b}, steps, steps),
        st.builds(lambda a, b: {"approve": {"by": "owner", "timeout": "2d", "then": a, "else": b}}, steps, steps),
        st.builds(
            lambda asks, need, extra, a, b: {
                "approve": {"by": asks, "need": need, "timeout": "2d", **extra, "then": a, "else": b}
            },
            st.lists(
                st.one_of(
                    st.builds(
                        lambda by, when: {"by": by, "when": when}, st.sampled_from(["support", "owner"]), CONDITIONS
                    )
                ),
                min_size=2,
                max_size=4,
            ),
            st.sampled_from(["any", "all", 1, 2]),
            st.sampled_from([{}, {"remind": "6h"}, {"escalate": {"after": "4h", "to": "operator"}}]),
            steps,
            steps,
        ),
        st.builds(lambda a: {"for_each": {"items": "cart.lines", "as": "line", "limit": 3, "steps": a}}, steps),
        st.sampled_from(
            [
                {"wait": "4h"},
                {"wait": {"until": {"event": "order.paid"}, "timeout": "20h"}},
                {"wait": {"until": {"event": "order.paid", "when": "event.total > 10"}}, "as": "got"},
                {"wait": {"until": {"time": "09:00", "weekday": ["mon", "thu"]}}},
                {"set": {"n": "size(cart.lines)", "who": "customer.name + '!'"}},
                {"stop": "enough"},
            ]
        ),
    )


def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.lists(inner, max_size=3)
    return st.one_of(actions(steps), controls(steps))


STEP = st.recursive(actions(st.just([])), extend, max_leaves=8)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    document: Mapping[str, Any] = {
        "flow": "drawn",
        "trigger": {"event": "checkout.abandoned"},
        "exit": [{"event": "order.created"}],
        "steps": draw(st.lists(STEP, min_size=1, max_size=4)),
    }
    return compile_flow(to_yaml(document), CATALOG)


RECORDS = st.fixed_dictionaries(
    {
        "cart": st.none()
        | st.fixed_dictionaries(
            {
                "id": st.just("c1"),
                "total": st.sampled_from([None, "99.99", "100.00"]),
                "lines": st.none()
                | st.lists(
                    st.fixed_dictionaries({"sku": st.just("A"), "price": st.sampled_from([None, "6"])}), max_size=5
                ),
                "updated_at": st.sampled_from([None, "2026-01-01T00:00:00Z"]),
            }
        ),
        "customer": st.none()
        | st.fixed_dictionaries(
            {
                "name": st.sampled_from([None, "Ana", "Bo"]),
                "locale": st.sampled_from([None, "es", "ro"]),
                "accepts_email": st.sampled_from([None, True, False]),
                "tags": st.sampled_from([None, [], ["vip"]]),
            }
        ),
    }
)

INPUTS = st.lists(
    st.one_of(
        st.tuples(st.just("timer"), st.sampled_from([-1, 0, 0, 0])),
        st.tuples(st.just("outcome"), st.booleans()),
        st.tuples(st.just("decided"), st.booleans()),
        st.tuples(st.just("paid"), st.integers(0, 3)),
        st.tuples(st.just("again"), st.just(0)),
    ),
    max_size=12,
)


def make(drawn: tuple[str, Any], state: RunState, number: int) -> Input:
    """An input that fits the state more or less: right and wrong timers, outcomes, decisions, events."""
    match drawn:
        case ("timer", shift):
            return TimerDue(state.timer + shift)
        case ("outcome", ok):
            return EffectFinished(state.effect_key or "none", ok, {"code": "X"}, None if ok else "http.500")
        case ("decided", approved):
            return Decided(state.step, approved, f"person {number}", part=number % 4)
        case ("paid", which):
            at = START + timedelta(hours=number)
            return EventArrived(event(f"paid{which}", "order.paid", at=at, data={"total": "12"}))
        case _:
            return Started()


def play(flow: Flow, records: Any, drawn: list[tuple[str, Any]]) -> list[tuple[RunState, Input, RunState, Any]]:
    """Every step of a run's life: state before, input, state after, what came of it."""
    context = RunContext(records, SHOP)
    state = begin(flow, uid="u1", version=1, event=event("1", "checkout.abandoned"), key="c1", now=START)
    story: list[tuple[RunState, Input, RunState, Any]] = []
    for number, item in enumerate([("again", 0), *drawn]):
        given_input = make(item, state, number)
        done = advance(flow, state, given_input, context, START + timedelta(hours=number))
        story.append((state, given_input, done.state, done))
        state = done.state
    return story


@settings(max_examples=50, deadline=None)
@given(flows(), RECORDS, INPUTS)
def test_no_step_runs_twice(flow: Flow, records: Any, drawn: list[tuple[str, Any]]) -> None:
    keys = [effect.key for *_, done in play(flow, records, drawn) for effect in done.effects]
    assert len(keys) == len(set(keys))
    assert all(key.startswith("u1/") for key in keys)


@settings(max_examples=50, deadline=None)
@given(flows(), RECORDS, INPUTS)
def test_the_same_input_twice_is_a_no_op(flow: Flow, records: Any, drawn: list[tuple[str, Any]]) -> None:
    context = RunContext(records, SHOP)
    for number, (_, given_input, after, done) in enumerate(play(flow, records, drawn)):
        again = advance(flow, after, given_input, context, START + timedelta(hours=number))
        assert again.state is after
        assert not again.effects
        assert not again.trace
        assert done.state.seq >= 1


@settings(max_examples=50, deadline=None)
@given(flows(), RECORDS, INPUTS)
def test_advance_is_a_function_of_its_inputs(flow: Flow, records: Any, drawn: list[tuple[str, Any]]) -> None:
    other_context = RunContext(records, SHOP)
    for number, (before, given_input, after, done) in enumerate(play(flow, records, drawn)):
        kept = encode_state(before)
        stored = decode_state(kept)
        again = advance(flow, stored, given_input, other_context, START + timedelta(hours=number))
        assert encode_state(again.state) == encode_state(after)
        assert again.effects == done.effects
        assert again.trace == done.trace
        assert again.approvals == done.approvals
        assert encode_state(before) == kept
        if after is not before:
            assert after.seq == before.seq + 1


@settings(max_examples=50, deadline=None)
@given(flows(), RECORDS, INPUTS, INPUTS)
def test_exit_always_wins(flow: Flow, records: Any, drawn: list[tuple[str, Any]], later: list[tuple[str, Any]]) -> None:
    context = RunContext(records, SHOP)
    state = play(flow, records, drawn)[-1][2]
    if state.status not in LIVE:
        return
    now = START + timedelta(days=1)
    done = advance(flow, state, EventArrived(event("buy", "order.created", at=now)), context, now)
    assert done.state.status == "exited"
    assert not done.effects
    assert done.state.due_at is None
    for number, item in enumerate(later):
        again = advance(flow, done.state, make(item, state, number), context, now)
        assert again.state is done.state
        assert not again.effects


ORDERLY = """
flow: orderly
trigger: {event: checkout.abandoned}
key: cart.id
reentry: {while_running: restart}
exit: [{event: order.created}]
steps:
  - wait: {until: {event: order.paid}, timeout: 20h}
    as: got
  - wait: 1h
  - log: {text: "{{ event.id }} {{ vars.got.happened }}"}
  - for_each: {items: cart.lines, as: line, steps: [{log: {text: "{{ vars.line.sku }}"}}]}
  - pricing.issue_code: {percent: 10}
    as: gift
  - log: {text: "{{ vars.gift.code }}"}
"""
ORDERLY_FLOW = compile_flow(ORDERLY, CATALOG)
KINDS = {"start": "checkout.abandoned", "buy": "order.created", "pay": "order.paid"}


def carts(subject: str) -> Mapping[str, Mapping[str, Any] | None]:
    return {"cart": {"id": subject.partition(":")[2], "lines": [{"sku": "A"}, {"sku": "B"}]}}


def answered(effect: Any) -> EffectFinished:
    return EffectFinished(effect.key, True, {"code": "GIFT"})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_shuffled_and_doubled_events_give_the_same_effects(data: st.DataObject) -> None:
    """Events come in bursts (a busy minute, an outage), each in any order and any number of times; between bursts, time
    passes and timers ring. Late exits are found by the events already seen."""
    ordered = Simulator(ORDERLY_FLOW, carts, answered)
    shuffled = Simulator(ORDERLY_FLOW, carts, answered)
    ids = itertools.count()
    for _ in range(data.draw(st.integers(1, 3), label="bursts")):
        kinds = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from("12")), min_size=1, max_size=7)
        start = ordered.now
        burst = [
            event(f"{kind}{next(ids)}", KINDS[kind], f"cart:{cart}", at=start + timedelta(seconds=number))
            for number, (kind, cart) in enumerate(data.draw(kinds, label="events"))
        ]
        end = burst[-1].occurred_at
        for item in burst:
            ordered.deliver(item, end)
        copies = data.draw(st.permutations([*burst, *data.draw(st.lists(st.sampled_from(burst), max_size=4))]))
        for item in copies:
            shuffled.deliver(item, end)
        gap = data.draw(st.sampled_from([timedelta(minutes=30), timedelta(hours=3), timedelta(hours=30)]), label="gap")
        ordered.pass_time(gap)
        shuffled.pass_time(gap)
    for simulator in (ordered, shuffled):
        simulator.pass_time(timedelta(days=30))
        assert all(state.status not in LIVE for state in simulator.runs.values())
    assert ordered.sent() == shuffled.sent()
