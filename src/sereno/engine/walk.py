"""Carries a run from step to step until it must wait, park or end.

Nothing here decides what an input means: `advance.py` does, and then walks on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, cast

from sereno.engine.context import RunContext, run_scope, template_variables
from sereno.engine.durations import format_duration, format_instant, parse_date, parse_duration, parse_instant
from sereno.engine.expressions import Expression
from sereno.engine.flow import Flow
from sereno.engine.program import END, LoopEnd, Place, StillWanted
from sereno.engine.run import NewApproval, NewEffect, RunState, TraceEntry
from sereno.engine.schedule import next_local_time, to_instant
from sereno.engine.steps import (
    Action,
    Approve,
    ForEach,
    If,
    Length,
    LengthText,
    SetVars,
    Split,
    Stop,
    Switch,
    WaitFor,
    WaitUntilDate,
    WaitUntilEvent,
    WaitUntilTime,
)
from sereno.engine.templates import TemplateFailed

MOST_STEPS = 200_000
"""Steps in one walk; a flow of nested loops beyond that fails with `too_many_steps`."""


class Walk:
    """One walk of one run. `state` is a copy that may be changed; its lists and dicts are replaced, never changed, but
    for `variables`, which is this walk's own."""

    __slots__ = (
        "_scope", "_template_scope", "approvals", "context", "effects", "flow", "now", "places", "state", "trace",
        "variables",
    )  # fmt: skip

    def __init__(self, flow: Flow, state: RunState, context: RunContext, now: datetime) -> None:
        self.flow = flow
        self.state = state
        self.context = context
        self.now = now
        self.places = flow.program.places
        self.effects: list[NewEffect] = []
        self.approvals: list[NewApproval] = []
        self.trace: list[TraceEntry] = []
        self.variables = dict(state.vars)
        state.vars = self.variables
        self._scope: dict[str, Any] | None = None
        self._template_scope: dict[str, Any] | None = None

    # --- what steps read ---------------------------------------------------------------------------

    @property
    def scope(self) -> dict[str, Any]:
        if self._scope is None:
            self._scope = run_scope(self.state, self.variables, self.context, self.now)
        return self._scope

    @property
    def template_scope(self) -> dict[str, Any]:
        if self._template_scope is None:
            self._template_scope = template_variables(self.scope)
        return self._template_scope

    def note(self, step: str, code: str, details: Mapping[str, Any]) -> None:
        self.trace.append(TraceEntry(self.now, step, code, details))

    # --- going on ----------------------------------------------------------------------------------

    def go(self, index: int) -> None:
        """Take steps from this place on, until the run waits, parks or ends."""
        places = self.places
        state = self.state
        for _ in range(MOST_STEPS):
            if index == END:
                self.end("finished", "run.finished", "", None)
                return
            place = places[index]
            following = _STEPS[place.operation.__class__](self, place.operation, place)
            if following is None:
                return
            index = following
        self.end("failed", "run.failed", state.step, "too_many_steps")

    def end(self, status: str, code: str, step: str, reason: str | None, **details: Any) -> None:
        """The run is over."""
        state = self.state
        state.status = cast("Any", status)
        state.reason = reason
        state.step = step
        state.due_at = None
        state.effect_key = None
        state.listens = []
        state.loops = {}
        self.note(step, code, {"reason": reason, **details} if reason else details)

    def stay(self, place: Place, due: datetime | None) -> None:
        """The run waits here, until `due` if that is given."""
        state = self.state
        state.status = "waiting"
        state.step = self.path(place)
        state.due_at = due
        state.timer += 1
        state.effect_key = None
        state.listens = place.listens

    def path(self, place: Place) -> str:
        """The step's path, with the index of each loop it is in: `3[2].0`."""
        return indexed(place.path, place.loops, self.state.loops) if place.loops else place.path

    def length(self, value: Length, path: str) -> timedelta | None:
        """A length of time; None, and the run has failed, when the expression gives none."""
        if isinstance(value, timedelta):
            return value
        found, error = self._length_value(value)
        try:
            if isinstance(found, str):
                return max(parse_duration(found), timedelta())
            if isinstance(found, int | float) and not isinstance(found, bool):
                return max(timedelta(seconds=found), timedelta())
            problem = error or f"it gives {found!r}, which is no length of time"
        except (ValueError, OverflowError) as failure:
            problem = str(failure)
        values = dict(value.seen(self.scope)) if isinstance(value, Expression) else {}
        # Going on at once would send what was meant for later.
        self.end("failed", "run.failed", path, "wait_unknown", condition=value.source, error=problem, values=values)
        return None

    def _length_value(self, value: Expression | LengthText) -> tuple[Any, str | None]:
        if isinstance(value, Expression):
            return value.evaluate(self.scope)
        try:
            return value.render(self.template_scope), None
        except TemplateFailed as error:
            return None, str(error)


