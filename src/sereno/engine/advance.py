"""The one function that changes a run: (flow, state, input, records, now) in, (state, effects, approvals, trace) out.

Invariants: the state given is never changed; the same input twice changes nothing; exits are looked at before anything
else; an effect's key is written once.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, cast

from sereno.commerce.event import Event
from sereno.engine import approving
from sereno.engine.context import RunContext, event_document
from sereno.engine.durations import format_instant, parse_instant
from sereno.engine.entry import held_since, reference_time, seen
from sereno.engine.flow import Flow
from sereno.engine.program import ABSENT, Place
from sereno.engine.run import (
    LIVE,
    Advanced,
    Decided,
    EffectFinished,
    Ended,
    EventArrived,
    Input,
    RunState,
    Started,
    TimerDue,
)
from sereno.engine.stepping import after_failure, go
from sereno.engine.steps import Action, Approve, WaitFor, WaitUntilDate, WaitUntilEvent, WaitUntilTime
from sereno.engine.waits import date_due, leave_event_wait
from sereno.engine.walk import Walk

SEEN = 256
"""How many ids of events and outcomes a run remembers."""


def run_uid(shop: str, flow: str, key: str, source: str, event_id: str) -> str:
    """The run's id: the same event can never start a second run of a flow and key."""
    parts = "\x1f".join((shop, flow, key, source, event_id))
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def begin(flow: Flow, *, uid: str, version: int, event: Event, key: str, now: datetime) -> RunState:
    """A run that has not taken its first step; hand it to `advance` with `Started`."""
    return RunState(
        id=uid,
        flow=flow.name,
        version=version,
        subject=event.subject,
        key=key,
        started_at=now,
        listens=sorted(flow.exit_types),
        refs=dict(event.refs),
        event=event_document(event),
        since=reference_time(event),
    )


def advance(flow: Flow, state: RunState, input: Input, context: RunContext, now: datetime) -> Advanced:
    """What the input does to the run. `Advanced.state` is `state` itself when it does nothing."""
    if state.status not in LIVE:
        return Advanced(state)
    match input:
        case Started():
            return _start(flow, state, context, now)
        case EventArrived():
            return _event(flow, state, input.event, context, now)
        case TimerDue():
            return _timer(flow, state, input, context, now)
        case EffectFinished():
            return _outcome(flow, state, input, context, now)
        case Decided():
            return _decided(flow, state, input, context, now)
        case Ended():
            walk = _walk(flow, state, context, now)
            details = {name: value for name, value in (("by", input.by), ("run", input.run)) if value}
            walk.end("stopped", "run.ended", state.step, input.reason, **details)
            return _done(walk)


_WAITS = (WaitFor, WaitUntilTime, WaitUntilDate, WaitUntilEvent, Approve)


def can_move(flow: Flow, state: RunState, old: Flow | None = None) -> bool:
    """Whether a live run could go on in this version of its flow: the step it stands at is there, and it waits for the
    same kind of thing as in the `old` one."""
    place = _place(flow, state)
    if place is None:
        return False
    before = _place(old, state) if old is not None else None
    if before is not None and type(before.operation) is not type(place.operation):
        return False
    return isinstance(place.operation, Action if state.status == "parked" else _WAITS)


def listens_at(flow: Flow, state: RunState) -> list[str]:
    """The event types that concern a run which stands at its step in this version of its flow."""
    place = _place(flow, state)
    return [] if place is None else place.listens


def _walk(flow: Flow, state: RunState, context: RunContext, now: datetime) -> Walk:
    changed = copy.copy(state)
    changed.seq += 1
    return Walk(flow, changed, context, now)


def _done(walk: Walk) -> Advanced:
    return Advanced(walk.state, tuple(walk.effects), tuple(walk.approvals), tuple(walk.trace))


def _place(flow: Flow, state: RunState) -> Place | None:
    path = _bare(state.step) if "[" in state.step else state.step
    index = flow.program.index.get(path)
    return None if index is None else flow.program.places[index]


def _bare(path: str) -> str:
    """The path without loop indexes."""
    parts: list[str] = []
    for part in path.split("["):
        parts.append(part.partition("]")[2] if parts else part)
    return "".join(parts)


def _remember(state: RunState, mark: str) -> None:
    state.seen = [*state.seen[1 - SEEN :], mark]


def _start(flow: Flow, state: RunState, context: RunContext, now: datetime) -> Advanced:
    if state.seq != 0:
        return Advanced(state)
    walk = _walk(flow, state, context, now)
    walk.note("", "run.started", {"event": state.event.get("type"), "key": state.key})
    if state.is_held_out and flow.control is not None:
        walk.note("", "control.held_out", {"share": flow.control.share / 100})
    go(walk, flow.program.first)
    return _done(walk)


# --- events ----------------------------------------------------------------------------------------


def _event(flow: Flow, state: RunState, event: Event, context: RunContext, now: datetime) -> Advanced:
    if event.type not in state.listens:
        return Advanced(state)
    mark = f"{event.source}/{event.id}"
    started_by = state.event
    if mark in state.seen or (started_by.get("id") == event.id and started_by.get("source") == event.source):
        return Advanced(state)
    place = _place(flow, state)
    walk = _walk(flow, state, context, now)
    _remember(walk.state, mark)
    document = event_document(event)
    if _exits(walk, event, document, place):
        return _done(walk)
    operation = None if place is None else place.operation
    if state.status == "waiting" and isinstance(operation, WaitUntilEvent) and event.type in operation.types:
        assert place is not None
        _awaited(walk, operation, place, event, document)
    if not walk.trace:
        return Advanced(state)
    return _done(walk)


