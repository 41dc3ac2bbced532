"""Facts about an erased person that come in once more: a delivery sent again, an old order touched, a file read twice.

Invariant: what happened before the erasure is stored without the person, is offered to no flow, and its raw delivery is
emptied. What happened after is a new beginning: who orders again is a customer again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sereno.commerce.event import links
from sereno.engine.durations import parse_instant
from sereno.runtime.privacy import redaction
from sereno.runtime.privacy.person import BOOK_KINDS, OWN_KINDS, Cloak, Person
from sereno.sdk.connector import NewEvent
from sereno.store import secrets
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.pseudonyms import known_as, pseudonym

PERSONS = frozenset({"customer", "email"})
_BORN = ("placed_at", "created_at", "changed_at")
Key = tuple[int, NewEvent]


def erased_at(tx: Transaction, events: Sequence[Key]) -> dict[tuple[int, str], int]:
    """(shop, link) -> when, of the links of these events that belong to erased people. One look if there are none."""
    if not secrets.is_configured() or tx.one("any_erased") is None:
        return {}
    asked: dict[tuple[int, str], tuple[int, str]] = {}
    for shop_id, event in events:
        for link in links(event.subject, event.refs):
            if link.partition(":")[0] in PERSONS | OWN_KINDS:
                asked.update({(shop_id, name): (shop_id, link) for name in known_as(link)[1:]})
    if not asked:
        return {}
    shops, digests = {shop for shop, _ in asked}, {digest for _, digest in asked}
    rows = tx.all("erased_of", {"shops": sorted(shops), "digests": sorted(digests)})
    return {asked[shop, digest]: at for shop, digest, at in rows if (shop, digest) in asked}


def hidden_keys(tx: Transaction, keys: Iterable[str]) -> dict[str, str]:
    """What these keys of flows' entries are called where they were an erased person's -> the key. Empty while nobody
    was erased."""
    if not secrets.is_configured() or tx.one("any_erased") is None:
        return {}
    return {name: key for key in keys for name in known_as(key)[1:]}


def is_old(shop_id: int, event: NewEvent, erased: Mapping[tuple[int, str], int]) -> bool:
    """Whether the event tells of what was before an erasure. An order or cart that was erased stays so; for the rest
    counts when it, or what it tells of, began."""
    born = to_micros(_born(event))
    for link in links(event.subject, event.refs):
        at = erased.get((shop_id, link))
        if at is not None and (link.partition(":")[0] not in PERSONS or born <= at):
            return True
    return False


def without_person(event: NewEvent) -> NewEvent:
    """The event as the erasure would have left it."""
    person = Person(0)
    for link in links(event.subject, event.refs):
        kind, _, key = link.partition(":")
        if kind == "customer":
            person.customers.add(key)
        elif kind == "email":
            person.emails.add(key)
        elif kind in OWN_KINDS:
            person.records.add((kind, key))
    person.learn(event.data)
    cloak = Cloak(person)
    data = encode(event.data)
    is_books = event.type.partition(".")[0] in BOOK_KINDS
    return replace(
        event,
        id=pseudonym(event.id),
        subject=cloak.key(event.subject) or "",
        data=decode(redaction.event_data(event.type, data, cloak)) if is_books else {},
        refs=redaction.event_refs(event.refs, cloak),
    )


def _born(event: NewEvent) -> datetime:
    found = [event.occurred_at]
    data: Mapping[str, Any] = event.data
    for name in _BORN:
        value = data.get(name)
        if isinstance(value, str):
            try:
                found.append(parse_instant(value))
            except ValueError:
                continue
    return min(found)
