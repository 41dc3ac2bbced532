"""What the facts of a record that was read are.

Invariant: a record read and the same record received give the same facts by the same names, so each is told once. That
a record changed has no name of its own in webhooks; here it is named by the record's version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from sereno.engine.durations import parse_instant
from sereno.runtime import inbox, namespaces
from sereno.sdk.connector import Connector, Delivery, NewEvent, Unmappable
from sereno.sdk.plugin import PATCH, Plugins
from sereno.sdk.stores import Item
from sereno.store.fields import to_micros

MARK = "x-sereno-read"
"""The header of what was read, not received: `history`, `gap` or `poll`."""
BORN: Mapping[str, tuple[str, ...]] = {
    "order": ("placed_at", "created_at"),
    "customer": ("created_at",),
    "product": ("created_at",),
}
"""Records whose beginning is a fact (`order.created`), and when it was."""


@dataclass(slots=True)
class Seen:
    """One record as it was read. `named`: facts with a name of their own; `change`: that it changed, by `version` of
    the record at `place` (projection, key), unless the connector has a name for it (`is_change_named`); `loose`: parts
    of records whose facts have no name. `born` in microseconds. `problem`: why it cannot be understood."""

    item: Item
    body: bytes
    named: list[NewEvent] = field(default_factory=list[NewEvent])
    loose: list[NewEvent] = field(default_factory=list[NewEvent])
    change: NewEvent | None = None
    is_change_named: bool = False
    place: tuple[str, str] | None = None
    version: int = 0
    born: int | None = None
    problem: str | None = None


def see(plugins: Plugins, connector: Connector, item: Item, settings: Mapping[str, Any], at: datetime) -> Seen:
    """The facts of a record read `at`. Never raises: what cannot be understood has a `problem`."""
    value: Any = item.body
    try:
        seen = Seen(item, msgspec.json.encode(value))
    except (OverflowError, TypeError):  # ids past 64 bits
        seen, value = Seen(item, json.dumps(value, default=str).encode()), None
    try:
        key = connector.dedupe_key({}, seen.body, settings)
        mapped = connector.map(Delivery({}, seen.body, item.topic, at, value, key), settings)
    except Unmappable as error:
        seen.problem = str(error)[:500] or "cannot be understood"
        return seen
    except Exception as error:
        seen.problem = f"{type(error).__name__}: {error}"[:500]
        return seen
    events = namespaces.told_apart(plugins, mapped.events, settings)
    seen.problem = next((found for event in events if (found := inbox.too_long(event))), None)
    _sort(plugins, seen, events, key)
    return seen


def name_of_change(type: str, subject: str, version: int) -> str:
    """By which a change is known, whether it was read first or received first."""
    name = f"read:{type}:{subject}:{version}"
    return name if len(name) <= inbox.LONGEST else f"read:{blake2b(name.encode(), digest_size=20).hexdigest()}"


def version_of(plugins: Plugins, event: NewEvent) -> tuple[str, str, int] | None:
    """Projection, key and version of the whole record an event carries; None when it carries a part, or none."""
    definition = plugins.events.get(event.type)
    if definition is None or definition.projects is None:
        return None
    projection = plugins.projections.get(definition.projects)
    if projection is None:
        return None
    version, key = projection.version(event.data), projection.key(event.data)
    return None if version is None or version == PATCH or not key else (projection.name, key, version)


def _sort(plugins: Plugins, seen: Seen, events: list[NewEvent], key: str) -> None:
    whole: NewEvent | None = None
    read: dict[tuple[str | None, int], tuple[str, str, int] | None] = {}
    for event in events:
        # All facts of one record carry the same data, which says one version.
        definition = plugins.events.get(event.type)
        at = (definition.projects if definition is not None else None, id(event.data))
        found = read[at] if at in read else read.setdefault(at, version_of(plugins, event))
        if whole is None and found is not None:
            whole = event
            seen.place, seen.version = found[:2], found[2]
        if not key or key not in event.id:
            seen.named.append(event)
        elif found is None or found[:2] != seen.place:
            name = f"{event.type}:{event.subject}:{to_micros(event.occurred_at)}:{len(seen.loose)}"
            seen.loose.append(replace(event, id=f"read:{blake2b(name.encode(), digest_size=20).hexdigest()}"))
    if whole is not None:
        _with_whole(plugins, seen, whole)


def _with_whole(plugins: Plugins, seen: Seen, whole: NewEvent) -> None:
    """That the record began, and that it changed."""
    noun = _noun(whole)
    named = {event.type for event in seen.named}
    if noun in BORN:
        born = next((at for name in BORN[noun] if (at := _instant(whole.data.get(name))) is not None), None)
        seen.born = to_micros(born) if born is not None else None
        if f"{noun}.created" not in named:
            name = f"{noun}:{namespaces.plain(whole.subject.partition(':')[2])}:created"
            began = born or whole.occurred_at
            first = NewEvent(name, f"{noun}.created", whole.subject, began, whole.data, whole.refs, whole.source)
            seen.named.insert(0, first)
    type_ = f"{noun}.updated" if plugins.events.get(f"{noun}.updated") is not None else whole.type
    told = next((event for event in seen.named if event.type == type_ and event.subject == whole.subject), None)
    if told is not None:  # The connector names versions itself.
        seen.named.remove(told)
        seen.change, seen.is_change_named = told, True
        return
    at = _instant(whole.data.get("updated_at")) or whole.occurred_at
    name = name_of_change(type_, whole.subject, seen.version)
    seen.change = NewEvent(name, type_, whole.subject, at, whole.data, whole.refs, whole.source)


def _noun(event: NewEvent) -> str:
    return event.type.partition(".")[0]


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None
