"""How reading stands, for pages, API and command line alike: jobs of history, the steady reading, gaps, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.store.fields import instant_text

OPEN = ("waiting", "running", "paused")


def backfill_row(row: Any) -> dict[str, Any]:
    """Of a `Backfill` with its connection."""
    return {
        "id": row.pk,
        "connection": row.connection.name,
        "status": row.status,
        "kinds": kind_rows(row),
        "since": instant_text(row.since),
        "until": instant_text(row.until),
        "by": row.by,
        "created_at": instant_text(row.created_at),
        "started_at": instant_text(row.started_at),
        "finished_at": instant_text(row.finished_at),
        "retry_at": instant_text(row.retry_at),
        "error": row.error,
        "message": row.message,
    }


def kind_rows(row: Any) -> list[dict[str, Any]]:
    """How far each kind of record is."""
    counts: Mapping[str, Mapping[str, int]] = row.counts
    return [
        {
            "kind": kind,
            "read": counts.get(kind, {}).get("read", 0),
            "total": counts.get(kind, {}).get("total"),
            "new": counts.get(kind, {}).get("new", 0),
            "failed": counts.get(kind, {}).get("failed", 0),
            "is_over": number < row.place,
        }
        for number, kind in enumerate(row.kinds)
    ]


def progress(row: Any) -> float | None:
    """0 to 1, as far as the platform says how many there are; None where it does not."""
    totals = [row.counts.get(kind, {}).get("total") for kind in row.kinds]
    if row.status == "done":
        return 1.0
    known = [
        min(1.0, row.counts.get(kind, {}).get("read", 0) / total) if total else (1.0 if number < row.place else 0.0)
        for number, (kind, total) in enumerate(zip(row.kinds, totals, strict=True))
    ]
    current = totals[row.place] if row.place < len(totals) else None
    return sum(known) / len(known) if known and (current is not None or row.place) else None


def reading_row(row: Any) -> dict[str, Any]:
    """Of a `Reading` with its connection."""
    found: Mapping[str, Any] = row.subscriptions
    return {
        "connection": row.connection.name,
        "is_on": row.is_on,
        "is_poll": row.is_poll,
        "every": row.every,
        "begin_at": instant_text(row.begin_at),
        "through_at": instant_text(row.through_at),
        "last_at": instant_text(row.last_at),
        "next_at": instant_text(row.next_at),
        "is_reading": row.pass_until is not None,
        "last": sums(row.last_counts),
        "error": row.error,
        "message": row.message,
        "keeps_subscriptions": row.keeps_subscriptions,
        "subscriptions": None
        if row.looked_at is None
        else {
            "active": found.get("active") or [],
            "inactive": found.get("inactive") or [],
            "missing": found.get("missing") or [],
            "problem": found.get("problem") or None,
            "looked_at": instant_text(row.looked_at),
        },
    }


def sums(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Over all kinds."""
    return {name: sum(one.get(name, 0) for one in counts.values()) for name in ("read", "new", "gaps", "failed")}


def gap_row(row: Any) -> dict[str, Any]:
    """Of a `ReadingGap`."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "delivery": row.delivery,
        "found_at": instant_text(row.found_at),
        "behind_seconds": row.behind,
    }
