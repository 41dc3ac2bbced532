"""The JSON Schema of each write, made from the value class itself, for whoever takes writes."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from sereno.commerce.money import Money
from sereno.sdk.writes import WRITES, Write

MONEY = {
    "type": "object",
    "properties": {"amount": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, "currency": {"type": "string"}},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
PLAIN: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    datetime: {"type": "string", "format": "date-time"},
    Money: MONEY,
}


def document() -> dict[str, Any]:
    """All writes in one schema: a message is one of them."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A write that Sereno asks of a connected system",
        "oneOf": [{"$ref": f"#/$defs/{one.ability}"} for one in WRITES],
        "$defs": {one.ability: message(one) for one in WRITES},
    }


def message(write: type[Write]) -> dict[str, Any]:
    """The body of the POST of one kind of write."""
    return {
        "type": "object",
        "description": described(write),
        "properties": {
            "type": {"const": f"store.{write.ability}"},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": record(write),
        },
        "required": ["type", "timestamp", "data"],
    }


def described(write: type[Write]) -> str:
    """The class's own words; a data class without such gets a signature for them, which says nothing."""
    text = " ".join((write.__doc__ or "").split())
    return f"{write.ability.replace('_', ' ').capitalize()}." if text.startswith(f"{write.__name__}(") else text


def record(kind: type[Any]) -> dict[str, Any]:
    """All fields are always sent; those with a default may be empty."""
    hints = get_type_hints(kind)
    own = [one for one in fields(kind) if one.name in hints]
    return {
        "type": "object",
        "properties": {one.name: schema(hints[one.name]) for one in own},
        "required": [one.name for one in own if one.default is MISSING and one.default_factory is MISSING],
    }


def schema(hint: Any) -> dict[str, Any]:
    origin, inside = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return dict(PLAIN[hint])
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (Union, types.UnionType):
        one = next(item for item in inside if item is not type(None))
        return {"anyOf": [schema(one), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": schema(inside[0])}
    if is_dataclass(hint):
        return record(cast("type[Any]", hint))
    return {"type": "object"}
