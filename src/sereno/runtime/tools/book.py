"""The book of an attached list: who is on it by us, who is to be put on or taken off, and who is turned away.

Invariant: whoever may be on the list keeps their row, with the address they were put on under, until the tool has said
that they are off. Consent is asked whenever somebody is looked at, and once more as they are put on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sereno.sdk.audience import Person
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.secrets import decrypt, encrypt

PUT, TAKE = "put", "take"
GONE, NO_ADDRESS, NO_CONSENT = "customer.gone", "address.missing", "consent.missing"
MOVED, STUCK = "address.changed", "removal.refused"
OURS = frozenset({"", GONE, NO_ADDRESS, NO_CONSENT, MOVED, STUCK})
"""Codes of ours; the others are the tool's, and it is asked again only when something of the person changed."""
ERASED = "erased:"
"""How the key of a row begins whose person was erased, and who is still to be taken off."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the book. `there`: 0 no, 1 yes, 2 perhaps."""

    key: str
    address: str
    phone: str
    there: int
    due: str
    mark: str
    code: str
    sealed: str = ""

    def person(self) -> Person:
        """Whom the tool is to take off. Raises SecretsUnreadable."""
        if not self.sealed:
            return Person(self.key, self.address, self.phone)
        key, address, phone = decrypt(self.sealed)
        return Person(key, address, phone)


@dataclass(frozen=True, slots=True)
class Wish:
    """What becomes of a row: `due` and `code` are written; with neither and `is_away` it goes."""

    key: str
    due: str = ""
    code: str = ""
    is_away: bool = False


def mark_of(person: Person) -> str:
    """Of all that is told of somebody, so that the same is not told twice."""
    names = ("email", "phone", "first_name", "last_name", "country", "city", "postcode")
    told = [getattr(person, name) for name in names]
    return blake2b(encode([*told, dict(person.consents)]).encode(), digest_size=16).hexdigest()


def identity(person: Person) -> tuple[str, str]:
    """What they are taken off by."""
    return person.email[:320], person.phone[:40]


def refusal_of(person: Person | None) -> str:
    """Why somebody of the segment is not put on the list; "" when they are."""
    if person is None:
        return GONE
    if not (person.email or person.phone):
        return NO_ADDRESS
    return "" if person.agrees() else NO_CONSENT


def wish_of(key: str, held: Held | None, person: Person | None, *, is_inside: bool) -> Wish | None:
    """What is to be done about somebody; None when all is as it should be."""
    code = refusal_of(person) if is_inside else ""
    if not is_inside or code:
        return _unwanted(key, held, code)
    assert person is not None
    return _wanted(key, held, person)


def _unwanted(key: str, held: Held | None, code: str) -> Wish | None:
    if held is None:
        return Wish(key, "", code) if code else None
    if held.there:
        return None if held.due == TAKE else Wish(key, TAKE, code)
    if not code:
        return Wish(key, is_away=True)
    return None if (held.due, held.code) == ("", code) else Wish(key, "", code)


def _wanted(key: str, held: Held | None, person: Person) -> Wish | None:
    if held is None:
        return Wish(key, PUT)
    address, phone = identity(person)
    if held.there and (held.address not in ("", address) or held.phone not in ("", phone)):
        # Over there they are known by one that is theirs no more: that goes, and then they are looked at again.
        return None if held.due == TAKE else Wish(key, TAKE, MOVED)
    is_told = held.mark == mark_of(person)
    if held.due == PUT:
        return None
    if held.due == TAKE or held.there == 2 or not is_told:
        return Wish(key, PUT)
    if not held.there and held.code in OURS:
        return Wish(key, PUT)
    return Wish(key) if held.there and held.code in OURS and held.code else None


def write(tx: Transaction, shop_id: int, audience: int, wishes: Iterable[Wish]) -> int:
    """Gives how many rows were changed."""
    found = list(wishes)
    rows = [(shop_id, audience, one.key, one.due, one.code, "", "", "", "", 0) for one in found if not one.is_away]
    tx.many("want_audience_people", rows)
    gone = [one.key for one in found if one.is_away]
    if gone:
        tx.run("forget_audience_people", {"audience": audience, "keys": gone})
    return len(found)


def held_of(tx: Transaction, audience: int, keys: Sequence[str]) -> dict[str, Held]:
    rows = tx.all("audience_people", {"audience": audience, "keys": list(keys)}) if keys else ()
    return {row[0]: Held(*row) for row in rows}


def due_of(tx: Transaction, audience: int, due: str, limit: int) -> list[Held]:
    return [Held(*row) for row in tx.all("due_audience_people", {"audience": audience, "due": due, "limit": limit})]


def counts_of(tx: Transaction, audience: int) -> dict[str, Any]:
    """`on`: on the list as far as is known; `put` and `take`: under way; `turned`: not on it, by code."""
    counts: dict[str, Any] = {"on": 0, PUT: 0, TAKE: 0, "turned": {}}
    turned: dict[str, int] = counts["turned"]
    for there, due, code, number in tx.all("count_audience", {"audience": audience}):
        if due:
            counts[due] += number
        if there == 1:
            counts["on"] += number
        if code and due != TAKE and code != MOVED:
            turned[code] = turned.get(code, 0) + number
    return counts


def seal(tx: Transaction, ids: Sequence[int]) -> int:
    """These rows' people are being erased: who may be on a list is taken off it, known by nothing but a sealed note
    until then. Gives how many."""
    rows = tx.all("audience_people_by_id", {"ids": list(ids)}) if ids else ()
    sealed = [
        (id_, f"{ERASED}{id_}", encrypt([key, address, phone])) for id_, key, address, phone, there in rows if there
    ]
    tx.many("seal_audience_person", sealed)
    return len(sealed)
