"""Which records of customers are one person, as everybody else asks it.

Invariant: nothing that is stored names a person by another key than its source did; who is whom is looked up when it is
read, so that undoing a join leaves each event, run and tag with the record it came for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sereno.runtime.facts import Fact
from sereno.store.database import Transaction

CUSTOMER = "customer"


def main_key(tx: Transaction, shop_id: int, key: str) -> str:
    """The key of the person's main record; the key itself where it is that, stands alone or is unknown."""
    return people_of(tx, [(shop_id, key)]).get((shop_id, key), [key])[0]


def keys_of(tx: Transaction, shop_id: int, key: str) -> list[str]:
    """All keys of the person, the main one first."""
    return people_of(tx, [(shop_id, key)]).get((shop_id, key), [key])


def people_of(tx: Transaction, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[str]]:
    """Of those among these (shop, key) that are joined with others, all keys of their person, the main one first. One
    query."""
    asked = set(keys)
    if not asked:
        return {}
    shops, names = sorted({shop for shop, _ in asked}), sorted({key for _, key in asked})
    found: dict[tuple[int, str], list[str]] = {}
    for shop_id, key, main, member in tx.all("people_of", {"shops": shops, "keys": names}):
        if (shop_id, key) in asked:
            found.setdefault((shop_id, key), [main]).append(member)
    return found


def as_one(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Let events of one person find each other, whichever of their records they came for: their links are all of the
    person's, and a subject that is a customer is the person's main record. What is stored stays as it came."""
    asked = {(fact.shop_id, key) for fact in facts if (key := fact.event.refs.get(CUSTOMER))}
    people = people_of(tx, asked)
    if not people:
        return
    for fact in facts:
        keys = people.get((fact.shop_id, fact.event.refs.get(CUSTOMER, "")))
        if keys is None:
            continue
        fact.person = tuple(keys)
        fact.links = tuple(dict.fromkeys((*fact.links, *(f"{CUSTOMER}:{key}" for key in keys))))
        if fact.event.subject in fact.links and fact.event.subject.startswith(f"{CUSTOMER}:"):
            fact.event = replace(fact.event, subject=f"{CUSTOMER}:{keys[0]}")
