"""The row that a piece of CEL is. Each operator is read as `leaves.write` writes it, and as people write the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sereno.engine.durations import parse_duration, parse_instant
from sereno.engine.expressions import Names
from sereno.engine.expressions.paths import flatten
from sereno.engine.expressions.tree import (
    Binary,
    Call,
    Comprehension,
    Constant,
    Has,
    ListOf,
    Name,
    Node,
    Select,
    Unary,
)
from sereno.web.builder.forms.leaves import COMPARED, ITEM, NUMBER, OPERATORS, Row, sort_at
from sereno.web.builder.forms.paths import COUNT, EACH, type_of

_METHODS = {"contains": "contains", "startsWith": "starts", "endsWith": "ends"}
_SIGNS = {sign: word for word, sign in COMPARED.items()}
_FIT = {"moment": {"moment"}, "texts": {"texts", "things"}, "open": {"text", "open"}}
"""What a piece says of its field by the way it is written, and the sorts that fit."""
_JOIN = {"empty": "||", "not_empty": "&&"}


def read(node: Node, names: Names, *, in_brackets: bool) -> Row | None:
    """The row this is; None when it is none. Two comparisons are one row ("between") only inside brackets."""
    quantified = _read_quantified(node, names)
    if quantified is not None:
        return quantified
    found = _read_leaf(node, names, in_brackets=in_brackets)
    if found is None:
        return None
    sort = sort_at(names, found.field)
    fits = found.operator in OPERATORS.get(sort, ()) and sort in _FIT.get(found.sort, {sort})
    row = replace(found, sort=sort)
    return row if fits and _is_sound(row) else None


def paired(join: str, items: Sequence[Any]) -> Row | None:
    """The one row that a group of these two is read as, if it is."""
    if len(items) != 2 or not all(isinstance(item, Row) for item in items):
        return None
    first, second = items
    same = first.field == second.field and not first.which and not second.which and first.field.find(EACH) < 0
    if same and join == "all" and (first.operator, second.operator) == ("ge", "le"):
        return Row(first.field, "between", (first.values[0], second.values[0]), first.sort)
    return None


def _is_sound(row: Row) -> bool:
    """Whether the values are what a form can show."""
    if row.sort != "moment" or not row.values:
        return True
    try:
        if row.operator in ("before", "after"):
            return parse_instant(row.values[0]) is not None
        return parse_duration(row.values[0]).total_seconds() > 0
    except ValueError:
        return False


def _read_quantified(node: Node, names: Names) -> Row | None:
    """`list.exists(x, ...)`, `!list.exists(x, ...)` and `list.all(x, ...)` over records."""
    is_not = isinstance(node, Unary) and node.operator == "!"
    loop = node.operand if isinstance(node, Unary) and is_not else node
    if not isinstance(loop, Comprehension) or len(loop.bodies) != 1:
        return None
    which = {("exists", False): "any", ("exists", True): "none", ("all", False): "every"}.get((loop.macro, is_not))
    over = _path(loop.over)
    type_ = type_of(names, over) if over else None
    if which is None or type_ is None or type_.item is None or type_.item.record is None:
        return None
    inside = Names({ITEM: type_.item, **{name: names.roots[name] for name in ("now",) if name in names.roots}})
    found = read(_renamed(loop.bodies[0], loop.variable), inside, in_brackets=True)
    if found is None or found.which or not found.field.startswith(f"{ITEM}.") or found.field.endswith(COUNT):
        return None
    return replace(found, field=f"{over}{EACH}{found.field.removeprefix(f'{ITEM}.')}", which=which)


def _renamed(node: Node, variable: str) -> Node:
    """The body of a loop with its variable called `item`."""
    if variable == ITEM:
        return node
    match node:
        case Name(name=name) if name == variable:
            return replace(node, name=ITEM)
        case Select() | Has() | Unary():
            return replace(node, operand=_renamed(node.operand, variable))  # pyright: ignore[reportArgumentType]
        case Binary():
            return replace(node, left=_renamed(node.left, variable), right=_renamed(node.right, variable))
        case Call():
            target = None if node.target is None else _renamed(node.target, variable)
            return replace(node, target=target, arguments=tuple(_renamed(one, variable) for one in node.arguments))
        case _:
            return node


def _read_leaf(node: Node, names: Names, *, in_brackets: bool) -> Row | None:
    match node:
        case Unary(operator="!", operand=Binary(operator="in") as inner):
            return _negated(_read_in(inner), {"one_of": "none_of", "has": "has_not"})
        case Unary(operator="!", operand=Call() as call):
            return _negated(_read_call(call), {"contains": "not_contains"})
        case Unary(operator="!", operand=Comprehension() as loop):
            return _negated(_read_loop(loop), {"has_any": "has_none"})
        case Unary(operator="!", operand=Name() | Select() as operand):
            return _bare(operand, names, "false")
        case Name() | Select():
            return _bare(node, names, "true")
        case Has(operand=operand):
            path = _path(operand)
            return Row(path, "known") if path else None
        case Call():
            return _read_call(node)
        case Comprehension():
            return _read_loop(node)
        case Binary(operator="in"):
            return _read_in(node)
        case Binary(operator="&&" | "||"):
            return _read_pair(node, in_brackets=in_brackets)
        case Binary():
            return _read_comparison(node)
        case _:
            return None


def _negated(row: Row | None, words: dict[str, str]) -> Row | None:
    return replace(row, operator=words[row.operator]) if row is not None and row.operator in words else None


def _bare(node: Node, names: Names, operator: str) -> Row | None:
    path = _path(node)
    type_ = type_of(names, path) if path else None
    return Row(path, operator) if type_ is not None and type_.kind == "boolean" else None


def _read_call(node: Call) -> Row | None:
    path = _path(node.target) if node.target is not None else ""
    text = _text(node.arguments[0]) if len(node.arguments) == 1 else None
    if not path or text is None or node.function not in _METHODS:
        return None
    return Row(path, _METHODS[node.function], (text,))


def _read_loop(node: Comprehension) -> Row | None:
    """`tags.exists(item, item in ["a", "b"])`."""
    path, body = _path(node.over), node.bodies[0]
    if not path or node.macro != "exists" or not isinstance(body, Binary) or body.operator != "in":
        return None
    values = _texts(body.right)
    if not isinstance(body.left, Name) or body.left.name != node.variable or not values:
        return None
    return Row(path, "has_any", values)


def _read_in(node: Binary) -> Row | None:
    path, values = _path(node.left), _texts(node.right)
    if path and values:
        return Row(path, "one_of", values)
    text, path = _text(node.left), _path(node.right)
    return Row(path, "has", (text,)) if path and text is not None else None


def _read_pair(node: Binary, *, in_brackets: bool) -> Row | None:
    """Two comparisons of one field that are one operator."""
    left, right = node.left, node.right
    if not isinstance(left, Binary) or not isinstance(right, Binary) or not (path := _measured(left.left)):
        return None
    signs = (left.operator, node.operator, right.operator)
    if isinstance(left.right, Constant) and left.right.kind == "null":
        operator = {"==": "empty", "!=": "not_empty"}.get(left.operator)
        sort = _nothing(right, path, node.operator)
        return Row(path, operator, sort=sort) if operator and sort and signs[1] == _JOIN[operator] else None
    if isinstance(left.right, Name) and left.right.name == "now" and signs == (">", "&&", "<="):
        length = _length(right.right)
        reckoned = right.left
        if not isinstance(reckoned, Binary) or reckoned.operator != "-" or _path(reckoned.left) != path or not length:
            return None
        is_now = isinstance(reckoned.right, Name) and reckoned.right.name == "now"
        return Row(path, "next", (length,), "moment") if is_now else None
    low, high = _number(left.right), _number(right.right)
    same = signs == (">=", "&&", "<=") and _measured(right.left) == path
    return Row(path, "between", (low, high)) if in_brackets and same and low and high else None


def _nothing(node: Binary, path: str, join: str) -> str:
    """`texts` or `open` when this compares the path's size with 0, or the path with "", as fits the join."""
    of_text, of_size = ("==", "==") if join == "||" else ("!=", ">")
    if _counted(node.left) == path:
        return "texts" if node.operator == of_size and _number(node.right) == "0" else ""
    return "open" if _path(node.left) == path and node.operator == of_text and _text(node.right) == "" else ""


