"""Folds a batch of events into the newest known state of each record.

Invariant: an older version of a record never overwrites a newer one, in whatever order and however often events come;
every event counts all the same, and learns what the record was before it and whether it came too late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sereno.commerce.event import Event
from sereno.commerce.identity import text
from sereno.runtime.consents import keep_consents
from sereno.runtime.facts import Fact
from sereno.runtime.interests import keeping
from sereno.runtime.loyalty.moving import keep_points
from sereno.runtime.persons import CUSTOMER
from sereno.runtime.persons.matching import is_recognised_anew, put_to_match
from sereno.runtime.pricing.redeeming import keep_codes
from sereno.runtime.privacy.intake import keep_requests
from sereno.runtime.records import Held, Overtaken, Records
from sereno.runtime.results.crediting import keep_credits
from sereno.runtime.stock import figures
from sereno.runtime.syncing.noting import note_changed
from sereno.sdk.plugin import PATCH, Plugins, Projection, nothing_inside
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.queries import Dialect

DEEPEST = 3
"""How far records inside records are followed."""


@dataclass(slots=True)
class _Part:
    """One record an event tells of. `is_whole`: the event's own, not one carried inside."""

    fact: Fact
    projection: Projection
    key: str
    data: Mapping[str, Any]
    is_whole: bool


def project(
    tx: Transaction, facts: Sequence[Fact], records: Records, plugins: Plugins, now: int, dialect: Dialect
) -> None:
    """Project the facts in their order and write the changed records. A fact whose projection fails gets an `error`,
    and the others go on."""
    parts: list[_Part] = []
    for fact in facts:
        try:
            parts += _parts(fact, plugins)
        except Exception as error:
            fact.error = f"projection failed: {error!r}"[:500]
    for part in parts:
        records.want_row(part.projection.name, part.fact.shop_id, part.key)
    records.fetch(for_update=True)
    for part in parts:
        if part.fact.error is not None:
            continue
        try:
            _fold(part, records)
        except Exception as error:
            part.fact.error = f"projection {part.projection.name} failed: {error!r}"[:500]
    keep_consents(tx, facts, lambda fact: records.root(fact.shop_id, fact.event.refs, "customer"))
    keep_requests(tx, facts, now)
    records.forget_merged()
    changed = dict(records.changed())
    for name, rows in changed.items():
        projection = plugins.projections.get(name)
        assert projection is not None
        writer = _writer(tx, projection, dialect)
        writer.write(tx, rows, now)
        if name == CUSTOMER:
            put_to_match(tx, (at for at, held in rows if held.is_recognised_anew))
        for _, held in rows:
            held.is_changed = held.is_new = held.is_recognised_anew = False
    if changed:
        # A back-test leaves nothing to write, and has no book of stock.
        figures.keep_figures(tx, changed, now)
        figures.keep_orders(tx, facts, now)
        keeping.keep_records(tx, changed, now)
        note_changed(tx, changed)
        keep_codes(tx, facts, now)
        keep_points(tx, changed.get("order", ()), now)
        keep_credits(tx, changed.get("order", ()), records)


def records_of(event: Event, plugins: Plugins) -> list[tuple[str, str]]:
    """The records an event tells all of, as (projection, key); not those of which it tells a part."""
    try:
        parts = _parts(Fact(0, 0, event, ()), plugins)
        return [(part.projection.name, part.key) for part in parts if part.projection.version(part.data) != PATCH]
    except Exception:  # What cannot be projected tells of nothing.
        return []


def _parts(fact: Fact, plugins: Plugins) -> list[_Part]:
    definition = plugins.events.get(fact.event.type)
    if definition is None or definition.projects is None:
        return []
    found: list[_Part] = []
    _collect(fact, definition.projects, fact.event.data, plugins, found, 0)
    return found


