"""Runs of a person or a store that is forgotten come to an end as any run does: told why, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sereno.engine.run import Ended
from sereno.runtime.batch import Batch
from sereno.runtime.privacy.redaction import CODE
from sereno.runtime.world import World
from sereno.store.database import Transaction


def end_live_runs(world: World, tx: Transaction, runs: Sequence[int], now: datetime) -> list[int]:
    """End those that are under way. Gives these, also the ones whose flow cannot be read any more, which stay as they
    are."""
    world.flows.refresh(tx)
    live = [row[0] for row in tx.all("live_runs_of", {"ids": runs})]
    if not live:
        return []
    batch = Batch(world, tx, now)
    batch.take(tx.all("claim_runs", {"ids": live, "uids": []}))
    batch.records.fetch()
    for held in list(batch.held.values()):
        if held.is_live:
            batch.give(held, Ended(CODE))
    batch.write()
    return live
