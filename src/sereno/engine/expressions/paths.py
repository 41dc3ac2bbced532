"""Paths in an expression: the root and the steps from it, and how a value found there enters the rewritten text."""

from __future__ import annotations

from sereno.engine.expressions.bindings import Path
from sereno.engine.expressions.operators import Code
from sereno.engine.expressions.tree import Constant, Index, Node, Select
from sereno.engine.expressions.types import Type


def flatten(node: Node) -> tuple[Node, list[Select | Index]]:
    steps: list[Select | Index] = []
    while isinstance(node, Select | Index):
        steps.append(node)
        node = node.operand
    steps.reverse()
    return node, steps


def fixed_part(step: Select | Index) -> str | int | None:
    """The key of a step that is known beforehand."""
    if isinstance(step, Select):
        return step.field
    index = step.index
    if isinstance(index, Constant) and (index.kind == "string" or (index.kind == "integer" and index.value >= 0)):
        return index.value
    return None


def typed(type_: Type, raw: str, path: Path | None = None) -> Code:
    """A value read from a record, turned into what its kind is in conditions. Paths come as numbers already."""
    if type_.kind == "timestamp":
        return Code(type_, f"timestamp({raw})", raw, path)
    if type_.kind == "duration":
        return Code(type_, f"duration({raw})", raw, path)
    if type_.kind in ("money", "number") and path is None:
        return Code(type_, f"double({raw})", raw)
    return Code(type_, raw, raw, path)
