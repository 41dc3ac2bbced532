"""Keeps what was read, a page in one transaction: what is news, and whether it may start flows.

Invariant: a fact is told once, whether it was read or received, and whichever came first; what happened before Sereno
was told of the shop is kept and projected, and starts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce.event import Event, links
from sereno.runtime import inbox
from sereno.runtime.facts import Fact
from sereno.runtime.inbox import Incoming
from sereno.runtime.projecting import project
from sereno.runtime.reading.seeing import MARK, Seen, name_of_change, version_of
from sereno.runtime.records import Held, Records
from sereno.runtime.segments.keeping import keep as keep_segments
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros

SECOND = 1_000_000


class NotYet(Exception):  # noqa: N818
    """Deliveries of this connection wait to be understood; what they tell is not known yet. Try again in a moment."""


@dataclass(frozen=True, slots=True)
class Source:
    """The connection that was read. `begin_at`: microseconds; what is older is history."""

    connection_id: int
    shop_id: int
    name: str
    begin_at: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """`new` facts; `gaps`: records the webhooks had not told all of; `failed`: records that were not understood."""

    new: int = 0
    gaps: int = 0
    failed: int = 0


def take_past(world: World, tx: Transaction, source: Source, page: Sequence[Seen], now: int) -> Taken:
    """All of it is history. Raises Overtaken."""
    records = _records(world, tx, source, page, for_update=True)
    incoming = [
        Incoming(source.shop_id, source.connection_id, None, source.name, min(to_micros(event.occurred_at), now), event)
        for seen in page
        if seen.problem is None
        for event in _news(world, source, seen, records, frozenset())
    ]
    kept = inbox.put_past(tx, incoming, begins_anew=True)
    _project(world, tx, kept, records, now)
    return Taken(len(kept), 0, _keep_failed(world, tx, source, page, "history", now))


def take_live(
    world: World, tx: Transaction, source: Source, page: Sequence[Seen], kind: str, now: int, *, is_poll: bool
) -> Taken:
    """What is news goes the way of what is received, beside a delivery that says it was read. Raises Overtaken, and
    NotYet while there are deliveries of the connection that were not looked at."""
    tx.all("lock_this_connection", {"connection": source.connection_id})
    if tx.one("pending_of_connection", {"connection": source.connection_id}) is not None:
        raise NotYet
    mark = "poll" if is_poll else "gap"
    failed = _keep_failed(world, tx, source, page, mark, now)
    good = [seen for seen in page if seen.problem is None]
    records = _records(world, tx, source, good, for_update=True)
    queued = _queued(tx, source, good)
    fresh = _fresh(tx, source, [(seen, _news(world, source, seen, records, queued)) for seen in good])
    if not fresh:
        return Taken(failed=failed)
    deliveries = _keep_deliveries(tx, source, [seen for seen, _ in fresh], mark, now)
    live: list[Incoming] = []
    past: list[Incoming] = []
    gaps: list[tuple[Any, ...]] = []
    for seen, events in fresh:
        delivery = deliveries.get(_key(seen, mark))
        is_old = _row(records, source, seen) is None and seen.born is not None and seen.born < source.begin_at
        newest = 0
        for event in events:
            at = to_micros(event.occurred_at)
            into = past if is_old or at < source.begin_at else live
            received = now if into is live else min(at, now)
            into.append(Incoming(source.shop_id, source.connection_id, delivery, source.name, received, event))
            newest = max(newest, at if into is live else 0)
        if newest and delivery is not None and not is_poll:
            behind = max(0, (now - newest) // SECOND)
            row = (source.shop_id, source.connection_id, delivery, kind, len(events), now, min(behind, 2**31 - 1))
            gaps.append(row)
    new = inbox.put(tx, live)
    kept = inbox.put_past(tx, past)
    _project(world, tx, kept, records, now)
    tx.many("copy_reading_gaps", gaps)
    if new and world.database.dialect == "postgresql":
        tx.all("notify")
    return Taken(new + len(kept), len(gaps), failed)


def without_read(world: World, tx: Transaction, incoming: Sequence[Incoming]) -> Sequence[Incoming]:
    """What was received, but for changes that were read before: a notice that comes late, of a version known."""
    connections = {item.connection_id for item in incoming if item.event.type.endswith(".updated")} - {None}
    if not connections:
        return incoming
    read = {row[0] for row in tx.all("readings_of", {"connections": sorted(connections)})}  # pyright: ignore[reportArgumentType]
    names: dict[int, str] = {}
    for item in incoming:
        if item.connection_id in read and item.event.type.endswith(".updated"):
            found = version_of(world.plugins, item.event)
            if found is not None:
                names[id(item)] = name_of_change(item.event.type, item.event.subject, found[2])
    known = inbox.known_in(tx, [(item.shop_id, item.source, names[id(item)]) for item in incoming if id(item) in names])
    return [item for item in incoming if (item.shop_id, item.source, names.get(id(item))) not in known]


def take_past_again(world: World, tx: Transaction, incoming: Sequence[Incoming], now: int) -> None:
    """History that could not be understood at first, tried again."""
    kept = inbox.put_past(tx, incoming)
    _project(world, tx, kept, Records(world.plugins, tx, world.database.dialect), now)


# --- what is news -----------------------------------------------------------------------------------


def _records(world: World, tx: Transaction, source: Source, page: Iterable[Seen], *, for_update: bool) -> Records:
    records = Records(world.plugins, tx, world.database.dialect)
    for seen in page:
        if seen.place is not None:
            records.want_row(seen.place[0], source.shop_id, seen.place[1])
        for event in seen.loose:
            if (place := _place(world, event)) is not None:
                records.want_row(place[0], source.shop_id, place[1])
    records.fetch(for_update=for_update)
    return records


def _row(records: Records, source: Source, seen: Seen) -> Mapping[str, Any] | None:
    if seen.place is None:
        return None
    return records.row(seen.place[0], source.shop_id, seen.place[1]).record


def _news(
    world: World, source: Source, seen: Seen, records: Records, queued: frozenset[str] | set[str]
) -> list[NewEvent]:
    """What this record may tell that is not known: facts with a name, which the inbox tells once; its change, where
    the record known is older; parts that would change what is known. What still waits in the queue is left for the
    next time."""
    found = list(seen.named)
    if seen.change is not None and seen.place is not None and seen.change.subject not in queued:
        held = records.row(seen.place[0], source.shop_id, seen.place[1])
        noun = seen.change.type.partition(".")[0]
        is_told = any(event.type.partition(".")[0] == noun for event in found)
        is_newer = held.record is not None and held.version < seen.version
        if is_newer or (held.record is None and not is_told) or _differs(world, seen, held):
            found.append(seen.change)
    for event in seen.loose:
        place = _place(world, event)
        projection = world.plugins.projections.get(place[0]) if place is not None else None
        if place is None or projection is None or event.subject in queued:
            continue
        old = records.row(place[0], source.shop_id, place[1]).record
        if projection.project(old, event.data, event.type) not in (None, old):
            found.append(event)
    return found


def _differs(world: World, seen: Seen, held: Held) -> bool:
    """Whether another state of the same instant is known: platforms count seconds, and change things twice in one."""
    if not seen.is_change_named or seen.change is None or seen.place is None:
        return False
    if held.record is None or held.version != seen.version:
        return False
    projection = world.plugins.projections.get(seen.place[0])
    assert projection is not None
    return projection.project(held.record, seen.change.data, seen.change.type) not in (None, held.record)


def _place(world: World, event: NewEvent) -> tuple[str, str] | None:
    definition = world.plugins.events.get(event.type)
    projection = world.plugins.projections.get((definition.projects if definition else None) or "")
    key = projection.key(event.data) if projection is not None else None
    return (projection.name, key) if projection is not None and key else None


def _queued(tx: Transaction, source: Source, page: Iterable[Seen]) -> set[str]:
    """Subjects of which something was stored that is not projected yet."""
    events = [one for seen in page for one in (*seen.loose, *([seen.change] if seen.change else []))]
    subjects = sorted({event.subject for event in events})
    if not subjects:
        return set()
    return {row[0] for row in tx.all("queued_about", {"shop": source.shop_id, "links": subjects})}


def _fresh(
    tx: Transaction, source: Source, found: Sequence[tuple[Seen, list[NewEvent]]]
) -> list[tuple[Seen, list[NewEvent]]]:
    """Those with facts the inbox does not have."""
    known = inbox.known_in(tx, [(source.shop_id, source.name, event.id) for _, events in found for event in events])
    left = [
        (seen, [one for one in events if (source.shop_id, source.name, one.id) not in known]) for seen, events in found
    ]
    return [(seen, events) for seen, events in left if events]


# --- keeping ----------------------------------------------------------------------------------------


def _project(world: World, tx: Transaction, kept: Sequence[tuple[int, Incoming]], records: Records, now: int) -> None:
    """Facts that carry the same record are projected once."""
    facts: list[Fact] = []
    seen: set[int] = set()
    for row, item in kept:
        event = item.event
        if id(event.data) in seen and not event.data.get("is_thin"):
            continue
        seen.add(id(event.data))
        told = Event(
            id=event.id,
            shop=str(item.shop_id),
            source=item.source,
            type=event.type,
            subject=event.subject,
            occurred_at=event.occurred_at,
            received_at=from_micros(item.received_at),
            data=event.data,
            refs=event.refs,
        )
        facts.append(Fact(row, item.shop_id, told, links(event.subject, event.refs)))
    if facts:
        project(tx, facts, records, world.plugins, now, world.database.dialect)
        keep_segments(tx, facts, from_micros(now), world.database.dialect, is_past=True)
        tx.many("fail_events", [(fact.row, fact.error) for fact in facts if fact.error is not None])


def _key(seen: Seen, mark: str) -> str:
    version = seen.version or to_micros(seen.item.updated_at or from_micros(0))
    return f"{mark}:{seen.item.topic}:{seen.item.id}:{version}"[:200]


def _keep_deliveries(
    tx: Transaction, source: Source, page: Iterable[Seen], mark: str, now: int, *, is_failed: bool = False
) -> dict[str, int]:
    """What was read, beside what was received. By key; known ones are not there again."""
    status = "failed" if is_failed else "done"
    place, headers = source.connection_id, encode({MARK: mark})
    rows = [
        (place, _key(seen, mark), seen.item.topic[:200], headers, seen.body, now, status, seen.problem) for seen in page
    ]
    return {key: id_ for id_, key in tx.many_returning("insert_read_delivery", rows)}


def _keep_failed(world: World, tx: Transaction, source: Source, page: Sequence[Seen], mark: str, now: int) -> int:
    """What cannot be understood is kept to be tried again, as of what is received."""
    failed = [seen for seen in page if seen.problem is not None]
    if failed:
        _keep_deliveries(tx, source, failed, mark, now, is_failed=True)
        reasons = (noting.of_delivery(source.shop_id, source.connection_id, seen.problem or "") for seen in failed)
        noting.note(world, tx, reasons)
    return len(failed)
