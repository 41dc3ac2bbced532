"""The tree of steps laid flat, so that a run goes on from a path without a search and a step costs one look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sereno.engine.expressions import Expression
from sereno.engine.message_control import kept
from sereno.engine.steps import (
    Action,
    Approve,
    ForEach,
    If,
    Length,
    LengthText,
    SetVars,
    Split,
    Step,
    Stop,
    Switch,
    WaitFor,
    WaitUntilDate,
    WaitUntilEvent,
    WaitUntilTime,
)
from sereno.engine.templates import Escape, compiled, is_template, readings
from sereno.engine.trigger import Trigger

END = -1
"""Where a flow goes when there is no next step."""


@dataclass(frozen=True, slots=True)
class LoopEnd:
    """Where the steps of a `for_each` end: the next item, or on."""

    path: str
    loop: ForEach


@dataclass(frozen=True, slots=True)
class StillWanted:
    """After the time in which an event stayed away: the trigger's condition, read again."""

    path: str
    line: int
    test: Expression


Operation = Step | LoopEnd | StillWanted
Render = Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True)
class Place:
    """One step of the program. `next` and `branches` are indexes; `loops` are the paths of the loops it is in,
    outermost first. `fixed` and `rendered` are an action's config, `wordings` the same of each, with name and weight;
    `kept` says of a message that is kept from a share of people which experiment that is.
    `listens`: what concerns a run that stands here."""

    operation: Operation
    path: str
    next: int = END
    branches: tuple[int, ...] = ()
    loops: tuple[str, ...] = ()
    awaited: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rendered: tuple[tuple[str, Render], ...] = ()
    wordings: tuple[tuple[str, int, Mapping[str, Any], tuple[tuple[str, Render], ...]], ...] = ()
    kept: Mapping[str, str] | None = None
    text: Render | None = None
    listens: list[str] = field(default_factory=list[str])
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Program:
    """`first` is where a run begins, `index` finds a place by its path."""

    places: tuple[Place, ...]
    first: int
    index: Mapping[str, int]


ABSENT = "absent"
"""The path of the wait with which a flow triggered by absence begins."""


def lay_out(steps: tuple[Step, ...], exit_types: frozenset[str], trigger: Trigger) -> Program:
    """The program of a flow."""
    builder = _Builder(sorted(exit_types))
    first = builder.block(steps, END, ())
    places = builder.places
    if trigger.absent is not None:
        if trigger.when is not None:
            check = StillWanted("absent.when", 0, trigger.when)
            places.append(Place(check, check.path, first, listens=builder.exit_types, reads=trigger.when.roots))
            first = len(places) - 1
        wait = WaitFor(ABSENT, 0, trigger.absent.within)
        places.append(Place(wait, ABSENT, first, listens=sorted(exit_types | trigger.absent.types)))
        first = len(places) - 1
    later = _reads_later(places)
    for number, place in enumerate(places):
        if isinstance(place.operation, Action):
            step = place.operation
            place.awaited = (
                step.result is not None or step.on_error != "continue" or bool(step.action.writes & later[number])
            )
    index = {place.path: number for number, place in enumerate(places)}
    return Program(tuple(places), first, index)


