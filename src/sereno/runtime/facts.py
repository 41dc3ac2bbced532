"""An event on its way through the runtime: its row, what it says, and by which links it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sereno.commerce.event import Event, links
from sereno.store.documents import decode
from sereno.store.fields import from_micros

LANES = 16


@dataclass(slots=True)
class Fact:
    """`row` is the event's row id; `event` is replaced once projecting has found `before` and `is_stale`. `person` are
    the keys of all records of the customer, the main one first, where there are several. `error` is set when the event
    cannot be worked on."""

    row: int
    shop_id: int
    event: Event
    links: tuple[str, ...]
    error: str | None = None
    person: tuple[str, ...] = ()


def lane_of(shop_id: int, subject: str, refs: Mapping[str, str]) -> int:
    """Events of one customer share a lane, and so stay in order, whether they are about the cart or the order; where no
    customer is known, events of one subject do. It also keeps two workers from changing one customer's records."""
    whose = refs.get("customer") or refs.get("email") or subject
    return crc32(f"{shop_id}:{whose}".encode()) % LANES


def read_event(row: tuple[Any, ...]) -> Event:
    """From `id, shop_id, source, uid, type, subject, occurred_at, received_at, data, refs`."""
    return Event(
        id=row[3],
        shop=str(row[1]),
        source=row[2],
        type=row[4],
        subject=row[5],
        occurred_at=from_micros(row[6]),
        received_at=from_micros(row[7]),
        data=decode(row[8]),
        refs=decode(row[9]),
    )


def read_fact(row: tuple[Any, ...]) -> Fact:
    event = read_event(row)
    return Fact(row[0], row[1], event, links(event.subject, event.refs))
