"""Whether an event starts a run: the trigger's condition, the key, re-entry, and exits that have already happened.

Not entering is an answer too: `Skip` carries a stable reason code and the values seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sereno.commerce.event import Event
from sereno.engine.context import RunContext, entry_scope, event_document, would_be
from sereno.engine.durations import format_duration, format_instant, parse_instant
from sereno.engine.expressions import Expression, Outcome
from sereno.engine.flow import Flow
from sereno.engine.trigger import OWN_EVENTS

LONGEST_KEY = 200
_OF_A_PERSON = frozenset({"customer", "customer_id", "email", "phone"})
"""Fields, and the root, by which a key may name whom the event is about."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Start a run with this key. `restart`: end the live run of the key first."""

    key: str
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """No run, and why: `when_false`, `when_error`, `key_missing`, `already_running`, `older_than_run`, `once`,
    `too_soon`, `exit_already_happened`; and from the runtime `flow_paused` and `own_echo`."""

    reason: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a key in a flow. `live_run`: the id of its live run, and `live_since` when the event that
    started that run occurred. `last_entered_at`: of the newest run ever. `later_events`: events already seen that share
    a link with the event, of the types the flow listens to, which occurred at `reference_time` or later."""

    live_run: str | None = None
    last_entered_at: datetime | None = None
    later_events: Sequence[Event] = ()
    live_since: datetime | None = None


def concerns(flow: Flow, event: Event) -> bool:
    """Whether the event may start this flow: its type is the trigger's, and a firing is meant for this flow."""
    if event.type not in flow.trigger_types:
        return False
    return event.type not in OWN_EVENTS or event.data.get("flow") in (None, flow.name)


def reference_time(event: Event) -> datetime:
    """Since when the fact has held. An absence (`checkout.abandoned`) occurs when it is noticed, but holds since
    `data.since`: an order placed in between undoes it."""
    return held_since(event.occurred_at, event.data.get("since"))


def held_since(occurred_at: datetime, since: Any) -> datetime:
    """`since` where it is an earlier instant, else `occurred_at`."""
    if isinstance(since, str):
        try:
            return min(occurred_at, parse_instant(since))
        except ValueError:
            pass
    return occurred_at


def key_of(flow: Flow, event: Event, context: RunContext, now: datetime | None = None) -> str | Skip:
    """The key the run would have."""
    if flow.key is None:
        return event.subject
    value, error = flow.key.evaluate(entry_scope(event, context, now or event.received_at))
    if error is None and value is not None and value != "":
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        return text[:LONGEST_KEY]
    return Skip("key_missing", {"key": flow.key.source, "error": error} if error else {"key": flow.key.source})


def names_a_person(flow: Flow) -> bool:
    """Whether the flow has a key of its own that may differ between the records of one person."""
    return flow.key is not None and any(_OF_A_PERSON.intersection(map(str, path)) for path in flow.key.paths)


def decide(
    flow: Flow, event: Event, context: RunContext, history: History, now: datetime, known_as: str | None = None
) -> Enter | Skip:
    """Pure: the same arguments give the same answer. `known_as`: the key, where the person has several."""
    if flow.trigger.when is not None:
        outcome = flow.trigger.when.test(entry_scope(event, context, now))
        if outcome.value is not True:
            return Skip("when_false" if outcome.value is False else "when_error", seen(flow.trigger.when, outcome))
    key = known_as or key_of(flow, event, context, now)
    if isinstance(key, Skip):
        return key
    restart = False
    if history.live_run is not None:
        if flow.reentry.while_running == "ignore":
            return Skip("already_running", {"key": key, "run": history.live_run})
        if history.live_since is not None and event.occurred_at < history.live_since:
            return Skip("older_than_run", {"key": key, "run": history.live_run})
        restart = True
    elif history.last_entered_at is not None:
        refused = _too_soon(flow, key, history.last_entered_at, now)
        if refused is not None:
            return refused
    ended = _already_ended(flow, event, key, context, history.later_events, now)
    return ended if ended is not None else Enter(key, restart)


def seen(expression: Expression, outcome: Outcome) -> dict[str, Any]:
    """An outcome as details of a trace entry or a skip."""
    details: dict[str, Any] = {"condition": expression.source, "values": dict(outcome.seen)}
    if outcome.error is not None:
        details["error"] = outcome.error
    return details


def _too_soon(flow: Flow, key: str, last: datetime, now: datetime) -> Skip | None:
    reentry = flow.reentry
    details = {"key": key, "last_entered_at": format_instant(last)}
    if reentry.mode == "once":
        return Skip("once", details)
    if reentry.mode == "after" and reentry.after is not None and now < last + reentry.after:
        return Skip("too_soon", {**details, "after": format_duration(reentry.after)})
    return None


def _already_ended(
    flow: Flow, event: Event, key: str, context: RunContext, later: Sequence[Event], now: datetime
) -> Skip | None:
    """An exit that occurred after the start but was seen before it: events may come in any order."""
    since = reference_time(event)
    scope: dict[str, Any] | None = None
    for other in later:
        if other.occurred_at < since or (other.source, other.id) == (event.source, event.id):
            continue
        details = {"event": other.type, "id": other.id, "occurred_at": format_instant(other.occurred_at)}
        absent = flow.trigger.absent
        if absent is not None and other.type in absent.types and other.occurred_at <= since + absent.within:
            return Skip("exit_already_happened", details)
        for item in flow.exits:
            if other.type not in item.types:
                continue
            if item.test is None:
                return Skip("exit_already_happened", details)
            scope = scope or {**entry_scope(event, context, now), "run": would_be(flow.name, key, event.subject, now)}
            outcome = item.test.test({**scope, "event": event_document(other)})
            if outcome.value is True:
                return Skip("exit_already_happened", {**details, **seen(item.test, outcome)})
    return None
