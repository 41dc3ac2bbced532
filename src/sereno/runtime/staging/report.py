"""A stage as one document: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.publishing import flow_row
from sereno.runtime.staff import open_staff
from sereno.runtime.staging import stages
from sereno.runtime.staging.limits import Arm, Measure, measures
from sereno.runtime.staging.stages import StageRow
from sereno.store.database import Database
from sereno.store.fields import from_micros


def report(shop_id: int, name: str, *, database: Database | None = None) -> dict[str, Any] | None:
    """The stage under way, else the newest; None where there never was one. Shares in per cent, rates as shares of 1.
    Raises LookupError when there is no such flow."""
    with open_staff(database).database.read() as tx:
        stage = stages.newest(tx, flow_row(tx, shop_id, name).id)
        if stage is None:
            return None
        live, candidate = stages.counts_of(tx, stage)
    found = measures(live, candidate, stage.limits, stage.share)
    return {**_head(stage), "live": _arm(live), "candidate": _arm(candidate), "measures": [_row(one) for one in found]}


def _head(stage: StageRow) -> dict[str, Any]:
    return {
        "id": stage.id,
        "flow": stage.flow,
        "version": stage.version,
        "live_version": stage.live_version,
        "mode": stage.mode if stage.is_open else "ended",
        "share": stage.share / 100,
        "next_share": stage.next_share / 100 if stage.is_open else None,
        "step": stage.step,
        "ladder": [share / 100 for share in stage.ladder],
        "limits": dict(stage.limits),
        "advance": dict(stage.advance),
        "inflight": stage.inflight,
        "started_at": format_instant(from_micros(stage.started_at)),
        "step_at": format_instant(from_micros(stage.step_at)),
        "ended_at": None if stage.ended_at is None else format_instant(from_micros(stage.ended_at)),
        "outcome": stage.outcome,
        "reason": dict(stage.reason),
        "by": stage.by,
    }


def _arm(arm: Arm) -> dict[str, int]:
    return dict(sorted(arm.all.items()))


def _row(one: Measure) -> dict[str, Any]:
    return {
        "name": one.name,
        "hits": one.hits,
        "tries": one.tries,
        "rate": one.rate,
        "low": round(one.low, 6),
        "high": round(one.high, 6),
        "limit": one.limit,
        "times": one.times,
        "is_passed": one.is_passed,
    }
