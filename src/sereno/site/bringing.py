"""`sereno ingest`: files into the inbox, and what they mean decided before the command ends.

Without a worker at hand this process maps and dispatches by itself, so that events, runs and reasons can be looked at
at once. Actions are left to a worker: bringing files in must not send a mail behind anybody's back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

from sereno.ingest.bringing import ingest_deliveries
from sereno.site.composition import build_inbox, build_runtime, find_connector
from sereno.site.environment import Environment
from sereno.store.database import Database, default_database

PATIENCE = 30.0
"""Seconds without any progress after which a worker is no longer waited for."""
_STEP = 500


def bring(
    environment: Environment,
    connection: str,
    paths: Sequence[Path],
    *,
    topic: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """What `ingest_deliveries` gives, and how many of the connection's deliveries are now `done`, `ignored`, `failed`
    or still `pending`, counting those this call brought."""
    database = default_database()
    inbox = build_inbox(database)
    before = _newest(database)
    report = ingest_deliveries(inbox, connection, paths, find_connector, topic=topic, progress=progress)
    if _has_worker(database):
        _await_worker(database)
    else:
        _decide(environment, database)
    return {**report, **_outcome(database, before, connection)}


def _decide(environment: Environment, database: Database) -> None:
    runtime = build_runtime(environment, database=database)
    try:
        while runtime.mapper.run(_STEP) + runtime.dispatcher.run(_STEP):
            pass
    finally:
        runtime.stop()


def _await_worker(database: Database) -> None:
    left, since = -1, monotonic()
    while True:
        with database.read() as transaction:
            row = transaction.one("queue_length")
        waiting = sum(row) if row else 0
        if not waiting:
            return
        if waiting != left:
            left, since = waiting, monotonic()
        elif monotonic() - since > PATIENCE:
            return
        sleep(0.05)


def _has_worker(database: Database) -> bool:
    with database.read() as transaction:
        row = transaction.one("worker_seen")
    return row is not None and row[0] is not None and time_ns() // 1000 - row[0] < 15_000_000


def _newest(database: Database) -> int:
    with database.read() as transaction:
        row = transaction.one("newest_delivery")
    return (row[0] if row else 0) or 0


def _outcome(database: Database, before: int, connection: str) -> dict[str, int]:
    with database.read() as transaction:
        rows = transaction.all("delivery_outcomes", {"after": before, "name": connection})
    found = dict.fromkeys(("done", "ignored", "failed", "pending"), 0)
    for status, number in rows:
        found[status] = number
    return found