def _read_comparison(node: Binary) -> Row | None:
    path, right, operator = _path(node.left), node.right, node.operator
    number, word = _number(right), _SIGNS.get(operator, "")
    if not path:
        counted = _counted(node.left)
        if counted and number is not None and word:
            return Row(f"{counted}{COUNT}", word, (number,))
        return _read_reckoned(node)
    if isinstance(right, Constant) and right.kind == "null":
        said = {"!=": "known", "==": "unknown"}.get(operator)
        return Row(path, said) if said else None
    if isinstance(right, Constant) and right.kind == "boolean" and operator in ("==", "!="):
        return Row(path, f"{'' if operator == '==' else 'not_'}{right.text}")
    if number is not None:
        return Row(path, word, (number,)) if word else None
    is_call = isinstance(right, Call) and right.function == "timestamp" and len(right.arguments) == 1
    text = _text(right.arguments[0]) if isinstance(right, Call) and is_call else _text(right)
    said = {"==": "is", "!=": "is_not", "<": "before", ">": "after"}.get(operator, "")
    return Row(path, said, (text,), "moment" if is_call else "text") if text and said else None


def _measured(node: Node) -> str:
    """The field of a number: a path, or how many there are of one."""
    counted = _counted(node)
    return f"{counted}{COUNT}" if counted else _path(node)


