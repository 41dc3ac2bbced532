"""A run in the hands of a batch: its state, put together from the row and the event that started it, and taken apart
again for storing. Invariant: what the event's row says already is not stored a second time with the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sereno.commerce.event import links
from sereno.engine.context import event_document
from sereno.engine.entry import names_a_person
from sereno.engine.run import LIVE, NewApproval, RunState, TraceEntry, decode_state, encode_state
from sereno.runtime.facts import read_event
from sereno.runtime.flows import LiveFlow
from sereno.runtime.ports import LocalWrites
from sereno.runtime.shops import Shop
from sereno.store.fields import to_micros


@dataclass(slots=True)
class Held:
    """`row` is None until a new run is written. `event_row` is the starting event's row. `recheck_at`: when
    the run is to be woken, before its own timer, to see what it may have missed (microseconds). `effects` are rows of
    `effect` without their leading run id, `exposures` rows of `expose`."""

    row: int | None
    shop: Shop
    live: LiveFlow
    state: RunState
    event_row: int | None
    is_shadow: bool
    recheck_at: int | None = None
    was_live: bool = False
    is_changed: bool = False
    traces: list[TraceEntry] = field(default_factory=list[TraceEntry])
    effects: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    approvals: list[NewApproval] = field(default_factory=list[NewApproval])
    writes: list[LocalWrites] = field(default_factory=list[LocalWrites])
    exposures: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    @property
    def is_live(self) -> bool:
        return self.state.status in LIVE

    def links(self) -> tuple[str, ...]:
        return links(self.state.subject, self.state.refs)

    def found_by(self) -> tuple[str, ...]:
        """The links that are kept while it is live: all, where events may concern it; else only whom it is about, where
        its key names them (its subject is found without), for when they turn out to be one with somebody."""
        if self.live.flow.listens:
            return self.links()
        if names_a_person(self.live.flow):
            return tuple(link for link in self.links() if link.startswith(("customer:", "email:")))
        return ()


def stored_state(held: Held) -> str:
    """The state as text, without what the event's row holds."""
    event = held.state.event
    kept: dict[str, Any] = {"is_stale": True} if event.get("is_stale") else {}
    if held.live.keeps_before and held.is_live and event.get("before") is not None:
        kept["before"] = event["before"]
    if held.event_row is None:
        kept = event
    return encode_state(msgspec.structs.replace(held.state, event=kept)).decode()


def full_state(text: str, event_row: Sequence[Any]) -> RunState:
    """The state as the engine knows it. `event_row`: source, uid, type, subject, occurred_at,
    received_at, data, refs."""
    state = decode_state(text)
    if event_row[1] is not None:
        event = read_event((None, 0, *event_row))
        kept = state.event
        state.event = {**event_document(event), **kept}
    return state


def run_row(held: Held, row: int, now: int) -> tuple[Any, ...]:
    """A row of `copy_runs`."""
    state = held.state
    return (
        row,
        state.id,
        held.shop.id,
        held.live.id,
        state.version,
        state.subject,
        state.key,
        held.event_row,
        state.status,
        state.step,
        state.reason,
        held.is_shadow,
        due_at(held),
        to_micros(state.started_at),
        now,
        stored_state(held),
    )


def changed_row(held: Held, now: int) -> tuple[Any, ...]:
    """A row of `update_runs`."""
    state = held.state
    return (
        held.row,
        state.version,
        state.status,
        state.step,
        state.reason,
        due_at(held),
        now,
        stored_state(held),
    )


def due_at(held: Held) -> int | None:
    """When to wake the run next."""
    own = due_micros(held.state)
    if held.recheck_at is None or not held.is_live:
        return own
    return held.recheck_at if own is None else min(own, held.recheck_at)


def due_micros(state: RunState) -> int | None:
    return to_micros(state.due_at) if state.due_at is not None and state.status in LIVE else None
