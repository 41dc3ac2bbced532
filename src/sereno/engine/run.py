"""The state of a run, and what may happen to it. See `advance.py` for the one function that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from sereno.commerce.event import Event

SCHEMA = 2
"""The number of the state's layout; two versions of the code may work side by side during an upgrade."""

Status = Literal["running", "waiting", "parked", "finished", "exited", "stopped", "failed"]
LIVE: frozenset[str] = frozenset({"running", "waiting", "parked"})


class RunState(msgspec.Struct, kw_only=True):
    """All that a run is, between two inputs. Stored as JSON; `advance` gives back a changed copy.

    - `id` is made from shop, flow, key and starting event, so the same event can never start a second run.
    - `step` is the path of the step it stands at ("2.then.0"); paths are stable within a version.
    - `waiting`: at `wait` or `approve`; `parked`: until the effect `effect_key` has an outcome.
    - `due_at` (UTC) is when the timer rings, `timer` its number: a timer with another number is late or doubled.
    - `listens` are the event types that concern it now (exits, and what it waits for).
    - `event` is the starting event as it was. `vars` are set by `set`, `as` and `for_each`.
    - `loops`: step path -> {"items": [...], "index": n} of the `for_each` steps it is inside.
    - `approval` is what is known of a question that several are asked (see `approving.py`); unset otherwise, and in
      states of schema 1.
    - `since` is how far the run has got in the events' own time: an event it waits for must not be older.
    - `is_held_out`: it stands for somebody in the flow's control group, so nothing of it may leave.
    - `had`: steps whose message the person has had already, by a run of another of their records that was joined with
      this one: step path -> [action, the effect's key, the record's key]. Unset where there is none.
    - `seen` are ids of events and effect outcomes already taken in, newest last, bounded.
    """

    schema: int = SCHEMA
    id: str
    flow: str
    version: int
    subject: str
    key: str
    status: Status = "running"
    step: str = ""
    reason: str | None = None
    started_at: datetime
    due_at: datetime | None = None
    timer: int = 0
    seq: int = 0
    effect_key: str | None = None
    listens: list[str] = msgspec.field(default_factory=list[str])
    refs: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    vars: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    loops: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict[str, dict[str, Any]])
    seen: list[str] = msgspec.field(default_factory=list[str])
    event: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    since: datetime | None = None
    approval: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    is_held_out: bool = False
    had: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET


# --- what may happen to a run -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The first input of every run."""


@dataclass(frozen=True, slots=True)
class EventArrived:
    """An event that shares a link with the run and whose type it listens to."""

    event: Event


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The run's timer rang. Ignored unless `timer` is the run's current number."""

    timer: int


@dataclass(frozen=True, slots=True)
class EffectFinished:
    """The outcome of an effect: `ok` with its value, or failed for good with a reason code."""

    key: str
    ok: bool
    value: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A person answered the approval the run stands at, or the `part` of it that they were asked; `instead_of`: in
    whose place they answered."""

    step: str
    approved: bool
    by: str
    note: str = ""
    part: int = 0
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody or something ends the run from outside: a person, a replaced version, a restart of the same key, a run
    of another record of the same person. `run`: the one that goes on in its place, where there is one."""

    reason: str
    by: str = ""
    run: str = ""


Input = Started | EventArrived | TimerDue | EffectFinished | Decided | Ended

# --- what comes of it ---------------------------------------------------------------------------


class NewEffect(msgspec.Struct, frozen=True):
    """An action to carry out. `key` is `<run id>/<step path>` (with the loop's index inside `for_each`:
    `<run id>/3[2].0`) and unique for ever. `config` is rendered. `awaited`: the run parks for the outcome."""

    key: str
    step: str
    action: str
    config: Mapping[str, Any]
    awaited: bool


class NewApproval(msgspec.Struct, frozen=True):
    """A person is asked. The answer comes back as `Decided`, or the timer rings. `part`: which of those the step asks;
    `not_by`: an address that may not answer; `reminder`: how often this was said before (0: it is asked now)."""

    key: str
    step: str
    by: str
    text: str
    expires_at: datetime | None
    part: int = 0
    not_by: str = ""
    reminder: int = 0


class TraceEntry(msgspec.Struct, frozen=True):
    """One line of why. `code` is stable and translatable (`step.condition`, `wait.started`, `exit.event`, ...);
    `details` holds the values seen, as JSON."""

    at: datetime
    step: str
    code: str
    details: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])


class Advanced(msgspec.Struct, frozen=True):
    """What `advance` decided. `state` is new; when nothing changed (a late timer, a seen event) it is the same object,
    and the rest is empty."""

    state: RunState
    effects: tuple[NewEffect, ...] = ()
    approvals: tuple[NewApproval, ...] = ()
    trace: tuple[TraceEntry, ...] = ()


def encode_state(state: RunState) -> bytes:
    return msgspec.json.encode(state)


_decoder = msgspec.json.Decoder(RunState)


def decode_state(document: bytes | str) -> RunState:
    """Raises msgspec.ValidationError when the document is not a run state."""
    return _decoder.decode(document)
