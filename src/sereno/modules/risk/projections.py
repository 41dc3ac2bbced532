"""The newest verdict on each order, and what of it conditions read as part of the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import text
from sereno.commerce.merging import known
from sereno.sdk.columns import instant_of, integer_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection

Record = Mapping[str, Any]
SHARED = ("risk_score", "risk_level", "risk_reasons", "risk_decision")


def project_assessment(old: Record | None, data: Record, event_type: str) -> Record | None:
    """A decision stands until the order is judged worse than when it was made."""
    if event_type != "risk.assessed":
        return {**(old or {}), **known(data)}
    held = old or {}
    is_worse = (data.get("risk_score") or 0) > (held.get("risk_score") or 0)
    kept = {} if is_worse else {name: held[name] for name in DECIDED if held.get(name) is not None}
    return {**known(data), **kept}


DECIDED = ("risk_decision", "decided_by", "decided_at", "decision_note", "decision_effect")


def is_waiting(record: Record) -> bool:
    return record.get("needs_review") is True and not record.get("risk_decision")


def standing(data: Record) -> list[tuple[str, Record]]:
    """What conditions read of it lies with where the order stands, so that reading costs nothing more."""
    key = text(data.get("id"))
    found = known({name: data.get(name) for name in SHARED})
    return [("order_standing", {"id": key, **found})] if key and found else []


def _subject(record: Record) -> str | None:
    key = text(record.get("id"))
    return f"order:{key}"[:210] if key else None


projection(
    Projection(
        name="risk_assessment",
        table="risk_assessment",
        key=lambda data: text(data.get("id")),
        project=project_assessment,
        version=lambda data: PATCH,
        columns={
            "subject": _subject,
            "score": integer_of("risk_score"),
            "level": text_of("risk_level", 8),
            "is_waiting": is_waiting,
            "decision": text_of("risk_decision", 16),
            "assessed_at": instant_of("assessed_at"),
        },
        also=standing,
        carries=frozenset({"order_standing"}),
    )
)
