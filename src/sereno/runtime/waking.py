"""Wakes the runs whose timer is due. Invariant: exits win. Events that end a run and are in the store are shown to it
before its timer, also those that wait in the queue or came while the run was being stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sereno.commerce.event import Event
from sereno.engine.run import EventArrived, TimerDue
from sereno.runtime.batch import Batch
from sereno.runtime.entering import read_events
from sereno.runtime.holding import Held, due_micros
from sereno.runtime.world import World
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")

LATER = timedelta(minutes=1)
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

    def _alone(self, id_: int) -> None:
        try:
            with self._world.database.transaction() as tx:
                self._work(tx, tx.all("claim_runs", {"ids": [id_], "uids": []}))
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("run %d failed", id_)
            with self._world.database.transaction() as tx:
                fail_run(tx, id_, f"{type(error).__name__}: {error}", to_micros(self._world.clock.now()))

    def _work(self, tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
        world = self._world
        now = world.clock.now()
        batch = Batch(world, tx, now)
        taken = batch.take(rows)
        held_back = rows_held_back(batch, taken)
        # This worker cannot use their flow, for want of a plug-in say; another may, or this one when it is set right.
        unusable = sorted({row[0] for row in rows} - {held.row for held in taken})
        tx.many("set_due", [(id_, to_micros(now + LATER)) for id_ in unusable])
        if held_back:
            tx.run("hold_runs", {"ids": sorted(held_back)})
        due = [held for held in taken if held.row not in held_back]
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


def fail_run(tx: Transaction, id_: int, reason: str, now: int) -> None:
    """End a run that cannot go on, with the reason why."""
    tx.run("fail_run", {"id": id_, "reason": reason[:200], "now": now})
    tx.run("end_entry_of_run", {"id": id_})
    tx.run("delete_run_links", {"runs": [id_]})


def rows_held_back(batch: Batch, taken: Sequence[Held]) -> set[int]:
    """Rows of runs whose flow is paused. What the worker remembers of it may be old; the runs are locked by now, so
    who ends the pause after this look wakes them again."""
    flows = {held.live.id for held in taken if batch.world.flows.is_paused(held.live.id)}
    if not flows:
        return set()
    paused = {row[0] for row in batch.tx.all("flow_statuses", {"flows": sorted(flows)}) if row[1] == "paused"}
    return {held.row or 0 for held in taken if held.live.id in paused}


def catch_up(batch: Batch, due: Sequence[Held]) -> None:
    """Show the runs what they have missed; those that came to wait for something else by it are looked at again."""
    behind = list(due)
    for _ in range(MOST_WAITS):
        missed = _missed(batch, behind)
        before = {held.state.id: held.state.listens for held in behind}
        for held in behind:
            for event in missed.get(held.state.id, ()):
                if held.is_live:
                    batch.give(held, EventArrived(event))
        behind = [held for held in behind if held.is_live and held.state.listens != before[held.state.id]]
        if not behind:
            return


def _missed(batch: Batch, taken: Sequence[Held]) -> dict[str, list[Event]]:
    """By run: stored events it has not taken in. Exits count from its start, others from when it began to wait."""
    listening = [held for held in taken if held.state.listens and held.event_row is not None]
    if not listening:
        return {}
    links = {(held.shop.id, link) for held in listening for link in held.links()}
    rows = batch.tx.all(
        "linked_events_after",
        {
            "shops": list({shop for shop, _ in links}),
            "links": sorted({link for _, link in links}),
            "after": min(held.event_row or 0 for held in listening),
            "types": sorted({type_ for held in listening for type_ in held.state.listens}),
        },
    )
    if not rows:
        return {}
    by_link: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for shop_id, link, event, type_ in rows:
        by_link.setdefault((shop_id, link), []).append((event, type_))
    wanted = {
        held.state.id: sorted(
            {
                event
                for link in held.links()
                for event, type_ in by_link.get((held.shop.id, link), ())
                if event > (held.event_row or 0) and type_ in held.state.listens
            }
        )
        for held in listening
    }
    events = read_events(batch, {id_ for ids in wanted.values() for id_ in ids})
    found: dict[str, list[Event]] = {}
    for held in listening:
        exits = held.live.flow.exit_types
        found[held.state.id] = [
            event
            for id_ in wanted[held.state.id]
            if (event := events.get(id_)) is not None
            and (event.type in exits or to_micros(event.received_at) >= held.changed_at)
        ]
    return found
