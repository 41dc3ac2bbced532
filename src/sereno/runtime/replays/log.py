"""The events of a replay: those on their way to the flows, and those that runs may still have to hear of.

Invariant: what is asked for by link, type and time is all that was ever stored, as the tables would give it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from sereno.commerce.event import Event, links
from sereno.runtime.consents import CONSENT_EVENT
from sereno.runtime.facts import Fact, read_event
from sereno.runtime.replays.history import PastEvent
from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.store.database import Row
from sereno.store.documents import encode
from sereno.store.fields import to_micros

MOST = 20_000
"""Events that runs may have to hear of that are held in memory; past it the older half is written down."""
OWN = 50_000
"""Ids of events that Sereno stated itself which are remembered, so that none is stated twice."""

_NOBODY: dict[str, str] = {}

Parameters = Mapping[str, Any]


class EventLog:
    """`is_heard(type)`: whether some flow listens to it. `arrived` are facts not yet offered to the flows."""

    def __init__(self, tx: ReplayTransaction, shop: int, is_heard: Callable[[str], bool]) -> None:
        self._tx = tx
        self._shop = shop
        self._name = str(shop)
        self._is_heard = is_heard
        self.arrived: deque[Fact] = deque()
        self.at_work: dict[int, Event] = {}
        """Those of the batch under way, as they came, by row."""
        self._last = 0
        self._stored: dict[int, Row] = {}
        self._by_link: dict[str, list[tuple[int, int, str]]] = {}
        self._links: dict[int, tuple[str, ...]] = {}
        self._written_until: int | None = None
        self._own: dict[tuple[str, str], None] = {}
        tx.reads["linked_events"] = self._linked
        tx.reads["events_by_id"] = self._by_id
        tx.reads["known_events"] = self._known
        tx.reads["unqueue_events"] = lambda parameters: []
        tx.writes["copy_event_links"] = len
        tx.writes["copy_event_queue"] = len
        tx.makers["insert_events"] = self._insert
        tx.numbers["event"] = self._next

    # --- coming in --------------------------------------------------------------------------

    def arrive(self, past: PastEvent, is_start: bool, is_heard: bool) -> Fact:
        """An event of the past comes in. Whom it is about matters only where it may start a run, or one hears of it."""
        self._last += 1
        data = past.read_data()
        refs = past.read_refs(data) if is_start or is_heard or past.type == CONSENT_EVENT else _NOBODY
        event = Event(past.id, self._name, past.source, past.type, past.subject, past.at, past.at, data, refs)
        fact = Fact(self._last, self._shop, event, links(past.subject, refs) if is_start or is_heard else ())
        self.arrived.append(fact)
        if is_heard:
            at = to_micros(past.at)
            text = past.data.decode() if isinstance(past.data, bytes) else past.data
            row = (fact.row, self._shop, past.source, past.id, past.type, past.subject, at, at, text or "{}")
            self._store((*row, encode(refs)), fact.links)
        return fact

    def take(self, limit: int) -> list[Fact]:
        """The next facts, the first first."""
        facts = [self.arrived.popleft() for _ in range(min(limit, len(self.arrived)))]
        self.at_work = {fact.row: fact.event for fact in facts}
        return facts

    def again(self, rows: Sequence[int]) -> list[Fact]:
        """Facts of the batch under way as they came in."""
        found = [(row, self.at_work[row]) for row in rows]
        return [Fact(row, self._shop, event, links(event.subject, event.refs)) for row, event in found]

    def _next(self, count: int) -> Sequence[int]:
        first = self._last + 1
        self._last += count
        return range(first, first + count)

    def _known(self, parameters: Parameters) -> list[Row]:
        shop = self._shop
        pairs = zip(parameters["sources"], parameters["uids"], strict=True)
        return [(shop, *pair) for pair in pairs if pair in self._own]

    def _insert(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        """Events that Sereno states itself."""
        for row in rows:
            id_, shop, _, _, source, uid, type_, subject, occurred_at, received_at, data, refs, _ = row
            kept = (id_, shop, source, uid, type_, subject, occurred_at, received_at, data, refs)
            event = read_event(kept)
            fact = Fact(id_, shop, event, links(subject, event.refs))
            self.arrived.append(fact)
            self._tx.undo.append(lambda fact=fact: self._take_back(fact))
            self._own[source, uid] = None
            if self._is_heard(type_):
                self._store(kept, fact.links)
        for old in list(islice(self._own, max(0, len(self._own) - OWN))):
            del self._own[old]
        return [(row[0],) for row in rows]

    def _take_back(self, fact: Fact) -> None:
        self.arrived.remove(fact)
        self._own.pop((fact.event.source, fact.event.id), None)
        self._forget([fact.row])

    # --- looking back -----------------------------------------------------------------------

    def _store(self, row: Row, names: tuple[str, ...]) -> None:
        id_, at, type_ = row[0], row[6], row[4]
        self._stored[id_] = row
        self._links[id_] = names
        item = (at, id_, type_)
        for link in names:
            held = self._by_link.setdefault(link, [])
            if held and held[-1] > item:
                insort(held, item)
            else:
                held.append(item)

    def _linked(self, parameters: Parameters) -> list[Row]:
        since, types = parameters["since"], set(parameters["types"])
        shop = self._shop
        found = [
            (shop, link, id_, type_, at)
            for link in parameters["links"]
            if (held := self._by_link.get(link)) and held[-1][0] >= since
            for at, id_, type_ in islice(held, bisect_left(held, (since,)), None)
            if type_ in types
        ]
        if self._written_until is not None and since <= self._written_until:
            found += self._tx.sql.all("linked_events", parameters)
        found.sort(key=lambda row: (row[4], row[2], row[1]))
        return found

    def _by_id(self, parameters: Parameters) -> list[Row]:
        ids: Sequence[int] = parameters["ids"]
        found = [self._stored[id_] for id_ in ids if id_ in self._stored]
        if len(found) < len(ids) and self._written_until is not None:
            found += self._tx.sql.all("events_by_id", {"ids": [id_ for id_ in ids if id_ not in self._stored]})
        return found

    def settle(self) -> None:
        """Write down what is too much to hold."""
        if len(self._stored) <= MOST:
            return
        old = list(islice(self._stored, MOST // 2))
        rows = [self._stored[id_] for id_ in old]
        sql = self._tx.sql
        made = [(row[0], row[1], None, None, *row[2:], 0) for row in rows]
        sql.many("insert_events", made)
        marks = [(row[1], link, row[0], row[4], row[6]) for row in rows for link in self._links[row[0]]]
        sql.many("copy_event_links", marks)
        self._written_until = max(self._written_until or 0, *(row[6] for row in rows))
        self._forget(old)

    def _forget(self, ids: Sequence[int]) -> None:
        gone = set(ids)
        touched: set[str] = set()
        for id_ in ids:
            self._stored.pop(id_, None)
            touched.update(self._links.pop(id_, ()))
        for link in touched:
            held = [item for item in self._by_link.get(link, ()) if item[1] not in gone]
            if held:
                self._by_link[link] = held
            else:
                self._by_link.pop(link, None)
