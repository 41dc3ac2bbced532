"""What a flow touches, and where two flows get into each other's way. Pure: compiled flows in, facts out; the words for
them are in `conflicts.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import urlsplit

from sereno.engine.flow import Flow
from sereno.engine.steps import Action, Approve, ForEach, If, Split, Step, Switch
from sereno.engine.templates import is_template
from sereno.engine.trigger import OWN_EVENTS

Kind = Literal["mail", "tag", "untag", "alert", "request", "emit", "record", "product"]
ClashKind = Literal["loop", "same_mail", "tag_fought", "same_tag", "same_request"]
ORDER: tuple[ClashKind, ...] = ("loop", "tag_fought", "same_mail", "same_tag", "same_request")
"""The worst first."""
LONGEST_RING = 6

_TAGS: Mapping[str, tuple[Kind, str]] = {
    "orders.add_tag": ("tag", "order"),
    "orders.remove_tag": ("untag", "order"),
    "customers.add_tag": ("tag", "customer"),
    "customers.remove_tag": ("untag", "customer"),
}


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing a step does to the world. `record` is whose (`customer`, `order`, a root); `what` is the tag, the
    template or subject, the host, the channel or the type of event. `path` is the step's."""

    kind: Kind
    record: str
    what: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Doings:
    """A flow as its neighbours see it: what starts it, and what it touches."""

    flow: str
    title: str
    starts: frozenset[str]
    touches: tuple[Touch, ...]
    about: str | None = None
    """The kind of record it runs over, for triggers that name one instead of an event."""

    @property
    def emits(self) -> frozenset[str]:
        return frozenset(touch.what for touch in self.touches if touch.kind == "emit")


@dataclass(frozen=True, slots=True)
class Clash:
    """Flows that meet. `flows` are names: of a loop in the order they start each other, else two. `events` are those
    that start both, or that carry a loop on. `touches` are what they both do, the first flow's first."""

    kind: ClashKind
    flows: tuple[str, ...]
    events: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()


def doings(flow: Flow) -> Doings:
    """What a flow is started by and touches."""
    touches = [touch for step in every(flow.steps) if isinstance(step, Action) for touch in _touches(step)]
    if any(type_.partition(".")[0] in ("product", "variant", "stock") for type_ in flow.trigger_types):
        touches.append(Touch("product", "product", ""))
    # A firing of its own concerns no other flow.
    starts = flow.trigger_types - OWN_EVENTS
    return Doings(flow.name, flow.title, starts, tuple(dict.fromkeys(touches)), flow.trigger.over)


def every(steps: Iterable[Step]) -> Iterator[Step]:
    """All steps, those inside branches too, in the order written."""
    for step in steps:
        yield step
        for inner in _inside(step):
            yield from every(inner)


def clashes(flows: Sequence[Doings], of: str | None = None) -> list[Clash]:
    """Every meeting of two flows, and every loop; with `of`, those that this flow is part of. The worst first."""
    found = _loops(flows)
    for number, one in enumerate(flows):
        for other in flows[number + 1 :]:
            if of is None or of in (one.flow, other.flow):
                found += _between(one, other)
    kept = [clash for clash in found if of is None or of in clash.flows]
    return sorted(kept, key=lambda clash: (ORDER.index(clash.kind), clash.flows))


def _inside(step: Step) -> tuple[tuple[Step, ...], ...]:
    match step:
        case If() | Approve():
            return step.then, step.otherwise
        case Switch():
            return (*(steps for _, steps in step.cases), step.default)
        case Split():
            return tuple(steps for _, _, steps in step.branches)
        case ForEach():
            return (step.steps,)
        case Action():
            return (step.on_error,) if isinstance(step.on_error, tuple) else ()
        case _:
            return ()


def _touches(step: Action) -> list[Touch]:
    name, config = step.action.name, step.config
    if name in _TAGS:
        kind, record = _TAGS[name]
        return [Touch(kind, record, str(config.get("tag", "")), step.path)]
    if name == "messages.send_email":
        return [Touch("mail", _reader(config), str(config.get("template") or config.get("subject") or ""), step.path)]
    if name == "alerts.notify":
        return [Touch("alert", "staff", str(config.get("channel", "")), step.path)]
    if name == "http.request":
        return [Touch("request", "", urlsplit(str(config.get("url", ""))).netloc, step.path)]
    if name == "events.emit":
        return [Touch("emit", "", str(config.get("type", "")), step.path)]
    return [Touch("record", root, name, step.path) for root in sorted(step.action.writes)]


def _reader(config: Mapping[str, Any]) -> str:
    """Whom a mail goes to: the customer, unless it names an address that is nobody's record."""
    to = str(config.get("to") or "")
    return "customer" if not to or is_template(to) else to


def _between(one: Doings, other: Doings) -> list[Clash]:
    found: list[Clash] = []
    together = tuple(sorted(one.starts & other.starts))
    mine, theirs = _by(one, "mail"), _by(other, "mail")
    if together:
        for reader in sorted(mine.keys() & theirs.keys()):
            pair = (mine[reader], theirs[reader])
            found.append(Clash("same_mail", (one.flow, other.flow), together, pair))
    for first, second in ((one, other), (other, one)):
        removed = _tags(second, "untag")
        for tag, touch in _tags(first, "tag").items():
            if tag in removed:
                found.append(Clash("tag_fought", (first.flow, second.flow), together, (touch, removed[tag])))
    same = _tags(other, "tag")
    for tag, touch in _tags(one, "tag").items():
        if tag in same:
            found.append(Clash("same_tag", (one.flow, other.flow), together, (touch, same[tag])))
    if together:
        hosts = {touch.what: touch for touch in other.touches if touch.kind == "request" and touch.what}
        for touch in one.touches:
            if touch.kind == "request" and touch.what in hosts:
                found.append(Clash("same_request", (one.flow, other.flow), together, (touch, hosts.pop(touch.what))))
    return found


def _by(flow: Doings, kind: Kind) -> dict[str, Touch]:
    """The first touch of a kind for each record."""
    found: dict[str, Touch] = {}
    for touch in flow.touches:
        if touch.kind == kind:
            found.setdefault(touch.record, touch)
    return found


def _tags(flow: Doings, kind: Kind) -> dict[tuple[str, str], Touch]:
    return {(touch.record, touch.what): touch for touch in reversed(flow.touches) if touch.kind == kind}


def _loops(flows: Sequence[Doings]) -> list[Clash]:
    """Rings of flows of which each states the event that starts the next; each once, none longer than
    `LONGEST_RING`."""
    by_name = {flow.flow: flow for flow in flows}
    following = {
        flow.flow: sorted(other.flow for other in flows if flow.emits & other.starts) for flow in flows if flow.emits
    }
    found: dict[tuple[str, ...], Clash] = {}

    def walk(path: tuple[str, ...]) -> None:
        for name in following.get(path[-1], ()):
            if name == path[0]:
                ring = (*path, name)
                events = tuple(min(by_name[a].emits & by_name[b].starts) for a, b in pairwise(ring))
                found.setdefault(path, Clash("loop", path, events, _said(by_name[path[0]], events[0])))
            elif name > path[0] and name not in path and len(path) < LONGEST_RING:
                walk((*path, name))

    for name in sorted(following):
        walk((name,))
    return list(found.values())


def _said(flow: Doings, type_: str) -> tuple[Touch, ...]:
    return tuple(touch for touch in flow.touches if touch.kind == "emit" and touch.what == type_)[:1]
