"""Lines in the traces of runs that no batch holds: what was taken back when they were cut short, why they failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sereno.engine.run import TraceEntry
from sereno.store.database import Transaction
from sereno.store.documents import encode

Cancelled = tuple[int, str, str]
"""Row id of the run, path of the step, name of the action."""


def cancelled_entry(at: datetime, step: str, action: str) -> TraceEntry:
    return TraceEntry(at, step, "effect.cancelled", {"action": action})


def trace_cancelled(tx: Transaction, cancelled: Iterable[Cancelled], now: datetime) -> None:
    """Say in each run's trace which of its effects are not tried (again)."""
    entries: dict[int, list[TraceEntry]] = {}
    for run, step, action in sorted(cancelled):
        entries.setdefault(run, []).append(cancelled_entry(now, step, action))
    tx.many("copy_traces", [(run, encode(found)) for run, found in entries.items()])
