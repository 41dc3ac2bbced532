"""Joins records into people and takes them apart again: by the rules, and by what staff decide.

Invariant: a person is what the joined pairs hold together, and the columns of the records follow from them in the same
transaction. Taking one pair away splits its person in exactly two; nobody whom people said to be two is joined unasked.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sereno.commerce import persons
from sereno.runtime.segments.memberships import touch
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros

JOINED, PROPOSED, APART = "joined", "proposed", "apart"
Decision = Literal["joined", "apart"]
BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Pair:
    """What is said of two records; `one` < `other`."""

    one: str
    other: str
    status: str
    rule: str
    by: str = ""


def pair(one: str, other: str, status: str, rule: str, by: str = "") -> Pair:
    return Pair(min(one, other), max(one, other), status, rule, by)


class People:
    """The people around some records, in a transaction that holds the shop's lock: say what is joined, then `write`."""

    def __init__(self, tx: Transaction, shop_id: int, keys: Iterable[str]) -> None:
        self._tx, self._shop_id = tx, shop_id
        rows = tx.all("customers_by_keys", {"shop": shop_id, "keys": sorted(set(keys))})
        mains = {row[3] or row[1] for row in rows if row[3] or row[4]}
        members = tx.all("members_of", {"shop": shop_id, "mains": sorted(mains)}) if mains else []
        held = tx.all("customers_by_keys", {"shop": shop_id, "keys": sorted(mains)}) if mains else []
        self._ids = {row[1]: row[0] for row in (*rows, *members, *held)}
        pairs = tx.all("joins_among", {"shop": shop_id, "keys": sorted(self._ids)}) if self._ids else []
        self._pairs = {(row[0], row[1]): Pair(*row) for row in pairs}
        self._said: list[Pair] = []
        self._group: dict[str, set[str]] = {}
        self._regroup()

    @property
    def keys(self) -> Collection[str]:
        return self._ids.keys()

    def of(self, key: str) -> set[str]:
        """All records of this one's person."""
        return self._group.get(key, {key})

    def said_of(self, one: str, other: str) -> Pair | None:
        return self._pairs.get((min(one, other), max(one, other)))

    def may_join(self, one: str, other: str) -> bool:
        """Whether no pair of the two people was said to be apart, and they are not too many."""
        left, right = self.of(one), self.of(other)
        if len(left) + len(right) > persons.MOST_RECORDS:
            return False
        return not any(
            found.status == APART
            and ((found.one in left and found.other in right) or (found.one in right and found.other in left))
            for found in self._pairs.values()
        )

    def say(self, said: Pair) -> None:
        self._pairs[said.one, said.other] = said
        self._said.append(said)
        self._regroup()

    def write(self, now: int) -> None:
        """The pairs, and where each record stands now."""
        if not self._said:
            return
        keys = sorted(self._ids)
        self._tx.all("lock_customers", {"shop": self._shop_id, "keys": keys})
        last = {(said.one, said.other): said for said in self._said}
        rows = [(self._shop_id, *at, said.status, said.rule, now, said.by[:200]) for at, said in sorted(last.items())]
        self._tx.many("put_joins", rows)
        places: list[tuple[Any, ...]] = []
        for group in persons.trees(keys, self._joined()):
            main = persons.main_of([(self._ids[key], key) for key in group])
            is_main = len(group) > 1
            places += [(self._shop_id, key, "" if key == main else main, is_main and key == main) for key in group]
        self._tx.many("place_in_person", sorted(places))
        touch(self._tx, ((self._shop_id, key) for key in keys))

    def drop_settled(self) -> None:
        """Proposals within one person have become pointless."""
        groups = [sorted(group) for group in persons.trees(self._ids, self._joined()) if len(group) > 2]
        keys = sorted({key for group in groups for key in group})
        if not keys:
            return
        within = [
            found
            for found in self._pairs.values()
            if found.status == PROPOSED and found.other in self.of(found.one) and found.one in keys
        ]
        if within:
            ends = sorted({key for found in within for key in (found.one, found.other)})
            self._tx.run("forget_proposals", {"shop": self._shop_id, "keys": ends})

    def _joined(self) -> list[tuple[str, str]]:
        return [at for at, found in self._pairs.items() if found.status == JOINED]

    def _regroup(self) -> None:
        self._group = {key: group for group in persons.trees(self._ids, self._joined()) for key in group}


def join(shop_id: int, one: str, other: str, by: str, *, database: Database | None = None) -> bool:
    """A person says that two records are one customer; False when they were. Raises LookupError for a record that is
    not there, ValueError for one with itself."""
    if one == other:
        raise ValueError("these are one record")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        people = _open(tx, shop_id, (one, other))
        if other in people.of(one):
            return False
        people.say(pair(one, other, JOINED, BY_HAND, by))
        _settle(tx, staff, shop_id, people, by, "customer.joined", one, other, BY_HAND)
    return True


def decide(shop_id: int, id: int, decision: Decision, by: str, *, database: Database | None = None) -> str:
    """Answer a proposal, or take back what was answered. Gives what it was before. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.all("lock_persons", {"shop": shop_id})
        row = tx.one("join_by_id", {"shop": shop_id, "id": id})
        if row is None:
            raise LookupError("this proposal is gone: the two records became one person, or one was deleted")
        one, other, before, rule = row
        if before == decision:
            return before
        people = _open(tx, shop_id, (one, other))
        if decision == JOINED and other in people.of(one):
            return JOINED
        people.say(Pair(one, other, decision, rule, by))
        action = "customer.joined" if decision == JOINED else "customer.split" if before == JOINED else "customer.apart"
        _settle(tx, staff, shop_id, people, by, action, one, other, rule)
    return before


def split(shop_id: int, key: str, by: str, *, database: Database | None = None) -> list[str]:
    """Take a record out of its person: each pair that joins it is undone, and what hangs on others by it stays with the
    main record. Gives the keys it was joined to. They are not joined again unasked. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        people = _open(tx, shop_id, (key,))
        others = sorted(people.of(key) - {key})
        pairs = [found for one in others if (found := people.said_of(key, one)) and found.status == JOINED]
        ends = [found.other if found.one == key else found.one for found in pairs]
        for found in pairs:
            people.say(Pair(found.one, found.other, APART, found.rule, by))
        # What was joined through it belongs together still.
        for first, second in itertools.pairwise(ends):
            if people.may_join(first, second):
                people.say(pair(first, second, JOINED, "through", by))
        if pairs:
            _settle(tx, staff, shop_id, people, by, "customer.split", key, ends[0], pairs[0].rule)
    return others


def _open(tx: Transaction, shop_id: int, keys: Sequence[str]) -> People:
    tx.all("lock_persons", {"shop": shop_id})
    people = People(tx, shop_id, keys)
    missing = [key for key in keys if key not in people.keys]
    if missing:
        raise LookupError(f"there is no customer {missing[0]}")
    return people


def _settle(
    tx: Transaction, staff: Staff, shop_id: int, people: People, by: str, action: str, one: str, other: str, rule: str
) -> None:
    now = to_micros(staff.world.clock.now())
    people.write(now)
    people.drop_settled()
    audit(tx, shop_id, now, by, action, f"customer:{one}", {"other": other, "rule": rule})
