"""Holds records that came or changed beside the others, and joins those that are surely one person.

Invariant: what is taken from the queue is decided in the same transaction, alone for the shop; a worker that is killed
leaves all of it in the queue. Records are never joined by their name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sereno.commerce import persons
from sereno.commerce.persons import Traits
from sereno.runtime import namespaces
from sereno.runtime.persons import enrolling
from sereno.runtime.persons.grouping import JOINED, PROPOSED, Pair, People, pair
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros
from sereno.store.pseudonyms import is_pseudonym

PIECE = 300
"""Records in one transaction."""
FIELDS = ("email", "phone", "name", "first_name", "last_name", "email_is_verified")
"""Of a record: a change of one of these may join it with others."""
CUSTOMER = "customer"


def is_recognised_anew(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    return old is None or any(old.get(name) != new.get(name) for name in FIELDS)


def put_to_match(tx: Transaction, keys: Iterable[tuple[int, str]]) -> None:
    tx.many("put_to_match", sorted(set(keys)))


class Matcher:
    """`run` works the queue off, a piece of a shop at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_due = True
        self._begin = enrolling.begin_in(world)

    def look(self) -> None:
        """There may be something in the queue."""
        self._is_due = True

    def run(self) -> int:
        """One piece of one shop; gives how many records were held beside the others."""
        if not self._is_due:
            return 0
        database = self._world.database
        with database.read() as tx:
            row = tx.one("shops_to_match")
        if row is None:
            self._is_due = False
            return 0
        with database.transaction() as tx:
            return match(tx, int(row[0]), self._begin, to_micros(self._world.clock.now()))


def match(tx: Transaction, shop_id: int, begin: enrolling.Begin, now: int, limit: int = PIECE) -> int:
    """Decide about the shop's next records in the queue; `begin` holds the runs of whom it joins. Gives how many were
    taken from it."""
    tx.all("lock_persons", {"shop": shop_id})
    taken = tx.all("take_to_match", {"shop": shop_id, "limit": limit})
    keys = sorted({row[0] for row in taken})
    if not keys:
        return 0
    reader = Reader(tx, shop_id)
    mine = reader.traits(keys)
    tx.run("forget_identities", {"shop": shop_id, "keys": keys})
    known = {key: traits.identities() for key, traits in mine.items()}
    tx.many("put_identities", sorted((shop_id, *one, key) for key, found in known.items() for one in found))
    sharing = _sharing(tx, shop_id, {one for found in known.values() for one in found})
    others = {other for found in sharing.values() for other in found} - mine.keys()
    everyone = {**mine, **reader.traits(sorted(others))}
    met = {
        tuple(sorted((key, other))) for key, found in known.items() for one in found for other in sharing.get(one, ())
    }
    meetings = sorted((one, other) for one, other in met if one != other and one in everyone and other in everyone)
    if meetings:
        people = People(tx, shop_id, {key for meeting in meetings for key in meeting})
        _judge(people, meetings, everyone)
        enrolling.write(tx, shop_id, people, begin, now)
        people.drop_settled()
    return len(taken)


def _sharing(tx: Transaction, shop_id: int, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Who has each of these values; values that too many have are nobody's."""
    if not wanted:
        return {}
    kinds, texts = sorted({kind for kind, _ in wanted}), sorted({text for _, text in wanted})
    asked = {"shop": shop_id, "kinds": kinds, "texts": texts, "most": persons.MOST_SHARING + 1}
    found: dict[tuple[str, str], list[str]] = {}
    for kind, value, key in tx.all("identities_shared", asked):
        if (kind, value) in wanted:
            found.setdefault((kind, value), []).append(key)
    return {one: keys for one, keys in found.items() if 1 < len(keys) <= persons.MOST_SHARING}


def _judge(people: People, meetings: Sequence[tuple[str, str]], everyone: Mapping[str, Traits]) -> None:
    """What is sure first, so that nothing is proposed that follows from it."""
    judged: list[tuple[bool, Pair]] = []
    for one, other in meetings:
        found = persons.verdict(everyone[one], everyone[other])
        if found is not None:
            judged.append((not found.is_sure, pair(one, other, JOINED if found.is_sure else PROPOSED, found.rule)))
    for _, said in sorted(judged, key=lambda item: (item[0], item[1].one, item[1].other)):
        held = people.said_of(said.one, said.other)
        if said.other in people.of(said.one) or (held is not None and held.status != PROPOSED):
            continue
        if said.status == JOINED and not people.may_join(said.one, said.other):
            said = pair(said.one, said.other, PROPOSED, said.rule)
        if held is None or held.status != said.status:
            people.say(said)


class Reader:
    """Records of a shop, as what they are recognised by."""

    def __init__(self, tx: Transaction, shop_id: int) -> None:
        self._tx, self._shop_id = tx, shop_id
        row = tx.one("country_of_shop", {"shop": shop_id})
        self._country = decode(row[0]).get("country") if row is not None and row[0] else None
        self._hosts: dict[str, str] = {}
        for kind, settings in tx.all("connections_to_match", {"shop": shop_id}):
            held: dict[str, Any] = decode(settings) if settings else {}
            host = urlsplit(str(held.get("url") or "")).hostname
            if host:
                self._hosts[str(held.get("namespace") or "")] = f"{kind}|{host}"

    def traits(self, keys: Sequence[str]) -> dict[str, Traits]:
        rows = self._tx.all("customers_by_keys", {"shop": self._shop_id, "keys": keys}) if keys else []
        found: dict[str, Traits] = {}
        for _id, key, data, _merged, _main in rows:
            if (traits := self.one(key, decode(data))) is not None:
                found[key] = traits
        return found

    def one(self, key: str, record: Mapping[str, Any]) -> Traits | None:
        """None for who was deleted or erased."""
        if is_pseudonym(key.removeprefix("email:")) or record.get("deleted_at"):
            return None
        return persons.traits_of(key, record, self._country, self._accounts(key))

    def _accounts(self, key: str) -> list[str]:
        """Two connections to one store tell of the same accounts, each under names of its own."""
        host = self._hosts.get(namespaces.of(key))
        return [f"{host}|{namespaces.plain(key)}"] if host and not key.startswith("email:") else []
