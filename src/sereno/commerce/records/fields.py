"""Short constructors, so that a record reads like a table of name and meaning."""

from __future__ import annotations

from sereno.commerce.schema import Field, Kind, Record


def string(name: str, description: str, *values: str) -> Field:
    """Text; `values` where the set is closed."""
    return Field(name, "string", description, values=values)


def money(name: str, description: str) -> Field:
    return Field(name, "money", description)


def integer(name: str, description: str) -> Field:
    return Field(name, "integer", description)


def number(name: str, description: str) -> Field:
    return Field(name, "number", description)


def boolean(name: str, description: str) -> Field:
    return Field(name, "boolean", description)


def timestamp(name: str, description: str) -> Field:
    return Field(name, "timestamp", description)


def date(name: str, description: str) -> Field:
    return Field(name, "date", description)


def items(name: str, of: Record | Kind, description: str) -> Field:
    return Field(name, "list", description, of=of)


def nested(name: str, of: Record, description: str) -> Field:
    return Field(name, "record", description, of=of)


def mapping(name: str, description: str) -> Field:
    return Field(name, "map", description)


IS_THIN = boolean(
    "is_thin", "Only what the platform's notice carried is known: the rest has not been read from the platform yet."
)
CUSTOM = mapping(
    "custom", "Attributes the shop added on its platform (note attributes, meta data), by name; values as received."
)
