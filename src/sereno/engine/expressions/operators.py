"""What the operators of an expression take and give, and how their operands are brought to one kind."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.engine.durations import format_instant, is_duration, parse_duration, parse_instant
from sereno.engine.expressions.bindings import Path
from sereno.engine.expressions.tree import Binary, Constant, ExpressionInvalid, Node
from sereno.engine.expressions.types import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    LIST,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    TEXTUAL,
    TIMESTAMP,
    Type,
    TypeKind,
)
from sereno.engine.names import nearest

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Code:
    """Rewritten CEL and the type it gives. `raw` is the value before conversion, for comparing with null; `path` is set
    when it is a bound path and nothing else."""

    type: Type
    text: str
    raw: str | None = None
    path: Path | None = None


def constant(node: Constant, as_kind: TypeKind | None = None) -> Code:
    """A literal; with `as_kind`, a text taken for a duration or a timestamp. Raises ExpressionInvalid when it is
    none."""
    if as_kind == "duration":
        try:
            length = parse_duration(str(node.value))
        except ValueError as error:
            raise ExpressionInvalid("expression.wrong_value", str(error), node.position) from None
        return Code(DURATION, f'duration("{length.total_seconds():.3f}s")')
    if as_kind == "timestamp":
        try:
            at = parse_instant(str(node.value))
        except ValueError:
            message = f"{node.value!r} is not a point in time; write it like 2026-01-31T09:00:00Z"
            raise ExpressionInvalid("expression.wrong_value", message, node.position) from None
        return Code(TIMESTAMP, f'timestamp("{format_instant(at)}")')
    match node.kind:
        case "string":
            return Code(STRING, node.text)
        case "integer" | "uint":
            if abs(node.value) > _LARGEST + 1:
                raise ExpressionInvalid("expression.wrong_value", "this number is too large", node.position)
            return Code(INTEGER, node.text)
        case "number":
            return Code(NUMBER, node.text if not node.text.startswith(".") else "0" + node.text)
        case "boolean":
            return Code(BOOLEAN, node.text)
        case "null":
            return Code(NULL, "null")
        case "bytes":
            return Code(Type("bytes"), node.text)


def logical(node: Binary, left: Code, right: Code) -> Code:
    for code, side in ((left, node.left), (right, node.right)):
        if code.type.kind not in ("boolean", "any", "null"):
            message = f"{node.operator} wants true or false on both sides, this is {code.type}"
            raise ExpressionInvalid("expression.wrong_type", message, side.position)
    return Code(BOOLEAN, f"({left.text} {node.operator} {right.text})")


def compare(node: Binary, left: Code, right: Code) -> Code:
    """Comparing with null looks at the value before conversion. A text beside a time or a length of time is read as
    one."""
    if "null" in (left.type.kind, right.type.kind):
        if node.operator not in ("==", "!="):
            message = f"nothing is {_spoken(node.operator)} null; compare with == or !="
            raise ExpressionInvalid("expression.wrong_type", message, node.position)
        return Code(BOOLEAN, f"({left.raw or left.text} {node.operator} {right.raw or right.text})")
    left = _read_as(left, node.left, right.type)
    right = _read_as(right, node.right, left.type)
    if not _comparable(left.type, right.type, node.operator):
        message = f"cannot compare {left.type} with {right.type}"
        raise ExpressionInvalid("expression.wrong_type", message, node.position)
    _check_values(left.type, node.right)
    _check_values(right.type, node.left)
    return Code(BOOLEAN, f"({left.text} {node.operator} {right.text})")


def arithmetic(node: Binary, left: Code, right: Code) -> Code:
    left = _read_as(left, node.left, right.type, arithmetic=True)
    right = _read_as(right, node.right, left.type, arithmetic=True)
    a, b = left.type.kind, right.type.kind
    operator = node.operator
    text = f"({left.text} {operator} {right.text})"
    if a in NUMERIC and b in NUMERIC:
        if a == b == "integer":
            return Code(INTEGER, text)
        if operator == "%":
            raise ExpressionInvalid("expression.wrong_type", "% wants whole numbers", node.position)
        return Code(NUMBER, f"({as_double(left, node.left)} {operator} {as_double(right, node.right)})")
    if "any" in (a, b):
        other = left.type if b == "any" else right.type
        return Code(other if operator == "+" and other.kind in ("string", "list") else ANY, text)
    if operator == "+" and a in TEXTUAL and b in TEXTUAL:
        return Code(STRING, text)
    if operator == "+" and a == b == "list":
        return Code(left.type if left.type.item == right.type.item else LIST, text)
    if operator in "+-" and (a, b) == ("timestamp", "duration"):
        return Code(TIMESTAMP, text)
    if operator == "+" and (a, b) == ("duration", "timestamp"):
        return Code(TIMESTAMP, text)
    if operator in "+-" and (a, b) == ("duration", "duration"):
        return Code(DURATION, text)
    if operator == "-" and (a, b) == ("timestamp", "timestamp"):
        return Code(DURATION, text)
    message = f"cannot reckon {left.type} {operator} {right.type}"
    raise ExpressionInvalid("expression.wrong_type", message, node.position)


def as_double(code: Code, node: Node) -> str:
    """The text of a number that is to meet a decimal one."""
    if code.type.kind != "integer":
        return code.text
    if isinstance(node, Constant) and node.kind == "integer":
        return f"{node.value}.0"
    return f"double({code.text})"


def _read_as(code: Code, node: Node, other: Type, *, arithmetic: bool = False) -> Code:
    """A written text beside a point in time or a length of time is one itself."""
    if not isinstance(node, Constant) or node.kind != "string":
        return code
    if other.kind == "duration" or (arithmetic and other.kind == "timestamp"):
        return constant(node, as_kind="duration")
    if other.kind == "timestamp":
        kind = "duration" if is_duration(str(node.value)) else "timestamp"
        return constant(node, as_kind=kind)
    return code


def _comparable(left: Type, right: Type, operator: str) -> bool:
    a, b = left.kind, right.kind
    if "any" in (a, b) or (a in NUMERIC and b in NUMERIC) or (a in TEXTUAL and b in TEXTUAL):
        return True
    if {a, b} <= {"record", "map"} or (a == b and a in ("list", "bytes")):
        return operator in ("==", "!=")
    return a == b


def _check_values(type_: Type, node: Node) -> None:
    """A field with a closed set of values is never anything else."""
    if not type_.values or not isinstance(node, Constant) or node.kind != "string" or node.value in type_.values:
        return
    guess = nearest(str(node.value), type_.values)
    more = f"; did you mean {guess!r}?" if guess else f"; it is one of {', '.join(type_.values)}"
    message = f"this is never {node.value!r}{more}"
    raise ExpressionInvalid("expression.wrong_value", message, node.position, guess)


def is_null(node: Node) -> bool:
    return isinstance(node, Constant) and node.kind == "null"


def _spoken(operator: str) -> str:
    return {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}[operator]
