"""How a connector reads tables, as marketplaces, tills and warehouses export them: rows into whole records, or why not.

Invariant: a record is read whole or held back whole; of an order with one bad line nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sereno.sdk.stores import Item

What = Literal["orders", "stock", "products", "customers"]
Kind = Literal["text", "number", "amount", "instant", "currency", "email", "day", "yes", "country", "language"]


@dataclass(frozen=True, slots=True)
class TableField:
    """Something a column may hold. `of`: the tables it makes sense in; `needed`: those that cannot be read without it
    (of `either`, one will do)."""

    name: str
    label: str
    kind: Kind = "text"
    of: frozenset[What] = frozenset()
    needed: frozenset[What] = frozenset()


@dataclass(frozen=True, slots=True)
class Layout:
    """How one source writes its tables. `columns`: field by column, as a person chose it ("" leaves the column out);
    columns not named are known by their names. `what` "" is found out. `decimal` is the sign before the decimals, `day`
    whether day or month comes first in dates such as 3/4/2026 (both "": only what can be one thing is taken). Without
    an offset times are of `zone`; `currency` and `channel` stand in where a row does not say. `letters` is the
    encoding ("": found out). `twice`: what to make of rows of one person that differ: "" holds them back, `last` takes
    the later, whose gaps the earlier fill."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    what: What | Literal[""] = ""
    decimal: Literal["", ".", ","] = ""
    day: Literal["", "day", "month"] = ""
    zone: str = "UTC"
    currency: str = ""
    channel: str = ""
    letters: Literal["", "utf-8", "windows-1252", "windows-1250"] = ""
    twice: Literal["", "last"] = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be read: `row` counts from 0 within the record, `column` as the file calls it ("": the whole
    row). Codes: `row.too_long`, `value.missing`, `number.odd`, `amount.odd`, `amount.ambiguous`, `time.odd`,
    `time.ambiguous`, `currency.odd`, `email.odd`, `phone.odd`, `country.odd`, `language.odd`, `day.odd`, `yes.odd`,
    `text.lost`, `rows.disagree`, `row.twice`, `row.nameless`, `consent.no_proof`, `consent.no_date`."""

    row: int
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A record that was not taken. `line` of the file is where it begins; `rows` are its values, as they stand there.
    `email`: whose it is, where that can be read."""

    line: int
    name: str
    rows: Sequence[Sequence[str]]
    faults: Sequence[Fault]
    email: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that can be taken. `text` says it in one line; `kind` is what `StoreApi.reads` calls it."""

    kind: str
    name: str
    line: int
    text: str
    item: Item


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it was read. `fields`: by column, what it holds (None: left out). `lacks`: needed fields that no
    column holds; nothing can be taken then. `sample` are the first rows as they stand."""

    what: What
    columns: Sequence[str]
    fields: Sequence[str | None]
    rows: int
    entries: Sequence[Entry]
    held: Sequence[Held]
    lacks: Sequence[str] = ()
    sample: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class TableReader:
    """`read(body, layout)` is pure; it raises Unmappable, which says why, for what is no table at all. `again(columns,
    rows, layout)` reads a record that was held, once somebody mended it."""

    fields: Sequence[TableField]
    read: Callable[[bytes, Layout], Sheet]
    again: Callable[[Sequence[str], Sequence[Sequence[str]], Layout], Sheet]
