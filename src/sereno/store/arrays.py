"""Columns of values as PostgreSQL's binary arrays. psycopg writes them as text, with every quote of every JSON document
escaped in Python: that alone was half of the time a batch took."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from struct import Struct, pack
from typing import Any

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_NULL = b"\xff\xff\xff\xff"
_LENGTH = Struct(">i").pack


class Column:
    """The values of one column, and the array type they are sent as."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


def _make(oid: int) -> tuple[type[Column], type[Dumper]]:
    kind = type(f"Column{oid}", (Column,), {"__slots__": ()})
    attributes: dict[str, Any] = {"format": Format.BINARY, "oid": oid, "dump": lambda self, obj: obj.data}
    return kind, type(f"Dumper{oid}", (Dumper,), attributes)


def _fixed(layout: str) -> Callable[[Sequence[Any]], list[bytes]]:
    item = Struct(f">i{layout}")
    size = item.size - 4
    whole = item.pack
    return lambda values: [_NULL if value is None else whole(size, value) for value in values]


def _texts(values: Sequence[Any]) -> list[bytes]:
    parts: list[bytes] = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            encoded = value.encode()
            parts.append(_LENGTH(len(encoded)))
            parts.append(encoded)
    return parts


_ELEMENTS: dict[str, tuple[int, int, Callable[[Sequence[Any]], list[bytes]]]] = {
    "bigint": (20, 1016, _fixed("q")),
    "integer": (23, 1007, _fixed("i")),
    "smallint": (21, 1005, _fixed("h")),
    "boolean": (16, 1000, _fixed("?")),
    "float8": (701, 1022, _fixed("d")),
    "text": (25, 1009, _texts),
}
_ALIASES = {"character varying": "text", "double precision": "float8", "int": "integer"}
_KINDS = {name: _make(array) for name, (_, array, _) in _ELEMENTS.items()}


def column(type_: str, values: Sequence[Any]) -> Column | list[Any]:
    """The values as an array of this element type; a plain list for a type we do not know, left to psycopg."""
    name = _ALIASES.get(type_, type_)
    known = _ELEMENTS.get(name)
    if known is None:
        return list(values)
    element, _, write = known
    has_null = int(None in values)
    header = pack(">iiIii", 1, has_null, element, len(values), 1)
    return _KINDS[name][0](header + b"".join(write(values)))


def listed(type_: str, values: Sequence[Any]) -> Column | list[Any]:
    """As `column`, for a list whose values may be of another type than what the statement makes of them."""
    try:
        return column(type_, values)
    except (AttributeError, TypeError, ValueError, struct.error):
        return list(values)


def register(connection: Connection[Any]) -> None:
    """Let this connection take columns."""
    for kind, dumper in _KINDS.values():
        connection.adapters.register_dumper(kind, dumper)
