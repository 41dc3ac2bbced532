"""Joins records into people and takes them apart again by what staff decide.

Invariant: taking one pair away splits its person in exactly two; nobody whom people said to be two is joined unasked.
What follows for runs is settled in the same transaction (`enrolling`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

from sereno.runtime.persons import enrolling
from sereno.runtime.persons.grouping import APART, JOINED, Pair, People, pair
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros

Decision = Literal["joined", "apart"]
BY_HAND = "by_hand"


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


def ended_by_joining(shop_id: int, keys: Sequence[str], *, database: Database | None = None) -> int:
    """How many runs of these records ended because the other's went on; they stay ended."""
    with open_staff(database).database.read() as tx:
        return len(enrolling.ended_joined(tx, shop_id, keys))


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
    at = staff.world.clock.now()
    now = to_micros(at)
    details: dict[str, Any] = {"other": other, "rule": rule}
    before = people.of(one) | people.of(other)
    ended = enrolling.write(tx, shop_id, people, enrolling.begin_in(staff.world), now)
    if action == "customer.split":
        stay = enrolling.say_apart(tx, shop_id, before, at)
        details |= {"runs_stay_ended": stay} if stay else {}
    elif ended:
        details["runs_ended"] = ended
    people.drop_settled()
    audit(tx, shop_id, now, by, action, f"customer:{one}", details)
