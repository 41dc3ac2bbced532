"""The shop's programme as people keep it, and the proof that its book is right.

Invariant: orders earn from the moment the programme was first switched on; a change of the rules changes nothing that
was earned before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.commerce.loyalty import Program, read_program
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Kept:
    """`version` is 0 while nobody has said anything."""

    program: Program
    version: int
    started_at: datetime | None


def program_of(tx: Transaction, shop_id: int, currency: str) -> Kept:
    row = tx.one("loyalty_program", {"shop": shop_id})
    if row is None:
        return Kept(Program(currency=currency), 0, None)
    started = from_micros(row[2]) if row[2] is not None else None
    return Kept(read_program(decode(row[0]), currency), int(row[1]), started)


def find_program(shop_id: int, *, database: Database | None = None) -> Kept:
    staff = open_staff(database)
    with staff.database.read() as tx:
        return program_of(tx, shop_id, staff.world.shops.find(tx, shop_id).facts.currency)


def put_program(shop_id: int, given: Mapping[str, Any], by: str, *, database: Database | None = None) -> Kept:
    """Replace the programme. Raises ProgramInvalid."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        program = read_program(given, staff.world.shops.find(tx, shop_id).facts.currency)
        now = to_micros(staff.world.clock.now())
        tx.one(
            "put_loyalty_program",
            {
                "shop": shop_id, "on": program.is_on, "document": encode(program.document()),
                "started": now if program.is_on else None, "now": now,
            },
        )  # fmt: skip
        audit(tx, shop_id, now, by, "loyalty.changed", "", {"is_on": program.is_on})
        return program_of(tx, shop_id, program.currency)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An account whose figures do not agree: what it says, what its lines say, what its lots say."""

    customer: str
    unit: str
    said: tuple[int, int]
    lines: tuple[int, int]
    lots: tuple[int, int]


def wrong(shop_id: int, *, database: Database | None = None) -> list[Wrong]:
    """Accounts that do not agree with their book, and postings that do not add up to nothing (by number, as
    `customer`). There are none, unless somebody changed the tables by hand."""
    staff = open_staff(database)
    found: list[Wrong] = []
    with staff.database.read() as tx:
        unbalanced = tx.all("loyalty_unbalanced", {"shop": shop_id})
        found += [Wrong(f"posting:{row[0]}", "", (0, 0), (int(row[1]), 0), (0, 0)) for row in unbalanced]
        ids = [row[0] for row in tx.all("loyalty_customers", {"shop": shop_id})]
        for start in range(0, len(ids), PAGE):
            found += _disagreeing(tx, ids[start : start + PAGE])
    return found


def _disagreeing(tx: Transaction, ids: Sequence[int]) -> list[Wrong]:
    rows = [
        Wrong(row[0], row[1], (row[2], row[3]), (int(row[4]), int(row[5])), (int(row[6]), int(row[7])))
        for row in tx.all("loyalty_wrong", {"ids": list(ids)})
    ]
    return [one for one in rows if one.said != one.lines or one.lots != (max(one.said[0], 0), one.said[1])]
