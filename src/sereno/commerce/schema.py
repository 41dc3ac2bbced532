"""How a record is described once, and read by everybody: the condition checker, the JSON Schemas, the docs, the forms.

A `Record` is plain data. It has no behaviour beyond look-up, so that the pure core may depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["string", "integer", "number", "money", "boolean", "timestamp", "date", "list", "record", "map", "any"]
"""Kinds of values. `money` is a decimal string in documents ("12.50", its currency in the record's `currency`) and a
number in conditions; `timestamp` is an ISO 8601 string with offset in documents and a timestamp in conditions;
`date` is "YYYY-MM-DD", or "--MM-DD" where the year is not known; `map` has string keys and values of any kind."""


@dataclass(frozen=True, slots=True)
class Field:
    """One named value of a record. Every field may be null: platforms leave anything out."""

    name: str
    kind: Kind
    description: str = ""
    of: Record | Kind | None = None
    """For `list`: what an item is. For `record`: which record."""
    values: tuple[str, ...] = ()
    """For `string`: the closed set of values, where there is one."""


@dataclass(frozen=True, slots=True)
class Record:
    """A named set of fields, such as an order or an address."""

    name: str
    description: str
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])

    def get(self, name: str) -> Field | None:
        return self.fields.get(name)


def record(name: str, description: str, fields: Iterable[Field]) -> Record:
    """Make a record, refusing two fields of one name."""
    found: dict[str, Field] = {}
    for item in fields:
        if item.name in found:
            raise ValueError(f"record {name}: field {item.name} is declared twice")
        found[item.name] = item
    return Record(name, description, found)