def _exits(walk: Walk, event: Event, document: Mapping[str, Any], place: Place | None) -> bool:
    """Whether the event ended the run."""
    flow, state = walk.flow, walk.state
    details: dict[str, Any] = {"event": event.type, "id": event.id, "source": event.source}
    is_old = event.occurred_at < concerned_since(state)
    absent = flow.trigger.absent
    if absent is not None and place is not None and place.path == ABSENT and event.type in absent.types and not is_old:
        walk.end("exited", "exit.event", state.step, event.type, **details)
        return True
    for item in flow.exits:
        if event.type not in item.types:
            continue
        if is_old:
            walk.note(state.step, "exit.too_old", {**details, "occurred_at": document["occurred_at"]})
            return False
        if item.test is None:
            walk.end("exited", "exit.event", state.step, event.type, **details)
            return True
        outcome = item.test.test({**walk.scope, "event": document})
        if outcome.value is True:
            walk.end("exited", "exit.event", state.step, event.type, **details, **seen(item.test, outcome))
            return True
        walk.note(state.step, "exit.not_met", {**details, **seen(item.test, outcome)})
    return False


def concerned_since(state: RunState) -> datetime:
    """Since when the fact that started the run has held; what happened before it does not concern the run."""
    data = state.event.get("data")
    since = cast("Mapping[str, Any]", data).get("since") if isinstance(data, Mapping) else None
    return held_since(parse_instant(str(state.event["occurred_at"])), since)


def _awaited(walk: Walk, step: WaitUntilEvent, place: Place, event: Event, document: dict[str, Any]) -> None:
    state = walk.state
    details: dict[str, Any] = {"event": event.type, "id": event.id, "source": event.source}
    if state.since is not None and event.occurred_at < state.since:
        # It happened before the run came to wait for it; it is only late.
        walk.note(state.step, "wait.too_old", {**details, "occurred_at": document["occurred_at"]})
        return
    if step.test is not None:
        outcome = step.test.test({**walk.scope, "event": document})
        if outcome.value is not True:
            walk.note(state.step, "wait.not_met", {**details, **seen(step.test, outcome)})
            return
        details |= seen(step.test, outcome)
    walk.note(state.step, "wait.event", details)
    state.since = max(event.occurred_at, state.since or event.occurred_at)
    _leave(walk)
    go(walk, leave_event_wait(walk, step, place, document))


def _leave(walk: Walk) -> None:
    """No longer waiting: the timer that was set is void."""
    state = walk.state
    state.status = "running"
    state.due_at = None
    state.effect_key = None


# --- timers, outcomes, decisions -------------------------------------------------------------------


def _timer(flow: Flow, state: RunState, input: TimerDue, context: RunContext, now: datetime) -> Advanced:
    if state.status != "waiting" or state.due_at is None or input.timer != state.timer:
        return Advanced(state)
    due = state.due_at
    place = _place(flow, state)
    walk = _walk(flow, state, context, max(now, due))
    if place is None:
        return _lost(walk)
    step = place.operation
    if isinstance(step, WaitUntilDate):
        moved = date_due(walk, step)
        if moved is not None and moved > walk.now:
            walk.stay(place, moved)
            walk.note(state.step, "wait.moved", {"until": format_instant(moved)})
            return _done(walk)
    if isinstance(step, Approve):
        following = approving.silence(walk, step, place)
        if following is not None:
            walk.state.since = max(due, walk.state.since or due)
            go(walk, following)
        return _done(walk)
    walk.state.since = max(due, walk.state.since or due)
    _leave(walk)
    if isinstance(step, WaitUntilEvent):
        walk.note(state.step, "wait.timeout", {"due_at": format_instant(due)})
        go(walk, leave_event_wait(walk, step, place, None))
    else:
        walk.note(state.step, "wait.over", {"due_at": format_instant(due)})
        go(walk, place.next)
    return _done(walk)


def _outcome(flow: Flow, state: RunState, input: EffectFinished, context: RunContext, now: datetime) -> Advanced:
    if state.status != "parked" or state.effect_key != input.key:
        return Advanced(state)
    place = _place(flow, state)
    walk = _walk(flow, state, context, now)
    _remember(walk.state, input.key)
    if place is None or not isinstance(place.operation, Action):
        return _lost(walk)
    step = place.operation
    _leave(walk)
    if input.ok:
        walk.note(state.step, "effect.done", {"action": step.action.name, "value": dict(input.value)})
        if step.result is not None:
            walk.variables[step.result] = dict(input.value)
        go(walk, place.next)
        return _done(walk)
    walk.note(state.step, "effect.failed", {"action": step.action.name, "reason": input.reason})
    following = after_failure(walk, place, input.reason or "effect_failed")
    if following is not None:
        go(walk, following)
    return _done(walk)


def _decided(flow: Flow, state: RunState, input: Decided, context: RunContext, now: datetime) -> Advanced:
    place = _place(flow, state)
    if (
        state.status != "waiting"
        or input.step != state.step
        or place is None
        or not isinstance(place.operation, Approve)
    ):
        return Advanced(state)
    walk = _walk(flow, state, context, now)
    following = approving.decided(walk, place.operation, place, input)
    if not walk.trace:
        return Advanced(state)
    if following is not None:
        go(walk, following)
    return _done(walk)


def _lost(walk: Walk) -> Advanced:
    """The step the run stands at is not in this version of the flow."""
    walk.end("failed", "run.failed", walk.state.step, "step_missing")
    return _done(walk)
