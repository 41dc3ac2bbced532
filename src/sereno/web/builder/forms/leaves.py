"""One row of a condition: a field, an operator and its values, and the CEL it is. `leaf_reader` is the way back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sereno.engine.expressions import Names, Type
from sereno.web.builder.forms.paths import COUNT, split_field, type_of

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
ITEM = "item"
_TEXT = ("is", "is_not", "contains", "not_contains", "starts", "ends", "one_of", "none_of", "empty", "not_empty")
_NUMBER = ("ge", "le", "eq", "ne", "gt", "lt", "between")
_THERE = ("known", "unknown")
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (*_TEXT, *_THERE),
    "number": (*_NUMBER, *_THERE),
    "count": _NUMBER,
    "boolean": ("true", "false", "not_true", "not_false", *_THERE),
    "moment": ("last", "older", "next", "before", "after", *_THERE),
    "day": ("is", "before", "after", *_THERE),
    "texts": ("has", "has_not", "has_any", "has_none", "empty", "not_empty", *_THERE),
    "things": ("not_empty", "empty", *_THERE),
    "record": _THERE,
    "open": (*_TEXT, *_NUMBER, *_THERE),
}
"""Sorts of fields, and what can be asked of each."""
_SORTS = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "money": "number",
    "boolean": "boolean",
    "timestamp": "moment",
    "date": "day",
    "record": "record",
    "map": "record",
    "any": "open",
}
VALUES: dict[str, int] = {"between": 2} | dict.fromkeys(
    ("empty", "not_empty", "known", "unknown", "true", "false", "not_true", "not_false"), 0
)
"""How many values an operator takes, where it is not one; `one_of` and its like take any number."""
LISTED = frozenset({"one_of", "none_of", "has_any", "has_none"})
COMPARED = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "==", "ne": "!="}
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL = re.compile(r'[\x00-\x1f\x7f-\x9f\\"\u2028\u2029\ufeff]')


@dataclass(frozen=True, slots=True)
class Row:
    """`field` is a path of `paths.py`. `which` is for a field of a list's items: `any`, `every` or `none` of them.
    `sort` is a key of OPERATORS: what is written depends on it. Instants are ISO texts, lengths of time like `7d`."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    sort: str = "text"
    which: str = ""


def sort_at(names: Names, field: str) -> str:
    """The sort of a field; empty when there is none of this name here, or no row can ask about it."""
    type_ = type_of(names, field)
    if type_ is None:
        return ""
    return "count" if field.endswith(COUNT) else sort_of(type_)


def sort_of(type_: Type) -> str:
    """The sort of a field of this type; empty when no row can ask about it."""
    if type_.kind == "list":
        kind = type_.item.kind if type_.item is not None else "any"
        return "texts" if kind == "string" else "things"
    return _SORTS.get(type_.kind, "")


def quoted(text: str) -> str:
    """The text as a literal."""
    return '"' + _CONTROL.sub(lambda found: _ESCAPED.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


# --- writing ---------------------------------------------------------------------------------------


def write(row: Row) -> str:
    """The row as CEL that can stand beside && and ||."""
    over, inner = split_field(row.field)
    if not inner:
        path = f"size({row.field.removesuffix(COUNT)})" if row.field.endswith(COUNT) else row.field
        return _leaf(row, path)
    body = _leaf(row, f"{ITEM}.{inner}")
    if body.startswith("(") and body.endswith(")") and row.operator in ("between", "empty", "not_empty", "next"):
        body = body[1:-1]
    macro = "all" if row.which == "every" else "exists"
    return f"{'!' if row.which == 'none' else ''}{over}.{macro}({ITEM}, {body})"


def _leaf(row: Row, path: str) -> str:
    operator, values = row.operator, row.values
    first = values[0] if values else ""
    if operator in ("known", "unknown"):
        return f"{path} {'!=' if operator == 'known' else '=='} null"
    if operator in ("empty", "not_empty"):
        return _emptiness(row, path)
    if operator == "between":
        return f"({path} >= {first} && {path} <= {values[1]})"
    if operator in COMPARED:
        return f"{path} {COMPARED[operator]} {first}"
    if row.sort == "moment":
        return _moment(operator, path, first)
    match operator:
        case "is":
            return f"{path} == {quoted(first)}"
        case "is_not":
            return f"{path} != {quoted(first)}"
        case "contains" | "not_contains":
            return f"{'!' if operator == 'not_contains' else ''}{path}.contains({quoted(first)})"
        case "starts":
            return f"{path}.startsWith({quoted(first)})"
        case "ends":
            return f"{path}.endsWith({quoted(first)})"
        case "one_of":
            return f"{path} in {_listed(values)}"
        case "none_of":
            return f"!({path} in {_listed(values)})"
        case "has":
            return f"{quoted(first)} in {path}"
        case "has_not":
            return f"!({quoted(first)} in {path})"
        case "has_any" | "has_none":
            return f"{'!' if operator == 'has_none' else ''}{path}.exists({ITEM}, {ITEM} in {_listed(values)})"
        case "before" | "after":
            return f"{path} {'<' if operator == 'before' else '>'} {quoted(first)}"
        case "true" | "false":
            return f"{path} == {operator}"
        case _:
            return f"{path} != {operator.removeprefix('not_')}"


def _moment(operator: str, path: str, value: str) -> str:
    match operator:
        case "last":
            return f"now - {path} <= duration({quoted(value)})"
        case "older":
            return f"now - {path} > duration({quoted(value)})"
        case "next":
            return f"({path} > now && {path} - now <= duration({quoted(value)}))"
        case _:
            return f"{path} {'<' if operator == 'before' else '>'} timestamp({quoted(value)})"


def _emptiness(row: Row, path: str) -> str:
    is_list = row.sort in ("texts", "things")
    if row.operator == "empty":
        return f"({path} == null || size({path}) == 0)" if is_list else f'({path} == null || {path} == "")'
    return f"({path} != null && size({path}) > 0)" if is_list else f'({path} != null && {path} != "")'


def _listed(values: Sequence[str]) -> str:
    return "[" + ", ".join(quoted(value) for value in values) + "]"
