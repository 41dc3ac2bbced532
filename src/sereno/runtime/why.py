"""Why somebody got it, and why somebody did not: the runs with all they saw, and the starts that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.flows import compiled
from sereno.runtime.publishing import FlowRow, flow_row
from sereno.runtime.staff import Staff, open_staff
from sereno.sdk.masking import masked
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros


def why(shop_id: int, flow: str, subject: str, *, database: Database | None = None) -> dict[str, Any]:
    """`{"flow", "subject", "runs": [...], "skipped": [...], "reason"}`, newest first. A subject is also found by what
    it is linked with: an e-mail address by the orders placed with it. `reason` is set when nothing ran: the first
    reason that stopped it, `not_live_then` when what could have started it came while the flow was not live, or
    `no_event` when no such thing was ever seen. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = flow_row(tx, shop_id, flow)
        subjects = [subject, f"email:{subject.lower()}"] if "@" in subject and ":" not in subject else [subject]
        seen = tx.all("events_of_links", {"shop": shop_id, "links": subjects})
        events = [found[0] for found in seen]
        about = {"shop": shop_id, "flow": row.id, "subjects": subjects, "events": events}
        runs = _runs(tx, tx.all("runs_about", about))
        skipped = [_skip(found) for found in tx.all("skips_about", about)]
        reason = None
        if not runs:
            types = {found[1] for found in seen}
            reason = skipped[0]["reason"] if skipped else _nothing(tx, staff, row, types)
    return {"flow": flow, "subject": subject, "runs": runs, "skipped": skipped, "skips": skipped, "reason": reason}


def _nothing(tx: Transaction, staff: Staff, row: FlowRow, seen: set[str]) -> str:
    if row.version is None:
        return "flow_not_published"
    if row.status == "paused":
        return "flow_paused"
    document = tx.one("published_document", {"flow": row.id, "version": row.version})
    if document is not None and compiled(document[0], staff.plugins).trigger_types & seen:
        return "not_live_then"
    return "no_event"


def _runs(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    ids = [row[0] for row in rows]
    traces: dict[int, list[Any]] = {}
    for run, entries in tx.all("traces_of", {"runs": ids}):
        traces.setdefault(run, []).extend(decode(entries))
    effects: dict[int, list[dict[str, Any]]] = {}
    for row in tx.all("effects_of", {"runs": ids}):
        effects.setdefault(row[0], []).append(_effect(row))
    return [{**_run(row), "trace": traces.get(row[0], []), "effects": effects.get(row[0], [])} for row in rows]


def _run(row: Sequence[Any]) -> dict[str, Any]:
    _, uid, version, subject, key, status, step, reason, started_at, due_at, is_shadow, *event = row
    return {
        "id": uid,
        "version": version,
        "subject": subject,
        "key": key,
        "status": status,
        "step": step,
        "reason": reason,
        "is_shadow": bool(is_shadow),
        "started_at": _instant(started_at),
        "due_at": _instant(due_at),
        "event": _event(event),
    }


def _effect(row: Sequence[Any]) -> dict[str, Any]:
    _, id_, key, step, action, status, attempts, created_at, finished_at, config, result, error, message = row
    return {
        "id": id_,
        "key": key,
        "step": step,
        "action": action,
        "status": status,
        "attempts": attempts,
        "at": _instant(created_at),
        "finished_at": _instant(finished_at),
        "config": masked(decode(config)),
        "result": decode(result) if result is not None else None,
        "error": error,
        "message": message,
    }


def _skip(row: Sequence[Any]) -> dict[str, Any]:
    version, subject, at, reason, details, *event = row
    return {
        "version": version,
        "subject": subject,
        "at": _instant(at),
        "reason": reason,
        "details": decode(details),
        "event": _event(event),
    }


def _event(row: Sequence[Any]) -> dict[str, Any] | None:
    source, uid, type_, occurred_at = row
    if uid is None:
        return None
    return {"source": source, "id": uid, "type": type_, "occurred_at": _instant(occurred_at)}


def _instant(micros: int | None) -> str | None:
    return format_instant(from_micros(micros)) if micros is not None else None
