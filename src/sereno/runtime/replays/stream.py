"""The driver of a replay: events in order of time, timers between them, and rows to the sink as they become final."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sereno.runtime.batch import Batch
from sereno.runtime.clock import VirtualClock
from sereno.runtime.dispatcher import Dispatcher
from sereno.runtime.facts import Fact
from sereno.runtime.flows import compiled
from sereno.runtime.holding import Held
from sereno.runtime.ports import no_ports
from sereno.runtime.products import ProductLookup
from sereno.runtime.publishing import keep_draft, make_live
from sereno.runtime.records import Records
from sereno.runtime.replays.consents import ConsentStore
from sereno.runtime.replays.entries import EntryStore
from sereno.runtime.replays.history import Entered, PastEvent
from sereno.runtime.replays.log import EventLog
from sereno.runtime.replays.people import PastPeople, PersonStore
from sereno.runtime.replays.records import RecordStore, ReplayRecords
from sereno.runtime.replays.replayed import EffectRow, FailedEvent, RunRow, Sink, SkipRow
from sereno.runtime.replays.replaying import LONGEST, TOGETHER
from sereno.runtime.replays.runs import ReplayBatch, RunStore
from sereno.runtime.replays.scratch import ReplayDatabase
from sereno.runtime.replays.worth import Worth
from sereno.runtime.schedules import Scheduler
from sereno.runtime.staff import Staff
from sereno.runtime.waking import Waker
from sereno.runtime.world import World, make_world
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Products
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")

TELL_AFTER = 1000
"""Rows that are told together."""


class Told:
    """Rows on their way to the sink, and how many there were."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.runs: list[RunRow] = []
        self.effects: list[EffectRow] = []
        self.skips: list[SkipRow] = []
        self.failed: list[FailedEvent] = []
        self.counts = [0, 0, 0, 0]

    def flush(self, least: int = 1) -> None:
        lists = (self.runs, self.effects, self.skips, self.failed)
        if sum(map(len, lists)) < least:
            return
        for number, rows in enumerate(lists):
            self.counts[number] += len(rows)
        self._sink.take(self.runs, self.effects, self.skips, self.failed)
        self.runs, self.effects, self.skips, self.failed = [], [], [], []


