"""Conditions as rows of field, operator and value, in groups of "all" and "any"; and the CEL they are, both ways.

Invariant: writing rows and reading them again gives the same rows, and what rows cannot say stays as it was written.
Pure: no Django here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sereno.engine.expressions import ExpressionInvalid, Names
from sereno.engine.expressions.parser import parse
from sereno.engine.expressions.tokens import tokens
from sereno.engine.expressions.tree import Binary, Conditional, Node
from sereno.web.builder.forms import leaf_reader, leaves
from sereno.web.builder.forms.leaves import Row

Join = Literal["all", "any"]
_JOINS: dict[str, Join] = {"&&": "all", "||": "any"}
_SIGNS: dict[Join, str] = {"all": " && ", "any": " || "}


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a condition that is no row: CEL as a person wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items of which all, or any, must hold. An empty one holds always."""

    join: Join
    items: tuple[Item, ...] = ()


Item = Row | Written | Group


def read(source: str, names: Names) -> Group:
    """The condition as a group of rows; what cannot be read as rows is `Written`."""
    if source.strip() in ("", "true"):
        return Group("all")
    try:
        found = _read(source, names)
    except ExpressionInvalid:
        found = Written(source.strip())
    return found if isinstance(found, Group) else Group("all", (found,))


def write(group: Group) -> str:
    """The condition as CEL; `true` for an empty group."""
    found = normal(group)
    if not found.items:
        return "true"
    if len(found.items) == 1 and isinstance(found.items[0], Written):
        return found.items[0].text
    return _joined(found)


def normal(group: Group) -> Group:
    """The same, as it will be read again: no empty group or group of one inside, no pair that is one operator."""
    items: list[Item] = []
    for item in group.items:
        if not isinstance(item, Group):
            items.append(item)
            continue
        inner = normal(item)
        if len(inner.items) == 1:
            items.append(inner.items[0])
        elif inner.items:
            items.append(leaf_reader.paired(inner.join, inner.items) or inner)
    if len(items) == 1 and isinstance(items[0], Group):
        return items[0]
    return Group(group.join if len(items) > 1 else "all", tuple(items))


def is_rows(group: Group) -> bool:
    """Whether nothing of it is written by hand."""
    return all(is_rows(item) if isinstance(item, Group) else isinstance(item, Row) for item in group.items)


# --- reading ---------------------------------------------------------------------------------------


def _read(text: str, names: Names) -> Item:
    inner, in_brackets = _unwrapped(text)
    node = parse(inner)
    row = leaf_reader.read(node, names, in_brackets=in_brackets)
    if row is not None:
        return row
    if not isinstance(node, Binary) or node.operator not in _JOINS:
        return Written(inner)
    join = _JOINS[node.operator]
    left, right = inner[: node.position], inner[node.position + 2 :]
    first = _read(left, names)
    # `a && b && c` is one group; `(a && b) && c` is a group in a group.
    flat = isinstance(first, Group) and first.join == join and not _unwrapped(left)[1]
    items = first.items if flat and isinstance(first, Group) else (first,)
    return Group(join, (*items, _read(right, names)))


def _unwrapped(text: str) -> tuple[str, bool]:
    """The text without brackets around all of it, and whether there were any."""
    text, found = text.strip(), False
    while _is_wrapped(text):
        text, found = text[1:-1].strip(), True
    return text, found


def _is_wrapped(text: str) -> bool:
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for token in tokens(text):
        if token.kind != "operator" or token.text not in "()[]{}":
            continue
        depth += 1 if token.text in "([{" else -1
        if depth == 0:
            return token.position == len(text) - 1
    return False


# --- writing ---------------------------------------------------------------------------------------


def _joined(group: Group) -> str:
    return _SIGNS[group.join].join(_piece(item) for item in group.items)


def _piece(item: Item) -> str:
    match item:
        case Row():
            return leaves.write(item)
        case Written():
            return item.text if _stands_alone(item.text) else f"({item.text})"
        case Group():
            return f"({_joined(item)})"


def _stands_alone(text: str) -> bool:
    try:
        node: Node = parse(text)
    except ExpressionInvalid:
        return False
    if isinstance(node, Conditional) or (isinstance(node, Binary) and node.operator in _JOINS):
        return _is_wrapped(text.strip())
    # A comment would swallow what comes after it.
    return "//" not in text
