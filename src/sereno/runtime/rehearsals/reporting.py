"""A back-test as one document: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from sereno.store.fields import instant_text


def document(row: Any) -> dict[str, Any]:
    """Of a `Backtest`, without what it found."""
    return {
        "id": row.pk,
        "flow": row.flow,
        "version": row.version,
        "base_version": row.base_version,
        "status": row.status,
        "begin": instant_text(row.begin),
        "until": instant_text(row.until),
        "seed": row.seed,
        "by": row.by,
        "created_at": instant_text(row.created_at),
        "finished_at": instant_text(row.finished_at),
        "done": row.done,
        "total": row.total,
        "error": row.error,
        "message": row.message,
    }
