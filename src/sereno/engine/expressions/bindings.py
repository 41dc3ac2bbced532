"""The values an expression reads: found null-safely in a run's records, converted to what CEL takes.

Binding costs more than evaluating, so only what is read is bound: a path to a scalar gives that scalar, and a list that
is only looped over gives its items with just the fields the loop names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, cast

from sereno.engine.durations import format_instant
from sereno.engine.expressions.types import TypeKind

Scope = Mapping[str, Any]
"""Root name -> record. `event` is the envelope; instants are ISO texts."""
Path = tuple[str | int, ...]


Kept = Literal["value", "presence", "size"]
HEAVY: frozenset[str] = frozenset({"record", "list", "map", "any"})
"""Kinds that cost much to convert."""
THERE = "(there)"
"""Stands for a value of which only the presence is looked at."""


class Unreadable(Exception):  # noqa: N818
    """A value that is not of the kind its record promises."""


@dataclass(slots=True)
class Binding:
    """One variable of the rewritten expression. `fields`: of a looped-over list of records, the fields read; None when
    the items are needed whole. `kept`: whether only its presence or its size is looked at."""

    path: Path
    kind: TypeKind
    fields: set[str] | None = None
    kept: Kept = "value"

    @property
    def text(self) -> str:
        return path_text(self.path)


@dataclass(slots=True)
class Bindings:
    """The variables `v0`, `v1`, ... of one expression."""

    found: list[Binding] = field(default_factory=list[Binding])

    def name(self, path: Path, kind: TypeKind) -> str:
        """The variable that holds this path."""
        for number, binding in enumerate(self.found):
            if binding.path == path and binding.fields is None and binding.kept == "value":
                return f"v{number}"
        self.found.append(Binding(path, kind))
        return f"v{len(self.found) - 1}"

    def looped(self, path: Path, before: int) -> tuple[str, Binding]:
        """A variable of its own for a list whose items are read field by field. `before`: how many variables there were
        before the list was named; if naming it made one, that one is used."""
        binding = Binding(path, "list", set())
        if len(self.found) > before:
            self.found[-1] = binding
        else:
            self.found.append(binding)
        return f"v{len(self.found) - 1}", binding


def path_text(path: Path) -> str:
    """The path as it is written in an expression."""
    text = str(path[0])
    for part in path[1:]:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}"
        else:
            text += f'["{part}"]'
    return text


def getter(binding: Binding) -> Callable[[Scope], Any]:
    """A function that reads the binding's value; null when anything on the way is missing. The function raises
    Unreadable when the value cannot be what its record promises."""
    read = reader(binding.path)
    if binding.fields is not None:
        return _projected(read, tuple(sorted(binding.fields)))
    if binding.kept == "presence":
        return lambda scope: None if read(scope) is None else THERE
    if binding.kept == "size":
        return lambda scope: _hollow(read(scope))
    if binding.kind in ("money", "number"):
        return _as_number(read, binding.text)
    if binding.kind in ("string", "boolean", "integer", "timestamp", "date", "duration"):
        return read
    return lambda scope: plain(read(scope))


def reader(path: Path) -> Callable[[Scope], Any]:
    """A function that follows a path and gives null where it ends early."""
    if len(path) == 1:
        (root,) = path
        return lambda scope: scope.get(cast("str", root))
    if len(path) == 2:
        root, first = path

        def read_one(scope: Any) -> Any:
            try:
                return scope[root][first]
            except (KeyError, TypeError, IndexError):
                return None

        return read_one
    if len(path) == 3:
        root, first, second = path

        def read_two(scope: Any) -> Any:
            try:
                return scope[root][first][second]
            except (KeyError, TypeError, IndexError):
                return None

        return read_two

    def read_many(scope: Any) -> Any:
        value = scope
        try:
            for part in path:
                value = value[part]
        except (KeyError, TypeError, IndexError):
            return None
        return value

    return read_many


def _as_number(read: Callable[[Scope], Any], path: str) -> Callable[[Scope], Any]:
    def read_number(scope: Scope) -> float | None:
        value = read(scope)
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise Unreadable(f"{path} is {value!r}, which is not a number") from None
        if not isfinite(number):
            raise Unreadable(f"{path} is {value!r}, which is not a number")
        return number

    return read_number


def _projected(read: Callable[[Scope], Any], fields: tuple[str, ...]) -> Callable[[Scope], Any]:
    def read_items(scope: Scope) -> Any:
        items = read(scope)
        if not isinstance(items, list | tuple):
            return items
        return [
            {name: plain(cast("Mapping[str, Any]", item).get(name)) for name in fields}
            if isinstance(item, Mapping)
            else dict.fromkeys(fields)
            for item in cast("list[Any]", items)
        ]

    return read_items


def _hollow(value: Any) -> Any:
    """Something of the same size."""
    if isinstance(value, list | tuple):
        return [None] * len(cast("list[Any]", value))
    if isinstance(value, Mapping):
        return {str(key): None for key in cast("Mapping[Any, Any]", value)}
    return plain(value)


def plain(value: Any) -> Any:
    """The value in types CEL takes: no Decimal, no datetime, no tuple."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return format_instant(value)
    raise Unreadable(f"{value!r} cannot be used in an expression")
