"""Long work in a process of its own, which may be killed at any moment.

Invariant: the process has the lowest priority and a bound on its memory, and it ends with the one that began it,
however that ends.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

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
