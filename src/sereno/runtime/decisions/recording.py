"""What answers leave behind: who came to which variant, whose cart a visitor's is, how often each rule held.

Written together, a moment after the answer, by a thread of its own: nobody at a till waits for a disk. A process that
is killed loses at most that moment of it, of all variants alike, and a visitor who comes again is noted then; so it can
make a comparison a little slower, and never wrong.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sereno.store.database import Database, DatabaseError

log = logging.getLogger("sereno.decisions")

PAUSE = 0.25
IDLE = 10.0
"""Seconds without an answer after which the thread ends."""
MOST = 20_000
"""Rows that may wait. While the database is away longer than that, what is new is not noted."""
REMEMBERED = 50_000
"""First comings known to be written, so that a visitor's every page does not write them again."""
Row = tuple[Any, ...]


@dataclass(slots=True)
class Noted:
    """Rows of `expose` and `link_visitors`, and counts by (shop, day, rule): held, not, unknown."""

    exposures: dict[Row, None] = field(default_factory=dict[Row, None])
    links: dict[Row, None] = field(default_factory=dict[Row, None])
    counts: Counter[tuple[int, int, str, int]] = field(default_factory=Counter[tuple[int, int, str, int]])

    def __len__(self) -> int:
        return len(self.exposures) + len(self.links) + len(self.counts)


class Recorder:
    """One for each database and process. `flush` writes what waits and may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted = Noted()
        self._known: dict[Row, None] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        atexit.register(self._last)

    def note(self, exposures: Iterable[Row], links: Iterable[Row], counts: Iterable[tuple[int, int, str, int]]) -> None:
        """Keys of exposures are their first five columns, of links their first three."""
        with self._lock:
            if len(self._noted) < MOST:
                for row in exposures:
                    self._once(self._noted.exposures, row, row[:5])
                for row in links:
                    self._once(self._noted.links, row, row[:3])
                self._noted.counts.update(counts)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="sereno-decisions", daemon=True)
                self._thread.start()
        self._awake.set()

    def _once(self, held: dict[Row, None], row: Row, key: Row) -> None:
        if key in self._known:
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[key] = None
        held[row] = None

    def flush(self) -> None:
        """Raises DatabaseError, with everything kept for the next time."""
        with self._writing:
            with self._lock:
                taken, self._noted = self._noted, Noted()
            if not len(taken):
                return
            try:
                self._write(taken)
            except BaseException:
                with self._lock:
                    self._noted.exposures = {**taken.exposures, **self._noted.exposures}
                    self._noted.links = {**taken.links, **self._noted.links}
                    self._noted.counts.update(taken.counts)
                raise

    def _write(self, taken: Noted) -> None:
        rows: dict[tuple[int, int, str], list[int]] = {}
        for (shop, day, rule, which), count in taken.counts.items():
            rows.setdefault((shop, day, rule), [0, 0, 0])[which] += count
        with self._database.transaction() as tx:
            tx.many("expose", sorted(taken.exposures, key=lambda row: (*row[:5], row[8])))
            tx.many("link_visitors", sorted(taken.links))
            tx.many("count_decisions", sorted((*key, *counts) for key, counts in rows.items()))

    def _last(self) -> None:
        with suppress(*DatabaseError):
            self.flush()

    def _run(self) -> None:
        """Until there has been nothing to write for a while."""
        pause = threading.Event()
        while True:
            if not self._awake.wait(IDLE):
                with self._lock:
                    if not len(self._noted):
                        self._thread = None
                        break
            self._awake.clear()
            pause.wait(PAUSE)
            try:
                self.flush()
            except DatabaseError as error:
                log.warning("what decisions leave behind waits: %s", str(error).strip().splitlines()[:1])
                pause.wait(1.0)
                self._awake.set()
            except Exception:
                log.exception("what decisions leave behind could not be written")
        self._database.close_mine()


@lru_cache(maxsize=8)
def recorder(database: Database) -> Recorder:
    return Recorder(database)
