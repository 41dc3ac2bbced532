"""The people of a shop as pairs of records hold them together, while somebody decides about them.

Invariant: a person is what the joined pairs hold together, and the columns of the records follow from them in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sereno.commerce import persons
from sereno.runtime.segments.memberships import touch
from sereno.store.database import Transaction

JOINED, PROPOSED, APART = "joined", "proposed", "apart"


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
        self._found = self._group

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

    def grown(self) -> list[set[str]]:
        """Those who have come to be made of more records by what was said."""
        now = {id(group): group for group in self._group.values()}
        return [group for group in now.values() if len({id(self._found.get(key, key)) for key in group}) > 1]

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
