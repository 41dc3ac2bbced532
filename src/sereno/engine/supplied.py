"""What a trigger or a wait supplies to the steps after it."""

from __future__ import annotations

from sereno.commerce.schema import Field, Record, record
from sereno.engine.expressions.types import envelope
from sereno.engine.reading import Reader


def merged_data(reader: Reader, types: frozenset[str]) -> Record | None:
    """What `event.data` may hold when any of these types came; None when that is not known."""
    fields: dict[str, Field] = {}
    for name in sorted(types):
        found = reader.catalog.event_type(name)
        if found is None or found.data is None:
            return None
        for field in found.data.fields.values():
            fields.setdefault(field.name, field)
    return record("event", "The event's data", fields.values()) if fields else None


def waited(data: Record | None) -> Record:
    """What `wait ... as: name` leaves in `vars.<name>`."""
    kind = "any" if data is None else "record"
    return record(
        "waited",
        "How a wait for an event ended",
        [
            Field("happened", "boolean", "False when the time ran out first"),
            Field("event", "record", "The event, when it happened", of=envelope(data)),
            Field("data", kind, "The event's data, when it happened", of=data),
        ],
    )