def indexed(path: str, loops: Sequence[str], state: Mapping[str, Mapping[str, Any]]) -> str:
    """The path with loop indexes."""
    shown, done = "", 0
    for loop in loops:
        entry = state.get(loop)
        shown += f"{path[done : len(loop)]}[{0 if entry is None else entry['index']}]"
        done = len(loop)
    return shown + path[done:]


def stable_fraction(flow: str, path: str, key: str) -> float:
    """A number in [0, 1) that is the same for ever for the same flow, split and key."""
    digest = blake2b(f"{flow}\x1f{path}\x1f{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


# --- the steps: each gives the index of the next place, or None when the run stays or is over -----


def _if(walk: Walk, step: If, place: Place) -> int | None:
    outcome = step.test.test(walk.scope)
    details: dict[str, Any] = {"condition": step.test.source, "values": dict(outcome.seen)}
    if outcome.value is None:
        details["branch"], details["error"] = None, outcome.error
        following = place.next
    elif outcome.value:
        details["branch"] = "then"
        following = place.branches[0]
    else:
        details["branch"] = "else"
        following = place.branches[1]
    walk.note(walk.path(place), "step.condition", details)
    return following


def _switch(walk: Walk, step: Switch, place: Place) -> int | None:
    value, error = step.value.evaluate(walk.scope)
    details: dict[str, Any] = {"condition": step.value.source, "values": dict(step.value.seen(walk.scope))}
    path = walk.path(place)
    if error is not None:
        walk.note(path, "step.switch", {**details, "branch": None, "error": error})
        return place.next
    text = as_text(value)
    for number, (name, _) in enumerate(step.cases):
        if name == text:
            walk.note(path, "step.switch", {**details, "branch": name})
            return place.branches[number]
    walk.note(path, "step.switch", {**details, "branch": "default", "value": value})
    return place.branches[-1]


def as_text(value: Any) -> str:
    """A value as a case is written: `true`, `3`, `paid`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _split(walk: Walk, step: Split, place: Place) -> int | None:
    total = sum(weight for _, weight, _ in step.branches)
    point = stable_fraction(walk.flow.name, place.path, walk.state.key) * total
    chosen = len(step.branches) - 1
    for number, (_, weight, _) in enumerate(step.branches):
        if point < weight:
            chosen = number
            break
        point -= weight
    walk.note(walk.path(place), "step.split", {"branch": step.branches[chosen][0]})
    return place.branches[chosen]


def _set(walk: Walk, step: SetVars, place: Place) -> int | None:
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, expression in step.values:
        value, error = expression.evaluate(walk.scope)
        values[name] = value
        if error is not None:
            errors[name] = error
        walk.variables[name] = value
    walk.note(walk.path(place), "step.set", {"values": values, "errors": errors} if errors else {"values": values})
    return place.next


def _stop(walk: Walk, step: Stop, place: Place) -> int | None:
    walk.end("stopped", "run.stopped", walk.path(place), step.reason or None)
    return None


def _still_wanted(walk: Walk, step: StillWanted, place: Place) -> int | None:
    outcome = step.test.test(walk.scope)
    if outcome.value is True:
        return place.next
    details: dict[str, Any] = {"condition": step.test.source, "values": dict(outcome.seen)}
    if outcome.error is not None:
        details["error"] = outcome.error
    walk.end("stopped", "run.stopped", place.path, "when_false" if outcome.value is False else "when_error", **details)
    return None


def _action(walk: Walk, step: Action, place: Place) -> int | None:
    state = walk.state
    path = walk.path(place)
    config = place.fixed
    if place.rendered:
        filled = dict(config)
        try:
            for key, render in place.rendered:
                filled[key] = render(walk.template_scope)
        except TemplateFailed as error:
            walk.note(path, "step.template_failed", {"action": step.action.name, "error": str(error)})
            return after_failure(walk, place, "template_failed")
        config = filled
    key = f"{state.id}/{path}"
    walk.effects.append(NewEffect(key, path, step.action.name, config, place.awaited))
    walk.note(path, "effect.created", {"action": step.action.name, "key": key})
    if not place.awaited:
        return place.next
    state.status = "parked"
    state.step = path
    state.effect_key = key
    state.due_at = None
    state.listens = place.listens
    return None


def after_failure(walk: Walk, place: Place, reason: str) -> int | None:
    """Where a run goes when the effect of its step failed for good."""
    step = cast("Action", place.operation)
    if step.on_error == "continue":
        if step.result is not None:
            walk.variables[step.result] = None
        return place.next
    if step.on_error == "stop":
        walk.end("failed", "run.failed", walk.path(place), reason)
        return None
    if step.result is not None:
        walk.variables[step.result] = None
    return place.branches[0]


def _approve(walk: Walk, step: Approve, place: Place) -> int | None:
    path = walk.path(place)
    text = ""
    try:
        text = "" if place.text is None else str(place.text(walk.template_scope))
    except TemplateFailed as error:
        walk.note(path, "step.template_failed", {"action": "approve", "error": str(error)})
    expires = None if step.timeout is None else walk.now + step.timeout
    walk.stay(place, expires)
    walk.approvals.append(NewApproval(f"{walk.state.id}/{path}", path, step.by, text, expires))
    walk.note(path, "approval.asked", {"by": step.by, "until": None if expires is None else format_instant(expires)})
    return None


def _for_each(walk: Walk, step: ForEach, place: Place) -> int | None:
    value, error = step.items.evaluate(walk.scope)
    path = walk.path(place)
    if error is not None or not isinstance(value, list):
        problem = error or f"{step.items.source} is {'null' if value is None else 'no list'}"
        values = dict(step.items.seen(walk.scope))
        walk.note(path, "loop.skipped", {"condition": step.items.source, "error": problem, "values": values})
        return place.next
    items = cast("list[Any]", value)
    if len(items) > step.limit:
        walk.note(path, "loop.limited", {"count": len(items), "limit": step.limit})
        items = items[: step.limit]
    else:
        walk.note(path, "loop.started", {"count": len(items)})
    if not items:
        return place.next
    walk.state.loops = {**walk.state.loops, step.path: {"items": items, "index": 0}}
    walk.variables[step.name] = items[0]
    return place.branches[0]


def _loop_end(walk: Walk, step: LoopEnd, place: Place) -> int | None:
    loop = step.loop
    loops = walk.state.loops
    entry = loops[loop.path]
    index = entry["index"] + 1
    if index < len(entry["items"]):
        walk.state.loops = {**loops, loop.path: {"items": entry["items"], "index": index}}
        walk.variables[loop.name] = entry["items"][index]
        return place.branches[0]
    walk.state.loops = {path: other for path, other in loops.items() if path != loop.path}
    walk.variables.pop(loop.name, None)
    return place.next


# --- waits -----------------------------------------------------------------------------------------


def _wait_for(walk: Walk, step: WaitFor, place: Place) -> int | None:
    path = walk.path(place)
    length = walk.length(step.length, path)
    if length is None:
        return None
    return _until(walk, place, walk.now + length, {"for": format_duration(length)})


def _wait_time(walk: Walk, step: WaitUntilTime, place: Place) -> int | None:
    zone = walk.context.zone(step.zone)
    due = next_local_time(step.at, walk.now, zone, step.weekdays)
    return _until(walk, place, due, {"zone": zone.key})


def _wait_date(walk: Walk, step: WaitUntilDate, place: Place) -> int | None:
    due = date_due(walk, step)
    if due is None:
        values = dict(step.date.seen(walk.scope))
        walk.end("stopped", "run.stopped", walk.path(place), "no_date", condition=step.date.source, values=values)
        return None
    return _until(walk, place, due, {"values": dict(step.date.seen(walk.scope))})


def date_due(walk: Walk, step: WaitUntilDate) -> datetime | None:
    """The instant that the step waits for, as its date is now; None when there is no date."""
    value, error = step.date.evaluate(walk.scope)
    if error is not None or not isinstance(value, str):
        return None
    zone = walk.context.zone(step.zone)
    try:
        if len(value) > 10:
            at = parse_instant(value) + step.offset
            if step.at is not None:
                at = to_instant(at.astimezone(zone).date(), step.at, zone)
            return at
        year, month, day = parse_date(value)
        at = to_instant(date(year or walk.now.year, month, day), step.at or datetime.min.time(), zone)
        return at + step.offset
    except (ValueError, OverflowError):
        return None


def _wait_event(walk: Walk, step: WaitUntilEvent, place: Place) -> int | None:
    due = None
    path = walk.path(place)
    if step.timeout is not None:
        length = walk.length(step.timeout, path)
        if length is None:
            return None
        due = walk.now + length
    walk.stay(place, due)
    walk.note(
        path, "wait.started", {"events": sorted(step.types), "until": None if due is None else format_instant(due)}
    )
    return None


def leave_event_wait(walk: Walk, step: WaitUntilEvent, place: Place, event: Mapping[str, Any] | None) -> int:
    """The wait is over: `event` came, or the time ran out."""
    if step.result is not None:
        walk.variables[step.result] = {
            "happened": event is not None,
            "event": event,
            "data": None if event is None else event.get("data"),
        }
    return place.next


def _until(walk: Walk, place: Place, due: datetime, details: Mapping[str, Any]) -> int | None:
    path = walk.path(place)
    if due <= walk.now:
        walk.note(path, "wait.passed", {"until": format_instant(due), **details})
        return place.next
    walk.stay(place, due)
    walk.note(path, "wait.started", {"until": format_instant(due), **details})
    return None


_STEPS: dict[type[Any], Callable[[Walk, Any, Place], int | None]] = {
    If: _if,
    Switch: _switch,
    Split: _split,
    SetVars: _set,
    Stop: _stop,
    StillWanted: _still_wanted,
    Action: _action,
    Approve: _approve,
    ForEach: _for_each,
    LoopEnd: _loop_end,
    WaitFor: _wait_for,
    WaitUntilTime: _wait_time,
    WaitUntilDate: _wait_date,
    WaitUntilEvent: _wait_event,
}
