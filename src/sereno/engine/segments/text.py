"""A definition as one line of text in the language of conditions (CEL), and read from it: to keep in a file, to paste,
to compare. What is written is read as the same, but for groups of one, and groups within groups of their kind.

    customer.country in ["es", "pt"] && orders("90d").of("category", "tea").count() >= 3
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sereno.engine.expressions.parser import parse
from sereno.engine.expressions.tree import (
    Binary,
    Call,
    Constant,
    ExpressionInvalid,
    Has,
    Index,
    ListOf,
    Name,
    Node,
    Select,
    Unary,
)
from sereno.engine.names import nearest
from sereno.engine.segments.definition import (
    ORDER,
    Did,
    Group,
    Inside,
    Not,
    Part,
    SegmentInvalid,
    Where,
    read,
    written,
)
from sereno.engine.segments.fields import ANSWER, CUSTOM, FIELDS, PLACE, field_type

BOUNDS = {"at_least": ">=", "at_most": "<="}
CALLS = {"contains": "contains", "ends_with": "endsWith", "within": "within", "over": "over", "next": "next"}
"""Ways of comparing that are called on the field, with one value."""
_OPERATORS = {name: operator for operator, name in CALLS.items()}
CALLED = {CUSTOM: "custom", ANSWER: "answers"}
"""What every shop has of its own."""
_STARTS = {called: start for start, called in CALLED.items()}
_WAYS = {sign: bound for bound, sign in BOUNDS.items()}


def to_text(part: Part) -> str:
    return _text(part, outside="")


def _text(part: Part, outside: str) -> str:
    match part:
        case Group(how, parts):
            sign = "&&" if how == "all" else "||"
            text = f" {sign} ".join(_text(one, sign if len(parts) > 1 else outside) for one in parts)
            return f"({text})" if len(parts) > 1 and outside not in ("", sign) else text
        case Not(inner):
            return f"!{_text(inner, '!')}" if not _compares(inner) else f"!({_text(inner, '')})"
        case Inside(name):
            return f"{_quoted(name)} in customer.segments"
        case Did():
            return _did(part)
        case Where():
            return _where(part)


def _compares(part: Part) -> bool:
    """Whether its text is held together by a sign that binds less than a `!` before it."""
    if isinstance(part, Group):
        return len(part.parts) != 1 or _compares(part.parts[0])
    return not isinstance(part, Not)


def _did(part: Did) -> str:
    window = _quoted(f"{part.within}d") if part.within is not None else ""
    if part.what == ORDER:
        counted = f"orders({window})"
    else:
        counted = f"events({', '.join(one for one in (_quoted(part.what), window) if one)})"
    if part.of is not None:
        counted += f".of({_quoted(part.of.kind)}, {_quoted(part.of.value)})"
    measure = "spent" if part.measure == "spent" else "count"
    return f"{counted}.{measure}() {BOUNDS[part.operator]} {part.value:f}"


def _where(part: Where) -> str:
    document = written(part)
    path, value = _path(part.field), document.get("value")
    match part.operator:
        case "is":
            return f"{path} == {_quoted(str(value))}"
        case "one_of":
            return f"{path} in [{', '.join(_quoted(one) for one in _listed(value))}]"
        case "has":
            return f"{_quoted(str(value))} in {path}"
        case "known":
            return f"has({path})"
        case "yes":
            return f"{path} == true"
        case "no":
            return f"{path} == false"
        case "since" | "until":
            return f"{path} {'>=' if part.operator == 'since' else '<='} {_quoted(str(value))}"
        case "at_least" | "at_most":
            return f"{path} {BOUNDS[part.operator]} {value}"
        case "near":
            north, east, reach = part.values
            return f"{path}.near({north:f}, {east:f}, {reach:f})"
        case _:
            return f"{path}.{CALLS[part.operator]}({_quoted(str(value))})"


def _listed(value: Any) -> Sequence[str]:
    return value


def _path(name: str) -> str:
    for start, called in CALLED.items():
        if name.startswith(start):
            return f"customer.{called}[{_quoted(name[len(start) :])}]"
    return f"customer.{name}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'


def from_text(text: str) -> Part:
    """Raises SegmentInvalid: `segment.text_unreadable` with what is wrong and where, else as `definition.read`."""
    try:
        return read(_document(parse(text)))
    except ExpressionInvalid as refusal:
        given = f"{refusal.message} (column {refusal.position + 1})"
        raise SegmentInvalid("segment.text_unreadable", str(refusal.position), given) from None


def _document(node: Node) -> dict[str, Any]:
    match node:
        case Binary(_, "&&" | "||" as sign):
            return {"all" if sign == "&&" else "any": [_document(one) for one in _flat(node, sign)]}
        case Unary(_, "!", operand):
            return {"not": _document(operand)}
        case Binary(_, "in", Constant(_, "string", value), Select(_, Name(_, "customer"), "segments")):
            return {"segment": value}
        case Binary(_, "in", Constant(_, "string", value), right):
            return {"field": _field(right), "is": "has", "value": value}
        case Binary(_, "in", left, ListOf(_, items)):
            return {"field": _field(left), "is": "one_of", "value": [_constant(one) for one in items]}
        case Binary(_, ">=" | "<=" as sign, Call(_, target, "count" | "spent" as measure, ()), right) if target:
            return _counted(target, "times" if measure == "count" else "spent", {_WAYS[sign]: _constant(right)})
        case Binary(_, ">=" | "<=" as sign, left, right):
            return _bound(_field(left), sign, _constant(right))
        case Binary(_, "==", left, Constant(_, "boolean", value)):
            return {"field": _field(left), "is": "yes" if value else "no"}
        case Binary(_, "==", left, right):
            return {"field": _field(left), "is": "is", "value": _constant(right)}
        case Has(_, operand):
            return {"field": _field(operand), "is": "known"}
        case Call(_, target, "near", (north, east, reach)) if target:
            value = f"{_constant(north)} {_constant(east)} {_constant(reach)}km"
            return {"field": _field(target), "is": "near", "value": value}
        case Call(_, target, function, (given,)) if target and function in _OPERATORS:
            return {"field": _field(target), "is": _OPERATORS[function], "value": _constant(given)}
        case _:
            raise _unknown(node)


def _flat(node: Node, sign: str) -> list[Node]:
    if isinstance(node, Binary) and node.operator == sign:
        return [*_flat(node.left, sign), *_flat(node.right, sign)]
    return [node]


def _bound(name: str, sign: str, value: Any) -> dict[str, Any]:
    kind = field_type(name)
    if kind is not None and kind.kind == "date":
        return {"field": name, "is": "since" if sign == ">=" else "until", "value": value}
    return {"field": name, "is": _WAYS[sign], "value": value}


def _counted(node: Node, measure: str, bound: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {measure: bound}
    if isinstance(node, Call) and node.function == "of" and node.target is not None and len(node.arguments) == 2:
        kind, value = (_constant(one) for one in node.arguments)
        found["of"] = {str(kind): value}
        node = node.target
    if not isinstance(node, Call) or node.target is not None or node.function not in ("orders", "events"):
        raise _unknown(node)
    given = [_constant(one) for one in node.arguments]
    found["did"] = ORDER if node.function == "orders" else given.pop(0) if given else ""
    if len(given) > 1:
        raise _unknown(node)
    return {**found, "within": given[0]} if given else found


def _field(node: Node) -> str:
    match node:
        case Index(_, Select(_, Name(_, "customer"), "custom" | "answers" as called), Constant(_, "string", value)):
            return f"{_STARTS[called]}{value}"
        case Select(_, Name(_, "customer"), name) if name in FIELDS or name == PLACE.name:
            return name
        case Select(_, Select(_, Name(_, "customer"), "custom" | "answers" as called), name):
            return f"{_STARTS[called]}{name}"
        case _:
            raise _unknown(node)


def _constant(node: Node) -> Any:
    match node:
        case Constant(_, "string", value):
            return value
        case Constant(_, "integer", value):
            return Decimal(value)
        case Constant(_, "number", _, text):
            return Decimal(text)
        case _:
            raise _unknown(node)


def _unknown(node: Node) -> ExpressionInvalid:
    """What cannot be asked, and what can where that is near."""
    match node:
        case Binary(_, ">" | "<"):
            said = "a segment compares with >= and <=, not with > and <"
        case Select(_, Name(_, "customer"), name):
            guess = nearest(name, FIELDS)
            said = f"a segment knows no field {name!r} of customers" + (f"; did you mean {guess!r}?" if guess else "")
        case _:
            said = "a segment cannot ask that"
    return ExpressionInvalid("segment.text_unreadable", said, node.position)
