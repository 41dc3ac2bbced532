"""Who is whom in a replay: records of one person are joined by the rules that join them live, and by what staff had
decided by then.

Invariant: what a batch sees joined is what a worker would have joined before it. A record that shares nothing with any
other costs no statement: what it is recognised by waits in memory until somebody may have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from zlib import crc32

from sereno.runtime.persons import enrolling
from sereno.runtime.persons.grouping import APART, JOINED, Pair, People, pair
from sereno.runtime.persons.matching import PIECE, Reader, match
from sereno.runtime.records import BY_EMAIL, Held
from sereno.runtime.replays.records import Kept, RecordStore
from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.store.database import Database, Row, default_database
from sereno.store.documents import encode

MARK_BITS = 22
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person of the staff said of two records, and when (microseconds)."""

    at: int
    said: Pair


@dataclass(frozen=True, slots=True)
class PastPeople:
    """What a shop knows of who is whom that its log does not tell: decisions in order of time, and its connections
    (kind, settings as text), for accounts of one store that two of them tell of."""

    decisions: Sequence[Decided] = ()
    connections: Sequence[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def past_people(shop_id: int, *, database: Database | None = None) -> PastPeople:
    """Of each pair only the last word is kept; it holds from then on."""
    with (database or default_database()).read() as tx:
        rows = tx.all("joins_decided", {"shop": shop_id})
        connections = tx.all("connections_to_match", {"shop": shop_id})
    decisions = [Decided(at, Pair(*row)) for at, *row in rows]
    return PastPeople(decisions, [(str(kind), str(settings or "")) for kind, settings in connections])


class PersonStore:
    """The people of a replay. `look` after each batch."""

    def __init__(
        self, tx: ReplayTransaction, shop: int, records: RecordStore, past: PastPeople, begin: enrolling.Begin
    ) -> None:
        self._tx = tx
        self._begin = begin
        self._shop = shop
        self._records = records
        self._groups: dict[str, list[str]] = {}
        """Of records that are joined, all keys of their person, the main one first."""
        self._known = bytearray(1 << MARK_BITS)
        """Not 0 where some value, or some record, of that mark was seen: the others are new for sure."""
        self._unwritten: list[tuple[int, str, str, str]] = []
        self._asked: list[str] = []
        self._decisions = list(past.decisions)
        self._next = 0
        self._waiting: list[Decided] = []
        """Decided by now, of records that are not here yet."""
        self._reader: Reader | None = None
        tx.reads["people_of"] = self._people_of
        tx.reads["members_of"] = self._members_of
        tx.reads["customers_by_keys"] = self._customers_by_keys
        tx.reads["take_to_match"] = self._take
        tx.reads["connections_to_match"] = lambda parameters: list(past.connections)
        tx.writes["place_in_person"] = self._place

    # --- what others ask --------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return not self._groups

    @property
    def next_decision(self) -> int | None:
        """When staff decided next (microseconds)."""
        return self._decisions[self._next].at if self._next < len(self._decisions) else None

    @property
    def has_new(self) -> bool:
        return bool(self._records.recognised_anew)

    def group(self, key: str) -> list[str]:
        return self._groups.get(key) or [key]

    def links(self, links: Sequence[str]) -> Sequence[str]:
        """With those of all the person's records."""
        if not self._groups:
            return links
        start = f"{BY_EMAIL}:"
        others = (f"{start}{one}" for link in links if link.startswith(start) for one in self.group(link[len(start) :]))
        return (*links, *others)

    # --- statements -------------------------------------------------------------------------

    def _people_of(self, parameters: Parameters) -> list[Row]:
        return [
            (self._shop, key, group[0], member)
            for key in parameters["keys"]
            if (group := self._groups.get(key)) is not None
            for member in group[1:]
        ]

    def _members_of(self, parameters: Parameters) -> list[Row]:
        mains = [one for one in parameters["mains"] if self.group(one)[0] == one]
        held = self._held([key for main in mains for key in self.group(main)[1:]])
        return [(held[key].number, key, main) for main in mains for key in self.group(main)[1:] if key in held]

    def _customers_by_keys(self, parameters: Parameters) -> list[Row]:
        found: list[Row] = []
        for key, kept in self._held(parameters["keys"]).items():
            main = self.group(key)[0]
            is_main = key in self._groups and main == key
            found.append((kept.number, key, encode(kept.record), "" if main == key else main, is_main))
        return found

    def _take(self, parameters: Parameters) -> list[Row]:
        taken, self._asked = self._asked[: parameters["limit"]], self._asked[parameters["limit"] :]
        return [(key,) for key in taken]

    def _place(self, rows: Sequence[Sequence[Any]]) -> int:
        numbers = {key: kept.number for key, kept in self._held([row[1] for row in rows]).items()}
        before = {row[1]: self._groups.pop(row[1], None) for row in rows}
        self._tx.undo.append(lambda: self._take_back(before))
        placed = sorted((row[2] or row[1], row[1]) for row in rows)
        for main, members in groupby(placed, key=lambda one: one[0]):
            others = sorted((key for _, key in members if key != main), key=lambda key: numbers.get(key, 0))
            if others:
                self._groups |= {key: [main, *others] for key in (main, *others)}
        return len(rows)

    def _take_back(self, before: Mapping[str, list[str] | None]) -> None:
        for key, group in before.items():
            self._groups.pop(key, None)
            if group is not None:
                self._groups[key] = group

    def _held(self, keys: Iterable[str]) -> dict[str, Kept]:
        """The records of these keys that are there."""
        into: dict[tuple[int, str], Held] = {}
        self._records.load(BY_EMAIL, [(self._shop, key) for key in keys], into)
        return {key: kept for (_, key), kept in into.items() if isinstance(kept, Kept) and kept.record is not None}

    # --- joining ----------------------------------------------------------------------------

    def look(self, now: int) -> int:
        """Hold what came or changed beside the others, and do what staff had decided by now. In a transaction of the
        caller's. Gives how many records were looked at and decisions taken."""
        decided = self._decide(now)
        keys = sorted(self._records.recognised_anew)
        self._records.recognised_anew.clear()
        if not keys:
            return decided
        met = [key for key in keys if not self._is_alone(key)]
        if met:
            self._write()
            self._asked = met
            while self._asked:
                match(self._tx, self._shop, self._begin, now, PIECE)
            self._mark(met)
        if self._waiting:
            decided += self._decide(now)
        return decided + len(keys)

    def _is_alone(self, key: str) -> bool:
        """Whether neither the record nor anything it is recognised by was ever seen; it is then known by it."""
        if self._known[_mark_of(key)]:
            return False
        names = self._identities(key)
        if any(self._known[_mark_of(*name)] for name in names):
            return False
        if names:
            self._unwritten += [(self._shop, *name, key) for name in names]
            for mark in (_mark_of(key), *(_mark_of(*name) for name in names)):
                self._known[mark] = 1
        return True

    def _mark(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._known[_mark_of(key)] = 1
            for name in self._identities(key):
                self._known[_mark_of(*name)] = 1

    def _identities(self, key: str) -> list[tuple[str, str]]:
        if self._reader is None:
            self._reader = Reader(self._tx, self._shop)
        kept = self._held([key]).get(key)
        traits = self._reader.one(key, kept.record or {}) if kept is not None else None
        return traits.identities() if traits is not None else []

    def _write(self) -> None:
        rows, self._unwritten = self._unwritten, []
        self._tx.undo.append(lambda: self._unwritten.extend(rows))
        self._tx.plain().many("put_identities", sorted(rows))

    def _decide(self, now: int) -> int:
        """What staff said holds once both records are here; that they are apart is known before."""
        while (at := self.next_decision) is not None and at <= now:
            self._waiting.append(self._decisions[self._next])
            self._next += 1
        done = 0
        left: list[Decided] = []
        for one in self._waiting:
            said = one.said
            here = self._held((said.one, said.other))
            if len(here) == 2:
                people = People(self._tx, self._shop, here)
                if said.status != JOINED or said.other not in people.of(said.one):
                    people.say(pair(said.one, said.other, said.status, said.rule, said.by))
                enrolling.write(self._tx, self._shop, people, self._begin, now)
                done += 1
            elif said.status == APART:
                row = (self._shop, said.one, said.other, said.status, said.rule, now, said.by)
                self._tx.many("put_joins", [row])
                done += 1
            else:
                left.append(one)
        self._waiting = left
        return done


def _mark_of(*name: str) -> int:
    return crc32("|".join(name).encode("utf-8", "replace")) >> (32 - MARK_BITS)
