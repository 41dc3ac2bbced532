"""Whom a newsletter goes to: a page of people at a time, each with whether they may be written to.

Invariant: counting and preparing ask the same function about the same people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sereno.commerce.records import CUSTOMER
from sereno.engine.expressions import Expression, ExpressionsInvalid, Names, Type, compile_expression
from sereno.engine.expressions.types import TIMESTAMP
from sereno.runtime.arbiter.consents import ReadConsents
from sereno.runtime.newsletters.plan import Audience, PlanInvalid
from sereno.runtime.records import Record, Records
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Consents
from sereno.store.database import Transaction
from sereno.store.fields import storable
from sereno.store.queries import Dialect

PAGE = 1000
Refusal = Callable[[Consents, str, Record, str | None], str | None]
"""Why somebody may not be written to about a topic, as a code; None when they may."""
NO_ADDRESS, NOT_MEANT = "address.missing", "audience.condition"
EXCLUDED, TWICE = "audience.excluded", "newsletter.twice"


@dataclass(frozen=True, slots=True)
class Person:
    """`reason` is why they are not written to; None when they may be, as things stand."""

    key: str
    address: str
    record: Record
    reason: str | None


def sources(audience: Audience) -> list[str]:
    """Where people come from, one after the other: segments, or the empty name for everybody."""
    return list(audience.inside) or [""]


def keys_after(tx: Transaction, shop_id: int, source: str, after: str, limit: int = PAGE) -> list[str]:
    """The next keys of a source, in its own order. Raises LookupError for a segment there is not."""
    if source:
        from sereno.runtime.segments.reading import members, segment_id

        if segment_id(tx, shop_id, source) is None:
            raise LookupError(f"there is no segment {source!r} any more: choose another")
        return [str(key) for key in members(tx, shop_id, source, after, limit)]
    return [row[0] for row in tx.all("newsletter_people", {"shop": shop_id, "after": after, "limit": limit})]


def records_of(tx: Transaction, plugins: Plugins, dialect: Dialect, shop_id: int, keys: Sequence[str]) -> Records:
    """The customers of these keys, with the ledger's word over the platform's; a few queries however many."""
    records = Records(plugins, tx, dialect)
    for key in keys:
        records.want(shop_id, {"customer": key}, ("customer",))
    records.fetch()
    return records


def people_of(
    tx: Transaction,
    plugins: Plugins,
    dialect: Dialect,
    shop_id: int,
    keys: Sequence[str],
    audience: Audience,
    refusal: Refusal,
    scope: Mapping[str, Any],
) -> Iterator[Person]:
    """The people of these keys. `scope` is what the condition sees besides the customer."""
    records = records_of(tx, plugins, dialect, shop_id, keys)
    held = [(key, records.root(shop_id, {"customer": key}, "customer")) for key in keys]
    known = [(key, record, address_of(record)) for key, record in held if record is not None]
    condition = condition_of(audience.when) if audience.when else None
    consents = ReadConsents(tx, ((shop_id, address) for _key, _record, address in known if address)).of(shop_id)
    for key, record, address in known:
        if condition is not None and condition.test({**scope, "customer": record}).value is not True:
            reason: str | None = NOT_MEANT
        elif not address:
            reason = NO_ADDRESS
        else:
            reason = refusal(consents, address, record, audience.topic or None)
        yield Person(key, address, record, reason)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of those looked at can be written to, and why the others cannot. `of`: how many there are to look at."""

    looked: int
    writable: int
    left: Mapping[str, int]
    of: int

    @property
    def is_whole(self) -> bool:
        return self.looked >= self.of


def count(
    tx: Transaction,
    plugins: Plugins,
    dialect: Dialect,
    shop_id: int,
    audience: Audience,
    refusal: Refusal,
    scope: Mapping[str, Any],
    most: int = PAGE,
) -> Counted:
    """As things stand, judged by the first `most` people of each source. Raises PlanInvalid for a condition that cannot
    be read."""
    keys: list[str] = []
    of = 0
    for source in sources(audience):
        keys += keys_after(tx, shop_id, source, "", most)
        of += _size(tx, shop_id, source)
    keys = list(dict.fromkeys(keys))[:most]
    out = {key for source in audience.outside for key in _held(tx, shop_id, source, keys)}
    people = people_of(tx, plugins, dialect, shop_id, [key for key in keys if key not in out], audience, refusal, scope)
    left: Counter[str] = Counter({EXCLUDED: len(out)} if out else {})
    seen: set[str] = set()
    for person in people:
        reason = person.reason or (TWICE if person.address in seen else None)
        if reason is not None:
            left[reason] += 1
        else:
            seen.add(person.address)
    return Counted(
        len(keys), len(seen), dict(left.most_common()), max(of, len(keys)) if len(keys) == most else len(keys)
    )


def _size(tx: Transaction, shop_id: int, source: str) -> int:
    if source:
        from sereno.runtime.segments.reading import size

        return size(tx, shop_id, source)
    row = tx.one("newsletter_people_count", {"shop": shop_id})
    return int(row[0]) if row else 0


def _held(tx: Transaction, shop_id: int, source: str, keys: Sequence[str]) -> list[str]:
    found = tx.all("newsletter_segment_keys", {"shop": shop_id, "name": source, "keys": list(keys)})
    return [row[0] for row in found]


def address_of(record: Record) -> str:
    """The e-mail address of a customer, lower case; empty when there is none."""
    address = storable(str(record.get("email") or "").strip().lower())[:320]
    return address if "@" in address else ""


@lru_cache(maxsize=64)
def condition_of(source: str) -> Expression:
    """A condition about `customer` and `now`. Raises PlanInvalid."""
    names = Names({"customer": Type("record", record=CUSTOMER), "now": TIMESTAMP})
    try:
        return compile_expression(source, names, want="boolean")
    except ExpressionsInvalid as invalid:
        raise PlanInvalid("; ".join(problem.message for problem in invalid.problems)) from invalid
