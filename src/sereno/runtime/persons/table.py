"""The shop's people as a table, read in pieces: a million of them need no memory.

Invariant: one line for each person, whatever records they are made of; no cell is a formula to a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sereno.runtime.feeds.outgoing import harmless
from sereno.runtime.persons import CUSTOMER
from sereno.runtime.persons.workbook import workbook
from sereno.runtime.records import Records
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.discretion import hides
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.fields import to_micros

FIELDS = (
    *("id", "email", "phone", "name", "first_name", "last_name", "locale", "birthday", "accepts_email", "accepts_sms"),
    *("order_count", "total_spent", "currency", "first_order_at", "last_order_at", "channel", "tags", "company"),
    *("created_at", "emails", "country", "city", "postal_code", "group", "value", "risk", "next_order_on"),
)
OF_ADDRESS = frozenset({"country", "city", "postal_code"})
OF_SCORE = {"group": "group", "value": "value", "risk": "risk", "next_order_on": "next_on"}
PIECE = 1000
_PHONE = re.compile(r"\+\d[\d ]{6,18}")


def lines(shop_id: int, fields: Sequence[str], by: str, *, database: Database | None = None) -> Iterator[str]:
    """CSV, piece by piece, the header first. Fields this reader need not see are left out. Raises ValueError for
    a field that is not one."""
    staff, shown = _begun(shop_id, fields, by, database)
    return _lines(staff, shop_id, shown)


def sheet(
    shop_id: int, fields: Sequence[str], by: str, title: str, *, database: Database | None = None
) -> Iterator[bytes]:
    """The same as a spreadsheet's file (XLSX), in pieces."""
    staff, shown = _begun(shop_id, fields, by, database)
    return workbook(_rows(staff, shop_id, shown), title)


def _begun(shop_id: int, fields: Sequence[str], by: str, database: Database | None) -> tuple[Staff, list[str]]:
    """The fields that are shown; that somebody looks stands in the audit."""
    unknown = [name for name in fields if name not in FIELDS]
    if unknown or not fields:
        raise ValueError(f"the fields are {', '.join(FIELDS)}")
    shown = [name for name in fields if not hides(f"customer.{name}")]
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        audit(tx, shop_id, now, by, "customer.exported", "", {"what": ", ".join(shown)[:500]})
    return staff, shown


def _rows(staff: Staff, shop_id: int, shown: Sequence[str]) -> Iterator[list[str]]:
    yield list(shown)
    after = 0
    while True:
        after, people = _piece(staff, shop_id, after)
        if not people:
            return
        yield from ([_text(one, name) for name in shown] for one in people)


def _lines(staff: Staff, shop_id: int, shown: Sequence[str]) -> Iterator[str]:
    yield _csv([shown])
    after = 0
    while True:
        after, people = _piece(staff, shop_id, after)
        if not people:
            return
        yield _csv([[_cell(_text(one, name)) for name in shown] for one in people])


def _piece(staff: Staff, shop_id: int, after: int) -> tuple[int, list[dict[str, Any]]]:
    """The next people in the order in which they were first seen."""
    with staff.database.read() as tx:
        rows = tx.all("people_after", {"shop": shop_id, "after": after, "limit": PIECE})
        records = Records(staff.plugins, tx, staff.database.dialect)
        for _id, key, _data in rows:
            records.want(shop_id, {CUSTOMER: key}, [CUSTOMER])
        records.fetch()
        people = [dict(records.root(shop_id, {CUSTOMER: key}, CUSTOMER) or decode(data)) for _id, key, data in rows]
    return (rows[-1][0] if rows else after), people


def _cell(text: str) -> str:
    """A telephone is no formula, whatever it begins with."""
    return text if _PHONE.fullmatch(text) else harmless(text)


def _text(record: dict[str, Any], name: str) -> str:
    if name in OF_ADDRESS:
        held = record.get("default_address")
        value = held.get(name) if isinstance(held, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    elif name in OF_SCORE:
        held = record.get("score")
        value = held.get(OF_SCORE[name]) if isinstance(held, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    else:
        value = record.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return "" if value is None else str(value)  # pyright: ignore[reportUnknownArgumentType]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
