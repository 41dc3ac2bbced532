"""Calls every operation of the API from its own description: addresses and bodies that fit, with a shop's own ids."""

from __future__ import annotations

from typing import Any

from stocked import MARK, Stocked


def filled(schema: dict[str, Any], whole: dict[str, Any], name: str, shops: Stocked) -> Any:
    """A body that fits the schema, with the first shop's ids and names wherever they fit."""
    if "$ref" in schema:
        return filled(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole, name, shops)
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return filled(schema[choice][0], whole, name, shops)
    if schema.get("enum"):
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        return {key: filled(one, whole, key, shops) for key, one in schema.get("properties", {}).items()}
    if kind == "array":
        if name in ("ids", "id"):
            return shops.values["int"][:50]
        return [filled(schema.get("items", {}), whole, name, shops)]
    if kind == "integer":
        return shops.values["int"][0]
    if kind == "boolean":
        return True
    if kind == "number":
        return 1.5
    if schema.get("format") == "date-time":
        return "2026-11-22T08:00:00Z"
    by_name = {"type": "custom.thing", "subject": f"cart:c-{MARK}17", "email": f"{MARK}vic@example.com"}
    return by_name.get(name, f"{MARK}-recovery")


def operations_of(whole: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Those that look first: what is put in afterwards belongs to the second shop and has ids as large."""
    found = [(method, path, one) for path, methods in whole["paths"].items() for method, one in methods.items()]
    return sorted(found, key=lambda one: one[0] != "get")


def paths_of(path: str, operation: dict[str, Any], shops: Stocked) -> list[str]:
    kinds = {
        one["name"]: "int" if one.get("schema", {}).get("type") == "integer" else "str"
        for one in operation.get("parameters", [])
        if one["in"] == "path"
    }
    found = [path]
    for name, kind in kinds.items():
        found = [one.replace(f"{{{name}}}", str(value)) for one in found for value in shops.values[kind]]
    return found[:12]
