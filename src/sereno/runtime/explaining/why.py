"""Why somebody got it, and why somebody did not: for one flow or all of them, the runs with all they saw, the starts
that were refused, and what holds for that person now.

Invariant: read from indexes by whom it is about; never by walking through a flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.engine.catalog import FlowInvalid
from sereno.runtime.explaining.finding import Meaning, meaning_of
from sereno.runtime.explaining.standing import standing_of
from sereno.runtime.explaining.verdicts import VERDICTS, Verdict, of_flow
from sereno.runtime.flows import compiled
from sereno.runtime.staff import Staff, open_staff
from sereno.sdk.masking import masked
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import instant_text


def why(shop_id: int, flow: str, subject: str, *, database: Database | None = None) -> dict[str, Any]:
    """`{"flow", "subject", "runs": [...], "skipped": [...], "reason", "verdict", ...}`, newest first. A subject is also
    found by what it is linked with: an e-mail address by the orders placed with it, an order by its number. `reason` is
    set when nothing ran: the first reason that stopped it, `not_live_then` when what could have started it came while
    the flow was not live, or `no_event` when no such thing was ever seen. Raises LookupError."""
    answer = explain(shop_id, subject, flow, database=database)
    (found,) = answer["flows"]
    runs, skipped = found["runs"], found["skipped"]
    reason = found["answer"]["reason"] if not runs else None
    return {
        "flow": flow,
        "subject": subject,
        "runs": runs,
        "skipped": skipped,
        "skips": skipped,
        "reason": reason,
        "answer": found["answer"],
        "standing": answer["standing"],
    }


def explain(
    shop_id: int,
    subject: str,
    flow: str | None = None,
    *,
    links: Sequence[str] | None = None,
    rows: Sequence[Sequence[Any]] | None = None,
    database: Database | None = None,
) -> dict[str, Any]:
    """`{"subject", "subjects", "is_known", "flows": [{"flow", "title", "status", "answer", "runs", "skipped"}],
    "standing"}`:
    what every flow (or one) did about somebody or something, and what holds for that person now: consent, caps,
    control groups, switches. `answer` is a `Verdict` with its English sentence in `says`. Flows that Sereno brings
    along are there only where they did something. `links` are what the subject means, `rows` the shop's flows as
    `flows_to_explain` gives them, where they are known already.
    Raises LookupError when there is no such flow."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        known = rows if rows is not None else tx.all("flows_to_explain", {"shop": shop_id})
        rows = [row for row in known if flow is None or row[1] == flow]
        if flow is not None and not rows:
            raise LookupError(f"there is no flow {flow!r} in this shop")
        meaning = meaning_of(tx, staff.database, staff.plugins, shop_id, subject, links)
        about = {"shop": shop_id, "flows": [row[0] for row in rows], "subjects": list(meaning.subjects)}
        runs = _runs(tx, tx.all("runs_about", about))
        skips = [(found[0], _skip(found[1:])) for found in tx.all("skips_about", about)]
        flows: list[dict[str, Any]] = []
        for row in rows:
            mine = [run for of, run in runs if of == row[0]]
            refused = [skip for of, skip in skips if of == row[0]]
            if not mine and not refused and row[5] and flow is None:
                continue
            verdict = of_flow(mine, refused) or _nothing(staff, shop_id, row, meaning)
            flows.append(
                {
                    "flow": row[1],
                    "title": row[2],
                    "status": row[3],
                    "answer": {**verdict.document(), "says": _says(verdict.code, verdict.reason)},
                    "runs": mine,
                    "skipped": refused,
                }
            )
        standing = standing_of(tx, staff, shop_id, meaning)
    flows.sort(key=lambda one: not one["runs"] and not one["skipped"])
    return {
        "subject": subject,
        "subjects": list(meaning.subjects),
        "is_known": bool(meaning.seen),
        "flows": flows,
        "standing": standing,
    }


def _says(code: str, reason: str | None) -> str:
    return VERDICTS[code].format(reason=reason or "no reason was given")


def _nothing(staff: Staff, shop_id: int, row: Sequence[Any], meaning: Meaning) -> Verdict:
    """Why a flow never looked at it."""
    _id, _name, _title, status, version, _is_derived, _paused, document = row
    if version is None:
        return Verdict("never", "flow_not_published")
    if status == "paused":
        return Verdict("never", "flow_paused")
    try:
        with scope.in_shop(shop_id, staff.database):
            starts = compiled(document, staff.plugins).trigger_types if document is not None else frozenset[str]()
    except FlowInvalid:
        return Verdict("never", "no_event")
    missed = [(at, type_) for type_, at in meaning.seen.items() if type_ in starts]
    if not missed:
        return Verdict("never", "no_event", {"starts": sorted(starts)})
    at, type_ = max(missed)
    return Verdict("never", "not_live_then", {"event": type_, "at": instant_text(at)})


def _runs(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, dict[str, Any]]]:
    """By flow, each with its trace and effects."""
    ids = [row[1] for row in rows]
    traces: dict[int, list[Any]] = {}
    for run, entries in tx.all("traces_of", {"runs": ids}) if ids else ():
        traces.setdefault(run, []).extend(decode(entries))
    effects: dict[int, list[dict[str, Any]]] = {}
    for row in tx.all("effects_of", {"runs": ids}) if ids else ():
        effects.setdefault(row[0], []).append(_effect(row))
    return [
        (row[0], {**_run(row[1:]), "trace": traces.get(row[1], []), "effects": effects.get(row[1], [])}) for row in rows
    ]


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
        "started_at": instant_text(started_at),
        "due_at": instant_text(due_at),
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
        "at": instant_text(created_at),
        "finished_at": instant_text(finished_at),
        "config": masked(decode(config)),
        "result": decode(result) if result is not None else None,
        "error": error,
        "message": message,
    }


def _skip(row: Sequence[Any]) -> dict[str, Any]:
    version, subject, at, reason, details, number, *event = row
    return {
        "version": version,
        "subject": subject,
        "at": instant_text(at),
        "reason": reason,
        "details": decode(details),
        "number": number if event[1] is not None else None,
        "event": _event(event),
    }


def _event(row: Sequence[Any]) -> dict[str, Any] | None:
    source, uid, type_, occurred_at = row
    if uid is None:
        return None
    return {"source": source, "id": uid, "type": type_, "occurred_at": instant_text(occurred_at)}
