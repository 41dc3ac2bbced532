"""Which of a batch's events start a run, by the entry rules of each flow; and why not, for those that do not.

Invariant: one key is in a flow at most as often as the flow's rules allow, also when two workers try at once: whoever
finds the entry changed since it was read starts the batch anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sereno.commerce.event import Event
from sereno.engine.advance import begin, run_uid
from sereno.engine.context import RunContext
from sereno.engine.durations import parse_instant
from sereno.engine.entry import Enter, History, Skip, concerns, decide, key_of, names_a_person, reference_time
from sereno.engine.run import Ended, EventArrived, Started
from sereno.runtime.batch import Batch
from sereno.runtime.experiments import exposing
from sereno.runtime.facts import Fact, read_event
from sereno.runtime.flows import LiveFlow
from sereno.runtime.holding import Held
from sereno.runtime.persons.enrolments import CUSTOMER, keys_as, names_of
from sereno.runtime.privacy import late
from sereno.runtime.records import Overtaken
from sereno.runtime.stores.echoes import Echoes
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros

MOST_LATER_EVENTS = 50
"""Of those a run only waits for, the oldest. Of those that may end it none is left out: any may be the one."""


class EntryLost(Overtaken):
    """Another worker let the same key in meanwhile."""


_At = tuple[int, str, int]
"""Where an entry stands: flow, key and lane (see `flows.LiveFlow`)."""


@dataclass(slots=True)
class _Entry:
    """The newest entry of a key. `id` is None while there is no row; `expected` the run that was in it when read."""

    run_uid: str
    is_live: bool
    entered_at: datetime | None
    id: int | None = None
    expected: str = ""
    is_changed: bool = False
    is_hidden: bool = False
    """It stands under the hash an erasure gave its key."""


@dataclass(slots=True)
class _Candidate:
    """A flow that this event may start."""

    fact: Fact
    live: LiveFlow
    context: RunContext
    keys: list[str]
    """Those the person is known by in the flow; the first is the run's."""
    uid: str
    later: list[Event] = field(default_factory=list[Event])

    @property
    def at(self) -> _At:
        return self.live.id, self.keys[0], self.live.lane


