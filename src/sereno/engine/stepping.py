"""The steps: what each does to a run, and the walk from one to the next.

Nothing here decides what an input means: `advance.py` does, and then walks on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from sereno.engine import approving
from sereno.engine.chance import fraction_of
from sereno.engine.message_control import KEY as HOLD_OUT
from sereno.engine.program import END, LoopEnd, Place, StillWanted
from sereno.engine.run import NewEffect
from sereno.engine.steps import (
    WORDING,
    Action,
    Approve,
    ForEach,
    If,
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
from sereno.engine.trigger import RUN_REQUESTED
from sereno.engine.waits import wait_date, wait_event, wait_for, wait_time
from sereno.engine.walk import Walk

MOST_STEPS = 200_000
"""Steps in one walk; a flow of nested loops beyond that fails with `too_many_steps`."""


def go(walk: Walk, index: int) -> None:
    """Take steps from this place on, until the run waits, parks or ends."""
    places = walk.places
    state = walk.state
    for _ in range(MOST_STEPS):
        if index == END:
            walk.end("finished", "run.finished", "", None)
            return
        place = places[index]
        following = _STEPS[place.operation.__class__](walk, place.operation, place)
        if following is None:
            return
        index = following
    walk.end("failed", "run.failed", state.step, "too_many_steps")


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
    chosen = _by_chance(walk, place, [weight for _, weight, _ in step.branches])
    walk.note(walk.path(place), "step.split", {"branch": step.branches[chosen][0]})
    return place.branches[chosen]


def _by_chance(walk: Walk, place: Place, weights: Sequence[int]) -> int:
    """Which of them it is, for ever the same for the same flow, place and key."""
    point = fraction_of(walk.flow.name, place.path, walk.state.key) * sum(weights)
    for number, weight in enumerate(weights):
        if point < weight:
            return number
        point -= weight
    return len(weights) - 1


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
    config, rendered = place.fixed, place.rendered
    if place.wordings:
        name, _, config, rendered = place.wordings[_by_chance(walk, place, [one[1] for one in place.wordings])]
        config = {**config, WORDING: name}
        walk.note(path, "step.test", {"wording": name})
    if place.kept is not None and state.event.get("type") != RUN_REQUESTED:
        config = {**config, HOLD_OUT: place.kept}
    if rendered:
        filled = dict(config)
        try:
            for key, render in rendered:
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


_STEPS: dict[type[Any], Callable[[Walk, Any, Place], int | None]] = {
    If: _if,
    Switch: _switch,
    Split: _split,
    SetVars: _set,
    Stop: _stop,
    StillWanted: _still_wanted,
    Action: _action,
    Approve: approving.ask,
    ForEach: _for_each,
    LoopEnd: _loop_end,
    WaitFor: wait_for,
    WaitUntilTime: wait_time,
    WaitUntilDate: wait_date,
    WaitUntilEvent: wait_event,
}