class Stream:
    """One replay. `publish`, then `feed`, then `finish`."""

    def __init__(
        self,
        database: ReplayDatabase,
        plugins: Plugins,
        worth: Worth,
        shop_row: int,
        shop: ShopFacts,
        begin: datetime,
        sink: Sink,
        people: PastPeople | None = None,
    ) -> None:
        self.database = database
        self.clock = VirtualClock(begin)
        self.told = Told(sink)
        self.shop = shop_row
        tx = database.tx
        world = make_world(database, plugins, no_ports, self.clock, "backtest", base_url=shop.base_url, is_dry=True)
        world.plugins = worth.plugins
        self.world = world
        self._is_read = worth.is_read
        self.records = RecordStore(worth.plugins, tx)
        self.people = PersonStore(tx, shop_row, self.records, people or PastPeople(), self.begin)
        self._tells_of_people = worth.tells_of_people
        self.log = EventLog(tx, shop_row, lambda type_: bool(world.flows.listening(shop_row, type_)))
        self.runs = RunStore(tx, shop_row, self._run_over)
        self.entries = EntryStore(tx, self._is_remembered)
        self.consents = ConsentStore(tx)
        self._dispatcher = _Dispatcher(world, self.log, self.begin)
        self._waker = _Waker(world, self.runs, self.begin)
        self._scheduler = Scheduler(world)
        self._next_firing: int | None = None
        self._names: dict[int, str | None] = {}
        self._remembered: dict[int, bool] = {}
        self._effects = 0
        self._skips = 0
        self._failures = 0
        self._plugins = plugins
        world.ports = self._ports
        tx.writes["copy_effects"] = self._take_effects
        tx.writes["copy_skips"] = self._take_skips
        tx.writes["fail_events"] = self._take_failures

    def publish(self, documents: Sequence[str], beside: Sequence[str] = (), entered: Iterable[Entered] = ()) -> None:
        """Set flows live, as of now on the clock; of those `beside` them nothing is told. `entered` are (flow, key,
        when) of who had been let in before. Raises FlowInvalid."""
        staff = Staff(self.database, self._plugins, self.world)
        with self.database.transaction() as tx:
            for number, text in enumerate((*documents, *beside)):
                draft = keep_draft(tx, self.shop, text, compiled(text, self._plugins), is_derived=False)
                make_live(staff, tx, self.shop, draft, "backtest", "")
                if number >= len(documents):
                    self._names[draft.id] = None
            for flow, key, at in entered:
                row = tx.one("flow_by_name", {"shop": self.shop, "name": flow})
                if row is not None:
                    tx.many("insert_entries", [(row[0], key, 0, to_micros(at), "", False)])
            self.world.flows.invalidate()
            self.world.flows.refresh(tx)
        self.look_at_schedules()

    def _ports(self, kind: type[Any], shop: ShopFacts) -> object | None:
        """What only reads, as it is known at that moment; nothing leads outside."""
        return _Products(self) if kind is Products else None

    def begin(self, tx: Transaction, now: datetime) -> Batch:
        return ReplayBatch(self.world, self.database.tx, now, self.open_records(), self.runs)

    def open_records(self) -> ReplayRecords:
        """The records as they are now on the virtual clock."""
        records = ReplayRecords(self.world.plugins, self.database.tx, self.records)
        records.knows(None if self.people.is_empty else self.people.group)
        return records

    # --- time -------------------------------------------------------------------------------

    def run(
        self,
        documents: Sequence[str],
        events: Iterable[PastEvent],
        start: datetime | None = None,
        beside: Sequence[str] = (),
        entered: Iterable[Entered] = (),
    ) -> None:
        """All events. The flows are there from `start` on, or from the beginning."""
        if start is None:
            self.publish(documents, beside, entered)
            self.feed(events)
            return
        rest = iter(events)
        first: list[PastEvent] = []
        self.feed(_until(rest, start, first))
        self._ring_before(start)
        self.clock.move_to(start)
        self.publish(documents, beside, entered)
        self.feed(chain(first, rest))

    def feed(self, events: Iterable[PastEvent]) -> None:
        """Each event at its time, after the timers that rang before it."""
        flows, log_ = self.world.flows, self.log
        shop, arrive = self.shop, log_.arrive
        is_read, is_awaited, people = self._is_read, self.runs.is_awaited, self.people
        due = self._next_due()
        waiting = 0
        may_join: set[str] = set()
        """What waits may join, by the subjects of the events that tell of it."""
        for event in events:
            at = event.at
            if people.next_decision is not None and to_micros(at) > people.next_decision:
                self._decide_before(at)
                waiting, due = 0, self._next_due()
                may_join.clear()
            type_ = event.type
            if may_join and (event.subject in may_join or flows.triggered(shop, type_) or flows.listening(shop, type_)):
                # Live, a worker would have joined by now what came before.
                self.settle()
                waiting, due = 0, self._next_due()
                may_join.clear()
            if due is not None and to_micros(at) > due:
                if waiting:
                    self.settle()
                    waiting = 0
                self._ring_before(at)
                due = self._next_due()
            self.clock.move_to(at)
            # Of what is due at this very instant each event is the first, then come the timers.
            is_due = due is not None and to_micros(at) == due
            if not is_read(type_):
                if is_due:
                    self.settle()
                    waiting, due = 0, self._next_due()
                continue
            is_start, is_heard = bool(flows.triggered(shop, type_)), bool(flows.listening(shop, type_))
            if self._tells_of_people(type_):
                may_join.add(event.subject)
            fact = arrive(event, is_start, is_heard)
            waiting += 1
            if waiting >= TOGETHER or is_due or is_start or (is_heard and is_awaited(people.links(fact.links))):
                self.settle()
                waiting = 0
                may_join.clear()
                due = self._next_due()
        if waiting:
            self.settle()

    def _decide_before(self, instant: datetime) -> None:
        """What staff decided on who is whom before that moment, each at its own."""
        before = to_micros(instant)
        self.settle()
        while (at := self.people.next_decision) is not None and at < before:
            if at > to_micros(self.clock.now()):
                self._ring_before(from_micros(at))
                self.clock.move_to(from_micros(at))
            self._join()

    def _join(self) -> int:
        with self.database.transaction() as tx:
            assert tx is self.database.tx
            done = self.people.look(to_micros(self.clock.now()))
        self._settle_stores()
        return done

    def finish(self, until: datetime | None) -> datetime:
        """Let the clock run on. Gives where it stopped."""
        last = self.clock.now()
        if until is not None:
            if self.people.next_decision is not None:
                self._decide_before(until)
            self._ring_before(until + timedelta(microseconds=1))
            self.clock.move_to(until)
        else:
            # Without an end only what already waits is waited for: schedules would go on for ever.
            while (due := self.runs.next_due()) is not None and from_micros(due) <= last + LONGEST:
                self.clock.move_to(from_micros(due))
                self.settle(schedules=False)
        self.runs.finish()
        self.told.flush()
        return self.clock.now()

    def _ring_before(self, instant: datetime) -> None:
        before = to_micros(instant)
        while (due := self._next_due()) is not None and due < before:
            self.clock.move_to(from_micros(due))
            self.settle()

    def _next_due(self) -> int | None:
        due, firing = self.runs.next_due(), self._next_firing
        if firing is None:
            return due
        return firing if due is None else min(due, firing)

    def settle(self, *, schedules: bool = True) -> None:
        """Do all that is due now."""
        while True:
            now = to_micros(self.clock.now())
            done = 0
            if self.log.arrived:
                done += self._dispatcher.run(TOGETHER)
                self._settle_stores()
            if self.people.has_new:
                self._join()
            if (due := self.runs.next_due()) is not None and due <= now:
                done += self._waker.run(TOGETHER)
                self._settle_stores()
            if schedules and self._next_firing is not None and self._next_firing <= now:
                done += self._scheduler.run()
                self.look_at_schedules()
            if not done:
                return

    def look_at_schedules(self) -> None:
        """Find out when the next schedule is due."""
        row = self.database.tx.one("next_due_schedule")
        self._next_firing = row[0] if row is not None else None

    def _settle_stores(self) -> None:
        self.records.settle()
        self.log.settle()
        self.runs.settle()
        self.entries.settle()
        self.consents.settle()
        self.told.flush(TELL_AFTER)

    # --- rows -------------------------------------------------------------------------------

    def _run_over(self, held: Held, traces: Sequence[str]) -> None:
        if self._named(held.live.id) is None:
            return
        state = held.state
        self.told.runs.append(
            RunRow(
                number=held.row or 0,
                id=state.id,
                flow=held.live.name,
                version=state.version,
                subject=state.subject,
                key=state.key,
                status=state.status,
                step=state.step,
                reason=state.reason,
                started_at=state.started_at,
                due_at=self.runs.due_of(held.row) if held.is_live else None,
                event=(str(state.event.get("source")), str(state.event.get("id"))),
                event_type=str(state.event.get("type")),
                refs=state.refs,
                trace=[entry for text in traces for entry in decode(text)],
            )
        )

    def _take_effects(self, rows: Sequence[Sequence[Any]]) -> int:
        for row in rows:
            key, _shop, flow_id, _run, step, action, subject, config, status = row[:9]
            created_at, _finished_at, result, error, message = row[14:19]
            self._effects += 1
            flow = self._named(flow_id)
            if flow is None:
                continue
            effect = EffectRow(
                number=self._effects,
                key=key,
                flow=flow,
                run=key.partition("/")[0],
                step=step,
                action=action,
                at=from_micros(created_at),
                subject=subject,
                config=decode(config),
                status="failed" if status == "failed" else "shadow",
                result=decode(result) if result is not None else None,
                error=error,
                message=message,
            )
            self.told.effects.append(effect)
            self.database.tx.undo.append(lambda effect=effect: self.told.effects.remove(effect))
        return len(rows)

    def _take_skips(self, rows: Sequence[Sequence[Any]]) -> int:
        for _shop, flow_id, _version, subject, event, at, reason, details in rows:
            self._skips += 1
            flow = self._named(flow_id)
            if flow is None:
                continue
            told = self.log.at_work[event]
            what = (told.source, told.id), told.type, told.refs
            skip = SkipRow(self._skips, flow, subject, from_micros(at), reason, decode(details), *what)
            self.told.skips.append(skip)
            self.database.tx.undo.append(lambda skip=skip: self.told.skips.remove(skip))
        return len(rows)

    def _take_failures(self, rows: Sequence[Sequence[Any]]) -> int:
        for row, error in rows:
            self._failures += 1
            event = self.log.at_work[row]
            self.told.failed.append(FailedEvent(self._failures, event.source, event.id, event.type, error))
        return len(rows)

    def _is_remembered(self, flow_id: int) -> bool:
        """Whether a flow cares for who was in it before. Once it did it always does: another version may."""
        found = self._remembered.get(flow_id)
        if found is None:
            row = self.database.tx.sql.text("SELECT version FROM flow WHERE id = ?1", [flow_id])
            live = self.world.flows.version(self.database.tx, flow_id, row[0][0])
            found = self._remembered[flow_id] = live is None or live.flow.reentry.mode != "always"
        return found

    def _named(self, flow_id: int) -> str | None:
        """The name of a flow; None for one that Sereno brings along."""
        if flow_id not in self._names:
            row = self.database.tx.sql.text("SELECT name, is_derived FROM flow WHERE id = ?1", [flow_id])
            self._names[flow_id] = None if not row or row[0][1] else str(row[0][0])
        return self._names[flow_id]


