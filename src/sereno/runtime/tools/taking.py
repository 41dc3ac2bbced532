"""Lists of people that other tools keep, looked at and taken over: who is on one, and what they allow.

Invariant: it is history. It starts no flow; read again it changes nothing; a newer word in the ledger outweighs what is
taken over, and a tool that does not say when gets no later time than the moment somebody is first seen there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.inbox import Incoming
from sereno.runtime.reading.taking import take_past_again
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import Store
from sereno.runtime.stores.permitting import connection_store
from sereno.runtime.stores.writing import exchange_of
from sereno.sdk.audience import AudienceApi, Member
from sereno.sdk.connector import NewEvent
from sereno.sdk.ports import Http
from sereno.sdk.stores import StoreBusy, StoreLimited, StoreRefused
from sereno.sdk.tools import Place
from sereno.store.database import Database
from sereno.store.fields import to_micros


@dataclass(frozen=True, slots=True)
class TakenPage:
    """`people` of this page; `next` is where to go on (None: that was all); `total` on the list, where it is known."""

    people: int
    next: str | None
    total: int | None


def lists_of(name: str, *, shop_id: int, http: Http, database: Database | None = None) -> list[Place]:
    """What people can be put on, or taken from, there. Raises LookupError, ConnectionRefused."""
    store, api = audience_of(open_staff(database), name, shop_id)
    try:
        return list(api.lists(exchange_of(store, http)))
    except (StoreRefused, StoreLimited, StoreBusy) as error:
        raise refused(error) from error


def take_over(
    name: str,
    list_: str,
    cursor: str | None = None,
    *,
    by: str,
    shop_id: int,
    http: Http,
    database: Database | None = None,
) -> TakenPage:
    """One page of a list: its people become customers where they are not yet, and the ledger of consents hears what
    the tool says of each. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store, api = audience_of(staff, name, shop_id)
    if api.read is None:
        raise ConnectionRefused("list.not_read", f"{store.kind} gives its lists to nobody: nothing to take over")
    try:
        page = api.read(exchange_of(store, http), list_, cursor)
    except (StoreRefused, StoreLimited, StoreBusy) as error:
        raise refused(error) from error
    now = staff.world.clock.now()
    at = to_micros(now)
    events = _events(store.kind, list_, page.members, now)
    with staff.database.transaction() as tx:
        past = [Incoming(shop_id, store.connection_id, None, name, at, event) for event in events]
        take_past_again(staff.world, tx, past, at)
        if cursor is None:
            audit(tx, shop_id, at, by, "connection.list_taken", name, {"list": list_, "total": page.total})
    return TakenPage(len(page.members), page.next, page.total)


def audience_of(staff: Staff, name: str, shop_id: int) -> tuple[Store, AudienceApi]:
    """A connection that keeps lists of people and has a key. Raises LookupError, ConnectionRefused."""
    store = connection_store(staff, name, shop_id)
    tool = store.api.tool
    if tool is None or tool.audience is None:
        raise ConnectionRefused("list.none", f"{store.kind} keeps no lists of people")
    if not store.access:
        raise ConnectionRefused("access.none", f"{name} has no key: give it one first")
    return store, tool.audience


def refused(error: Exception) -> ConnectionRefused:
    """What the tool said, for whoever asked."""
    return ConnectionRefused(getattr(error, "code", "store.no_answer"), str(error)[:500])


def _events(kind: str, list_: str, members: Iterable[Member], now: datetime) -> Sequence[NewEvent]:
    found: list[NewEvent] = []
    for member in members:
        person = member.person
        if "@" not in person.email or len(person.email) > 180:
            continue
        key = customer_key(None, person.email) or person.email
        refs = {"customer": key, "email": person.email}
        said = {
            "email": person.email,
            "phone": person.phone,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "locale": person.language,
        }
        data: dict[str, Any] = {name: value for name, value in said.items() if value} | {"id": key, "is_thin": True}
        mark = _mark(kind, list_, *sorted(f"{name}={value}" for name, value in said.items()))
        found.append(NewEvent(f"taken|{mark}", "customer.updated", f"customer:{key}", member.since or now, data, refs))
        granted = person.consents.get("email")
        if granted is not None:
            found.append(_consent(kind, list_, member, granted, now, refs))
    return found


def _consent(kind: str, list_: str, member: Member, granted: bool, now: datetime, refs: dict[str, str]) -> NewEvent:
    """Named by the word and its time, so that the same word read again is the same fact."""
    at = min(member.since or now, now)
    since = format_instant(member.since) if member.since is not None else ""
    data = {
        "email": member.person.email,
        "channel": "email",
        "purpose": "marketing",
        "granted": granted,
        "state": "subscribed" if granted else "unsubscribed",
        "source": f"{kind}: {member.source}" if member.source else kind,
        "changed_at": format_instant(at),
    }
    mark = _mark(kind, list_, member.person.email, str(granted), since)
    return NewEvent(f"taken|{mark}", "consent.changed", f"customer:{refs['customer']}", at, data, refs)


def _mark(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
