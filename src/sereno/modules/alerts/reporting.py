"""An alert as one document: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from django.utils.translation import override

from sereno.engine.durations import format_instant
from sereno.modules.alerts.wording import words_of
from sereno.sdk.ports import AlertFacts
from sereno.store.models import Alert


def facts_of(row: Alert) -> AlertFacts:
    return AlertFacts(
        row.pk,
        row.kind,
        row.about,
        row.severity,
        row.text_code,
        row.facts,
        row.status,
        row.count,
        row.first_at,
        row.last_at,
        row.settled_at,
    )


def document(row: Alert) -> dict[str, Any]:
    """With its title in English, for programs."""
    with override("en"):
        title = words_of(facts_of(row)).title
    return {
        "id": row.pk,
        "kind": row.kind,
        "about": row.about,
        "severity": row.severity,
        "code": row.text_code,
        "facts": row.facts,
        "title": title,
        "status": row.status,
        "count": row.count,
        "first_at": format_instant(row.first_at),
        "last_at": format_instant(row.last_at),
        "settled_at": format_instant(row.settled_at) if row.settled_at is not None else None,
    }