def _until(events: Iterator[PastEvent], start: datetime, first: list[PastEvent]) -> Iterator[PastEvent]:
    """The events before `start`; the first one after it goes into `first`."""
    for event in events:
        if event.at >= start:
            first.append(event)
            return
        yield event


class _Products(ProductLookup):
    """What is sold, as it was known then."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.database, stream.world.plugins, stream.shop)
        self._stream = stream

    def records(self, tx: Transaction) -> Records:
        return self._stream.open_records()


Begin = Callable[[Transaction, datetime], Batch]


class _Dispatcher(Dispatcher):
    """Takes its events from the log."""

    def __init__(self, world: World, events: EventLog, begin: Begin) -> None:
        super().__init__(world)
        self._log = events
        self._begin = begin

    def begin(self, tx: Transaction, now: datetime) -> Batch:
        return self._begin(tx, now)

    def _claim(self, tx: Transaction, limit: int) -> list[Fact]:
        return self._log.take(limit)

    def _claim_these(self, tx: Transaction, ids: Sequence[int]) -> list[Fact]:
        return self._log.again(ids)


class _Waker(Waker):
    """Wakes the runs of the store."""

    def __init__(self, world: World, runs: RunStore, begin: Begin) -> None:
        super().__init__(world)
        self._runs = runs
        self._begin = begin

    def begin(self, tx: Transaction, now: datetime) -> Batch:
        return self._begin(tx, now)

    def _alone(self, id_: int) -> None:
        try:
            with self._world.database.transaction() as tx:
                self._work(tx, tx.all("claim_runs", {"ids": [id_], "uids": []}))
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("run %d failed", id_)
            with self._world.database.transaction():
                self._runs.fail(id_, f"{type(error).__name__}: {error}"[:200], self._world.clock.now())