class Entering:
    """`prepare`, then `enter` for each event in order, then `write`."""

    def __init__(self, batch: Batch, facts: Sequence[Fact]) -> None:
        self._batch = batch
        self._facts = facts
        self._candidates: dict[int, list[_Candidate]] = {}
        self._entries: dict[_At, _Entry] = {}
        self._known: set[str] = set()
        self._held_by_key: dict[tuple[int, str], Held] = {}

    # --- before -----------------------------------------------------------------------------

    def prepare(self) -> None:
        """Find the candidates, their keys, and what is on record about those; one query for each."""
        batch, flows = self._batch, self._batch.world.flows
        pairs: list[tuple[Fact, LiveFlow]] = []
        for fact in self._facts:
            for live in flows.triggered(fact.shop_id, fact.event.type):
                if not concerns(live.flow, fact.event):
                    continue
                if live.status == "paused":
                    if live.speaks:
                        self._skip(fact, live, Skip("flow_paused", {}))
                    continue
                pairs.append((fact, live))
                batch.records.want(fact.shop_id, fact.event.refs, live.flow.needs)
                if fact.person:
                    batch.records.want(fact.shop_id, fact.event.refs, [CUSTOMER])
                if live.chooser is not None:
                    batch.records.want(fact.shop_id, fact.event.refs, live.chooser.flow.entry_needs)
        batch.records.fetch()
        # A back-test writes to no store, so nothing echoes there.
        heard = () if batch.world.is_dry else pairs
        echoes = Echoes(batch.tx, [(fact.shop_id, live.id, fact.links) for fact, live in heard])
        found: list[_Candidate] = []
        for fact, live in pairs:
            context = batch.context_of(fact.shop_id, fact.event.refs, live)
            key = key_of(live.flow, fact.event, context, batch.now)
            if not self._falls_to(live, fact, key):
                continue
            if not isinstance(key, Skip) and (own := echoes.own(live.id, fact.links, fact.event, batch.now)):
                key = Skip("own_echo", own)
            if isinstance(key, Skip):
                self._skip(fact, live, key)
                continue
            keys = self._known_as(fact, live, context) or [key]
            shop = batch.world.shops.find(batch.tx, fact.shop_id)
            # In shadow beside the live version the same event starts a run of its own.
            name = f"{live.name}\x1e{live.lane}" if live.lane else live.name
            uid = run_uid(shop.slug, name, keys[0], fact.event.source, fact.event.id)
            candidate = _Candidate(fact, live, context, keys, uid)
            found.append(candidate)
            self._candidates.setdefault(fact.row, []).append(candidate)
        if found:
            self._read_entries(found)
            self._read_known(found)
            self._read_later_events([item for item in found if item.live.flow.listens])

    def _known_as(self, fact: Fact, live: LiveFlow, context: RunContext) -> list[str]:
        """The keys of a person of several records; empty for everybody else, who has one."""
        records = self._batch.records
        person: Sequence[str] = fact.person
        if not person and names_a_person(live.flow) and context.records.get(CUSTOMER) is not None:
            # What is about an order alone leads to whose it is.
            whom = records.whom(fact.shop_id, fact.event.refs)
            person = records.person(fact.shop_id, whom) if whom else ()
        if len(person) < 2:
            return []
        names = [names_of(key, records.own(fact.shop_id, key)) for key in person]
        return keys_as(live.flow, fact.event, context, self._batch.now, names)

    def _falls_to(self, live: LiveFlow, fact: Fact, key: str | Skip) -> bool:
        """Whether a flow's version is the one for this event, where two share the keys."""
        if live.chooser is not None:
            context = self._batch.context_of(fact.shop_id, fact.event.refs, live.chooser)
            drawn = key_of(live.chooser.flow, fact.event, context, self._batch.now)
            key = key if isinstance(drawn, Skip) else drawn
        return live.speaks or live.lane != 0 if isinstance(key, Skip) else live.serves(key)

    def _read_entries(self, candidates: Sequence[_Candidate]) -> None:
        keys = {(item.live.id, key, lane) for item in candidates for key in item.keys for lane in (0, item.live.lane)}
        names: set[str] = {at[1] for at in keys}
        hidden = late.hidden_keys(self._batch.tx, names)
        parameters = {"flows": sorted({at[0] for at in keys}), "keys": sorted(names | hidden.keys())}
        for flow_id, name, lane, uid, is_live, entered_at, id_ in self._batch.tx.all("entries", parameters):
            key: Any = hidden.get(name, name)
            if (flow_id, key, lane) in keys:
                entry = _Entry(uid, bool(is_live), from_micros(entered_at), id_, uid, is_hidden=name != key)
                self._entries[flow_id, key, lane] = entry

    def _read_known(self, candidates: Sequence[_Candidate]) -> None:
        rows = self._batch.tx.all("known_runs", {"uids": [item.uid for item in candidates]})
        self._known = {row[0] for row in rows}

    def _read_later_events(self, candidates: Sequence[_Candidate]) -> None:
        """Events the run would have heard, no older than the trigger, that came before it: late and shuffled
        deliveries. Those that end a run keep it from starting; those it waits for are handed to it."""
        if not candidates:
            return
        links = {(item.fact.shop_id, link) for item in candidates for link in item.fact.links}
        rows = self._batch.tx.all(
            "linked_events",
            {
                "shops": list({shop for shop, _ in links}),
                "links": sorted({link for _, link in links}),
                "since": min(to_micros(reference_time(item.fact.event)) for item in candidates),
                "types": sorted({type_ for item in candidates for type_ in item.live.flow.listens}),
            },
        )
        if not rows:
            return
        by_link: dict[tuple[int, str], list[tuple[int, str, int]]] = {}
        for shop_id, link, event, type_, occurred_at in rows:
            by_link.setdefault((shop_id, link), []).append((event, type_, occurred_at))
        wanted: list[tuple[_Candidate, list[int]]] = []
        for item in candidates:
            ids = _later(item, by_link)
            if ids:
                wanted.append((item, ids))
        events = read_events(self._batch, {id_ for _, ids in wanted for id_ in ids})
        for item, ids in wanted:
            item.later = [events[id_] for id_ in ids if id_ in events]

    def runs_to_replace(self) -> list[str]:
        """Uids of live runs that a restart may end; they must be held before `enter`."""
        return sorted(
            entry.run_uid
            for (flow_id, *_), entry in self._entries.items()
            if entry.is_live and flow_id in self._restarting()
        )

    def _restarting(self) -> set[int]:
        return {
            item.live.id
            for items in self._candidates.values()
            for item in items
            if item.live.flow.reentry.while_running == "restart"
        }

    # --- one event --------------------------------------------------------------------------

    def enter(self, fact: Fact) -> list[Held]:
        """Start the runs this event triggers; gives them."""
        return [held for item in self._candidates.get(fact.row, ()) if (held := self._try(item)) is not None]

    def _try(self, item: _Candidate) -> Held | None:
        batch, live = self._batch, item.live
        if item.uid in self._known:
            return None
        self._known.add(item.uid)
        entries = [entry for key in item.keys if (entry := self._entries.get((live.id, key, live.lane))) is not None]
        running = [entry for entry in entries if self._is_live(entry)]
        entered = [entry.entered_at for entry in entries if entry.entered_at is not None]
        history = History(
            live_run=running[0].run_uid if running else None,
            last_entered_at=max(entered) if entered else self._entered_before(item),
            later_events=item.later,
            live_since=_occurred_at(self._current(running[0])) if running else None,
        )
        decision = decide(live.flow, item.fact.event, item.context, history, batch.now, item.keys[0])
        if isinstance(decision, Skip):
            self._skip(item.fact, live, decision)
            return None
        for entry in running if decision.restart else ():
            held = self._current(entry)
            if held is not None and held.is_live:
                batch.give(held, Ended("restarted"))
        return self._start(item, decision, self._entries.get(item.at))

    def _is_live(self, entry: _Entry) -> bool:
        held = self._current(entry)
        return held.is_live if held is not None else entry.is_live

    def _entered_before(self, item: _Candidate) -> datetime | None:
        """What began before the stage did counts for the candidate in shadow too, as it will once it is live."""
        keys = item.keys if item.live.lane else ()
        entries = [entry for key in keys if (entry := self._entries.get((item.live.id, key, 0))) is not None]
        times = [entry.entered_at for entry in entries if entry.entered_at is not None]
        return max((at for at in times if to_micros(at) < item.live.since), default=None)

    def _current(self, entry: _Entry) -> Held | None:
        return self._batch.held.get(entry.run_uid)

    def _start(self, item: _Candidate, decision: Enter, entry: _Entry | None) -> Held:
        batch, live, fact = self._batch, item.live, item.fact
        state = begin(live.flow, uid=item.uid, version=live.version, event=fact.event, key=decision.key, now=batch.now)
        held = Held(
            row=None,
            shop=batch.world.shops.find(batch.tx, fact.shop_id),
            live=live,
            state=state,
            event_row=fact.row,
            is_shadow=live.status == "shadow" or live.lane != 0,
            is_changed=True,
        )
        if exposing.is_held_out(held, item.context.records.get("customer")):
            held.is_shadow = state.is_held_out = True
        batch.hold(held)
        batch.give(held, Started())
        for event in sorted(item.later, key=lambda later: later.occurred_at):
            if held.is_live and event.type in held.state.listens:
                batch.give(held, EventArrived(event))
        if entry is None:
            entry = self._entries[item.at] = _Entry(item.uid, True, batch.now)
        entry.run_uid, entry.entered_at, entry.is_changed = item.uid, batch.now, True
        return held

    def _skip(self, fact: Fact, live: LiveFlow, skip: Skip) -> None:
        event = fact.event
        now = to_micros(self._batch.now)
        row = (fact.shop_id, live.id, live.version, event.subject, fact.row, now, skip.reason, encode(skip.details))
        self._batch.skips.append(row)

    # --- after ------------------------------------------------------------------------------

    def write(self) -> None:
        """Write the entries. Raises EntryLost when another worker changed one since it was read."""
        made: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for at, entry in self._entries.items():
            if not entry.is_changed or entry.entered_at is None:
                continue
            held = self._batch.held[entry.run_uid]
            rest = (to_micros(entry.entered_at), entry.run_uid, held.is_live)
            if entry.id is None:
                made.append((*at, *rest))
            else:
                changed.append((entry.id, entry.expected, *rest))
        tx = self._batch.tx
        hidden = [(entry.id, at[1]) for at, entry in self._entries.items() if entry.is_hidden and entry.is_changed]
        tx.many("reveal_entries", sorted(hidden))
        if tx.many("insert_entries", sorted(made)) != len(made):
            raise EntryLost
        if tx.many("update_entries", sorted(changed)) != len(changed):
            raise EntryLost


def _occurred_at(held: Held | None) -> datetime | None:
    at = held.state.event.get("occurred_at") if held is not None else None
    return parse_instant(at) if isinstance(at, str) else None


def _later(item: _Candidate, by_link: dict[tuple[int, str], list[tuple[int, str, int]]]) -> list[int]:
    since = to_micros(reference_time(item.fact.event))
    types, exits = item.live.flow.listens, item.live.flow.exit_types
    ending: dict[int, None] = {}
    awaited: dict[int, int] = {}
    for link in item.fact.links:
        for event, type_, occurred_at in by_link.get((item.fact.shop_id, link), ()):
            if event == item.fact.row or type_ not in types or occurred_at < since:
                continue
            if type_ in exits:
                ending[event] = None
            else:
                awaited[event] = occurred_at
    return [*ending, *sorted(awaited, key=lambda event: (awaited[event], event))[:MOST_LATER_EVENTS]]


def read_events(batch: Batch, ids: Iterable[int]) -> dict[int, Event]:
    """Events by row id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row[0]: read_event(row) for row in batch.tx.all("events_by_id", {"ids": wanted})}
