"""What kind of value an expression gives, as far as it can be known before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sereno.commerce.schema import Field, Kind, Record, record

TypeKind = Literal[
    "string", "integer", "number", "money", "boolean", "timestamp", "duration", "date", "list", "record", "map",
    "any", "null", "bytes",
]  # fmt: skip
NUMERIC: frozenset[str] = frozenset({"integer", "number", "money"})
TEXTUAL: frozenset[str] = frozenset({"string", "date"})


@dataclass(frozen=True, slots=True)
class Type:
    """`record` describes a record's fields, `item` a list's items, `values` the closed set of a text's values."""

    kind: TypeKind
    record: Record | None = None
    item: Type | None = None
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return WORDS[self.kind]


WORDS: dict[TypeKind, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "money": "an amount",
    "boolean": "true or false",
    "timestamp": "a point in time",
    "duration": "a length of time",
    "date": "a date",
    "list": "a list",
    "record": "a record",
    "map": "a map",
    "any": "anything",
    "null": "null",
    "bytes": "bytes",
}

ANY = Type("any")
NULL = Type("null")
STRING = Type("string")
INTEGER = Type("integer")
NUMBER = Type("number")
MONEY = Type("money")
BOOLEAN = Type("boolean")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
MAP = Type("map")
LIST = Type("list", item=ANY)


def of_field(field: Field) -> Type:
    """The type of a record's field."""
    if field.kind == "record":
        return of_record(field.of)
    if field.kind == "list":
        return Type("list", item=of_record(field.of))
    return Type(field.kind, values=field.values)


def of_record(of: Record | Kind | None) -> Type:
    if isinstance(of, Record):
        return Type("record", record=of)
    if of is None or of in ("record", "any"):
        return ANY
    if of == "list":
        return LIST
    return Type(of)


def envelope(data: Record | None) -> Record:
    """What `event` is: the envelope, with the data of its type."""
    return record(
        "event",
        "The event",
        [
            Field("id", "string", "The id its source gave it"),
            Field("type", "string", "Its type, such as order.created"),
            Field("source", "string", "Where it came from"),
            Field("subject", "string", "What it is about, such as order:1001"),
            Field("occurred_at", "timestamp", "When it happened"),
            Field("is_stale", "boolean", "A newer state of the record had been seen before it arrived"),
            Field("data", "any" if data is None else "record", "The facts", of=data),
            Field("before", "any" if data is None else "record", "The record before it", of=data),
        ],
    )


RUN = record(
    "run",
    "The run itself",
    [
        Field("id", "string", "The run's id"),
        Field("flow", "string", "The flow's name"),
        Field("version", "integer", "The version it started on"),
        Field("key", "string", "The key it entered with"),
        Field("subject", "string", "What it is about"),
        Field("started_at", "timestamp", "When it started"),
    ],
)