def _collect(fact: Fact, name: str, data: Mapping[str, Any], plugins: Plugins, found: list[_Part], depth: int) -> None:
    projection = plugins.projections.get(name)
    if projection is None:
        return
    key = projection.key(data)
    if key:
        found.append(_Part(fact, projection, key, data, is_whole=depth == 0))
    if depth < DEEPEST and projection.also is not nothing_inside:
        for inner, inside in projection.also(data):
            _collect(fact, inner, inside, plugins, found, depth + 1)


def _fold(part: _Part, records: Records) -> None:
    fact, projection = part.fact, part.projection
    held = records.row(projection.name, fact.shop_id, part.key)
    version = projection.version(part.data)
    if version is None:
        version = to_micros(fact.event.occurred_at)
    is_stale = version != PATCH and version < held.version
    if part.is_whole:
        fact.event = _with_before(fact.event, held.record, is_stale)
    if is_stale:
        return
    changed = projection.project(held.record, part.data, fact.event.type)
    if changed is None:
        return
    if projection.name == CUSTOMER and not held.is_recognised_anew:
        held.is_recognised_anew = is_recognised_anew(held.record, changed)
    elif projection.name == figures.VARIANT and held.record and held.record.get("sku") != changed.get("sku"):
        held.sku_before = held.sku_before or text(held.record.get("sku"))
    held.record = changed
    held.is_changed = True
    if version != PATCH:
        held.version = version


def _with_before(event: Event, before: Mapping[str, Any] | None, is_stale: bool) -> Event:
    # As `dataclasses.replace`, in a fifth of its time.
    return Event(
        event.id,
        event.shop,
        event.source,
        event.type,
        event.subject,
        event.occurred_at,
        event.received_at,
        event.data,
        event.refs,
        before,
        is_stale,
    )


class _Writer:
    """Writes the rows of one table."""

    def __init__(self, projection: Projection, dialect: Dialect, types: Sequence[str]) -> None:
        self._columns: list[Callable[[Mapping[str, Any]], Any]] = list(projection.columns.values())
        self._types = types
        names = ["shop_id", "key", "version", "data", "seen_at", *projection.columns]
        table = projection.table
        changes = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
        if dialect == "sqlite":
            values = "VALUES (" + ", ".join(f"?{number}" for number in range(1, len(names) + 1)) + ")"
        else:
            arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 1))
            values = f"SELECT * FROM unnest({arrays})"  # noqa: S608
        insert = f"INSERT INTO {table} ({', '.join(names)}) {values} ON CONFLICT (shop_id, key) DO "
        self._insert = f"{insert}NOTHING"
        self._update = f"{insert}UPDATE SET {changes} WHERE excluded.version >= {table}.version"

    def write(self, tx: Transaction, rows: Sequence[tuple[tuple[int, str], Held]], now: int) -> None:
        """Rows that were there are locked; one that was not may be another worker's meanwhile: raises Overtaken."""
        made = [self._row(at, held, now) for at, held in rows if held.is_new]
        if tx.text_many(self._insert, made, self._types) != len(made):
            raise Overtaken
        tx.text_many(self._update, [self._row(at, held, now) for at, held in rows if not held.is_new], self._types)

    def _row(self, at: tuple[int, str], held: Held, now: int) -> tuple[Any, ...]:
        data = held.record or {}
        return (*at, held.version, encode(data), now, *[plain(column(data)) for column in self._columns])


_writers: dict[tuple[str, str], _Writer] = {}


def _writer(tx: Transaction, projection: Projection, dialect: Dialect) -> _Writer:
    found = _writers.get((projection.table, dialect))
    if found is None:
        names = ["shop_id", "key", "version", "data", "seen_at", *projection.columns]
        types = _column_types(tx, projection.table, names) if dialect == "postgresql" else []
        found = _writers[projection.table, dialect] = _Writer(projection, dialect, types)
    return found


def _column_types(tx: Transaction, table: str, names: Sequence[str]) -> list[str]:
    rows = tx.text(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0",
        [table],
    )
    types = dict(rows)
    return [types[name] for name in names]


def plain(value: Any) -> Any:
    """What both databases take as it is."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, Decimal):
        return str(value)
    return encode(value)
