"""The syntax tree of an expression. Positions are offsets into the source, so that a complaint can point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

LiteralKind = Literal["string", "bytes", "integer", "uint", "number", "boolean", "null"]
Macro = Literal["all", "exists", "exists_one", "filter", "map"]
MACROS: frozenset[str] = frozenset({"all", "exists", "exists_one", "filter", "map"})


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal. `text` is how it was written, which is how it is handed on."""

    position: int
    kind: LiteralKind
    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    position: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`; `position` is where the field's name begins."""

    position: int
    operand: Node
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    position: int
    operand: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`, or `target.function(arguments)`."""

    position: int
    target: Node | None
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    position: int
    operator: Literal["!", "-"]
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`position` is where the operator stands."""

    position: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : otherwise`."""

    position: int
    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class ListOf:
    position: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    position: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Has:
    """`has(a.b)`: true when the value is there and not null."""

    position: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`over.macro(variable, bodies...)`; `map` may have two bodies: a filter, then the result."""

    position: int
    macro: Macro
    over: Node
    variable: str
    bodies: tuple[Node, ...]


Node = Constant | Name | Select | Index | Call | Unary | Binary | Conditional | ListOf | MapOf | Has | Comprehension


class ExpressionInvalid(Exception):  # noqa: N818
    """One thing wrong with an expression; `position` is an offset into its source."""

    def __init__(self, code: str, message: str, position: int, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position
        self.suggestion = suggestion
