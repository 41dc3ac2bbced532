"""What can be named at a place of a flow: the records its trigger supplies, and the `vars` set before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sereno.engine.documents import Located
from sereno.engine.expressions import Names, Type
from sereno.engine.expressions.types import envelope
from sereno.engine.places import walk
from sereno.engine.read_steps import StepReader
from sereno.engine.reading import Reader
from sereno.engine.supplied import merged_data
from sereno.engine.trigger import Trigger, read_trigger, within_run
from sereno.sdk.plugin import registry

RECORDS = ("order", "customer", "cart", "product")


@dataclass(frozen=True, slots=True)
class Place:
    """`path` in the flow. `types` are the events that may start it; `over` the kind of record each run is about, where
    the trigger says so and names no event of the shop's."""

    path: str
    names: Names
    trigger: Trigger

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(sorted(self.trigger.types)) if self.trigger.kind in ("event", "absent") else ()

    @property
    def over(self) -> str:
        return self.trigger.over or ""

    def hearing(self, types: list[str]) -> Place:
        """The same place for the condition of an event that is waited for, or that ends the run."""
        reader = Reader(Located({}), registry())
        known = frozenset(name for name in types if reader.catalog.event_type(name) is not None)
        event = Type("record", record=envelope(merged_data(reader, known)))
        return replace(self, names=replace(self.names, roots={**self.names.roots, "event": event}))


def place_at(document: Mapping[str, Any], path: str) -> Place:
    """What is known at `trigger`, `entry`, `exit`, `exit.N` or a step. A document with problems gives what it can."""
    reader = Reader(Located(dict(document)), registry())
    found = read_trigger(reader, document.get("trigger"), ("trigger",))
    if path in ("trigger", "entry", "flow"):
        return Place(path, found.names, found.trigger)
    names = within_run(found.names)
    if path == "exit" or path.startswith("exit."):
        return Place(path, names, found.trigger)
    steps = StepReader(reader, names, found.data)
    steps.steps(_naming(document, path), ("steps",), "")
    return Place(path, steps.names, found.trigger)


def _naming(document: Mapping[str, Any], path: str) -> list[Any]:
    """The steps before a place that name something in `vars`, without what is in them. In a long flow they are few, and
    reading the others would only take time."""
    found: list[Any] = []
    for here, step in walk(document):
        if here == path:
            break
        if not isinstance(step, Mapping):
            continue
        loop = step.get("for_each")
        if isinstance(loop, Mapping):
            found.append({"for_each": {**loop, "steps": []}})
        elif "set" in step:
            found.append(step)
        elif "as" in step:
            found.append({key: value for key, value in step.items() if key != "on_error"})
    return found
