"""What a field is, by its path as it is written in a condition: `order.total`, `vars.gift.code`, `event.reason`.

Beside plain paths there are two of a list's own: `order.lines[].sku` is that field of its items, `order.lines#` is how
many there are.
"""

from __future__ import annotations

from sereno.engine.expressions import Names, Type
from sereno.engine.expressions.types import INTEGER, of_field

EACH = "[]."
COUNT = "#"


def type_of(names: Names, field: str) -> Type | None:
    """The type of a field; None when there is no such field here."""
    if field.endswith(COUNT):
        found = _follow(names, field.removesuffix(COUNT))
        return INTEGER if found is not None and found.kind == "list" else None
    if EACH in field:
        over, _, inner = field.partition(EACH)
        found = _follow(names, over)
        item = found.item if found is not None and found.kind == "list" else None
        return _down(item, inner.split(".")) if item is not None and item.record is not None else None
    return _follow(names, field)


def split_field(field: str) -> tuple[str, str]:
    """The list and the field of its items; the field itself and nothing for any other."""
    over, mark, inner = field.partition(EACH)
    return (over, inner) if mark else (field, "")


def _follow(names: Names, path: str) -> Type | None:
    root, *rest = path.split(".")
    if root == "vars":
        found = names.variables.get(rest[0]) if rest else None
        return _down(found, rest[1:])
    type_ = names.roots.get(root)
    if root == "event" and rest and type_ is not None and type_.record is not None and not type_.record.get(rest[0]):
        # `event.total` is short for `event.data.total`.
        rest = ["data", *rest]
    return _down(type_, rest)


def _down(type_: Type | None, rest: list[str]) -> Type | None:
    for part in rest:
        if type_ is None or not part.isidentifier():
            return None
        if type_.kind in ("any", "map"):
            return Type("any")
        found = type_.record.get(part) if type_.record is not None else None
        type_ = of_field(found) if found is not None else None
    return type_
