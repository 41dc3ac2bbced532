"""A table as somebody looks at it: whole records, and beside them those that are held back with the reason.

Invariant: an order with one bad row is held back with all its rows; nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sereno.connectors.building import Found
from sereno.connectors.generic import personal, tables
from sereno.connectors.generic.columns import (
    CUSTOM,
    FIELDS,
    KINDS,
    MOST_ROWS,
    decoded,
    fields_of,
    header_of,
    rows_of,
)
from sereno.connectors.generic.letters import LOST, mended
from sereno.connectors.generic.odd import Odd
from sereno.connectors.generic.values import value_of
from sereno.connectors.reading import as_instant, iso
from sereno.sdk.connector import Delivery, NewEvent, Unmappable
from sereno.sdk.stores import Item
from sereno.sdk.tables import Entry, Fault, Held, Layout, Sheet, TableReader, What

TOPIC = "table"
SAMPLE = 5
LONGEST_NAME = 60
"""Letters of an attribute's name."""
_ONCE = ("currency", "email", "placed_at")
"""What all rows of an order say alike, where they say it."""


@dataclass(slots=True)
class _Gathered:
    """The rows of one record."""

    line: int
    name: str
    raw: list[list[str]] = field(default_factory=list[list[str]])
    rows: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    faults: list[Fault] = field(default_factory=list[Fault])


def read(body: bytes, layout: Layout) -> Sheet:
    """Raises Unmappable for what is no table."""
    text = decoded(body, layout.letters)
    columns = [mended(name) for name in header_of(text.partition("\n")[0])]
    if len([name for name in columns if name]) < 2 or "\x00" in text:
        raise Unmappable(
            "This is no table: the first line must name the columns, parted by commas, semicolons or tabs."
        )
    if text.count("\n") > MOST_ROWS:
        raise Unmappable(f"The table has more than {MOST_ROWS} rows: part it.")
    return _sheet(columns, rows_of(text), layout)


