"""What a connection's own page says of reading it back."""

from __future__ import annotations

from typing import Any

from sereno.sdk.plugin import registry
from sereno.store.models import Connection, Reading, ReadingGap
from sereno.web.reading import words

MOST_GAPS = 1000
"""Up to which they are counted."""


def part_of(row: Connection) -> dict[str, Any] | None:
    """None where there is nothing to read."""
    connector = registry().connectors.get(row.kind)
    if connector is None or connector.store is None or not connector.store.reads:
        return None
    found = Reading.objects.filter(connection=row).first()
    if found is None:
        return {"row": None}
    missing = found.subscriptions.get("missing", []) + found.subscriptions.get("inactive", [])
    gaps = len(ReadingGap.objects.filter(connection=row).order_by("-id").values_list("id")[:MOST_GAPS])
    return {"row": found, "missing": missing, "gaps": gaps, "pace": words.pace(found.every)}
