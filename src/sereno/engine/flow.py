"""A flow: read from YAML, checked in full, and laid out to run. What `compile_flow` gives back is a sound flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, cast

from sereno.engine import documents
from sereno.engine.catalog import Catalog, FlowInvalid, Problem
from sereno.engine.control import Control, Experiment, experiments_of, read_control
from sereno.engine.documents import Unreadable, Where, read_document
from sereno.engine.expressions import Expression, Names, Type
from sereno.engine.expressions.types import envelope
from sereno.engine.limits import NONE, Limits, read_limits
from sereno.engine.message_control import experiments_of_messages
from sereno.engine.precedence import read_priority
from sereno.engine.program import Program, lay_out
from sereno.engine.read_steps import StepReader
from sereno.engine.reading import Reader
from sereno.engine.schedule import Schedule
from sereno.engine.steps import Step
from sereno.engine.supplied import merged_data
from sereno.engine.trigger import Found, Trigger, read_trigger, within_run

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_KEYS = ("flow", "name", "description", "trigger", "key", "reentry", "exit", "control", "priority", "limits", "steps")


@dataclass(frozen=True, slots=True)
class Reentry:
    """Whether a key may enter again: `once` never, `always`, or `after` that long since it last entered. While a run of
    the key is live, a new start is ignored or takes its place."""

    mode: Literal["always", "once", "after"] = "always"
    after: timedelta | None = None
    while_running: Literal["ignore", "restart"] = "ignore"


@dataclass(frozen=True, slots=True)
class Exit:
    """An event that ends the run, when `test` holds (`event` is that event)."""

    types: frozenset[str]
    test: Expression | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A checked flow.

    `name` is the one in the document's `flow`, `title` the one people read. `listens` are all types that a run may ever
    wait for or end by; `exit_types` those that end it. `needs` are the roots read anywhere, actions included;
    `entry_needs` those read by `when`, `key` and the exits' conditions. `schedule` is set for triggers by schedule or
    date. `key` is None where it is the subject. `experiments` are what of it is measured, by name. `priority`:
    whose messages go first, 1 to 9; None where the flow does not say.
    """

    name: str
    title: str
    description: str
    document: dict[str, Any]
    trigger: Trigger
    trigger_types: frozenset[str]
    listens: frozenset[str]
    exit_types: frozenset[str]
    needs: frozenset[str]
    entry_needs: frozenset[str]
    schedule: Schedule | None
    key: Expression | None
    reentry: Reentry
    exits: tuple[Exit, ...]
    steps: tuple[Step, ...]
    actions: frozenset[str]
    program: Program
    control: Control | None = None
    priority: int | None = None
    limits: Limits = NONE
    experiments: Mapping[str, Experiment] = field(default_factory=dict[str, Experiment])


def is_flow_name(name: str) -> bool:
    """Whether a flow may be called so in its `flow` key and its address."""
    return _NAME.fullmatch(name) is not None


def compile_flow(text: str, catalog: Catalog) -> Flow:
    """Raises FlowInvalid with everything that is wrong, in the order of lines."""
    try:
        located, problems = read_document(text)
    except Unreadable as error:
        raise FlowInvalid([error.problem]) from None
    reader = Reader(located, catalog)
    reader.problems.extend(problems)
    document = reader.mapping(located.document, (), "a flow")
    flow = None if document is None else _read(reader, dict(document))
    if reader.problems or flow is None:
        raise FlowInvalid(sorted(_unique(reader.problems), key=lambda problem: (problem.line, problem.column or 0)))
    return flow


