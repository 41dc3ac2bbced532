"""Takes the rows of a replay as they become final, counts them, compares them with the other version's, and keeps them.

Invariants: what is held in memory does not grow with the period (the runs to compare with are in a temporary file);
rows are written only by whoever holds the job's lease, in the transaction that renews it.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from sereno.engine.durations import format_instant
from sereno.engine.run import LIVE
from sereno.runtime.actions import Prepared
from sereno.runtime.rehearsals.comparing import Difference, Doing, compare
from sereno.runtime.rehearsals.measuring import WENT, Kind, Meter, Side
from sereno.runtime.replays.replayed import EffectRow, FailedEvent, RunRow, SkipRow
from sereno.sdk.plugin import Plugins
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros

KEPT_RUNS = 200_000
"""Runs listed one by one; past them they are only counted."""
KEPT_STORIES = 20_000
"""Runs whose trace and messages are kept; and as many of those that differ from the live version."""
KEPT_SKIPS = 2_000
"""Starts that were refused, listed one by one for each reason."""
TOGETHER = 500
Write = Callable[[Callable[[Transaction], None]], None]
"""Carries out in one transaction, under the lease."""


class Shelf:
    """The runs of one side by (key, starting event), in a temporary file that the system takes away: (row id, what they
    did), and the starts that were refused."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE run (name BLOB PRIMARY KEY, row INTEGER, is_open INTEGER, did BLOB) WITHOUT ROWID"
        )
        self._file.execute("CREATE TABLE skip (event BLOB PRIMARY KEY, told BLOB) WITHOUT ROWID")
        self._file.execute("BEGIN")

    def put(self, name: bytes, row: int, is_open: bool, did: Sequence[Doing]) -> None:
        packed = msgspec.msgpack.encode([tuple(one) for one in did])
        self._file.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?)", (name, row, is_open, packed))

    def take(self, name: bytes) -> tuple[int, bool, list[Doing]] | None:
        found = self._file.execute("DELETE FROM run WHERE name = ? RETURNING row, is_open, did", (name,)).fetchall()
        if not found:
            return None
        row, is_open, did = found[0]
        return row, bool(is_open), [Doing(*one) for one in msgspec.msgpack.decode(did)]

    def rest(self) -> Iterator[list[Doing]]:
        """What those did that nobody took."""
        for (did,) in self._file.execute("SELECT did FROM run"):
            yield [Doing(*one) for one in msgspec.msgpack.decode(did)]

    def put_skip(self, event: str, row: tuple[Any, ...]) -> None:
        self._file.execute("INSERT OR IGNORE INTO skip VALUES (?, ?)", (event.encode(), msgspec.msgpack.encode(row)))

    def take_skip(self, event: str) -> list[Any] | None:
        found = self._file.execute("DELETE FROM skip WHERE event = ? RETURNING told", (event.encode(),)).fetchall()
        return msgspec.msgpack.decode(found[0][0]) if found else None

    def close(self) -> None:
        self._file.close()


