"""A small pure host for flows: it drives entry and advance on a virtual clock, as the runtime does with a database.

It keeps the runtime's promises: one event per (source, id); exits already seen go into `History`; awaited events
already seen are handed to a run that starts later than they came; timers ring in order of due time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.commerce.event import Event, links
from sereno.engine.advance import advance, begin, run_uid
from sereno.engine.context import RunContext
from sereno.engine.entry import Enter, History, Skip, concerns, decide, key_of, reference_time
from sereno.engine.flow import Flow
from sereno.engine.run import (
    LIVE,
    Advanced,
    EffectFinished,
    Ended,
    EventArrived,
    Input,
    NewApproval,
    NewEffect,
    RunState,
    Started,
    TimerDue,
    TraceEntry,
    decode_state,
    encode_state,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHOP: Mapping[str, Any] = {
    "name": "Shop",
    "currency": "EUR",
    "timezone": "Europe/Madrid",
    "locale": "es",
    "settings": {"abandoned_after": "1h"},
}


def event(
    id: str,
    type: str,
    subject: str = "cart:c1",
    *,
    at: datetime = START,
    data: Mapping[str, Any] | None = None,
    refs: Mapping[str, str] | None = None,
) -> Event:
    """An event; its refs are made from the subject when not given."""
    kind, _, key = subject.partition(":")
    return Event(id, "shop", "test", type, subject, at, at, data or {}, {kind: key} if refs is None else refs)


class Simulator:
    """One flow, its runs and their effects. `answer` gives the outcome of an awaited effect (None: none yet)."""

    def __init__(
        self,
        flow: Flow,
        records: Callable[[str], Mapping[str, Mapping[str, Any] | None]] = lambda subject: {},
        answer: Callable[[NewEffect], EffectFinished | None] = lambda effect: None,
        now: datetime = START,
    ) -> None:
        self.flow = flow
        self.records = records
        self.answer = answer
        self.now = now
        self.runs: dict[str, RunState] = {}
        self.effects: dict[str, tuple[RunState, NewEffect]] = {}
        self.approvals: list[NewApproval] = []
        self.trace: dict[str, list[TraceEntry]] = {}
        self.skips: list[tuple[str, Skip]] = []
        self._events: dict[tuple[str, str], Event] = {}
        self._entered: dict[str, tuple[str, datetime]] = {}

    def deliver(self, item: Event, now: datetime | None = None) -> None:
        """An event arrives; a second delivery of it changes nothing."""
        self.now = max(self.now, now or item.occurred_at)
        if (item.source, item.id) in self._events:
            return
        self._events[item.source, item.id] = item
        marks = set(links(item.subject, item.refs))
        for state in list(self.runs.values()):
            if state.status in LIVE and item.type in state.listens and marks & set(links(state.subject, state.refs)):
                self.give(state.id, EventArrived(item))
        if concerns(self.flow, item):
            self._enter(item)

    def give(self, uid: str, input: Input) -> Advanced:
        """Hand an input to a run. The state goes through its stored form, as it does in a database."""
        state = decode_state(encode_state(self.runs[uid]))
        done = advance(self.flow, state, input, self._context(state.subject), self.now)
        self.runs[uid] = done.state
        self.trace.setdefault(uid, []).extend(done.trace)
        self.approvals.extend(done.approvals)
        for effect in done.effects:
            assert effect.key not in self.effects, f"{effect.key} was written twice"
            self.effects[effect.key] = (done.state, effect)
        for effect in done.effects:
            answer = self.answer(effect) if effect.awaited else None
            if answer is not None:
                self.give(uid, answer)
        return done

    def pass_time(self, length: timedelta) -> None:
        """The clock goes on; timers ring on the way, in order."""
        end = self.now + length
        while True:
            due = [state for state in self.runs.values() if state.status in LIVE and state.due_at is not None]
            due = [state for state in due if state.due_at is not None and state.due_at <= end]
            if not due:
                break
            state = min(due, key=lambda one: (one.due_at or end, one.id))
            assert state.due_at is not None
            self.now = max(self.now, state.due_at)
            self.give(state.id, TimerDue(state.timer))
        self.now = max(self.now, end)

    def sent(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        """All effects so far: (key of the run, action, config), sorted."""
        found = [(state.key, effect.action, effect.config) for state, effect in self.effects.values()]
        return sorted(found, key=repr)

    def codes(self, uid: str | None = None) -> list[str]:
        """The trace's codes, of one run or of the only one."""
        return [entry.code for entry in self.trace[uid or next(iter(self.trace))]]

    def only(self) -> RunState:
        (state,) = self.runs.values()
        return state

    def _context(self, subject: str) -> RunContext:
        return RunContext(self.records(subject), SHOP)

    def _enter(self, item: Event) -> None:
        context = self._context(item.subject)
        key = key_of(self.flow, item, context, self.now)
        if isinstance(key, Skip):
            self.skips.append((item.id, key))
            return
        since = reference_time(item)
        marks = set(links(item.subject, item.refs))
        later = sorted(
            (
                other
                for other in self._events.values()
                if other.type in self.flow.listens
                and other.occurred_at >= since
                and marks & set(links(other.subject, other.refs))
            ),
            key=lambda other: other.occurred_at,
        )
        history = self._history(key, later)
        decision = decide(self.flow, item, context, history, self.now)
        if isinstance(decision, Skip):
            self.skips.append((item.id, decision))
            return
        assert isinstance(decision, Enter)
        if decision.restart and history.live_run is not None:
            self.give(history.live_run, Ended("restarted"))
        uid = run_uid("shop", self.flow.name, key, item.source, item.id)
        self.runs[uid] = begin(self.flow, uid=uid, version=1, event=item, key=key, now=self.now)
        self._entered[key] = (uid, self.now)
        self.give(uid, Started())
        for other in later:
            self.give(uid, EventArrived(other))

    def _history(self, key: str, later: list[Event]) -> History:
        entered = self._entered.get(key)
        if entered is None:
            return History(later_events=later)
        uid, at = entered
        state = self.runs[uid]
        live = state.status in LIVE
        occurred = datetime.fromisoformat(state.event["occurred_at"])
        return History(uid if live else None, at, later, occurred if live else None)
