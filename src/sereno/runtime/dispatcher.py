"""Offers new events to the flows: project the records, tell the runs that wait for them, start the runs they trigger.

Invariant: an event leaves the queue in the same transaction that holds all it caused; one that cannot be worked on is
marked with the reason and never blocks the others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sereno.engine.run import EventArrived
from sereno.engine.trigger import RUN_REQUESTED
from sereno.runtime import answers, hooks
from sereno.runtime.batch import Batch
from sereno.runtime.entering import Entering
from sereno.runtime.facts import LANES, Fact, read_fact
from sereno.runtime.forms.leading import keep_leads
from sereno.runtime.holding import Held
from sereno.runtime.interests import keeping
from sereno.runtime.newsletters import answering
from sereno.runtime.persons import as_one
from sereno.runtime.projecting import project
from sereno.runtime.records import Overtaken
from sereno.runtime.results import noting as results
from sereno.runtime.segments.keeping import keep as keep_segments
from sereno.runtime.waking import rows_held_back
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")

MOST_LOST = 2
"""How often a whole batch is tried again when another worker let one of its keys in first."""


class Dispatcher:
    """`lanes` is how many lanes this worker may hold at once (PostgreSQL); the rest is for the others.

    Who holds all of them is alone, and what is stored meanwhile is offered to the flows after what begins here. Else an
    event of another lane that shares a link with a run begun here may miss it, and be missed by it: such runs are woken
    once they are stored, to look again.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._turn = 0
        self.lanes = LANES
        self._is_alone = True

    def run(self, limit: int) -> int:
        """Work on up to `limit` events. Gives how many were taken from the queue."""
        for _ in range(MOST_LOST):
            try:
                return self._run(limit)
            except Overtaken:
                # Who won has committed by now, and what it wrote is read.
                continue
        return self._run(limit, is_last=True)

    def _run(self, limit: int, *, is_last: bool = False) -> int:
        ids: list[int] = []
        try:
            with self._world.database.transaction() as tx:
                self._world.flows.refresh(tx)
                facts = self._claim(tx, limit)
                if not facts:
                    return 0
                ids = [fact.row for fact in facts]
                self._work(tx, facts)
            return len(ids)
        except DatabaseUnavailable:
            raise
        except Overtaken:
            if not is_last:
                raise
        except Exception:
            if not ids:
                raise
            log.exception("a batch of %d events failed; trying them one by one", len(ids))
        return self._one_by_one(ids)

    def _one_by_one(self, ids: Sequence[int]) -> int:
        """What made the batch fail fails alone, and is kept with its reason. Gives how many were tried: an event whose
        entry others take again and again stays in the queue, and what comes after it in its lane with it."""
        for done, id_ in enumerate(ids):
            for last in (False, False, True):
                try:
                    with self._world.database.transaction() as tx:
                        facts = self._claim_these(tx, [id_])
                        if facts:
                            self._work(tx, facts)
                    break
                except Overtaken:
                    if last:
                        log.warning("event %d is overtaken by other workers again and again; it is tried later", id_)
                        return max(done, 1)
                except DatabaseUnavailable:
                    raise
                except Exception as error:
                    log.exception("event %d failed", id_)
                    with self._world.database.transaction() as tx:
                        reason = f"{type(error).__name__}: {error}"[:500]
                        tx.many("fail_events", [(id_, reason)])
                        tx.run("unqueue_events", {"ids": [id_]})
                        broken = tx.all("events_by_id", {"ids": [id_]})
                        noting.note(self._world, tx, (noting.of_event(row[1], row[4], reason) for row in broken))
                    break
        return len(ids)

    def _claim(self, tx: Transaction, limit: int) -> list[Fact]:
        if self._world.database.dialect == "sqlite":
            return [read_fact(row) for row in tx.all("claim_events", {"limit": limit})]
        self._turn = (self._turn + 1) % LANES
        lanes = [row[0] for row in tx.all("lock_lanes", {"turn": self._turn, "most": self.lanes})]
        self._is_alone = len(lanes) == LANES
        if not lanes:
            return []
        per_lane = max(1, -(-limit * 2 // len(lanes)))
        return [
            read_fact(row) for row in tx.all("claim_events", {"lanes": lanes, "per_lane": per_lane, "limit": limit})
        ]

    def _claim_these(self, tx: Transaction, ids: Sequence[int]) -> list[Fact]:
        if self._world.database.dialect == "postgresql":
            tx.all("lock_lanes_of_events", {"ids": ids})
            self._is_alone = False
        return [read_fact(row) for row in tx.all("claim_these_events", {"ids": ids})]

    def begin(self, tx: Transaction, now: datetime) -> Batch:
        return Batch(self._world, tx, now)

    def _work(self, tx: Transaction, facts: Sequence[Fact]) -> None:
        world = self._world
        if any(fact.event.type == RUN_REQUESTED for fact in facts):
            # Whoever asks for a run may have set its flow live a moment ago, and nothing else would start it again.
            world.flows.invalidate()
            world.flows.refresh(tx)
        now = world.clock.now()
        batch = self.begin(tx, now)
        records = batch.records
        if world.database.dialect == "postgresql":
            # Before anything is locked: see `persons.enrolling`.
            tx.all("share_entering", {"shops": sorted({fact.shop_id for fact in facts})})
        project(tx, facts, records, world.plugins, to_micros(now), world.database.dialect)
        batch.is_alone = self._is_alone
        good = [fact for fact in facts if fact.error is None]
        as_one(tx, good)
        answers.heed(tx, good, world.worker, to_micros(now))
        answering.heed(tx, good)
        if not world.is_dry:
            results.heed(tx, good, world.worker)
            keeping.keep_said(tx, good, to_micros(now))
            keep_leads(tx, good, to_micros(now))
            # After what people wish and wait for, which segments ask for.
            keep_segments(tx, good, now, world.database.dialect)
        entering = Entering(batch, good)
        entering.prepare()
        listeners = self._listeners(tx, good)
        uids = entering.runs_to_replace()
        ids = sorted({run for runs in listeners.values() for run in runs})
        if ids or uids:
            batch.take(tx.all("claim_runs", {"ids": ids, "uids": uids}))
            records.fetch()
        self._play(batch, entering, good, listeners)
        batch.foresee()
        entering.write()
        batch.write()
        if world.hooks.has_any():
            world.hooks.tell(tx, hooks.facts_told((fact.shop_id, fact.event) for fact in good), now)
        failed = [(fact.row, fact.error) for fact in facts if fact.error is not None]
        tx.many("fail_events", failed)
        broken = [noting.of_event(fact.shop_id, fact.event.type, fact.error) for fact in facts if fact.error]
        noting.note(self._world, tx, broken)
        tx.run("unqueue_events", {"ids": [fact.row for fact in facts]})

    def _listeners(self, tx: Transaction, facts: Sequence[Fact]) -> dict[tuple[int, str], list[int]]:
        """Row ids of runs by (shop, link), for the links of events some flow listens to."""
        flows: set[int] = set()
        links: set[tuple[int, str]] = set()
        for fact in facts:
            listening = self._world.flows.listening(fact.shop_id, fact.event.type)
            if listening:
                flows.update(listening)
                links.update((fact.shop_id, link) for link in fact.links)
        if not links:
            return {}
        rows = tx.all(
            "linked_runs",
            {
                "shops": list({shop for shop, _ in links}),
                "links": sorted({link for _, link in links}),
                "flows": sorted(flows),
            },
        )
        found: dict[tuple[int, str], list[int]] = {}
        for shop_id, link, run in rows:
            if (shop_id, link) in links:
                found.setdefault((shop_id, link), []).append(run)
        return found

    def _play(
        self,
        batch: Batch,
        entering: Entering,
        facts: Sequence[Fact],
        listeners: dict[tuple[int, str], list[int]],
    ) -> None:
        """Each event in order: first those who wait for it, then those it starts."""
        by_row = {held.row: held for held in batch.held.values()}
        by_link: dict[tuple[int, str], dict[str, Held]] = {}
        for link, rows in listeners.items():
            by_link[link] = {by_row[row].state.id: by_row[row] for row in rows if row in by_row}
        flows = self._world.flows
        asleep = rows_held_back(batch, list(batch.held.values()))
        for fact in facts:
            if by_link and flows.listening(fact.shop_id, fact.event.type):
                for held in _waiting(by_link, fact):
                    _tell(batch, held, fact, asleep)
            for held in entering.enter(fact):
                if held.is_live and held.live.flow.listens:
                    for link in held.links():
                        by_link.setdefault((held.shop.id, link), {})[held.state.id] = held


def _tell(batch: Batch, held: Held, fact: Fact, asleep: set[int]) -> None:
    event = fact.event
    if not held.is_live or event.type not in held.state.listens or held.event_row == fact.row:
        return
    if held.row in asleep and event.type not in held.live.flow.exit_types:
        return
    batch.give(held, EventArrived(event))


def _waiting(by_link: dict[tuple[int, str], dict[str, Held]], fact: Fact) -> list[Held]:
    found: dict[str, Held] = {}
    for link in fact.links:
        found.update(by_link.get((fact.shop_id, link), {}))
    return list(found.values())