class Witness:
    """Remembers, for messages, the records as they were when they were written, until their rows come."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._seen: dict[str, dict[str, Any]] = {}
        self.is_watching = True

    def see(self, effect: Prepared, records: Mapping[str, Mapping[str, Any] | None]) -> None:
        definition = self._plugins.actions.get(effect.action)
        if not self.is_watching or definition is None or definition.message(effect.config) is None:
            return
        held = {name: record for name, record in records.items() if record is not None}
        state = effect.state
        self._seen[effect.key] = {"records": held, "event": state.event, "vars": state.vars, "refs": state.refs}

    def tell(self, key: str) -> dict[str, Any] | None:
        return self._seen.pop(key, None)


class Comparison:
    """What differs, added up: by change of runs, and by what is done."""

    def __init__(self) -> None:
        self.changes: Counter[str] = Counter()
        self.whats: dict[int, Counter[str]] = {}

    def add(
        self,
        difference: Difference,
        here: Sequence[Doing],
        there: Sequence[Doing],
        *,
        is_open_here: bool = False,
        is_open_there: bool = False,
    ) -> None:
        """What a run that still waits at the end has not done is not missing: it is `open`."""
        for number, _ in difference.same:
            self._count(here[number].what, "same")
        for number, _ in difference.changed:
            self._count(here[number].what, "changed")
        for number in difference.more:
            self._count(here[number].what, "open" if is_open_there else "more")
        for number in difference.fewer:
            self._count(there[number].what, "open" if is_open_here else "fewer")

    def document(self) -> dict[str, Any]:
        return {
            "runs": {name: self.changes[name] for name in ("new", "gone", "changed", "same")},
            "whats": {str(what): dict(sorted(counts.items())) for what, counts in sorted(self.whats.items())},
        }

    def _count(self, what: int, word: str) -> None:
        self.whats.setdefault(what, Counter())[word] += 1


class Keeper:
    """The sink of one side. The new version comes first and is put on the `shelf`; the live version is compared with
    what stands there. Without a shelf nothing is compared."""

    def __init__(
        self,
        backtest: int,
        shop_id: int,
        flow: str,
        side: Side,
        meter: Meter,
        write: Write,
        witness: Witness,
        shelf: Shelf | None = None,
        *,
        is_live_version: bool = False,
    ) -> None:
        self.side = side
        self.comparison = Comparison()
        self._place = (backtest, shop_id)
        self._flow = flow
        self._meter = meter
        self._write = write
        self._witness = witness
        self._shelf = shelf
        self._is_live = is_live_version
        self._effects: dict[str, list[tuple[EffectRow, int, dict[str, Any] | None]]] = {}
        self._runs: list[_Run] = []
        self._skips: list[tuple[Any, ...]] = []
        self.kept = Counter[str]()
        self.failed: list[dict[str, Any]] = []
        self.failures = 0

    def take(
        self,
        runs: Sequence[RunRow],
        effects: Sequence[EffectRow],
        skips: Sequence[SkipRow],
        failed: Sequence[FailedEvent],
    ) -> None:
        for effect in effects:
            if effect.flow == self._flow:
                kind = self.side.take_effect(effect)
                self._effects.setdefault(effect.run, []).append((effect, kind, self._witness.tell(effect.key)))
        for run in runs:
            if run.flow == self._flow:
                self._take_run(run)
        for skip in skips:
            if skip.flow == self._flow:
                self._take_skip(skip)
        self.failures += len(failed)
        self.failed += [one.document() for one in failed[: max(0, 20 - len(self.failed))]]
        if len(self._runs) + len(self._skips) >= TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        runs, self._runs = self._runs, []
        skips, self._skips = self._skips, []
        for first in range(0, max(len(runs), len(skips)), TOGETHER):
            some, more = runs[first : first + TOGETHER], skips[first : first + TOGETHER]
            if some or more:
                self._write(lambda tx, some=some, more=more: self._put(tx, some, more))

    def finish(self) -> None:
        """The last of it. Once the live version is through, the new version's runs that found no partner are new."""
        self.flush()
        if self._shelf is None or not self._is_live:
            return
        for did in self._shelf.rest():
            self.comparison.changes["new"] += 1
            self.comparison.add(compare(did, []), did, [])

    # --- inside ---------------------------------------------------------------------------------

    def _take_run(self, row: RunRow) -> None:
        way = self.side.take_run(row)
        did = sorted(self._effects.pop(row.id, ()), key=lambda one: one[0].number)
        run = _Run(row, way, did)
        if self._shelf is not None and self._is_live:
            self._compare(run, self._shelf)
        self._runs.append(run)

    def _compare(self, run: _Run, shelf: Shelf) -> None:
        there = self._doings(run)
        # What is held back has no row yet; the partner's row is written before the live side begins.
        found = shelf.take(run.name)
        if found is None:
            run.change = "gone"
            self.comparison.changes["gone"] += 1
            self.comparison.add(compare([], there), [], there)
            skip = shelf.take_skip(run.event)
            if skip is not None:
                self._skips.append(tuple(skip))
            return
        run.pair, is_open, here = found
        difference = compare(here, there)
        run.change = "same" if difference.is_none else "changed"
        self.comparison.changes[run.change] += 1
        self.comparison.add(difference, here, there, is_open_here=is_open, is_open_there=run.is_open)

    def _doings(self, run: _Run) -> list[Doing]:
        kinds = self._meter.kinds.all
        whats = self._meter.whats.all
        found: list[Doing] = []
        for effect, number, _ in run.did:
            kind: Kind = kinds[number]
            if kind.outcome in WENT:
                action = self._meter.actions.number(whats[kind.what].action)
                said = int.from_bytes(blake2b(encode(effect.config).encode(), digest_size=7).digest(), "big")
                found.append(Doing(kind.what, action, to_micros(effect.at), said))
        return found

    def _take_skip(self, row: SkipRow) -> None:
        self.side.take_skip(row)
        if self._is_live:
            return
        event = "\x1f".join(row.event)
        told = (
            *self._place,
            row.subject[:200],
            *_person(row.refs),
            storable(event)[:270],
            to_micros(row.at),
            row.reason[:64],
            encode(dict(row.details)),
        )
        if self.side.skips[row.reason] <= KEPT_SKIPS:
            self._skips.append(told)
            self.kept["skips"] += 1
        elif self._shelf is not None:
            self._shelf.put_skip(event, told)

    def _put(self, tx: Transaction, runs: Sequence[_Run], skips: Sequence[tuple[Any, ...]]) -> None:
        """Runs of the live version are kept only where they differ: the others are the new version's, word by word."""
        listed = [run for run in runs if not self._is_live or run.change != "same"]
        listed = listed[: max(0, KEPT_RUNS - self.kept["runs"])]
        ids = list(tx.next_ids("backtest_run", len(listed))) if listed else []
        for run, id_ in zip(listed, ids, strict=True):
            run.id = id_
        tx.many("copy_backtest_runs", [self._row(run) for run in listed])
        tx.many(
            "copy_backtest_effects",
            [
                (self._place[0], run.id, self._is_live, kind, to_micros(effect.at))
                for run in listed
                for effect, kind, _ in run.did
            ],
        )
        tx.many("copy_backtest_skips", skips)
        if self._is_live:
            paired = [(run.pair, run.change, run.id) for run in runs if run.pair]
            tx.many("pair_backtest_runs", sorted(paired))
        elif self._shelf is not None:
            for run in runs:
                self._shelf.put(run.name, run.id or 0, run.is_open, self._doings(run))
        self.kept["runs"] += len(listed)
        self._witness.is_watching = self.kept["stories"] < KEPT_STORIES

    def _row(self, run: _Run) -> tuple[Any, ...]:
        row = run.row
        messages = sum(1 for _, kind, _ in run.did if self._meter.is_message(self._meter.kinds.all[kind].what))
        story = None
        if self.kept["stories"] < KEPT_STORIES:
            self.kept["stories"] += 1
            story = run.story()
        ended = row.trace[-1]["at"] if row.trace and not run.is_open else None
        return (
            run.id,
            *self._place,
            self._is_live,
            row.id,
            row.subject[:200],
            *_person(row.refs),
            row.key[:200],
            storable(run.event)[:270],
            row.event_type[:100],
            to_micros(row.started_at),
            to_micros(datetime.fromisoformat(str(ended))) if ended is not None else None,
            row.status,
            row.step[:200],
            row.reason[:200] if row.reason else None,
            len(run.did),
            messages,
            run.way,
            run.change or ("new" if self._shelf is not None else ""),
            run.pair or None,
            story,
        )


