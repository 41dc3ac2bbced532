"""One job that a process of its own carries out under a lease: told of as it goes on, renewed with every write, ended
once. Invariant: who lost the lease writes nothing more, and the row says what became of the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

LEASE = timedelta(seconds=60)
TELL = 1.0
"""Seconds between two words of how far it is."""


class LeaseLost(Exception):  # noqa: N818
    """Another has it by now, or it was paused or cancelled."""


@dataclass(slots=True)
class LeasedJob:
    """`keep` and `finish` name the statements that renew and end it."""

    database: Database
    id: int
    worker: str
    keep: str
    finish: str
    done: int = 0
    total: int = 0
    told_at: float = 0.0

    def tell(self, done: int) -> None:
        """How far it is; said at most once a second. Raises LeaseLost."""
        self.done, self.total = done, max(self.total, done)
        if monotonic() - self.told_at >= TELL:
            self.write(lambda tx: None)

    def write(self, put: Callable[[Transaction], Any]) -> None:
        """In one transaction with the lease's renewal. Raises LeaseLost."""
        with self.database.transaction() as tx:
            self.told_at = monotonic()
            until = to_micros(datetime.now(UTC) + LEASE)
            kept = {"id": self.id, "worker": self.worker, "until": until, "done": self.done, "total": self.total}
            if tx.one(self.keep, kept) is None:
                raise LeaseLost
            put(tx)

    def end(self, status: str, error: str | None, facts: Mapping[str, Any]) -> str:
        """Raises LeaseLost."""
        ended = {"id": self.id, "worker": self.worker, "status": status, "error": error, "facts": encode(facts)}
        ended |= {"done": self.done, "total": self.total, "now": to_micros(datetime.now(UTC))}
        with self.database.transaction() as tx:
            if not tx.run(self.finish, ended):
                raise LeaseLost
        return status

    def carry_out(self, work: Callable[[], Mapping[str, Any]], log: Callable[[], None]) -> str:
        """`done` or `failed` with what the work found or raised; `lost`. `log` is called in the handler of a fault."""
        try:
            try:
                facts = work()
            except LeaseLost:
                raise
            except Exception as fault:
                log()
                return self.end("failed", f"{type(fault).__name__}: {fault}"[:1000], {})
            return self.end("done", None, facts)
        except LeaseLost:
            return "lost"