def again(columns: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> Sheet:
    return _sheet(columns, enumerate((list(row) for row in rows), 2), layout)


def _sheet(columns: Sequence[str], rows: Iterable[tuple[int, list[str]]], layout: Layout) -> Sheet:
    what = layout.what or _what(fields_of(columns, layout.columns))
    fields = fields_of(columns, layout.columns, frozenset({what}))
    lacks = [one.name for one in FIELDS if what in one.needed and one.name not in fields]
    if what == "orders" and not {"sku", "title"} & set(fields):
        lacks.append("sku")
    if what == "customers" and not {"email", "customer_id"} & set(fields):
        lacks.append("email")
    gathered: dict[str, _Gathered] = {}
    sample: list[list[str]] = []
    count = 0
    for line, values in rows:
        if not any(values):
            continue
        count += 1
        if len(sample) < SAMPLE:
            sample.append(values)
        if not lacks:
            _gather(gathered, line, values, columns, fields, what, layout)
    entries: list[Entry] = []
    held: list[Held] = []
    for one in gathered.values():
        _check(one, what, columns, fields, layout.twice)
        if one.faults:
            email = next((row["email"] for row in one.rows if "email" in row), "")
            held.append(Held(one.line, one.name, one.raw, one.faults, email.lower()))
        else:
            entries.append(_entry(one, what))
    return Sheet(what, columns, fields, count, entries, held, lacks, sample)


def _what(fields: Sequence[str | None]) -> What:
    if "id" in fields:
        return "orders"
    if "available" in fields:
        return "stock"
    return "customers" if "sku" not in fields and {"email", "customer_id"} & set(fields) else "products"


def _gather(
    gathered: dict[str, _Gathered],
    line: int,
    values: list[str],
    columns: Sequence[str],
    fields: Sequence[str | None],
    what: What,
    layout: Layout,
) -> None:
    row, faults = _values(values, columns, fields, what, layout)
    if what == "orders":
        name = row.get("id", "")
    elif what == "stock":
        name = row.get("sku", "")
    elif what == "customers":
        name = row.get("customer_id") or row.get("email", "")
    else:
        name = row.get("product") or row.get("sku", "")
    # A row that names no record is held back alone.
    key = f"line {line}" if not name else f"={name}" if what != "stock" else f"={name}\n{row.get('location', '')}"
    one = gathered.setdefault(key, _Gathered(line, name))
    number = len(one.raw)
    one.raw.append(values)
    one.rows.append(row)
    one.faults += [Fault(number, fault.column, fault.code, fault.value) for fault in faults]
    if not name:
        one.faults.append(Fault(number, "", "row.nameless"))


def _values(
    values: Sequence[str], columns: Sequence[str], fields: Sequence[str | None], what: What, layout: Layout
) -> tuple[dict[str, str], list[Fault]]:
    row = {name: value for name, value in (("currency", layout.currency), ("channel", layout.channel)) if value}
    faults: list[Fault] = []
    if any(values[len(columns) :]):
        faults.append(Fault(0, "", "row.too_long", str(len(values))))
    for column, field_, value in zip(columns, fields, values, strict=False):
        if field_ is None or not value:
            continue
        try:
            if what == "customers":
                _person_says(row, field_, column, value, layout)
            else:
                row[field_] = value_of(KINDS[field_], value, layout)
        except Odd as odd:
            faults.append(Fault(0, column, str(odd), value[:200]))
    return row, faults


def _person_says(row: dict[str, str], field_: str, column: str, value: str, layout: Layout) -> None:
    """Lists of people are old, and were copied often: their letters are put right first. Raises Odd."""
    value = mended(value)
    if LOST in value:
        raise Odd("text.lost")
    if personal.is_nothing(value):
        return
    if field_ == CUSTOM:
        row[f"{CUSTOM}.{column[:LONGEST_NAME]}"] = value
    elif field_ == "phone":
        row[field_] = personal.telephone(value)
    else:
        row[field_] = value_of(KINDS[field_], value, layout)


def _check(one: _Gathered, what: What, columns: Sequence[str], fields: Sequence[str | None], twice: str) -> None:
    """What rows that can be read each by itself do not make together."""
    named = {field_: column for column, field_ in zip(columns, fields, strict=True) if field_ is not None}
    faulty = {(fault.row, fault.column) for fault in one.faults}
    needed = {"orders": ("placed_at",), "stock": ("available",), "products": (), "customers": ()}[what]
    for number, row in enumerate(one.rows):
        lacks = [name for name in needed if name not in row and (number == 0 or what != "orders")]
        if what == "orders":
            lacks += ["quantity"] if "quantity" in named and "quantity" not in row else []
            lacks += [] if "sku" in row or "title" in row else ["sku" if "sku" in named else "title"]
            row.setdefault("quantity", "1")
        if what == "products" and "sku" not in row:
            lacks.append("sku")
        for name in lacks:
            if (number, named.get(name, "")) not in faulty:
                one.faults.append(Fault(number, named.get(name, ""), "value.missing"))
    if what == "orders":
        for name in _ONCE:
            said = [(number, row[name]) for number, row in enumerate(one.rows) if name in row]
            one.faults += [Fault(n, named.get(name, ""), "rows.disagree", v) for n, v in said if v != said[0][1]]
    elif what == "customers":
        one.faults += _unproved(one, named)
        if not twice:
            one.faults += [Fault(n, "", "row.twice") for n, row in enumerate(one.rows) if row != one.rows[0]]
    elif what == "stock":
        figures = {row.get("available") for row in one.rows}
        if len(figures) > 1:
            one.faults += [
                Fault(n, named["available"], "row.twice", r.get("available", "")) for n, r in enumerate(one.rows)
            ]


def _unproved(one: _Gathered, named: Mapping[str, str]) -> list[Fault]:
    """Whoever says that somebody allows marketing says where and when they did."""
    return [
        Fault(number, named[field_], code, row[field_])
        for number, row in enumerate(one.rows)
        for field_ in tables.CONSENTS
        if row.get(field_) == "yes"
        for proof, code in (("consent_source", "consent.no_proof"), ("consent_at", "consent.no_date"))
        if proof not in row
    ]


def _entry(one: _Gathered, what: What) -> Entry:
    found = Found(Delivery({}, b"", TOPIC, datetime.now(UTC)), "", [])
    if what == "orders":
        tables.add(found, one.name, one.rows)
        order: Mapping[str, Any] = found.events[0].data
        goods = ", ".join(
            f"{line.get('quantity')} × {line.get('sku') or line.get('title')}" for line in order["lines"][:4]
        )
        text = f"{order.get('total')} {order.get('currency') or ''}: {goods}"
        kind = "order"
    elif what == "stock":
        row = one.rows[0]
        found.add("stock.changed", f"variant:{one.name}", tables.level(row))
        text = f"{row['available']}{' · ' + row['location'] if row.get('location') else ''}"
        kind = "stock_level"
    elif what == "customers":
        customer = tables.add_customer(found, one.rows)
        parts = (customer.get("name"), customer.get("email"), customer.get("phone"), *(customer.get("tags") or ()))
        text = " · ".join(str(part) for part in parts if part)
        kind = "customer"
    else:
        product = tables.products(one.rows)
        found.add("product.updated", f"product:{one.name}", product)
        text = " · ".join(
            str(part) for part in (product.get("title"), product.get("price"), product.get("currency")) if part
        )
        kind = "product"
    return Entry(kind, one.name, one.line, text[:300], item_of(one.name, found.events))


def item_of(name: str, events: Sequence[NewEvent]) -> Item:
    """One record's events, as the connector's own map takes them."""
    told: list[dict[str, Any]] = []
    for event in events:
        one = {**asdict(event), "occurred_at": iso(event.occurred_at)}
        if not event.type.startswith("order."):
            # It has no name of its own: whoever reads it compares it with what is known.
            del one["id"], one["occurred_at"]
        told.append({key: value for key, value in one.items() if value is not None and key != "refs"})
    return Item(TOPIC, {"events": told}, name, as_instant(events[0].data.get("updated_at")))


READER = TableReader(FIELDS, read, again)
