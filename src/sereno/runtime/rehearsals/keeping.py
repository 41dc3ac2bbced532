"""Has back-tests carried out beside the live work: one at a time, each in a process of its own that may be killed.

Invariant: live work never waits for a back-test. The process has the lowest priority and a bound on its memory, and it
ends with the one that began it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from sereno.runtime.rehearsals.carrying import LEASE, delete_forgotten, delete_results
from sereno.runtime.worker import worker_name
from sereno.store.database import Database, DatabaseConflict, DatabaseError, DatabaseRefusal
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.rehearsals")

LOOK = 1.0
"""Seconds between two looks at whether there is something to do, or something to stop."""
MOST_ATTEMPTS = 3
"""How often one is begun that kills whoever carries it out."""
PATIENCE = 2.0
"""Seconds a cancelled one has to stop by itself."""
NICEST = 19
MEMORY = 2 * 1024**3
"""Bytes the process may take."""

Command = Callable[[int, str], Sequence[str]]
"""The command that carries out the back-test with this id for the worker of this name."""


class Keeper:
    """Looks after the back-tests of an installation, in a thread of its own. Several may, on several hosts."""

    def __init__(self, database: Database, command: Command) -> None:
        self._database = database
        self._command = command
        self._name = worker_name()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sereno-backtests", daemon=True)
        self._child: subprocess.Popen[bytes] | None = None
        self._job = 0
        self._told_off_at: float | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """The back-test under way is begun again by whoever is next."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def look(self) -> bool:
        """One look: begin, watch, stop, delete. Gives whether there was anything."""
        rows = self._read()
        if self._child is not None:
            self._watch({row[0]: row for row in rows})
            return True
        if not rows:
            return False
        now = to_micros(self._now())
        if any(status == "forgotten" for _, status, _, _ in rows):
            delete_forgotten(self._database)
        if any(status == "running" and (lease or 0) < now for _, status, _, lease in rows):
            with self._database.transaction() as tx:
                given_up = [row[0] for row in tx.all("give_up_backtests", {"now": now, "most": MOST_ATTEMPTS})]
                tx.run("forget_backtest_uploads", {"ids": given_up})
            for id_ in given_up:
                delete_results(self._database.transaction, id_)
        if any(status == "waiting" or (status == "running" and (lease or 0) < now) for _, status, _, lease in rows):
            self._begin(now)
        return True

    # --- inside ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except DatabaseError as error:
                log.warning("back-tests are not looked after: %s", str(error).strip().splitlines()[:1])
            except Exception:
                log.exception("back-tests are not looked after; trying again")
            self._stop.wait(LOOK if self._child is None else LOOK / 2)
        self._end_child()
        self._database.close_mine()

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
            # Standard input is the string it hangs by: it ends when this process does, however that ends.
            self._child = subprocess.Popen(
                self._command(self._job, self._name), stdin=subprocess.PIPE, start_new_session=True
            )

    def _watch(self, rows: dict[int, tuple[int, str, int | None, int | None]]) -> None:
        assert self._child is not None
        if self._child.poll() is not None:
            status = self._child.returncode
            if status:
                log.warning("the back-test %s ended with exit status %s", self._job, status)
            self._end_child()
            return
        row = rows.get(self._job)
        if row is not None and row[1] == "running" and row[2] is None:
            return
        # Cancelled, or somebody else's by now.
        self._told_off_at = self._told_off_at or monotonic()
        if monotonic() - self._told_off_at > PATIENCE:
            self._end_child()

    def _end_child(self) -> None:
        """The lease is given back: what was cancelled ends, what was not is begun again."""
        if self._child is None:
            return
        child, self._child = self._child, None
        if child.poll() is None:
            child.kill()
        with suppress(OSError):
            if child.stdin is not None:
                child.stdin.close()
        child.wait()
        with suppress(*DatabaseError), self._database.transaction() as tx:
            tx.run("release_backtest", {"id": self._job, "worker": self._name})


_MICRO = timedelta(microseconds=1)


def hang_by_input(memory: int = MEMORY) -> None:
    """For the process itself: lowest priority, bounded memory, and an end as soon as standard input ends."""
    with suppress(OSError, AttributeError):
        os.nice(NICEST)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    threading.Thread(target=_end_with_input, name="sereno-string", daemon=True).start()


def _end_with_input() -> None:
    with suppress(OSError, ValueError):
        # Not by `sys.stdin`, whose lock the interpreter wants when it ends.
        while os.read(0, 1):
            pass
    os._exit(3)
