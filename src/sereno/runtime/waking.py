"""Wakes the runs whose timer is due. Invariant: exits win. Events that end a run and are in the store are shown to it
before its timer, also those that wait in the queue or came while the run was being stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sereno.commerce.event import Event
from sereno.engine import tallies
from sereno.engine.advance import concerned_since
from sereno.engine.run import EventArrived, TimerDue, TraceEntry, decode_state, encode_state
from sereno.runtime.arbiter import booking
from sereno.runtime.batch import Batch
from sereno.runtime.entering import read_events
from sereno.runtime.holding import Held, due_micros
from sereno.runtime.hooks import Told
from sereno.runtime.persons import CUSTOMER, people_of
from sereno.runtime.tracing import trace_cancelled
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros

log = logging.getLogger("sereno.runtime")

LATER = timedelta(minutes=1)
PAGE = 2000
"""Runs of a resumed flow that are woken in one transaction."""
MOST_WAITS = 20
"""How many waits in a row a run may leave behind by what it missed while it was held."""


class Waker:
    """Timers in batches, the longest due first."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, limit: int) -> int:
        """Wake up to `limit` runs. Gives how many were looked at."""
        ids: list[int] = []
        try:
            with self._world.database.transaction() as tx:
                self._world.flows.refresh(tx)
                now = self._world.clock.now()
                rows = tx.all("claim_due_runs", {"now": to_micros(now), "limit": limit})
                if not rows:
                    return 0
                ids = [row[0] for row in rows]
                self._work(tx, rows)
            return len(ids)
        except DatabaseUnavailable:
            raise
        except Exception:
            if not ids:
                raise
            log.exception("waking %d runs failed; trying them one by one", len(ids))
        for id_ in ids:
            self._alone(id_)
        return len(ids)

    def wake_resumed(self) -> int:
        """One page of the runs of a flow that was resumed. Gives how many. They are due at once, after what is overdue;
        a run that somebody put to sleep before the pause had ended for him is seen here, for its row was locked."""
        now = to_micros(self._world.clock.now())
        with self._world.database.transaction() as tx:
            row = tx.one("flow_to_wake")
            if row is None:
                return 0
            flow, after, status = row
            if status == "paused":  # again, before all were awake: the next one to resume it begins anew
                tx.run("end_waking", {"flow": flow})
                return 1
            woken = tx.all("wake_waiting_runs", {"flow": flow, "now": now, "after": after, "limit": PAGE})
            if len(woken) < PAGE:
                tx.run("end_waking", {"flow": flow})
            else:
                tx.run("go_on_waking", {"flow": flow, "after": max(id_ for (id_,) in woken)})
        return len(woken) or 1

    def _alone(self, id_: int) -> None:
        try:
            with self._world.database.transaction() as tx:
                self._work(tx, tx.all("claim_runs", {"ids": [id_], "uids": []}))
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("run %d failed", id_)
            with self._world.database.transaction() as tx:
                fail_run(self._world, tx, id_, f"{type(error).__name__}: {error}", self._world.clock.now())

    def begin(self, tx: Transaction, now: datetime) -> Batch:
        return Batch(self._world, tx, now)

    def _work(self, tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
        world = self._world
        now = world.clock.now()
        batch = self.begin(tx, now)
        taken = batch.take(rows)
        held_back = rows_held_back(batch, taken)
        # This worker cannot use their flow, for want of a plug-in say; another may, or this one when it is set right.
        unusable = sorted({row[0] for row in rows} - {held.row for held in taken})
        tx.many("set_due", [(id_, to_micros(now + LATER)) for id_ in unusable])
        if held_back:
            tx.run("hold_runs", {"ids": sorted(held_back)})
        due = [held for held in taken if held.row not in held_back]
        for held in due:
            held.recheck_at = None
        batch.records.fetch()
        catch_up(batch, due)
        for held in due:
            if held.is_live and held.state.due_at is not None and held.state.due_at <= now:
                batch.give(held, TimerDue(held.state.timer))
        expired = [held.row for held in due if any(entry.code == "approval.expired" for entry in held.traces)]
        if expired:
            # The run has left the question behind; what it asks now is written after this.
            tx.run("close_approvals", {"runs": expired, "now": to_micros(now)})
        # Those woken only to see what they had missed go back to their own timer, if they have one.
        tx.many("set_due", sorted((held.row or 0, due_micros(held.state)) for held in due if not held.is_changed))
        batch.write()


def fail_run(world: World, tx: Transaction, id_: int, reason: str, now: datetime) -> None:
    """End a run that cannot go on, with the reason why, and take back what it had asked for and nobody has begun."""
    reason, at = storable(reason)[:200], to_micros(now)
    row = tx.one("run_state", {"id": id_})
    if row is None:
        return
    text, shop_id, uid, subject, flow, flow_id, version = row
    state, step = _failed_state(text, reason)
    tx.run("fail_run", {"id": id_, "reason": reason, "now": at, "state": state})
    tx.run("end_entry_of_run", {"id": id_})
    tx.run("delete_run_links", {"runs": [id_]})
    tx.run("close_approvals", {"runs": [id_], "now": at})
    entry = TraceEntry(now, step, "run.failed", {"reason": reason})
    tx.many("copy_traces", [(id_, encode([entry]))])
    counts: dict[tallies.Key, int] = {}
    tallies.add_trace(counts, flow_id, version, [entry])
    tx.many("count_steps", tallies.rows_of(counts, world.worker, now))
    found = tx.all("cancel_effects", {"runs": [id_], "now": at})
    cancelled = [(run, step, action) for status, run, step, action in found if status == "cancelled"]
    trace_cancelled(tx, cancelled, now)
    if cancelled:
        booking.give_back_cancelled(tx, [id_], at)
    noting.note(world, tx, [noting.of_run(shop_id, flow_id, step, reason)])
    data = {"run": uid, "flow": flow, "subject": subject, "status": "failed", "step": step, "reason": reason}
    world.hooks.tell(tx, [Told(shop_id, "run.failed", data)], now)


def _failed_state(text: str, reason: str) -> tuple[str, str]:
    """The state as it ends, so that nothing moves the run on; and where it stood. One that cannot be read stays."""
    try:
        state = decode_state(text)
    except (msgspec.MsgspecError, ValueError):
        return text, ""
    state.status, state.reason, state.due_at, state.effect_key = "failed", reason, None, None
    return encode_state(state).decode(), state.step


def rows_held_back(batch: Batch, taken: Sequence[Held]) -> set[int]:
    """Rows of runs whose flow is paused. What the worker remembers of it may be old; the runs are locked by now, so
    who ends the pause after this look wakes them again."""
    flows = {held.live.id for held in taken if batch.world.flows.is_paused(held.live.id)}
    if not flows:
        return set()
    paused = {row[0] for row in batch.tx.all("flow_statuses", {"flows": sorted(flows)}) if row[1] == "paused"}
    return {held.row or 0 for held in taken if held.live.id in paused}


def catch_up(batch: Batch, due: Sequence[Held], *, but_queued: bool = False) -> None:
    """Show the runs what they have missed; those that came to wait for something else by it are looked at again.
    `but_queued` leaves out what the dispatcher will offer them anyway, once the records say it too."""
    behind = list(due)
    for _ in range(MOST_WAITS):
        missed = _missed(batch, behind, but_queued=but_queued)
        before = {held.state.id: held.state.listens for held in behind}
        for held in behind:
            for event in missed.get(held.state.id, ()):
                if held.is_live:
                    batch.give(held, EventArrived(event))
        behind = [held for held in behind if held.is_live and held.state.listens != before[held.state.id]]
        if not behind:
            return


def _missed(batch: Batch, taken: Sequence[Held], *, but_queued: bool = False) -> dict[str, list[Event]]:
    """By run: stored events it may not have taken in, in the order they occurred; those it has seen it knows. Exits
    count from when the fact that started it held, others from when it came to wait. Not from when they were stored:
    another worker may have offered one to the flows just while this run was being written."""
    listening = {held.state.id: (held, *_since(held)) for held in taken if held.state.listens}
    if not listening:
        return {}
    known = _links_of(batch, [held for held, _, _ in listening.values()])
    links = {(held.shop.id, link) for held, _, _ in listening.values() for link in known[held.state.id]}
    rows = batch.tx.all(
        "linked_events",
        {
            "shops": list({shop for shop, _ in links}),
            "links": sorted({link for _, link in links}),
            "since": min(since for _, since, _ in listening.values()),
            "types": sorted({type_ for held, _, _ in listening.values() for type_ in held.state.listens}),
        },
    )
    if not rows:
        return {}
    by_link: dict[tuple[int, str], list[tuple[int, str, int]]] = {}
    for shop_id, link, event, type_, occurred_at in rows:
        by_link.setdefault((shop_id, link), []).append((event, type_, occurred_at))
    wanted: dict[str, list[int]] = {}
    for id_, (held, started, waiting) in listening.items():
        listens, exits = held.state.listens, held.live.flow.exit_types
        found = {
            (occurred_at, event)
            for link in known[id_]
            for event, type_, occurred_at in by_link.get((held.shop.id, link), ())
            if type_ in listens and event != held.event_row and occurred_at >= (started if type_ in exits else waiting)
        }
        wanted[id_] = [event for _, event in sorted(found)]
    asked = {event for ids in wanted.values() for event in ids}
    if but_queued and asked:
        asked -= {row[0] for row in batch.tx.all("events_in_queue", {"ids": sorted(asked)})}
    events = read_events(batch, asked)
    return {id_: [events[event] for event in ids if event in events] for id_, ids in wanted.items()}


def _links_of(batch: Batch, taken: Sequence[Held]) -> dict[str, Sequence[str]]:
    """By run: its links, and those of all records of its person, as the dispatcher finds it by them."""
    customers = {held.state.id: (held.shop.id, held.state.refs.get(CUSTOMER, "")) for held in taken}
    people = people_of(batch.tx, {at for at in customers.values() if at[1]})
    found: dict[str, Sequence[str]] = {}
    for held in taken:
        others = people.get(customers[held.state.id], ())
        found[held.state.id] = tuple(dict.fromkeys((*held.links(), *(f"{CUSTOMER}:{key}" for key in others))))
    return found


def _since(held: Held) -> tuple[int, int]:
    """Since when the run's start holds, and how far it has got in the events' own time."""
    started = to_micros(concerned_since(held.state))
    return started, max(started, to_micros(held.state.since)) if held.state.since is not None else started
