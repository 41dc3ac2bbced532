"""Who is meant, and where everything about them lies: from an address, a telephone or an id to all names of one person,
then to events, runs and records by their indexes.

Invariant: two people are never taken for one. An address found on an order is the person's, unless a customer of
another id calls it theirs; a telephone finds customers, but what is found by it is followed no further.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.runtime.persons import people_of
from sereno.runtime.privacy.person import OWN_KINDS, Cloak, Person
from sereno.runtime.privacy.tables import Tables, Wanted
from sereno.runtime.staff import Staff
from sereno.sdk.plugin import Plugins, Projection
from sereno.store.database import Transaction, chunked
from sereno.store.documents import decode
from sereno.store.pseudonyms import is_pseudonym

MOST_ROUNDS = 6
"""How often what was found is looked through for more names."""
STEP = 500
CUSTOMER = "customer"
WHOSE = ("email", "customer_key", "phone")
"""Columns of projected records that say whose they are."""
_PHONE = re.compile(r"\+?[\d\s().-]{7,20}")


def person_tables(plugins: Plugins) -> list[Projection]:
    """Projected records that belong to people."""
    return [one for one in plugins.projections if any(column in one.columns for column in WHOSE)]


def begin(shop_id: int, terms: Iterable[str]) -> Person:
    """The person by what was typed: an e-mail address, a telephone number, `customer:17`, `order:1001`, or an id."""
    person = Person(shop_id)
    for term in terms:
        text = term.strip()[:254]
        kind, colon, key = text.partition(":")
        if colon and key and kind in ("customer", "email", "phone", *OWN_KINDS):
            _take(person, kind, key.strip())
        elif "@" in text:
            person.emails.add(text.lower())
        elif text:
            if _PHONE.fullmatch(text):
                person.phones.add(text)
            person.customers.add(text)
    return person


def _take(person: Person, kind: str, key: str) -> None:
    if kind == "email" or (kind == CUSTOMER and key.startswith("email:")):
        person.emails.add(key.removeprefix("email:").lower())
    elif kind == "phone":
        person.phones.add(key)
    elif kind == CUSTOMER:
        person.customers.add(key)
    else:
        person.records.add((kind, key))


@dataclass(slots=True)
class Found:
    """A person and their events. `events` are row ids; `others` are subjects of their events that are not theirs alone
    (a product, say)."""

    person: Person
    events: list[int] = field(default_factory=list[int])
    others: list[str] = field(default_factory=list[str])

    def subjects(self) -> list[str]:
        return self.person.links()


class Finder:
    """Looks within one transaction."""

    def __init__(self, staff: Staff, tx: Transaction) -> None:
        self._plugins = staff.plugins
        self._tx = tx
        self.tables = Tables(tx, staff.database.dialect)
        customers = staff.plugins.projections.get(CUSTOMER)
        assert customers is not None, "the customers' room is always there"
        self._customers = customers.table

    def find(self, person: Person) -> Found:
        """All names of the person, and the rows of their events."""
        was = -1
        found = Found(person)
        if person.phones:
            held = self.tables.find(self._customers, ("key",), "phone", sorted(person.phones), shop=person.shop_id)
            person.customers |= {row[0] for row in held}
        for _ in range(MOST_ROUNDS):
            size = len(person.emails) + len(person.customers) + len(person.records)
            if size == was:
                break
            was = size
            self._follow_joins(person)
            self._follow_records(person)
            found = self._events(person)
        return found

    def events(self, person: Person) -> Found:
        """Their events, by the names that are known already."""
        return self._events(person)

    # --- records ----------------------------------------------------------------------------

    def records(self, person: Person) -> Iterator[tuple[Projection, list[tuple[int, str, dict[str, Any]]]]]:
        """Their rows in each table of records: id, key and document."""
        projections = person_tables(self._plugins)
        ways = [
            (one.name, Wanted(one.table, ("id", "key", "data"), column, sorted(values)))
            for one in projections
            for column, values in self._ways(person, one)
        ]
        rows: dict[str, dict[int, tuple[int, str, dict[str, Any]]]] = {one.name: {} for one in projections}
        held = self.tables.find_together([wanted for _, wanted in ways], person.shop_id)
        for (name, _), found in zip(ways, held, strict=True):
            rows[name].update({row[0]: (row[0], row[1], decode(row[2])) for row in found})
        for projection in projections:
            mine = rows[projection.name]
            yield projection, [mine[id_] for id_ in sorted(mine)]

    def _ways(self, person: Person, projection: Projection) -> Iterator[tuple[str, set[str]]]:
        customers = {*person.customers, *(f"email:{mail}" for mail in person.emails)}
        if projection.name == CUSTOMER:
            yield "key", customers
        else:
            yield "key", {key for kind, key in person.records if kind == projection.name}
        if "email" in projection.columns:
            yield "email", person.emails
        if "customer_key" in projection.columns:
            yield "customer_key", customers

    def _follow_records(self, person: Person) -> None:
        mails: set[str] = set()
        keys: set[str] = set()
        for projection, rows in self.records(person):
            for _id, key, data in rows:
                if projection.name == CUSTOMER:
                    keys.add(key)
                    mails |= _mails(data)
                else:
                    person.records.add((projection.name, key))
                    mails |= _mails(data)
                    if owner := data.get("customer_id"):
                        keys.add(str(owner))
                person.learn(data)
        keys = {key for key in keys if not is_pseudonym(key)} - person.customers
        if not (person.emails or person.customers):
            # It began with an order: whoever it belongs to is meant.
            person.customers |= keys
            person.emails |= {mail for mail in mails if not is_pseudonym(mail)}
            return
        person.customers |= keys - self._strangers(person, keys)
        new = {mail for mail in mails if not is_pseudonym(mail)} - person.emails
        person.emails |= new - self._claimed(person, new)

    def _follow_joins(self, person: Person) -> None:
        """Records that were joined are one person, whoever's addresses they hold."""
        keys = {*person.customers, *(f"email:{mail}" for mail in person.emails)}
        held = people_of(self._tx, {(person.shop_id, key) for key in keys})
        for key in {key for keys in held.values() for key in keys}:
            _take(person, CUSTOMER, key)

    def _strangers(self, person: Person, keys: set[str]) -> set[str]:
        """Customers of these keys whose own address is none of the person's."""
        held = self.tables.find(self._customers, ("key", "email"), "key", sorted(keys), shop=person.shop_id)
        return {key for key, email in held if email and email.lower() not in person.emails}

    def _claimed(self, person: Person, mails: set[str]) -> set[str]:
        """Addresses that belong to a customer of another id."""
        held = self.tables.find(self._customers, ("key", "email"), "email", sorted(mails), shop=person.shop_id)
        return {email.lower() for key, email in held if key not in person.customers and not key.startswith("email:")}

    # --- events -----------------------------------------------------------------------------

    def _events(self, person: Person) -> Found:
        ids: list[int] = []
        others: set[str] = set()
        cloak = Cloak(person)
        links = person.links()
        for some in chunked(links, STEP):
            rows = self._tx.all("events_linked_with", {"shop": person.shop_id, "links": some})
            ids += [row[0] for row in rows]
        ids = sorted(set(ids))
        known = set(links)
        for some in chunked(ids, STEP):
            for _id, _type, subject, refs in self._tx.all("refs_of_events", {"ids": some}):
                for kind, key in decode(refs).items():
                    if kind in OWN_KINDS and not is_pseudonym(key):
                        person.records.add((kind, key))
                if subject not in known and not is_pseudonym(subject):
                    kind, _, key = subject.partition(":")
                    if kind in OWN_KINDS:
                        person.records.add((kind, key))
                    elif not cloak.names(subject):
                        others.add(subject)
        return Found(person, ids, sorted(others))

    def learn_words(self, found: Found) -> None:
        """Names and streets as their events have them."""
        for some in chunked(found.events, STEP):
            for row in self._tx.all("events_to_erase", {"ids": some}):
                found.person.learn(decode(row[6]))

    # --- runs -------------------------------------------------------------------------------

    def runs(self, found: Found, after: int = 0) -> list[int]:
        """Row ids of the runs about them."""
        rows = self._tx.all("runs_of_person", {**self._about(found), "after": after})
        return sorted(row[0] for row in rows)

    def skips(self, found: Found) -> list[int]:
        return sorted(row[0] for row in self._tx.all("skips_of_person", self._about(found)))

    def _about(self, found: Found) -> Mapping[str, Any]:
        events: Sequence[int] = found.events if found.others else ()
        return {
            "shop": found.person.shop_id,
            "subjects": found.subjects(),
            "others": found.others,
            "events": list(events),
        }


def _mails(data: Mapping[str, Any]) -> set[str]:
    held = data.get("customer")
    inside: Mapping[str, Any] = held if isinstance(held, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    return {value.strip().lower() for one in (data, inside) if isinstance(value := one.get("email"), str) and value}
