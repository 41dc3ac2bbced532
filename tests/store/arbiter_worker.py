"""A worker in a process of its own, made to be killed, on a clock that runs `SPEED` times as fast as the machine's.

Its letters take a moment, and are noted in a journal when they go: `<microseconds> <effect> <to>`.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

SPEED = 120
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEAD_AFTER = timedelta(seconds=1.5 * SPEED)
"""A second and a half of the machine's time."""


class FastClock:
    """The same in all processes that were given the same start."""

    def __init__(self, started: float) -> None:
        self._started = started

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=(time.time() - self._started) * SPEED)


def work(url: str, started: float, journal: str, name: str) -> None:
    """Work on this database until killed."""
    import arbiting

    from sereno.runtime.ports import no_ports
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import Worker
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    clock = FastClock(started)
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(entry: tuple[datetime, str, str]) -> None:
        time.sleep(random.uniform(0, 0.03))
        os.write(descriptor, f"{clock.now().isoformat()} {entry[1]} {entry[2]}\n".encode())
        time.sleep(random.uniform(0, 0.03))

    arbiting.register()
    arbiting.NOTERS[:] = [note]
    runtime = Runtime(open_database(url), registry(), no_ports, clock, name, threads=4, dead_after=DEAD_AFTER)
    Worker(runtime, beat=0.3).run(threading.Event())


if __name__ == "__main__":
    from installation import ready

    ready()
    for line in sys.stdin:
        url, started, journal, name = line.split()
        child = os.fork()
        if child == 0:
            try:
                work(url, float(started), journal, name)
            finally:
                os._exit(0)
        print(child, flush=True)
