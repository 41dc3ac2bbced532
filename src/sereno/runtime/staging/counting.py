"""What came of the two versions of a flow that has a stage, counted in the transactions that make it true: limits are
looked up, never searched for.

Invariant: where no flow has a stage nothing is counted and nothing written. `WHAT` says what each number counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from sereno.engine.tallies import SHARDS
from sereno.runtime.flows import Stage
from sereno.runtime.holding import Held
from sereno.runtime.world import World
from sereno.sdk.result import Done, Fail
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

WHAT = {
    "runs": "runs that began",
    "ended": "runs that came to an end, whichever",
    "failed": "of those, the ones that failed",
    "effects": "effects asked for by runs that began in this very step of the stage",
    "shadow": "effects that were only recorded",
    "tried": "effects that came to an end",
    "effects_failed": "of those, the ones that failed for good",
    "sent": "messages that went out",
    "bounced": "addresses that turned out dead",
    "unsubscribed": "people who unsubscribed by a link in one of its messages",
    "complained": "people who marked one of its messages as spam",
}

Key = tuple[int, bool, int, str]
"""Stage, whether it is the candidate's, step of the stage, what."""


class Counts:
    """Counts of one transaction."""

    def __init__(self) -> None:
        self._counts: dict[Key, int] = {}

    def add(self, stage: Stage, version: int, what: str, number: int = 1) -> None:
        """Versions older than the live one are nobody's."""
        if version in (stage.version, stage.live_version):
            key = (stage.id, version == stage.version, stage.step, what)
            self._counts[key] = self._counts.get(key, 0) + number

    def write(self, tx: Transaction, worker: str) -> None:
        shard = crc32(worker.encode()) % SHARDS
        tx.many("count_stages", sorted((*key, shard, count) for key, count in self._counts.items()))


def count_runs(
    world: World, tx: Transaction, changed: Iterable[Held], begun: Collection[str], over: Collection[str]
) -> None:
    """What a batch did: `begun` and `over` are ids of runs that began and came to an end in it."""
    counts = Counts()
    for held in changed:
        stage = world.flows.stage(held.live.id)
        if stage is None:
            continue
        state = held.state
        if state.id in begun:
            counts.add(stage, state.version, "runs")
        if state.id in over:
            counts.add(stage, state.version, "ended")
            if state.status == "failed":
                counts.add(stage, state.version, "failed")
        is_of_step = to_micros(state.started_at) >= stage.step_at
        for row in held.effects:
            status = row[7]
            if is_of_step:
                counts.add(stage, state.version, "effects")
            if status == "shadow":
                counts.add(stage, state.version, "shadow")
            elif status in ("done", "failed"):
                counts.add(stage, state.version, "tried")
            if status == "failed":
                counts.add(stage, state.version, "effects_failed")
    counts.write(tx, world.worker)


def count_outcomes(world: World, tx: Transaction, outcomes: Sequence[Any], final: Mapping[int, Done | Fail]) -> None:
    """What became of effects that left the house: `outcomes` are those settled for good."""
    staged = [outcome for outcome in outcomes if world.flows.stage(outcome.effect.flow_id) is not None]
    if not staged:
        return
    versions = dict(tx.all("versions_of_runs", {"runs": sorted({outcome.effect.run for outcome in staged})}))  # pyright: ignore[reportArgumentType]
    counts = Counts()
    for outcome in staged:
        stage = world.flows.stage(outcome.effect.flow_id)
        version = versions.get(outcome.effect.run)
        if stage is None or version is None:
            continue
        result = final[outcome.effect.id]
        counts.add(stage, version, "tried")
        if isinstance(result, Fail):
            counts.add(stage, version, "effects_failed")
        elif result.value.get("sent") is True:
            counts.add(stage, version, "sent")
        if outcome.writes is not None and outcome.writes.suppressions:
            counts.add(stage, version, "bounced")
    counts.write(tx, world.worker)


def count_answers(tx: Transaction, shop_id: int, answers: Sequence[tuple[str, str]], worker: str) -> None:
    """What people said to messages: pairs of the key of the effect that sent it, and `unsubscribed`, `complained` or
    `bounced`. Keys that are not ours, and runs of flows without a stage, are passed over."""
    uids = {key: key.partition("/")[0] for key, _ in answers if key}
    if not uids:
        return
    found: dict[str, tuple[Any, ...]] = {
        row[0]: row[1:] for row in tx.all("stages_of_runs", {"shop": shop_id, "uids": sorted(set(uids.values()))})
    }
    counts: dict[Key, int] = {}
    for key, what in answers:
        row = found.get(uids.get(key, ""))
        if row is not None:
            stage, step, is_candidate = row
            at = (stage, bool(is_candidate), step, what)
            counts[at] = counts.get(at, 0) + 1
    shard = crc32(worker.encode()) % SHARDS
    tx.many("count_stages", sorted((*at, shard, count) for at, count in counts.items()))