def _counted(node: Node) -> str:
    """The path inside `size(path)` or `path.size()`."""
    if not isinstance(node, Call) or node.function != "size":
        return ""
    inside = node.target if node.target is not None else next(iter(node.arguments), None)
    return _path(inside) if inside is not None else ""


def _read_reckoned(node: Binary) -> Row | None:
    """`now - order.placed_at <= duration("7d")`."""
    left, length = node.left, _length(node.right)
    if not isinstance(left, Binary) or left.operator != "-" or not length:
        return None
    path = _path(left.right)
    is_now = isinstance(left.left, Name) and left.left.name == "now"
    said = {"<=": "last", ">": "older"}.get(node.operator)
    return Row(path, said, (length,), "moment") if path and is_now and said else None


def _length(node: Node) -> str | None:
    """A length of time as written, in `duration(...)` or as a text."""
    is_call = isinstance(node, Call) and node.function == "duration" and len(node.arguments) == 1
    return _text(node.arguments[0]) if isinstance(node, Call) and is_call else _text(node)


def _path(node: Node) -> str:
    """A path of names alone, as it is written; empty for anything else."""
    root, steps = flatten(node)
    if not isinstance(root, Name) or not all(isinstance(step, Select) for step in steps):
        return ""
    return ".".join([root.name, *(step.field for step in steps if isinstance(step, Select))])


def _text(node: Node) -> str | None:
    return str(node.value) if isinstance(node, Constant) and node.kind == "string" else None


def _texts(node: Node) -> tuple[str, ...]:
    """The texts of a list of nothing else; empty for anything else."""
    if not isinstance(node, ListOf):
        return ()
    found = [_text(item) for item in node.items]
    return tuple(text for text in found if text is not None) if None not in found else ()


def _number(node: Node) -> str | None:
    is_number = isinstance(node, Constant) and node.kind in ("integer", "number")
    return node.text if isinstance(node, Constant) and is_number and NUMBER.fullmatch(node.text) else None
