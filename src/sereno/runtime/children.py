"""Long work in a process of its own, which may be killed at any moment.

Invariant: the process has the lowest priority and a bound on its memory, and it ends with the one that began it,
however that ends.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sereno.store.database import Database, DatabaseError

NICEST = 19
MEMORY = 2 * 1024**3
"""Bytes the process may take."""


class Child:
    """The process under way, if there is one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_there(self) -> bool:
        """Whether one was begun and not ended here, also when it is over by itself."""
        return self._process is not None

    def begin(self, command: Sequence[str]) -> None:
        # Standard input is the string it hangs by: it ends when this process does.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def status(self) -> int | None:
        """Its exit status; None while it runs, or when there is none."""
        return self._process.poll() if self._process is not None else None

    def end(self) -> bool:
        """Kill it if it runs, and let go of it. Gives whether there was one."""
        if self._process is None:
            return False
        process, self._process = self._process, None
        if process.poll() is None:
            process.kill()
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        process.wait()
        return True


class Minder:
    """Looks after long work in a thread of its own, one process at a time. What it looks for is in `look`."""

    NAME = ""
    """What the work is called, in words: it names the thread and its lines in the log."""
    EVERY = 2.0
    """Seconds between looks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sereno-{self.NAME}", daemon=True)
        self._child = Child()

    def look(self, now: datetime | None = None) -> bool:
        """One look: begin what is due, or see whether it is through. Gives whether there was anything."""
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """The one under way is begun again by whoever is next."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        else:
            self._let_go()

    def _let_go(self) -> None:
        """End the one under way, if there is one."""
        self._child.end()

    def _pause(self) -> float:
        """Seconds until the next look."""
        return self.EVERY

    def _is_busy(self) -> bool:
        """Whether one is under way; one that is through is let go of."""
        if self._child.is_there:
            if self._child.status() is None:
                return True
            self._child.end()
        return False

    def _run(self) -> None:
        log = logging.getLogger(f"sereno.{self.NAME}")
        while not self._stop.wait(self._pause()):
            try:
                self.look()
            except DatabaseError as error:
                log.warning("%s are not looked after: %s", self.NAME, str(error).strip().splitlines()[:1])
            except Exception:
                log.exception("%s are not looked after; trying again", self.NAME)
        self._let_go()
        self._database.close_mine()


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
