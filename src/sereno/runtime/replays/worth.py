"""What a replay must read: the events that start or end something, and those that change a record somebody looks at.

Invariant: what is left out can change no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy

from sereno.engine.flow import Flow
from sereno.engine.steps import Action
from sereno.runtime.consents import TOPICS_EVENT
from sereno.runtime.flows import compiled
from sereno.runtime.records import BY_EMAIL, THROUGH
from sereno.sdk.plugin import DerivedFlow, Plugins, Projection, nothing_inside
from sereno.sdk.registry import Registry

EMIT = "events.emit"


class Worth:
    """`plugins` know only the projections that matter. With `everything`, all do: somebody looks at what would leave,
    and may want any record for it."""

    def __init__(self, documents: Sequence[str], plugins: Plugins, *, everything: bool) -> None:
        flows = [compiled(text, plugins) for text in documents]
        self.derived = _derived(flows, plugins)
        flows += [compiled(derived.document, plugins) for derived in self.derived]
        self._types = frozenset[str]().union(*(flow.trigger_types | flow.listens for flow in flows))
        self._plugins = plugins
        self._telling: dict[str, bool] = {}
        names = {item.name for item in plugins.projections} if everything else _projections(flows, plugins)
        if any(flow.listens for flow in flows) or any(self._is_about_people(type_) for type_ in self._types):
            # Whose records are one person's decides which events find which runs.
            names.add(BY_EMAIL)
        self.plugins = copy(plugins)
        self.plugins.projections = Registry("projection")
        for item in plugins.projections:
            if item.name in names:
                self.plugins.projections.add(item.name, item)
        self._names = names
        self._known: dict[str, bool] = {}

    def is_read(self, type_: str) -> bool:
        """Whether events of this type matter."""
        found = self._known.get(type_)
        if found is None:
            found = self._known[type_] = type_ in self._types or self._changes_something(type_)
        return found

    def tells_of_people(self, type_: str) -> bool:
        """Whether events of this type may change by what a customer is recognised."""
        found = self._telling.get(type_)
        if found is None:
            found = self._telling[type_] = BY_EMAIL in self._names and tells_of_people(type_, self._plugins)
        return found

    def _is_about_people(self, type_: str) -> bool:
        definition = self._plugins.events.get(type_)
        return definition is not None and definition.projects == BY_EMAIL

    def _changes_something(self, type_: str) -> bool:
        if type_ == TOPICS_EVENT:
            return BY_EMAIL in self._names
        definition = self._plugins.events.get(type_)
        if definition is None or definition.projects is None:
            return False
        return not self._names.isdisjoint(reached(definition.projects, self._plugins))


def _projections(flows: Iterable[Flow], plugins: Plugins) -> set[str]:
    """Those behind the roots that the flows read, and behind the records that say whose they are."""
    found: set[str] = set()
    for flow in flows:
        over = flow.schedule.over if flow.schedule is not None else None
        for name in (*flow.needs, over):
            root = plugins.roots.get(name) if name is not None else None
            found |= {projection for _, projection in root.parts} if root is not None else set()
    return found | set(THROUGH) if BY_EMAIL in found else found


def tells_of_people(type_: str, plugins: Plugins) -> bool:
    definition = plugins.events.get(type_)
    return (
        definition is not None and definition.projects is not None and BY_EMAIL in reached(definition.projects, plugins)
    )


def reached(name: str, plugins: Plugins) -> set[str]:
    """The projection and those of what its records carry inside."""
    found: set[str] = set()
    wanted = [name]
    while wanted:
        projection = plugins.projections.get(wanted.pop())
        if projection is None or projection.name in found:
            continue
        found.add(projection.name)
        wanted += _carried(projection, plugins)
    return found


def _carried(projection: Projection, plugins: Plugins) -> Iterable[str]:
    if projection.also is nothing_inside:
        return ()
    return plugins.projections.names() if projection.carries is None else projection.carries


def _derived(flows: Sequence[Flow], plugins: Plugins) -> list[DerivedFlow]:
    """Of the flows that Sereno brings along those that state something another one here starts or ends by."""
    left = [(derived, compiled(derived.document, plugins)) for derived in plugins.derived]
    heard = frozenset[str]().union(*(flow.trigger_types | flow.listens for flow in flows))
    found: list[DerivedFlow] = []
    while taken := [pair for pair in left if not heard.isdisjoint(_stated(pair[1], heard))]:
        left = [pair for pair in left if pair not in taken]
        for derived, flow in taken:
            found.append(derived)
            heard |= flow.trigger_types | flow.listens
    return found


def _stated(flow: Flow, unknown: frozenset[str]) -> frozenset[str]:
    """The types of the events a flow states; `unknown` where it is only known when it does."""
    found: set[str] = set()
    for place in flow.program.places:
        if isinstance(place.operation, Action) and place.operation.action.name == EMIT:
            if any(name == "type" for name, _ in place.rendered):
                return unknown
            found.add(str(place.fixed.get("type")))
    return frozenset(found)
