"""A back-test as it would be without any short cut: every event in a transaction of its own, everything in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.commerce.identity import refs_of
from sereno.engine.durations import format_instant, parse_instant
from sereno.runtime.replays import replaying
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.store.documents import decode
from sereno.store.fields import from_micros
from sereno.store.scratch import open_scratch

RUNS = """SELECT run.uid, flow.name, run.version, run.subject, run.key, run.status, run.step, run.reason,
run.started_at, run.due_at FROM run JOIN flow ON flow.id = run.flow_id WHERE NOT flow.is_derived ORDER BY run.id"""
EFFECTS = """SELECT flow.name, run.uid, effect.step, effect.action, effect.created_at, effect.subject, effect.config,
effect.status, effect.error, effect.message FROM effect JOIN flow ON flow.id = effect.flow_id
JOIN run ON run.id = effect.run_id WHERE NOT flow.is_derived ORDER BY effect.id"""
SKIPS = """SELECT flow.name, skip.subject, skip.at, skip.reason, skip.details FROM skip
JOIN flow ON flow.id = skip.flow_id WHERE NOT flow.is_derived ORDER BY skip.id"""
FAILED = "SELECT source, uid, type, error FROM event WHERE error IS NOT NULL ORDER BY id"
TRACES = """SELECT run.uid, run_trace.entries FROM run_trace JOIN run ON run.id = run_trace.run_id
JOIN flow ON flow.id = run.flow_id WHERE NOT flow.is_derived ORDER BY run.id, run_trace.id"""


def backtest_slowly(
    documents: Sequence[str],
    lines: Iterable[Mapping[str, Any]],
    shop: ShopFacts,
    until: datetime | None = None,
    start: datetime | None = None,
) -> dict[str, Any]:
    """The report, with `traces`."""
    events = sorted((_read(line) for line in lines), key=lambda event: event.occurred_at)
    begin = events[0].occurred_at if events else (start or until or datetime(2000, 1, 1, tzinfo=UTC))
    earlier = [event for event in events if start is not None and event.occurred_at < start]
    database = open_scratch()
    try:
        play = replaying.Replay(database, registry(), shop, begin)
        for event in earlier:
            play.feed([event])
        if start is not None:
            play.ring_before(start)
            play.clock.move_to(start)
        play.publish(documents)
        for event in events[len(earlier) :]:
            play.feed([event])
        end = play.finish(until)
        with database.read() as tx:
            found = {
                "events": len(events) - len(earlier),
                "runs": [_run(row) for row in tx.text(RUNS)],
                "effects": [_effect(row) for row in tx.text(EFFECTS)],
                "skipped": [
                    {"flow": flow, "subject": subject, "at": _at(at), "reason": reason, "details": decode(details)}
                    for flow, subject, at, reason, details in tx.text(SKIPS)
                ],
                "failed": [dict(zip(("source", "id", "type", "error"), row, strict=True)) for row in tx.text(FAILED)],
                "seconds": (end - (start or begin)).total_seconds(),
                "traces": {},
            }
            for uid, entries in tx.text(TRACES):
                found["traces"].setdefault(uid, []).extend(decode(entries))
            return found
    finally:
        database.close()


def _read(line: Mapping[str, Any]) -> NewEvent:
    data = line.get("data") or {}
    refs = line.get("refs") or refs_of(line["type"], line["subject"], data)
    at = parse_instant(line["occurred_at"])
    return NewEvent(f"{line['source']}\x1f{line['id']}", line["type"], line["subject"], at, data, refs)


def _run(row: Sequence[Any]) -> dict[str, Any]:
    names = ("id", "flow", "version", "subject", "key", "status", "step", "reason")
    return {**dict(zip(names, row[:8], strict=True)), "started_at": _at(row[8]), "due_at": _at(row[9])}


def _effect(row: Sequence[Any]) -> dict[str, Any]:
    flow, run, step, action, at, subject, config, status, error, message = row
    failed = {"error": error, "message": message} if status == "failed" else {}
    return {
        "flow": flow,
        "run": run,
        "step": step,
        "action": action,
        "at": _at(at),
        "subject": subject,
        "config": decode(config),
        "status": "failed" if status == "failed" else "shadow",
        **failed,
    }


def _at(micros: int | None) -> str | None:
    return format_instant(from_micros(micros)) if micros is not None else None
