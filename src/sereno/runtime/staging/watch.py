"""Looks after versions on their way in, at every heartbeat of any worker: back at a limit, up when its time has come.

Invariant: what is decided is decided under the lock of the flow, on counts read under it, so two workers never step
twice; nothing but the counts is read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime.ports import SOURCE, no_ports
from sereno.runtime.publishing import FlowRow, flow_row, settle_older
from sereno.runtime.staff import Staff
from sereno.runtime.staging import stages
from sereno.runtime.staging.limits import Arm, Measure, arms, measures
from sereno.runtime.staging.stages import StageRow
from sereno.runtime.watching.alerting import raise_alert
from sereno.runtime.world import World, make_world
from sereno.store.database import Transaction
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")

ALERT = "stage.returned"
SETTLED_AFTER = timedelta(seconds=2)
"""By then every worker has heard that a stage is over, and begins no more runs of it."""


class StageWatch:
    """`check` is called with every heartbeat; it is a few index lookups when no stage is under way. It has caches of
    its own, for the heart beats in a thread of its own."""

    def __init__(self, world: World, base_url: str = "") -> None:
        self._world = make_world(
            world.database, world.plugins, no_ports, world.clock, world.worker, base_url=base_url, is_dry=world.is_dry
        )

    def check(self) -> int:
        """Gives how many stages were moved or seen to."""
        staff = Staff(self._world.database, self._world.plugins, self._world)
        with self._world.database.read() as tx:
            found = [stages.read_row(row) for row in tx.all("open_stages")]
            counts = _counts(tx, found)
            before = to_micros(self._world.clock.now() - SETTLED_AFTER)
            left = [row[0] for row in tx.all("stages_to_settle", {"before": before})]
        done = 0
        for stage in found:
            if self._wish(stage, *counts[stage.id]) is not None:
                done += self._move(staff, stage)
        for id_ in left:
            self._settle(staff, id_)
        return done + len(left)

    def _wish(self, stage: StageRow, live: Arm, candidate: Arm) -> Measure | int | None:
        """The limit that is passed, or the share to go up to."""
        for measure in measures(live, candidate, stage.limits, stage.share):
            if measure.is_passed:
                return measure
        return stage.next_share if is_time(stage, candidate, self._world.clock.now()) else None

    def _move(self, staff: Staff, stage: StageRow) -> int:
        try:
            with self._world.database.transaction() as tx:
                held = stages.lock(tx, stage.flow_id)
                if held is None or held.id != stage.id or held.step != stage.step:
                    return 0  # Somebody else was first.
                wish = self._wish(held, *stages.counts_of(tx, held))
                if isinstance(wish, Measure):
                    self._return(staff, tx, held, wish)
                elif wish is not None:
                    row: FlowRow = flow_row(tx, held.shop_id, held.flow)
                    stages.raise_stage(staff, tx, row, held, wish, SOURCE)
                return wish is not None
        except ValueError as error:
            log.warning("the roll-out of %s cannot go on by itself: %s", stage.flow, error)
            return 0

    def _return(self, staff: Staff, tx: Transaction, stage: StageRow, measure: Measure) -> None:
        reason = reason_of(measure)
        stages.end(staff, tx, stage, "returned", SOURCE, reason, stage.inflight)
        now = to_micros(self._world.clock.now())
        values = {"flow": stage.flow, "version": stage.version, "share": stage.share / 100, **reason}
        about = f"flow:{stage.flow}"
        raise_alert(
            tx, stage.shop_id, kind=ALERT, about=about, text_code=ALERT, values=values, now=now, severity="critical"
        )

    def _settle(self, staff: Staff, id_: int) -> None:
        """See to the runs of a stage that is over, also to those begun while its end was being heard of."""
        with self._world.database.transaction() as tx:
            row = tx.one("stage_by_id", {"id": id_})
            stage = None if row is None else stages.read_row(row)
            flow = None if stage is None else flow_row(tx, stage.shop_id, stage.flow)
        if stage is None or flow is None:
            return
        if stage.settle is not None and flow.version is not None and flow.version != stage.version:
            by = SOURCE if stage.outcome == "returned" else stage.by
            settle_older(staff, flow, flow.version, stage.settle, by, only=stage.version)
        with self._world.database.transaction() as tx:
            tx.run("stage_settled", {"id": id_})


def is_time(stage: StageRow, candidate: Arm, now: datetime) -> bool:
    """Whether it goes up by itself: what was asked for has come, the time and the runs."""
    hours, runs = stage.advance.get("hours"), stage.advance.get("runs")
    if hours is None and runs is None:
        return False
    if hours is not None and now < from_micros(stage.step_at) + timedelta(hours=hours):
        return False
    return runs is None or candidate.here.get("runs", 0) >= runs


def reason_of(measure: Measure) -> dict[str, Any]:
    """The limit that was passed, with the numbers seen: what pages, messages and the audit say."""
    found: Mapping[str, Any] = {
        "limit": measure.name,
        "hits": measure.hits,
        "tries": measure.tries,
        "allowed": measure.limit,
        "at_least": round(measure.sure, 5),
        "times": measure.times,
    }
    return {name: value for name, value in found.items() if value is not None}


def _counts(tx: Transaction, found: list[StageRow]) -> dict[int, tuple[Arm, Arm]]:
    """Of all stages with one query."""
    rows: dict[int, list[tuple[Any, ...]]] = {stage.id: [] for stage in found}
    if rows:
        for id_, *rest in tx.all("stage_counts", {"stages": sorted(rows)}):
            rows[id_].append(tuple(rest))
    return {stage.id: arms(rows[stage.id], stage.step) for stage in found}
