"""One person, put together from all their records: what pages, the API and the command line show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sereno.runtime.persons import CUSTOMER
from sereno.runtime.records import Records
from sereno.runtime.staff import open_staff
from sereno.store.database import Database


@dataclass(frozen=True, slots=True)
class Person:
    """`keys` of all records, the main one first; `record` as flows see it, what they allow and all tags included;
    `addresses` all e-mail addresses and telephones, lower case."""

    keys: list[str]
    record: Mapping[str, Any]
    addresses: list[str]


def person_of(shop_id: int, key: str, *, database: Database | None = None) -> Person | None:
    """None where there is no such customer."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        records = Records(staff.plugins, tx, staff.database.dialect)
        refs = {CUSTOMER: key}
        records.want(shop_id, refs, [CUSTOMER])
        records.fetch()
        record = records.root(shop_id, refs, CUSTOMER)
        if record is None:
            return None
        keys = records.person(shop_id, key)
        own = [records.row(CUSTOMER, shop_id, one).record or {} for one in keys]
    found = (one.get(name) for one in own for name in ("email", "phone"))
    addresses = list(dict.fromkeys(text.strip().lower() for text in found if isinstance(text, str) and text.strip()))
    return Person(keys, record, addresses)
