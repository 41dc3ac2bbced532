"""Records as JSON Schema (draft 2020-12), and the reference page of all events, both made from the code.

Platforms leave anything out, so every field may be null or absent; fields not named are kept and ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.commerce.schema import Field, Record
from sereno.sdk.plugin import EventDefinition, Plugins

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS: dict[str, dict[str, Any]] = {
    "string": {"type": ["string", "null"]},
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "money": {"type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
    "boolean": {"type": ["boolean", "null"]},
    "timestamp": {"type": ["string", "null"], "format": "date-time"},
    "date": {"type": ["string", "null"], "pattern": "^([0-9]{4}|-)-[0-9]{2}-[0-9]{2}$"},
    "list": {"type": ["array", "null"]},
    "record": {"type": ["object", "null"]},
    "map": {"type": ["object", "null"]},
    "any": {},
}


def json_schema(record: Record) -> dict[str, Any]:
    """The schema of one record; records inside it are under `$defs`."""
    inner: dict[str, Record] = {}
    _collect(record, inner)
    schema: dict[str, Any] = {"$schema": DIALECT, "$id": f"{record.name}.json", **_object(record), "type": "object"}
    if inner:
        schema["$defs"] = {name: _object(inner[name]) for name in sorted(inner)}
    return schema


def event_schema(plugins: Plugins, name: str) -> dict[str, Any] | None:
    """The schema of `data` of a type of event; None when there is no such type. Of `custom.*` anything may come."""
    found = plugins.event_type(name)
    if found is None:
        return None
    if found.data is None:
        return {"$schema": DIALECT, "title": name, "type": "object"}
    return {**json_schema(found.data), "title": name}


def records_of(plugins: Plugins) -> dict[str, Record]:
    """Every record that events or expressions carry, by name, those inside others too."""
    found: dict[str, Record] = {}
    for definition in plugins.events:
        if definition.data is not None:
            found[definition.data.name] = definition.data
    for record in plugins.records:
        found[record.name] = record
    for record in list(found.values()):
        _collect(record, found)
    return {name: found[name] for name in sorted(found)}


def reference(plugins: Plugins) -> str:
    """The reference page of events and records, as Markdown."""
    lines = [
        "# Events and records",
        "",
        "Made from the code by `sereno.sdk.schemas`; do not edit. `sereno event schema TYPE` prints the same as JSON",
        "Schema, and `schemas/` beside this page holds one per record.",
        "",
        "Every event has an `id`, a `source` (the connection), a `type`, a `subject` (`kind:id`), `occurred_at` and",
        "`data`. Every field of `data` may be null or absent: platforms leave anything out. Money is a decimal string",
        'beside its currency (`"12.50"`), and a number in conditions; instants are ISO 8601 in UTC. Types of your own',
        "are `custom.<verb>`, and their data is anything.",
        "",
        "## Events",
        "",
        "| type | what happened | `data` | can be read |",
        "|---|---|---|---|",
    ]
    definitions: Iterable[EventDefinition] = sorted(plugins.events, key=lambda item: item.name)
    for item in definitions:
        data = f"[{item.data.name}](#{item.data.name})" if item.data is not None else "anything"
        roots = ", ".join(f"`{name}`" for name in sorted(item.supplies | {"store"}))
        lines.append(f"| `{item.name}` | {item.description} | {data} | {roots} |")
    lines += ["", "## Records", ""]
    for name, record in records_of(plugins).items():
        lines += [f"### {name}", "", record.description, "", "| field | kind | meaning |", "|---|---|---|"]
        lines += [f"| `{field.name}` | {_kind(field)} | {_meaning(field)} |" for field in record.fields.values()]
        lines.append("")
    return "\n".join(lines)


def _object(record: Record) -> dict[str, Any]:
    return {
        "title": record.name,
        "description": record.description,
        "type": ["object", "null"],
        "properties": {name: _property(field) for name, field in record.fields.items()},
    }


def _property(field: Field) -> dict[str, Any]:
    if field.kind == "record" and isinstance(field.of, Record):
        return {"description": field.description, "$ref": f"#/$defs/{field.of.name}"}
    schema = {**_KINDS[field.kind]}
    if field.description:
        schema["description"] = field.description
    if field.values:
        schema["enum"] = [*field.values, None]
    if field.kind == "list":
        if isinstance(field.of, Record):
            schema["items"] = {"$ref": f"#/$defs/{field.of.name}"}
        elif field.of is not None:
            schema["items"] = {**_KINDS[field.of]}
    return schema


def _collect(record: Record, found: dict[str, Record]) -> None:
    for field in record.fields.values():
        if isinstance(field.of, Record) and field.of.name not in found:
            found[field.of.name] = field.of
            _collect(field.of, found)


def _kind(field: Field) -> str:
    of = field.of
    if isinstance(of, Record):
        inner = f"[{of.name}](#{of.name})"
        return f"list of {inner}" if field.kind == "list" else inner
    return f"list of {of}" if of is not None else field.kind


def _meaning(field: Field) -> str:
    values: Mapping[str, None] = dict.fromkeys(field.values)
    closed = " One of " + ", ".join(f"`{value}`" for value in values) + "." if values else ""
    return f"{field.description}{closed}".replace("|", "\\|")
