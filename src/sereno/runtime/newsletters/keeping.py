"""Has newsletters that are due carried out beside the live work, each in a process of its own, one after the other.

Invariant: pages, flows and the door never wait for one. However many look after them on however many hosts, a
newsletter is one process's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from sereno.runtime.children import Minder
from sereno.runtime.newsletters.working import LEASE
from sereno.store.database import Database, DatabaseConflict, DatabaseRefusal
from sereno.store.fields import to_micros

Command = Callable[[int, str], Sequence[str]]


class Newsletters(Minder):
    """`name` is the worker's."""

    NAME = "newsletters"
    EVERY = 1.0

    def __init__(self, database: Database, command: Command, name: str) -> None:
        super().__init__(database)
        self._command, self._name = command, name

    def look(self, now: datetime | None = None) -> bool:
        """Begin with the one that waits longest, if none is under way. Gives whether there was anything."""
        now = now or datetime.now(UTC)
        if self._is_busy():
            return True
        at = to_micros(now)
        with self._database.read() as tx:
            row = tx.one("due_newsletter", {"now": at})
        if row is None:
            return False
        taken = None
        given = {"id": row[0], "worker": self._name, "until": to_micros(now + LEASE), "now": at}
        with suppress(*DatabaseRefusal, *DatabaseConflict), self._database.transaction() as tx:
            taken = tx.one("take_newsletter", given)
        if taken is None:
            return False
        self._child.begin(self._command(int(row[0]), self._name))
        return True
