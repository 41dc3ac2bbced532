"""Counts of the steps that runs reached, for the live view: a few rows for a whole batch, added up in the database.

Invariant: they are written with the runs' traces, so a number never says more or less than the traces do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from sereno.engine.run import TraceEntry

SHARDS = 8
HOURS_KEPT = 24 * 8
"""A week, and a day to spare."""

REACHED = frozenset(
    {
        "effect.created",
        "step.condition",
        "step.switch",
        "step.split",
        "step.set",
        "wait.started",
        "wait.passed",
        "wait.no_date",
        "approval.asked",
        "loop.started",
        "loop.limited",
        "loop.skipped",
    }
)
"""Codes of which a step writes exactly one when a run comes to it."""
ENDED = {
    "run.finished": "=finished",
    "run.stopped": "=stopped",
    "run.ended": "=stopped",
    "run.failed": "=failed",
    "exit.event": "=exited",
}

Entry = TraceEntry | Mapping[str, Any]
Key = tuple[int, int, str]


def hour_of(instant: datetime) -> int:
    return int(instant.timestamp()) // 3600


def places_of(step: str, code: str, details: Mapping[str, Any]) -> tuple[str, ...]:
    """What one entry of a trace adds one to."""
    if code in REACHED:
        return (bare(step),)
    if code == "run.started":
        return ("=started",)
    if code == "step.template_failed" and details.get("action") != "approve":
        return (bare(step),)
    ended = ENDED.get(code)
    if ended is None:
        return ()
    match code:
        case "run.stopped":
            return (ended, bare(step))
        case "run.failed":
            reached = (bare(step),) if details.get("reason") == "wait_unknown" else ()
            return (ended, f"!{bare(step)}", *reached)
        case "exit.event":
            return (ended, f"=exit:{details.get('event', '')}")
        case _:
            return (ended,)


def bare(path: str) -> str:
    """The step's place in the document: "3[2].0" is "3.0"."""
    if "[" not in path:
        return path
    first, *rest = path.split("[")
    return first + "".join(part.partition("]")[2] for part in rest)


def add_trace(counts: dict[Key, int], flow: int, version: int, entries: Iterable[TraceEntry]) -> None:
    """Add a run's new entries to what the batch has counted so far."""
    for entry in entries:
        if entry.code in REACHED:
            key = (flow, version, entry.step if "[" not in entry.step else bare(entry.step))
            counts[key] = counts.get(key, 0) + 1
        else:
            for place in places_of(entry.step, entry.code, entry.details):
                key = (flow, version, place)
                counts[key] = counts.get(key, 0) + 1


def add_skips(counts: dict[Key, int], skips: Iterable[Sequence[Any]]) -> None:
    """Add starts that were refused, as rows of `copy_skips`."""
    for skip in skips:
        key = (skip[1], skip[2], "=skipped")
        counts[key] = counts.get(key, 0) + 1


def rows_of(counts: Mapping[Key, int], worker: str, now: datetime) -> list[tuple[Any, ...]]:
    """Rows of `count_steps`, in one order for everybody."""
    hour, shard = hour_of(now), crc32(worker.encode()) % SHARDS
    return sorted(
        (flow, version, at, place[:250], shard, count)
        for (flow, version, place), count in counts.items()
        for at in (0, hour)
    )
