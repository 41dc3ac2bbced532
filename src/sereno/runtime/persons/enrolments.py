"""Under which keys a person is in a flow, whichever of their records an event came for; and whose run goes on when two
who were in it turn out to be one. Pure.

Invariant: the answer is the same for every record of the person, and for a key that names no person it is that key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sereno.commerce.event import Event
from sereno.engine.context import RunContext
from sereno.engine.entry import key_of, names_a_person
from sereno.engine.flow import Flow, Reentry

CUSTOMER = "customer"
_START = f"{CUSTOMER}:"
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What one record of a person goes by."""

    key: str
    id: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A live run in its flow: since when, its row, and what its version says of entering again."""

    entered_at: datetime
    row: int
    reentry: Reentry


def names_of(key: str, record: Record | None) -> Names:
    held = record or {}
    id_, email, phone = (held.get(name) for name in ("id", "email", "phone"))
    return Names(key, *(str(value) if value else None for value in (id_, email, phone)))


def keys_as(flow: Flow, event: Event, context: RunContext, now: datetime, person: Sequence[Names]) -> list[str]:
    """The keys under which the event's run may be known: as the main record's first, then the others', at last as the
    event says it. `person` are the records, the main one first. Empty where there is no key at all."""
    if flow.key is None:
        if not event.subject.startswith(_START):
            return [event.subject]
        return list(dict.fromkeys([*(f"{_START}{one.key}" for one in person), event.subject]))
    found: dict[str, None] = {}
    if names_a_person(flow):
        spoken = _Spoken(person)
        for one in person:
            records = {name: spoken.record(name, held, one) for name, held in context.records.items()}
            said = replace(event, subject=spoken.subject(event.subject, one), data=spoken.data(event.data, one))
            key = key_of(flow, said, replace(context, records=records), now)
            if isinstance(key, str):
                found[key] = None
    own = key_of(flow, event, context, now)
    if isinstance(own, str):
        found[own] = None
    return list(found)


def stays(live: Sequence[Standing], over: Sequence[datetime]) -> Standing | None:
    """Which of a person's live runs of one flow and key goes on. `over`: when their others had entered.

    1. They wait beside each other: the older goes on, as a later start is ignored; where the flow says that a later one
       takes the place of an earlier, the younger does.
    2. Somebody may be in the flow `once`, and another of their runs is over: none goes on.
    3. Again `after` some time only, and one that is over entered within that time of the one to go on: none goes on.
    """
    newest = max(live, key=lambda one: one.row)
    order = sorted(live, key=lambda one: (one.entered_at, one.row))
    reentry = newest.reentry
    chosen = order[-1] if reentry.while_running == "restart" else order[0]
    if reentry.mode == "once" and over:
        return None
    if reentry.mode == "after" and reentry.after is not None:
        after = reentry.after
        if any(abs(chosen.entered_at - at) < after for at in over):
            return None
    return chosen


class _Spoken:
    """Says an event, and records, with other names of the same person; what names somebody else stays."""

    def __init__(self, person: Sequence[Names]) -> None:
        self._known = {
            "customer_id": {name for one in person for name in (one.key, one.id) if name},
            "email": {one.email.lower() for one in person if one.email},
            "phone": {one.phone for one in person if one.phone},
        }

    def subject(self, subject: str, one: Names) -> str:
        return f"{_START}{one.key}" if subject.startswith(_START) else subject

    def data(self, data: Record, one: Names) -> dict[str, Any]:
        said = dict(data)
        for field, value in (("customer_id", one.key), ("email", one.email), ("phone", one.phone)):
            if self._is_known(field, said.get(field)):
                said[field] = value
        inside = said.get(CUSTOMER)
        if isinstance(inside, Mapping):
            said[CUSTOMER] = self.record(CUSTOMER, inside, one)  # pyright: ignore[reportUnknownArgumentType]
        return said

    def record(self, root: str, record: Record | None, one: Names) -> Record | None:
        if record is None:
            return None
        if root == CUSTOMER:
            return {**record, "id": one.id, "email": one.email, "phone": one.phone}
        return self.data(record, one)

    def _is_known(self, field: str, value: Any) -> bool:
        if not isinstance(value, str | int):
            return False
        text = str(value)
        return (text.lower() if field == "email" else text) in self._known[field]
