"""Failures are noted where they happen, in the transaction that makes them true; the watch makes alerts of them.

Invariant: a note is inserted and nothing else, so that workers that fail together do not wait for each other; and it
says nothing of a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sereno.engine.tallies import bare
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros

EFFECTS, RUNS, DELIVERIES, EVENTS = "effects.failed", "runs.failed", "deliveries.failed", "events.failed"
OWN_ACTIONS = frozenset({"webhooks.deliver", "alerts.tell"})
"""Failing to tell is not told: it stands on the attention list."""


@dataclass(frozen=True, slots=True)
class Note:
    """`place` and `what` say where: a flow's id and step, a connection's id and "", a type and "". `reason`: a code or
    the first words of why."""

    shop_id: int
    kind: str
    place: str
    what: str
    reason: str

    @property
    def about(self) -> str:
        return f"{self.place}|{self.what}|{self.reason}"[:300]


def note(world: World, tx: Transaction, notes: Iterable[Note]) -> None:
    """Note what failed, alike ones as one row."""
    if world.is_dry:
        return
    counts: dict[Note, int] = {}
    for one in notes:
        counts[one] = counts.get(one, 0) + 1
    at = to_micros(world.clock.now())
    rows = [
        (
            one.shop_id,
            one.kind,
            storable(one.about),
            encode({"place": storable(one.place), "what": storable(one.what), "reason": storable(one.reason)}),
            count,
            at,
        )
        for one, count in counts.items()
    ]
    tx.many("copy_alert_notes", rows)


def of_effect(shop_id: int, flow_id: int, step: str, action: str, reason: str | None) -> list[Note]:
    """An effect that failed for good."""
    if action in OWN_ACTIONS:
        return []
    return [Note(shop_id, EFFECTS, str(flow_id), bare(step), (reason or "")[:64])]


def of_run(shop_id: int, flow_id: int, step: str, reason: str | None) -> Note:
    return Note(shop_id, RUNS, str(flow_id), bare(step), (reason or "")[:64])


def of_delivery(shop_id: int, connection_id: int, reason: str | None) -> Note:
    """The reason as the attention list groups by it."""
    return Note(shop_id, DELIVERIES, str(connection_id), "", (reason or "")[:120])


def of_event(shop_id: int, type_: str, error: str) -> Note:
    return Note(shop_id, EVENTS, type_, "", error.partition(":")[0][:64])
