"""The canonical event: an immutable fact about a shop, whatever platform it came from.

Invariant: `(shop, source, id)` names one fact for ever; a second delivery of it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `occurred_at` and `received_at` are aware UTC instants. `data` is the canonical record of the event's
    type (see `records.py`): money is a decimal string beside its currency, instants are ISO 8601 strings.
    `refs` names the records the fact is about: kind -> id, kinds being `order customer cart product
    variant email` and so on; a run hears of later events that share a ref with it.
    `before` is the record as it was projected before this event (None when unknown); `is_stale` says that a
    newer version of the record had already been seen when this event arrived.
    """

    id: str
    shop: str
    source: str
    type: str
    subject: str
    occurred_at: datetime
    received_at: datetime
    data: Mapping[str, Any]
    refs: Mapping[str, str] = field(default_factory=dict[str, str])
    before: Mapping[str, Any] | None = None
    is_stale: bool = False


def links(subject: str, refs: Mapping[str, str]) -> tuple[str, ...]:
    """The strings by which events and runs find each other: `kind:id` for each ref, and the subject."""
    found = {f"{kind}:{key}": None for kind, key in refs.items() if key}
    found[subject] = None
    return tuple(found)
