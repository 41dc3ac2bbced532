"""Has what is new in the shops learned for recommendations beside the live work, one shop at a time, in a process of
its own: soon after it happened, and at once when somebody asks.

Invariant: pages, flows and the storefront never wait for it. However many look after it, a shop is one process's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sereno.runtime.children import Minder
from sereno.store.database import Database, DatabaseConflict, DatabaseRefusal
from sereno.store.fields import to_micros

AGAIN = timedelta(minutes=10)
"""How long what is new may wait: a process costs a second of the processor."""
Command = Callable[[int, str], Sequence[str]]


class Learner(Minder):
    """`name` is the worker's; a shop is its process's for `lease`, which the process renews."""

    NAME = "recommendations"
    EVERY = 5.0

    def __init__(self, database: Database, command: Command, name: str, lease: timedelta) -> None:
        super().__init__(database)
        self._command, self._name, self._lease = command, name, lease

    def look(self, now: datetime | None = None) -> bool:
        """Begin with the shop that waits longest, if nothing is under way. Gives whether there was anything."""
        now = now or datetime.now(UTC)
        if self._is_busy():
            return True
        at = to_micros(now)
        with self._database.read() as tx:
            row = tx.one("claim_learning", {"now": at, "before": to_micros(now - AGAIN)})
        if row is None:
            return False
        taken = None
        given = {"shop": row[0], "worker": self._name, "until": to_micros(now + self._lease), "now": at}
        with suppress(*DatabaseRefusal, *DatabaseConflict), self._database.transaction() as tx:
            taken = tx.one("take_learning", given)
        if taken is None:
            return False
        self._child.begin(self._command(int(row[0]), self._name))
        return True
