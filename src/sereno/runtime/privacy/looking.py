"""What is held about a person, in numbers: for pages, API and command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime.privacy import searching
from sereno.runtime.privacy.finding import Finder, begin
from sereno.runtime.privacy.person import Cloak
from sereno.runtime.staff import open_staff
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.pseudonyms import known_as

MOST_EVENTS = 5000
"""Past which a page says "many" and leaves the counting to the export."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """`known_as`: kind -> names; `counts`: table -> rows; `requests`: ids of the requests about what was asked for;
    `is_counted`: False for somebody of whom there is too much to count while one waits."""

    known_as: dict[str, list[str]]
    counts: dict[str, int]
    requests: list[int]
    is_counted: bool = True

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def to_document(self) -> dict[str, Any]:
        places = [{"place": name, "rows": count} for name, count in sorted(self.counts.items()) if count]
        return {"known_as": self.known_as, "places": places, "rows": self.total, "requests": self.requests}


def held_about(shop_id: int, terms: Sequence[str], *, database: Database | None = None) -> Holdings:
    """All names the person goes by, and how many rows of each place are about them."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        finder = Finder(staff, tx)
        person = begin(shop_id, terms)
        found = finder.find(person)
        counts: dict[str, int] = {"event": len(found.events)}
        is_counted = len(found.events) <= MOST_EVENTS
        if is_counted:
            counts = {place: seen[0] for place, seen in searching.look(finder, tx, found, Cloak(person)).items()}
        digests = [name for term in terms for name in known_as(term.strip().lower())[1:]]
        asked = {"shop": shop_id, "digests": digests}
        requests = [row[0] for row in tx.all("privacy_requests_about", asked)]
    names: dict[str, list[str]] = {name: sorted(getattr(person, name)) for name in ("emails", "phones", "customers")}
    names["records"] = sorted(f"{kind}:{key}" for kind, key in person.records)
    if not any(counts.values()):
        names = {name: [] for name in names}
    return Holdings(names, counts, requests, is_counted)


def consents_of(shop_id: int, address: str, *, database: Database | None = None) -> list[dict[str, Any]]:
    """The ledger's lines of an address with their proof, newest first."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        asked = {"shop": shop_id, "addresses": known_as(address.strip().lower())}
        rows = tx.all("consents_of_person", asked)
    names = ("address", "channel", "purpose", "granted", "at", "source", "proof")
    lines = [dict(zip(names, row, strict=True)) for row in reversed(rows)]
    return [{**line, "granted": bool(line["granted"]), "proof": decode(line["proof"])} for line in lines]