class _Builder:
    def __init__(self, exit_types: list[str]) -> None:
        self.places: list[Place] = []
        self.exit_types = exit_types

    def block(self, steps: tuple[Step, ...], after: int, loops: tuple[str, ...]) -> int:
        """Lay out a list of steps that ends at `after`; gives where it begins. Places are made back to front within a
        block, so that every `next` is known; the order in the program does not matter."""
        following = after
        for step in reversed(steps):
            following = self.step(step, following, loops)
        return following

    def step(self, step: Step, after: int, loops: tuple[str, ...]) -> int:
        place = Place(step, step.path, after, loops=loops, listens=self.exit_types)
        match step:
            case If():
                place.branches = (self.block(step.then, after, loops), self.block(step.otherwise, after, loops))
                place.reads = step.test.roots
            case Switch():
                cases = [self.block(steps, after, loops) for _, steps in step.cases]
                place.branches = (*cases, self.block(step.default, after, loops))
                place.reads = step.value.roots
            case Split():
                place.branches = tuple(self.block(steps, after, loops) for _, _, steps in step.branches)
            case Approve():
                place.branches = (self.block(step.then, after, loops), self.block(step.otherwise, after, loops))
                place.text = compiled(step.text)
                conditions = (one.when.roots for one in step.asks if one.when is not None)
                place.reads = _template_roots(step.text).union(*conditions)
            case ForEach():
                self._loop(step, place, after, loops)
            case Action():
                self._action(step, place, after, loops)
            case SetVars():
                place.reads = frozenset[str]().union(*(expression.roots for _, expression in step.values))
            case WaitUntilEvent():
                place.listens = sorted({*self.exit_types, *step.types})
                place.reads = _length_roots(step.timeout) | (step.test.roots if step.test is not None else frozenset())
            case WaitFor():
                place.reads = _length_roots(step.length)
            case WaitUntilDate():
                place.reads = step.date.roots
            case WaitUntilTime() | Stop():
                pass
        self.places.append(place)
        return len(self.places) - 1

    def _loop(self, step: ForEach, place: Place, after: int, loops: tuple[str, ...]) -> None:
        inside = (*loops, step.path)
        end = Place(LoopEnd(f"{step.path}.end", step), f"{step.path}.end", after, loops=inside, listens=self.exit_types)
        self.places.append(end)
        end_index = len(self.places) - 1
        body = self.block(step.steps, end_index, inside)
        end.branches = (body,)
        place.branches = (body,)
        place.reads = step.items.roots

    def _action(self, step: Action, place: Place, after: int, loops: tuple[str, ...]) -> None:
        if isinstance(step.on_error, tuple):
            place.branches = (self.block(step.on_error, after, loops),)
        place.fixed, (place.rendered, place.reads) = dict(step.config), _written(step, step.config)
        if step.hold_out is not None:
            body = [step.action.name, step.config, step.wordings]
            place.kept = kept(step.path, step.hold_out, body).document()
        for name, weight, config in step.wordings:
            rendered, reads = _written(step, config)
            place.wordings = (*place.wordings, (name, weight, dict(config), rendered))
            place.reads |= reads


def _written(step: Action, config: Mapping[str, Any]) -> tuple[tuple[tuple[str, Render], ...], frozenset[str]]:
    """What of a config is written anew for each run, and the roots that this reads."""
    rendered: list[tuple[str, Render]] = []
    reads: set[str] = set(step.action.needs(config))
    for key, value in config.items():
        if key in step.action.templates and _holds_template(value):
            escape: Escape = "html" if key in step.action.html else "text"
            rendered.append((key, _renderer(value, escape)))
            reads |= _nested_roots(value)
    return tuple(rendered), frozenset(reads)


def _holds_template(value: Any) -> bool:
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, Mapping):
        return any(_holds_template(item) for item in cast("Mapping[str, Any]", value).values())
    return isinstance(value, list) and any(_holds_template(item) for item in cast("list[Any]", value))


def _renderer(value: Any, escape: Escape) -> Render:
    """A function that renders all texts inside the value."""
    if isinstance(value, str):
        return compiled(value, escape)
    if isinstance(value, Mapping):
        parts = {key: _renderer(item, escape) for key, item in cast("Mapping[str, Any]", value).items()}
        return lambda variables: {key: part(variables) for key, part in parts.items()}
    if isinstance(value, list):
        items = [_renderer(item, escape) for item in cast("list[Any]", value)]
        return lambda variables: [item(variables) for item in items]
    return lambda variables: value


def _length_roots(length: Length | None) -> frozenset[str]:
    return length.roots if isinstance(length, Expression | LengthText) else frozenset()


def _template_roots(text: str) -> frozenset[str]:
    return frozenset(str(reading.path[0]) for reading in readings(text))


def _nested_roots(value: Any) -> frozenset[str]:
    if isinstance(value, str):
        return _template_roots(value)
    found: frozenset[str] = frozenset()
    if isinstance(value, Mapping):
        value = list(cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            found |= _nested_roots(item)
    return found


def _reads_later(places: list[Place]) -> list[frozenset[str]]:
    """For each place, the roots read by places that may come after it; loops may bring it to places before it."""
    found: list[frozenset[str]] = [frozenset()] * len(places)
    changed = True
    while changed:
        changed = False
        for number, place in enumerate(places):
            later: frozenset[str] = frozenset()
            for target in (place.next, *place.branches):
                if target != END:
                    later |= places[target].reads | found[target]
            if later != found[number]:
                found[number] = later
                changed = True
    return found
