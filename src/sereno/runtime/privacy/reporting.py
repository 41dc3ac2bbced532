"""A request about a person's data as one document: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from sereno.store.fields import instant_text


def document(row: Any) -> dict[str, Any]:
    """Of a `PrivacyRequest`; whom it is about is not told."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "status": row.status,
        "stage": row.stage,
        "source": row.source,
        "by": row.by,
        "created_at": instant_text(row.created_at),
        "start_at": instant_text(row.start_at),
        "due_at": instant_text(row.due_at),
        "finished_at": instant_text(row.finished_at),
        "problem": row.problem,
        "report": row.report,
    }
