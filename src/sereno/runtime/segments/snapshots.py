"""The live `Snapshots` port: a flow keeps who is in a segment.

Invariant: a step keeps one snapshot, also where it is tried again after its answer was lost.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from sereno.runtime.segments.services import keep_snapshot
from sereno.store.database import Database, Transaction


class LiveSnapshots:
    """Of one shop; in the transaction the action runs in, if it runs in one."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._tx = tx

    def keep(self, segment: str, title: str, *, by: str, key: str) -> tuple[int, str, int]:
        opened: AbstractContextManager[Transaction] = (
            nullcontext(self._tx) if self._tx is not None else self._database.transaction()
        )
        with opened as tx:
            kept = keep_snapshot(tx, self._shop_id, segment, title, by, self._now, key)
        return kept.number, kept.title, kept.size