class _Run:
    """A run on its way into the database."""

    __slots__ = ("change", "did", "id", "pair", "row", "way")

    def __init__(self, row: RunRow, way: int, did: list[tuple[EffectRow, int, dict[str, Any] | None]]) -> None:
        self.row, self.way, self.did = row, way, did
        self.change = ""
        self.pair = 0
        self.id: int | None = None

    @property
    def is_open(self) -> bool:
        return self.row.status in LIVE

    @property
    def event(self) -> str:
        return "\x1f".join(self.row.event)

    @property
    def name(self) -> bytes:
        return blake2b(f"{self.row.key}\x1f{self.event}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def story(self) -> bytes:
        effects = [
            {
                "key": effect.key,
                "step": effect.step,
                "action": effect.action,
                "at": format_instant(effect.at),
                "config": effect.config,
                "status": effect.status,
                "kind": kind,
                "result": effect.result,
                "error": effect.error,
                "message": effect.message,
                **({"then": then} if then is not None else {}),
            }
            for effect, kind, then in self.did
        ]
        return zlib.compress(msgspec.json.encode({"trace": list(self.row.trace), "effects": effects}), 1)


def read_story(story: bytes | memoryview | None) -> dict[str, Any] | None:
    """What `_Run.story` wrote; None where nothing was kept."""
    return msgspec.json.decode(zlib.decompress(bytes(story))) if story is not None else None


def _person(refs: Mapping[str, str]) -> tuple[str, str]:
    return str(refs.get("customer") or "")[:200], str(refs.get("email") or "").lower()[:254]