def to_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML; reading it again gives the same document."""
    return documents.to_yaml(document)


def _read(reader: Reader, document: dict[str, Any]) -> Flow:
    reader.keys(document, _KEYS, (), "a flow")
    name = document.get("flow")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        reader.problem(
            "flow.wrong_name", "flow names it, in small letters, digits and -, such as cart-recovery", ("flow",)
        )
        name = "flow"
    title = document.get("name", name)
    if not isinstance(title, str) or not title.strip() or len(title) > 200:
        reader.problem("flow.wrong_name", "name is a text of up to 200 characters", ("name",))
    description = document.get("description") or ""
    if not isinstance(description, str):
        reader.problem("flow.wrong_shape", "description is a text", ("description",))
    found = read_trigger(reader, document.get("trigger"), ("trigger",))
    trigger = found.trigger
    key = None
    if document.get("key") is not None:
        key = reader.expression(document["key"], ("key",), found.names)
        if key is not None and key.type.kind in ("list", "record", "map", "boolean"):
            reader.problem("expression.wrong_type", f"a key is a text or a number, this is {key.type}", ("key",))
    reentry = _reentry(reader, document.get("reentry"), ("reentry",), trigger)
    exits = _exits(reader, document.get("exit"), ("exit",), found)
    entry_needs = frozenset(reader.needs)
    steps_reader = StepReader(reader, within_run(found.names), found.data)
    if not isinstance(document.get("steps"), list):
        reader.problem("flow.missing_key", "a flow needs steps, a list", ("steps",) if "steps" in document else ())
    steps = steps_reader.steps(document.get("steps") or [], ("steps",), "")
    control = read_control(reader, document.get("control"), ("control",), document)
    experiments = {} if reader.problems else experiments_of(document, control)
    exit_types = frozenset[str]().union(*(item.types for item in exits))
    absent = trigger.absent.types if trigger.absent is not None else frozenset[str]()
    # A broken template cannot be laid out; the flow is refused anyway.
    program = lay_out(() if reader.problems else steps, exit_types, trigger)
    experiments |= experiments_of_messages(place.kept for place in program.places)
    if experiments:
        reader.needs.add("customer")  # who is held out, and whose orders count
    return Flow(
        name=name,
        title=str(title),
        description=str(description),
        document=document,
        trigger=trigger,
        trigger_types=trigger.types,
        listens=exit_types | absent | steps_reader.listens,
        exit_types=exit_types,
        needs=frozenset(reader.needs),
        entry_needs=entry_needs,
        schedule=trigger.schedule,
        key=key,
        reentry=reentry,
        exits=exits,
        steps=steps,
        actions=frozenset(steps_reader.actions),
        program=program,
        control=control,
        priority=read_priority(reader, document.get("priority"), ("priority",)),
        limits=read_limits(reader, document.get("limits"), ("limits",)),
        experiments=experiments,
    )


def _reentry(reader: Reader, value: Any, where: Where, trigger: Trigger) -> Reentry:
    """`once`, `always`, `{after: 30d}`, each with `while_running: ignore|restart` if written as keys. After the absence
    of an event, a later start sets the clock anew unless the flow says otherwise."""
    usual: Literal["ignore", "restart"] = "restart" if trigger.kind == "absent" else "ignore"
    if value is None:
        return Reentry(while_running=usual)
    if value in ("once", "always"):
        return Reentry(value, None, usual)
    found = reader.mapping(value, where, "reentry")
    if found is None:
        return Reentry()
    reader.keys(found, ("after", "while_running", "once", "always"), where, "reentry")
    running = found.get("while_running", usual)
    if running not in ("ignore", "restart"):
        reader.problem("flow.wrong_reentry", "while_running is ignore or restart", (*where, "while_running"))
        running = usual
    chosen: Literal["ignore", "restart"] = "restart" if running == "restart" else "ignore"
    modes = [mode for mode in ("after", "once", "always") if mode in found]
    if len(modes) > 1:
        reader.problem("flow.wrong_reentry", f"reentry is one of {' and '.join(modes)}", where)
    if "after" in found:
        return Reentry("after", reader.duration(found["after"], (*where, "after")), chosen)
    for mode in ("once", "always"):
        if mode in found and found[mode] is not True:
            reader.problem("flow.wrong_reentry", f"{mode} is true or left out", (*where, mode))
    return Reentry("once" if "once" in found else "always", None, chosen)


def _exits(reader: Reader, value: Any, where: Where, found: Found) -> tuple[Exit, ...]:
    if value is None:
        return ()
    exits: list[Exit] = []
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    for number, item in enumerate(items):
        below = (*where, number) if isinstance(value, list) else where
        if isinstance(item, str):
            exits.append(Exit(reader.event_types(item, below, "exit"), None))
            continue
        settings = reader.mapping(item, below, "exit")
        if settings is None:
            continue
        reader.keys(settings, ("event", "when"), below, "exit")
        types = reader.event_types(reader.need(settings, "event", below, "exit") or [], (*below, "event"), "exit")
        test = None
        if settings.get("when") is not None:
            names = _exit_names(reader, found.names, types)
            test = reader.expression(settings["when"], (*below, "when"), names, want="boolean")
        exits.append(Exit(types, test))
    return tuple(exits)


def _exit_names(reader: Reader, names: Names, types: frozenset[str]) -> Names:
    event = Type("record", record=envelope(merged_data(reader, types)))
    # An exit is asked of a run; when it is asked before the run begins, what the run would be is known already.
    inside = within_run(names)
    return replace(inside, roots={**inside.roots, "event": event})


def _unique(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
