"""Conditions and values: CEL, checked when a flow is saved, evaluated null-safely with the values seen."""

from sereno.engine.expressions.bindings import Path, Scope
from sereno.engine.expressions.check import Names
from sereno.engine.expressions.evaluate import Expression, ExpressionsInvalid, Outcome, compile_expression
from sereno.engine.expressions.tree import ExpressionInvalid
from sereno.engine.expressions.types import Type

__all__ = [
    "Expression",
    "ExpressionInvalid",
    "ExpressionsInvalid",
    "Names",
    "Outcome",
    "Path",
    "Scope",
    "Type",
    "compile_expression",
]
