"""Turns schedules and dates on records into events, which then go the way of all events.

Invariant: an event's id is made from flow, due time and record, so a firing that is cut short and resumed states every
fact once. Firings missed while nothing ran are made up for by the latest one; dates that were missed are all found.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sereno.engine.catalog import FlowInvalid
from sereno.engine.durations import format_instant
from sereno.engine.flow import Flow
from sereno.engine.schedule import Schedule, date_firing, next_firing
from sereno.engine.trigger import DATE_REACHED, SCHEDULE_FIRED
from sereno.runtime import inbox
from sereno.runtime.flows import LiveFlow, compiled
from sereno.runtime.ports import SOURCE
from sereno.runtime.world import World
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import Plugins
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")

PAGE = 1000
LATER = timedelta(minutes=1)
LONGEST_LINK, LONGEST_ID = 210, 200
"""Characters that an event's links may have, and its id and subject."""


class Scheduler:
    """One page of one due schedule per transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self) -> int:
        """Gives 1 when something was due."""
        now = self._world.clock.now()
        row: Sequence[Any] | None = None
        try:
            with self._world.database.transaction() as tx:
                self._world.flows.refresh(tx)
                row = tx.one("due_schedule", {"now": to_micros(now)})
                if row is None:
                    return 0
                self._fire(tx, row, now)
        except DatabaseUnavailable:
            raise
        except Exception:
            if row is None:
                raise
            log.exception("the schedule of flow %s failed; it is tried again in a minute", row[0])
            with self._world.database.transaction() as tx:
                _postpone(tx, row, now)
        return 1

    def _fire(self, tx: Transaction, row: Sequence[Any], now: datetime) -> None:
        flow_id, version, due, since, until, cursor = row
        live = self._world.flows.version(tx, flow_id, version)
        if live is None and tx.one("flow_version_document", {"flow": flow_id, "version": version}) is not None:
            # This worker cannot use it, for want of a plug-in say; another may, or this one when it is set right.
            _postpone(tx, row, now)
            return
        if live is None or live.flow.schedule is None:
            tx.run("drop_schedule", {"flow": flow_id})
            return
        schedule = live.flow.schedule
        zone = ZoneInfo(self._world.shops.find(tx, live.shop_id).facts.timezone)
        if cursor is None:
            until = to_micros(_last_due(schedule, from_micros(due if until is None else until), now, zone))
        end: str | None = None
        if live.status != "paused":
            end = self._page(tx, live, schedule, (from_micros(since), from_micros(until)), cursor, zone)
        if end is not None:
            tx.many("put_schedule", [(flow_id, version, due, since, until, end)])
            return
        following = next_firing(schedule, from_micros(until), zone)
        if following is None:
            tx.run("drop_schedule", {"flow": flow_id})
        else:
            tx.many("put_schedule", [(flow_id, version, to_micros(following), until, None, None)])

    def _page(
        self,
        tx: Transaction,
        live: LiveFlow,
        schedule: Schedule,
        window: tuple[datetime, datetime],
        cursor: str | None,
        zone: ZoneInfo,
    ) -> str | None:
        """State the facts of one page of records. Gives the last key when there may be more."""
        since, until = window
        if schedule.over is None:
            event = _event(live, f"flow:{live.name}", until, {}, "", SCHEDULE_FIRED)
            self._put(tx, live, [event])
            return None
        rows = self._records(tx, live.shop_id, schedule.over, cursor or "")
        found: list[NewEvent] = []
        for key, data in rows:
            subject = f"{schedule.over}:{key}"
            if len(subject) > LONGEST_ID:
                log.warning("flow %s passes over %s: its key is too long", live.name, subject)
                continue
            record: Mapping[str, Any] = decode(data)
            at: datetime | None = until
            if schedule.kind == "date":
                at = date_firing(schedule, _value(record, schedule.path), since, zone)
                if at is None or at > until:
                    continue
            kind: Literal["date", "schedule"] = "date" if schedule.kind == "date" else "schedule"
            type_ = DATE_REACHED if kind == "date" else SCHEDULE_FIRED
            refs = _refs(schedule.over, key, record)
            found.append(_event(live, subject, at, refs, key, type_))
        self._put(tx, live, found)
        return rows[-1][0] if len(rows) == PAGE else None

    def _records(self, tx: Transaction, shop_id: int, over: str, after: str) -> list[tuple[str, str]]:
        root = self._world.plugins.roots.get(over)
        projection = self._world.plugins.projections.get(root.parts[0][1]) if root is not None and root.parts else None
        if projection is None:
            return []
        one, two, three = ("?1", "?2", "?3") if self._world.database.dialect == "sqlite" else ("$1", "$2", "$3")
        sql = (
            f"SELECT key, data FROM {projection.table} "  # noqa: S608
            f"WHERE shop_id = {one} AND key > {two} ORDER BY key LIMIT {three}"
        )
        return [(row[0], row[1]) for row in tx.text(sql, [shop_id, after, PAGE])]

    def _put(self, tx: Transaction, live: LiveFlow, events: Sequence[NewEvent]) -> None:
        now = to_micros(self._world.clock.now())
        inbox.put(tx, [inbox.Incoming(live.shop_id, None, None, SOURCE, now, event) for event in events])


def _postpone(tx: Transaction, row: Sequence[Any], now: datetime) -> None:
    """Look again later, and go on then from where it stands now."""
    tx.run("postpone_schedule", {"flow": row[0], "due": row[2], "at": to_micros(now + LATER)})


def plan(
    tx: Transaction, plugins: Plugins, flow_id: int, version: int, flow: Flow, now: datetime, zone: ZoneInfo
) -> None:
    """Set when a flow just published is due first. A schedule that stays as it was keeps its place: what is overdue or
    half done is not lost by publishing. That of an older version goes otherwise."""
    held = tx.one("schedule_of", {"flow": flow_id})
    if held is not None and flow.schedule is not None and _schedule_of(held[0], plugins) == flow.schedule:
        tx.run("move_schedule", {"flow": flow_id, "version": version})
        return
    at = next_firing(flow.schedule, now, zone) if flow.schedule is not None else None
    if at is None:
        tx.run("drop_schedule", {"flow": flow_id})
    else:
        tx.many("put_schedule", [(flow_id, version, to_micros(at), to_micros(now), None, None)])


def _schedule_of(document: str, plugins: Plugins) -> Schedule | None:
    try:
        return compiled(document, plugins).schedule
    except FlowInvalid:
        return None


def _last_due(schedule: Schedule, due: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """The latest due time that has come."""
    if schedule.kind == "date":
        return max(due, now)
    while (following := next_firing(schedule, due, zone)) is not None and following <= now:
        due = following
    return due


def _event(live: LiveFlow, subject: str, at: datetime, refs: Mapping[str, str], key: str, type_: str) -> NewEvent:
    due = format_instant(at)
    id_ = f"{live.name}|{due}|{key}"
    if len(id_) > LONGEST_ID:
        digest = blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        id_ = f"{id_[: LONGEST_ID - len(digest) - 1]}|{digest}"
    return NewEvent(id_, type_, subject, at, {"flow": live.name, "due_at": due}, refs)


def _refs(over: str, key: str, record: Mapping[str, Any]) -> dict[str, str]:
    """The record itself, and the customer it belongs to; without what is too long to be looked up by."""
    refs = {over: key}
    customer, email = record.get("customer_id"), record.get("email")
    if customer and over != "customer":
        refs["customer"] = str(customer)
    if isinstance(email, str) and email:
        refs["email"] = email.lower()
    return {kind: value for kind, value in refs.items() if len(kind) + 1 + len(value) <= LONGEST_LINK}


def _value(record: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]
