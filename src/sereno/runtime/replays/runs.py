"""The live runs of a replay: held as they are, found by link and by the time they are due.

Invariant: a run that is over is told and forgotten; one that waits long is packed away, and nothing of it is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import MISSING, fields, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from typing import Any

from sereno.engine.run import RunState, TraceEntry, decode_state, encode_state
from sereno.runtime.batch import Batch
from sereno.runtime.holding import Held, due_at
from sereno.runtime.records import Records
from sereno.runtime.replays.past_runs import PastRuns
from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.runtime.world import World
from sereno.store.database import Row
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros

MOST = 4000
"""Runs held as they are; past it those touched longest ago are packed away."""

_LISTS = tuple(field.name for field in fields(Held) if field.default_factory is not MISSING)
"""What a run holds for one batch alone."""
_KEPT = tuple(field.name for field in fields(Held) if field.name not in _LISTS)

Parameters = Mapping[str, Any]


class RunStore:
    """`tell(held, traces)` is called with each run that is over."""

    def __init__(self, tx: ReplayTransaction, shop: int, tell: Callable[[Held, Sequence[str]], None]) -> None:
        self._tx = tx
        self._shop = shop
        self._tell = tell
        self._last = 0
        self._held: dict[int, Held] = {}
        self._packed: set[int] = set()
        self._uids: dict[str, int] = {}
        self._due: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []
        self._by_link: dict[str, dict[int, int]] = {}
        self._links: dict[int, tuple[str, ...]] = {}
        self._traces: dict[int, list[str]] = {}
        self._over: list[Held] = []
        self.has_approvals = False
        self._past = PastRuns(tx)
        tx.reads["known_runs"] = lambda parameters: []
        tx.reads["claim_runs"] = self._claim
        tx.reads["claim_due_runs"] = self._claim_due
        tx.reads["linked_runs"] = self._linked
        tx.reads["cancel_effects"] = lambda parameters: []
        tx.reads["close_approvals"] = self._close_approvals
        tx.writes["copy_approvals"] = self._copy_approvals
        tx.writes["count_steps"] = len
        tx.writes["set_due"] = self._set_due
        tx.sql.text("CREATE TABLE packed_run (id INTEGER PRIMARY KEY, state BLOB, traces TEXT)")

    # --- statements -------------------------------------------------------------------------

    def _claim(self, parameters: Parameters) -> list[Row]:
        ids = {*parameters["ids"], *(self._uids[uid] for uid in parameters["uids"] if uid in self._uids)}
        return [(id_, held) for id_ in sorted(ids) if (held := self._get(id_)) is not None]

    def _claim_due(self, parameters: Parameters) -> list[Row]:
        now, limit = parameters["now"], parameters["limit"]
        heap, found = self._heap, list[Row]()
        while heap and heap[0][0] <= now and len(found) < limit:
            due, id_ = heappop(heap)
            if self._due.get(id_) != due:
                continue
            held = self._get(id_)
            if held is not None:
                found.append((id_, held))
                self._tx.undo.append(lambda at=(due, id_): heappush(heap, at))
        # What is looked at and not moved would be due for ever.
        for id_, _ in found:
            self._due.pop(id_, None)
        return found

    def _linked(self, parameters: Parameters) -> list[Row]:
        flows = set(parameters["flows"])
        shop = self._shop
        return [
            (shop, link, id_)
            for link in parameters["links"]
            for id_, flow in self._by_link.get(link, {}).items()
            if flow in flows
        ]

    def _set_due(self, rows: Sequence[Sequence[Any]]) -> int:
        for id_, due in rows:
            self._wake(id_, due)
        return len(rows)

    def _copy_approvals(self, rows: Sequence[Sequence[Any]]) -> int:
        self.has_approvals = True
        return self._tx.plain().many("copy_approvals", rows)

    def _close_approvals(self, parameters: Parameters) -> list[Row]:
        if self.has_approvals:
            self._tx.plain().run("close_approvals", parameters)
        return []

    # --- timers -----------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """When the next run is to be woken (microseconds)."""
        heap = self._heap
        while heap:
            due, id_ = heap[0]
            if self._due.get(id_) == due:
                return due
            heappop(heap)
        return None

    def _wake(self, id_: int, due: int | None) -> None:
        if due is None:
            self._due.pop(id_, None)
        elif self._due.get(id_) != due:
            self._due[id_] = due
            heappush(self._heap, (due, id_))

    # --- keeping ----------------------------------------------------------------------------

    def next_row(self) -> int:
        self._last += 1
        return self._last

    def keep(self, held: Held, now: int) -> None:
        """The run as a batch leaves it; told at the next `settle` when it is over."""
        id_ = held.row
        assert id_ is not None
        self._past.keep(id_, held, now)
        before = self._get(id_)
        due = self._due.get(id_)
        self._tx.undo.append(lambda: self._take_back(id_, before, due))
        if not held.is_live:
            self._drop(id_, held.state.id)
            self._over.append(held)
            return
        if before is None:
            self._uids[held.state.id] = id_
            if held.live.flow.listens:
                self._link(id_, held)
        else:
            del self._held[id_]  # It goes to the end: touched last.
        self._held[id_] = _rested(held)
        self._wake(id_, due_at(held))

    def is_awaited(self, links: Iterable[str]) -> bool:
        """Whether a live run that listens to anything is found by one of these links."""
        return not self._by_link.keys().isdisjoint(links)

    def trace(self, held: Held) -> None:
        assert held.row is not None
        self._traces.setdefault(held.row, []).append(encode(held.traces))

    def _link(self, id_: int, held: Held) -> None:
        names = self._links[id_] = held.links()
        for link in names:
            self._by_link.setdefault(link, {})[id_] = held.live.id

    def _drop(self, id_: int, uid: str) -> None:
        self._held.pop(id_, None)
        self._packed.discard(id_)
        self._uids.pop(uid, None)
        self._due.pop(id_, None)
        for link in self._links.pop(id_, ()):
            runs = self._by_link[link]
            del runs[id_]
            if not runs:
                del self._by_link[link]

    def _take_back(self, id_: int, before: Held | None, due: int | None) -> None:
        self._over = [held for held in self._over if held.row != id_]
        if before is None:
            self._drop(id_, next((uid for uid, row in self._uids.items() if row == id_), ""))
            return
        self._held[id_] = before
        self._uids[before.state.id] = id_
        if before.live.flow.listens and id_ not in self._links:
            self._link(id_, before)
        self._wake(id_, due)

    # --- the end of a batch -----------------------------------------------------------------

    def settle(self) -> None:
        """Tell the runs that are over, and pack away what is too much to hold."""
        if self._over:
            for held in self._over:
                self._tell(held, self._traces.pop(held.row or 0, ()))
            self._over.clear()
        if len(self._held) - len(self._packed) > MOST:
            self._pack()

    def fail(self, id_: int, reason: str, now: datetime) -> None:
        """End a run that cannot go on."""
        held = self._get(id_)
        if held is None:
            return
        state = copy(held.state)
        state.status, state.reason, state.due_at, state.effect_key = "failed", reason, None, None
        entry = TraceEntry(now, state.step, "run.failed", {"reason": reason})
        self._traces.setdefault(id_, []).append(encode([entry]))
        self.keep(replace(held, state=state), to_micros(now))
        self._tx.plain().many("end_entries", [(held.live.id, state.key, state.id)])

    def finish(self) -> None:
        """Tell those that are under way as they stand."""
        for id_ in sorted(self._held):
            held = self._get(id_)
            if held is not None:
                self._tell(held, self._traces.pop(id_, ()))

    def due_of(self, id_: int | None) -> datetime | None:
        due = self._due.get(id_ or 0)
        return from_micros(due) if due is not None else None

    # --- packing ----------------------------------------------------------------------------

    def _get(self, id_: int) -> Held | None:
        held = self._held.get(id_)
        if held is not None and id_ in self._packed:
            rows = self._tx.sql.text("SELECT state, traces FROM packed_run WHERE id = ?1", [id_])
            held.state = decode_state(rows[0][0])
            self._traces[id_] = decode(rows[0][1])
            self._packed.discard(id_)
        return held

    def _pack(self) -> None:
        """The state goes to the file; by whom and when the run is found stays."""
        old = [id_ for id_ in islice(self._held, len(self._held) - MOST // 2) if id_ not in self._packed]
        rows: list[Row] = []
        for id_ in old:
            held = self._held[id_]
            rows.append((id_, encode_state(held.state), encode(self._traces.pop(id_, []))))
            held.state = _ELSEWHERE
        self._packed.update(old)
        self._tx.sql.text_many("INSERT OR REPLACE INTO packed_run VALUES (?1, ?2, ?3)", rows, ())


_ELSEWHERE = RunState(id="", flow="", version=0, subject="", key="", started_at=from_micros(0))
"""Stands for a state that is packed away."""


def _rested(held: Held) -> Held:
    """As the next batch would read it: what only the batch needed is gone, and values are as JSON has them."""
    state = copy(held.state)
    if state.vars:
        state.vars = decode(encode(state.vars))
    if state.loops:
        state.loops = decode(encode(state.loops))
    if state.event.get("before") is not None and not held.live.keeps_before:
        state.event = {**state.event, "before": None}
    fresh = _fresh(held)
    fresh.state = state
    return fresh


def _fresh(held: Held) -> Held:
    """As it is before a batch does anything with it."""
    made = object.__new__(Held)
    for name in _KEPT:
        setattr(made, name, getattr(held, name))
    for name in _LISTS:
        setattr(made, name, [])
    made.is_changed, made.was_live = False, True
    return made


class ReplayBatch(Batch):
    """A batch whose runs are in the store."""

    def __init__(self, world: World, tx: ReplayTransaction, now: datetime, records: Records, runs: RunStore) -> None:
        super().__init__(world, tx, now, records)
        self._runs = runs

    def take(self, rows: Iterable[Sequence[Any]]) -> list[Held]:
        taken: list[Held] = []
        for _, kept in rows:
            held = _fresh(kept)
            self.held[held.state.id] = held
            self.want(held)
            taken.append(held)
        return taken

    def write(self) -> None:
        # Most batches of a replay only change records.
        if self.held or self.skips:
            super().write()

    def _keep_runs(self, changed: Sequence[Held], now: int) -> None:
        ended = [held for held in changed if held.row is not None and held.was_live and not held.is_live]
        if ended:
            self.tx.run("close_approvals", {"runs": [held.row for held in ended], "now": now})
            rows = sorted((held.live.id, held.state.key, held.state.id) for held in ended)
            self.tx.many("end_entries", rows)
        for held in changed:
            if held.row is None:
                held.row = self._runs.next_row()
            self._runs.keep(held, now)

    def _keep_traces(self, changed: Sequence[Held]) -> None:
        for held in changed:
            if not held.live.is_derived:
                self._runs.trace(held)

    def _count(self, changed: Sequence[Held]) -> None:
        """Nobody watches a replay live."""
