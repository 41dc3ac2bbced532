"""The threads of a process that read platforms back and keep lists there in step, beside the worker: they wait for
networks, and it must not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from sereno.runtime.clock import SystemClock
from sereno.runtime.feeds.working import Taker
from sereno.runtime.reading.fetching import Fetcher
from sereno.runtime.tools.following import Follower
from sereno.runtime.tools.reading_back import ReaderBack
from sereno.runtime.worker import worker_name
from sereno.runtime.world import World
from sereno.store.database import Database, DatabaseError
from sereno.store.fields import from_micros

log = logging.getLogger("sereno.reading")

LOOK = 2.0
"""Seconds between two looks for something to read."""
THREADS = 2
"""One platform that is slow leaves the others a way."""
SET_CLOCK = 60.0
"""Seconds; leases go by the database's clock where several hosts share one."""


class Readers:
    """`make(worker)` gives the world one thread reads in; `folder` is where files are dropped."""

    def __init__(
        self,
        database: Database,
        make: Callable[[str], World],
        base_url: str,
        threads: int = THREADS,
        folder: Path | None = None,
    ) -> None:
        self._database = database
        self._make = make
        self._base_url = base_url
        self._folder = folder
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"sereno-reading-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """What is being read is left at its place, for whoever is next."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)

    def _run(self) -> None:
        world = self._make(f"{worker_name()[:56]}:read")
        reader = Fetcher(world, self._base_url, self._stop.wait)
        taker = Taker(world, self._folder, self._stop.wait)
        follower = Follower(world, self._stop.wait)
        back = ReaderBack(world, self._stop.wait)
        set_at = 0.0
        while not self._stop.is_set():
            done = 0
            try:
                if monotonic() >= set_at:
                    self._set_clock(world)
                    set_at = monotonic() + SET_CLOCK
                done = reader.fetch() + reader.run() + taker.run() + follower.run() + back.run()
            except DatabaseError as error:
                log.warning("platforms are not read: %s", str(error).strip().splitlines()[:1])
            except Exception:
                log.exception("platforms are not read; trying again")
            if not done:
                self._stop.wait(LOOK)
        self._database.close_mine()

    def _set_clock(self, world: World) -> None:
        if isinstance(world.clock, SystemClock) and self._database.dialect == "postgresql":
            world.clock.set_by(lambda: from_micros(self._database.peek("database_time", {})[0]))
