"""Who has entered which flow, in a replay: the newest in memory, those of long ago in the scratch file.

Invariant: whoever may not enter again is found, however long ago it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.store.database import Row

MOST = 30_000
"""Entries held in memory; past it the older half is written down."""

At = tuple[int, str, int]
"""Flow, key and lane."""
Entry = tuple[str, bool, int, int]
"""The run, whether it is live, when it entered (microseconds), and the row's number."""


class EntryStore:
    """`is_remembered(flow)`: whether it matters who was in the flow once the run is over."""

    def __init__(self, tx: ReplayTransaction, is_remembered: Callable[[int], bool]) -> None:
        self._tx = tx
        self._is_remembered = is_remembered
        self._held: dict[At, Entry] = {}
        self._of: dict[int, At] = {}
        self._lanes: set[int] = {0}
        self._last = 0
        self._is_written = False
        tx.reads["entries"] = self._read
        tx.writes["insert_entries"] = self._insert
        tx.writes["update_entries"] = self._update
        tx.writes["end_entries"] = self._end

    def _read(self, parameters: Mapping[str, Any]) -> list[Row]:
        found: list[Row] = []
        for flow in parameters["flows"]:
            for key in parameters["keys"]:
                for lane in self._lanes:
                    entry = self._held.get((flow, key, lane))
                    if entry is not None:
                        found.append((flow, key, lane, *entry))
        if self._is_written:
            for row in self._tx.sql.all("entries", parameters):
                at = row[:3]
                if at not in self._held:
                    self._last = max(self._last, row[6])
                    found.append(row)
                    self._put(at, (row[3], bool(row[4]), row[5], row[6]))
        return found

    def _insert(self, rows: Sequence[Sequence[Any]]) -> int:
        made = 0
        for flow, key, lane, entered_at, uid, is_live in rows:
            if (flow, key, lane) in self._held:
                continue
            made += 1
            self._lanes.add(lane)
            self._last += 1
            self._change((flow, key, lane), (uid, is_live, entered_at, self._last))
        return made

    def _update(self, rows: Sequence[Sequence[Any]]) -> int:
        changed = 0
        for id_, expected, entered_at, uid, is_live in rows:
            at = self._of.get(id_)
            if at is not None and self._held[at][0] == expected:
                self._change(at, (uid, is_live, entered_at, id_))
                changed += 1
        return changed

    def _end(self, rows: Sequence[Sequence[Any]]) -> int:
        for flow, key, uid in rows:
            for lane in self._lanes:
                at = (flow, key, lane)
                entry = self._held.get(at)
                if entry is not None and entry[0] == uid:
                    self._change(at, (uid, False, entry[2], entry[3]))
        if self._is_written:
            self._tx.plain().many("end_entries", rows)
        return len(rows)

    def _change(self, at: At, entry: Entry) -> None:
        before = self._held.get(at)
        self._tx.undo.append(lambda: self._take_back(at, before))
        if not entry[1] and not self._is_remembered(at[0]):
            self._held.pop(at, None)
            self._of.pop(entry[3], None)
        else:
            self._put(at, entry)

    def _put(self, at: At, entry: Entry) -> None:
        self._held.pop(at, None)  # It goes to the end: changed last.
        self._held[at] = entry
        self._of[entry[3]] = at

    def _take_back(self, at: At, before: Entry | None) -> None:
        entry = self._held.pop(at, None)
        if entry is not None:
            self._of.pop(entry[3], None)
        if before is not None:
            self._put(at, before)

    def settle(self) -> None:
        """Write down what is too much to hold."""
        if len(self._held) <= MOST:
            return
        self._is_written = True
        old = list(islice(self._held.items(), MOST // 2))
        rows = [(id_, *at, entered_at, uid, is_live) for at, (uid, is_live, entered_at, id_) in old]
        self._tx.sql.text_many(
            "INSERT OR REPLACE INTO flow_entry (id, flow_id, key, lane, entered_at, run_uid, is_live) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            rows,
            (),
        )
        for at, entry in old:
            del self._held[at]
            self._of.pop(entry[3], None)
