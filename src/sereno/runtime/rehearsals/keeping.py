"""Has back-tests carried out beside the live work: one at a time, each in a process of its own that may be killed.

Invariant: live work never waits for a back-test.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from sereno.runtime.children import Minder
from sereno.runtime.rehearsals.carrying import LEASE, delete_forgotten, delete_results
from sereno.runtime.worker import worker_name
from sereno.store.database import Database, DatabaseConflict, DatabaseError, DatabaseRefusal
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.rehearsals")

MOST_ATTEMPTS = 3
"""How often one is begun that kills whoever carries it out."""
_MICRO = timedelta(microseconds=1)
PATIENCE = 2.0
"""Seconds a cancelled one has to stop by itself."""

Command = Callable[[int, str], Sequence[str]]
"""The command that carries out the back-test with this id for the worker of this name."""


class Keeper(Minder):
    """Looks after the back-tests of an installation. Several may, on several hosts."""

    NAME = "backtests"
    EVERY = 1.0

    def __init__(self, database: Database, command: Command) -> None:
        super().__init__(database)
        self._command = command
        self._name = worker_name()
        self._job = 0
        self._told_off_at: float | None = None

    def look(self, now: datetime | None = None) -> bool:
        """One look: begin, watch, stop, delete. Gives whether there was anything."""
        rows = self._read()
        if self._child.is_there:
            self._watch({row[0]: row for row in rows})
            return True
        if not rows:
            return False
        at = to_micros(now or self._now())
        if any(status == "forgotten" for _, status, _, _ in rows):
            delete_forgotten(self._database)
        if any(status == "running" and (lease or 0) < at for _, status, _, lease in rows):
            with self._database.transaction() as tx:
                given_up = [row[0] for row in tx.all("give_up_backtests", {"now": at, "most": MOST_ATTEMPTS})]
                tx.run("forget_backtest_uploads", {"ids": given_up})
            for id_ in given_up:
                delete_results(self._database.transaction, id_)
        if any(status == "waiting" or (status == "running" and (lease or 0) < at) for _, status, _, lease in rows):
            self._begin(at)
        return True

    # --- inside ---------------------------------------------------------------------------------

    def _pause(self) -> float:
        return self.EVERY / 2 if self._child.is_there else self.EVERY

    def _read(self) -> list[tuple[int, str, int | None, int | None]]:
        with self._database.read() as tx:
            return [(row[0], row[1], row[2], row[3]) for row in tx.all("open_backtests")]

    def _now(self) -> datetime:
        """By the database's clock, where hosts share one."""
        if self._database.dialect == "postgresql":
            return from_micros(self._database.peek("database_time", {})[0])
        return datetime.now(UTC)

    def _begin(self, now: int) -> None:
        asked = {"worker": self._name, "now": now, "until": now + LEASE // _MICRO, "most": MOST_ATTEMPTS}
        with suppress(*DatabaseRefusal, *DatabaseConflict):  # another was quicker
            with self._database.transaction() as tx:
                row = tx.one("claim_backtest", asked)
            if row is None:
                return
            self._job = row[0]
            self._told_off_at = None
            self._child.begin(self._command(self._job, self._name))

    def _watch(self, rows: dict[int, tuple[int, str, int | None, int | None]]) -> None:
        status = self._child.status()
        if status is not None:
            if status:
                log.warning("the back-test %s ended with exit status %s", self._job, status)
            self._let_go()
            return
        row = rows.get(self._job)
        if row is not None and row[1] == "running" and row[2] is None:
            return
        # Cancelled, or somebody else's by now.
        self._told_off_at = self._told_off_at or monotonic()
        if monotonic() - self._told_off_at > PATIENCE:
            self._let_go()

    def _let_go(self) -> None:
        """The lease is given back: what was cancelled ends, what was not is begun again."""
        if not self._child.end():
            return
        with suppress(*DatabaseError), self._database.transaction() as tx:
            tx.run("release_backtest", {"id": self._job, "worker": self._name})
