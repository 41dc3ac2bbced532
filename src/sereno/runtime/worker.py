"""Goes round as long as there is work, and sleeps until there is more: a nudge from this process, a notice from the
database, a timer that comes due."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, cast

from sereno.runtime.runtime import Runtime
from sereno.store.database import DatabaseError, DatabaseUnavailable
from sereno.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from sereno.store.postgres import PostgresDatabase

log = logging.getLogger("sereno.runtime")

BEAT = 5.0
"""Seconds between heartbeats."""
EARLY = (0.25, 0.5, 1.0)
"""Seconds before the first ones."""
POLL = 0.05
"""Seconds after which a SQLite file is looked at again: another process may have written."""
POLL_POSTGRES = 0.5
"""Seconds; its notices come at once."""


def worker_name() -> str:
    """Who we are: never the same twice, so that leases of a former life are not taken for ours."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def quiet_garbage() -> None:
    """Look for cycles seldom: batches make hundreds of thousands of objects that die by their counts alone, and looking
    at them all again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


class Worker:
    """Runs a `Runtime` until told to stop. `notify` may be called from any thread."""

    def __init__(self, runtime: Runtime, *, beat: float = BEAT, on_round: Callable[[], None] = lambda: None) -> None:
        self._runtime = runtime
        self._beat = beat
        self._on_round = on_round
        self._awake = threading.Event()
        self._database = runtime.world.database
        runtime.effects.call_when_through(self.notify)

    def notify(self) -> None:
        """There may be work."""
        self._awake.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set (and `notify` called, to be quick about it); then finish what has begun and give
        back the rest. A database that goes away is waited for."""
        quiet_garbage()
        listener = threading.Thread(target=self._listen, args=(stop,), name="sereno-listen", daemon=True)
        if self._database.dialect == "postgresql":
            listener.start()
        over = threading.Event()
        beater = threading.Thread(target=self._keep_beating, args=(over,), name="sereno-beat", daemon=True)
        try:
            self._work(stop, beater)
        finally:
            self._leave(over, beater)
        if listener.is_alive():
            listener.join(timeout=2.0)

    def _work(self, stop: threading.Event, beater: threading.Thread) -> None:
        pause = 0.1
        while not stop.is_set():
            try:
                if beater.ident is None:
                    self._runtime.beat()
                    beater.start()
                self._awake.clear()
                done = self._runtime.round()
                self._on_round()
                if not done:
                    self._sleep(stop, monotonic() + self._beat)
                pause = 0.1
            except DatabaseUnavailable as error:
                log.warning("the database does not answer (%s); trying again", str(error).strip().splitlines()[:1])
                stop.wait(pause)
                pause = min(pause * 2, 2.0)
            except Exception:
                # Leaving would begin again elsewhere what is under way here.
                log.exception("a round failed; trying again")
                stop.wait(1.0)

    def _keep_beating(self, over: threading.Event) -> None:
        """In a thread of its own, so that a long round is not taken for death. The first come quickly: workers that
        start together share the lanes from when they have heard of each other."""
        early = iter(EARLY)
        while not over.wait(min(next(early, self._beat), self._beat)):
            try:
                self._runtime.beat()
            except DatabaseError as error:
                log.warning("no heartbeat: %s", str(error).strip().splitlines()[:1])
            except Exception:
                log.exception("no heartbeat; trying again")

    def _leave(self, over: threading.Event, beater: threading.Thread) -> None:
        try:
            try:
                self._runtime.finish()
            finally:
                over.set()
                if beater.is_alive():
                    beater.join(timeout=5.0)
                self._runtime.leave()
        except Exception:
            log.exception("could not say good-bye to the database; the leases will run out")

    def _sleep(self, stop: threading.Event, end: float) -> None:
        """Until there is something to do, `end` at the latest."""
        due = self._runtime.next_due()
        if due is not None:
            # A timer of a paused flow or connection may be overdue and must not keep us spinning.
            left = (due - self._runtime.world.clock.now()) / timedelta(seconds=1)
            end = min(end, monotonic() + max(left, POLL))
        if isinstance(self._database, SqliteDatabase):
            before = self._database.data_version()
            while not stop.is_set() and (left := end - monotonic()) > 0:
                if self._awake.wait(min(left, POLL)) or self._database.data_version() != before:
                    return
            return
        while not stop.is_set() and (left := end - monotonic()) > 0:
            if self._awake.wait(min(left, POLL_POSTGRES)):
                return
            return

    def _listen(self, stop: threading.Event) -> None:
        """Pass the database's notices on. Losing them only makes us slower, so errors are waited out."""
        database = cast("PostgresDatabase", self._database)
        while not stop.is_set():
            database.listen(stop, self.notify)
            stop.wait(0.5)
