"""A list over there filled from a segment here: who would be put on it, who is turned away, and what becomes of those
who are on it already. For new lists, and for taking over ones that exist at an advertiser's platform.

Invariant: nobody is put on a list without their yes to marketing by mail where the platform must have one; begun again,
or broken off half way, it comes to the same. Who is on a list the platforms tell nobody, only how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.runtime.arbiter.consents import PURPOSE, ReadConsents
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.newsletters.audience import address_of, keys_after, records_of
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import Store
from sereno.runtime.stores.writing import exchange_of
from sereno.runtime.tools.port import handler_of, parts, willing
from sereno.runtime.tools.taking import audience_of, refused
from sereno.sdk.audience import AudienceApi, Person, PushPeople
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.stores import Call, StoreBusy, StoreLimited, StoreRefused
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros
from sereno.store.queries import Dialect

PAGE = 500
MOST = 500_000
"""People of one segment; more are refused before anybody is asked."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`people` are in the segment, `willing` of them would be put on the list, the others are `turned` away by code.
    `agreed` is how many of those said yes to marketing by mail, who alone are kept on a list that is attached.
    `there`: how many the platform says are on it now, None where it does not; `leaving`: about how many of them would
    be taken off at least, were the list replaced."""

    list: str
    title: str
    people: int
    willing: int
    agreed: int
    turned: Mapping[str, int]
    there: int | None
    can_replace: bool

    @property
    def leaving(self) -> int | None:
        return None if self.there is None else max(0, self.there - self.willing)


@dataclass(frozen=True, slots=True)
class Filled:
    """What the platform took."""

    taken: int
    turned: Mapping[str, int]


@dataclass(slots=True)
class _Read:
    people: int = 0
    willing: list[Person] = field(default_factory=list[Person])
    turned: Counter[str] = field(default_factory=Counter[str])


def foresee(
    name: str, list_: str, segment: str, *, shop_id: int, http: Http, database: Database | None = None
) -> Foreseen:
    """What filling would do; nothing is changed. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store, api = audience_of(staff, name, shop_id)
    place = place_of(store, api, list_, http)
    read = _people(staff, api, shop_id, segment)
    agreed = sum(1 for one in read.willing if one.agrees())
    return Foreseen(
        list_, place[0], read.people, len(read.willing), agreed, dict(read.turned), place[1], api.replace is not None
    )


def fill(
    name: str,
    list_: str,
    segment: str,
    *,
    replaces: bool,
    by: str,
    shop_id: int,
    http: Http,
    database: Database | None = None,
) -> Filled:
    """Put the people of a segment on a list; where it `replaces`, everybody else there is taken off. Raises
    LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store, api = audience_of(staff, name, shop_id)
    if replaces and api.replace is None:
        raise ConnectionRefused("list.not_replaced", f"{store.kind} cannot replace a list: put people on it instead")
    place_of(store, api, list_, http)
    read = _people(staff, api, shop_id, segment)
    now = staff.world.clock.now()
    if replaces and not read.willing:
        raise ConnectionRefused("list.nobody", f"nobody of {segment} may be put on the list: it stays as it is")
    call = Call(exchange_of(store, http), f"fill/{name}/{list_}/{to_micros(now)}", 1, now)
    try:
        if replaces and api.replace is not None:
            done = api.replace(call, list_, parts(read.willing, api.most))
        else:
            push = PushPeople(list_, tuple(read.willing))
            done = handler_of(store, push)(call, push)
    except (StoreRefused, StoreLimited, StoreBusy) as error:
        raise refused(error) from error
    turned = read.turned + Counter(str(one.get("code")) for one in done.value.get("turned") or ())
    about = {"list": list_, "segment": segment, "replaced": replaces, "taken": done.value.get("taken")}
    with staff.database.transaction() as tx:
        audit(tx, shop_id, to_micros(now), by, "connection.list_filled", name, about)
    return Filled(int(done.value.get("taken") or 0), dict(turned))


def place_of(store: Store, api: AudienceApi, list_: str, http: Http) -> tuple[str, int | None]:
    """Its name and size over there. Only a list the tool names is ever filled or replaced."""
    try:
        found = {one.id: one for one in api.lists(exchange_of(store, http))}
    except (StoreRefused, StoreLimited, StoreBusy) as error:
        raise refused(error) from error
    if list_ not in found:
        raise ConnectionRefused("list.unknown", f"{store.connection} has no list {list_} that takes people")
    return found[list_].name, found[list_].count


def _people(staff: Staff, api: AudienceApi, shop_id: int, segment: str) -> _Read:
    """Those in the segment now, page by page. Raises LookupError."""
    read, after = _Read(), ""
    while True:
        with staff.database.read() as tx:
            keys = keys_after(tx, shop_id, segment, after, PAGE)
            found = known_people(tx, staff.plugins, staff.database.dialect, shop_id, keys)
        if not keys:
            return read
        read.people, after = read.people + len(keys), keys[-1]
        if read.people > MOST:
            raise ConnectionRefused("list.too_many", f"{segment} has more than {MOST} people: choose a smaller one")
        read.turned["customer.gone"] += len(keys) - len(found)
        agreed, turned = willing(found) if api.needs_consent else (tuple(found), [])
        read.willing += [one for one in agreed if one.email or one.phone]
        read.turned["address.missing"] += sum(1 for one in agreed if not (one.email or one.phone))
        read.turned.update(one.code for one in turned)
        read.turned = +read.turned


def known_people(
    tx: Transaction, plugins: Plugins, dialect: Dialect, shop_id: int, keys: Sequence[str]
) -> list[Person]:
    """Those of these customers who are there, as a list may know them, with what they say of marketing by mail now."""
    records = records_of(tx, plugins, dialect, shop_id, keys)
    held = {key: records.root(shop_id, {"customer": key}, "customer") for key in keys}
    known = {key: record for key, record in held.items() if record is not None}
    addresses = {key: address_of(record) for key, record in known.items()}
    ledger = ReadConsents(tx, ((shop_id, address) for address in addresses.values() if address)).of(shop_id)
    found: list[Person] = []
    for key, record in known.items():
        email = addresses[key]
        said = ledger.allows(email, "email", PURPOSE) if email else None
        granted = said if said is not None else record.get("accepts_email")
        if email and ledger.is_suppressed(email, "email"):
            granted = False
        found.append(_person(key, email, record, granted))
    return found


def _person(key: str, email: str, record: Mapping[str, Any], granted: object) -> Person:
    phone = str(record.get("phone") or "").strip()
    address: Mapping[str, Any] = record.get("default_address") or {}
    return Person(
        key,
        email,
        phone if phone.startswith("+") else "",
        *(str(record.get(name) or address.get(name) or "") for name in ("first_name", "last_name")),
        *(str(address.get(name) or "") for name in ("country", "city", "postal_code")),
        consents={"email": granted} if isinstance(granted, bool) else {},
    )
