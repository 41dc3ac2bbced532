"""A definition as a form of nested rows, and back: pure. Without a script each change of shape is a round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sereno.engine.segments.definition import LOOKED, ORDER, Did, Group, Inside, Not, Part, Where, written
from sereno.engine.segments.fields import IN_DAYS, OPERATORS, WITHOUT_VALUE, field_type

HOWS = ("all", "any", "none", "not_all")
MOST, DEEPEST = 100, 5
NEARBY = "25"
"""Kilometres, where none are said."""


@dataclass(slots=True)
class Row:
    """One condition. `what` is `did:<event>`, `segment` or a field's name; `of` and `thing` are what was ordered. Of a
    place `within` are kilometres."""

    path: str
    what: str = "did:order"
    negated: bool = False
    operator: str = ""
    value: str = ""
    measure: str = "times"
    bound: str = "at_least"
    within: str = ""
    of: str = ""
    thing: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        known = field_type(self.what)
        return OPERATORS[known.kind] if known is not None else ()

    @property
    def needs_value(self) -> bool:
        return self.operator not in WITHOUT_VALUE


@dataclass(slots=True)
class Rows:
    """A group of conditions and groups."""

    path: str
    how: str = "all"
    parts: list[Row | Rows] = field(default_factory=list["Row | Rows"])

    @property
    def depth(self) -> int:
        return self.path.count(".")


def opened(part: Part) -> Rows:
    """The form of a definition."""
    found = _open(part, "0", negated=False)
    return found if isinstance(found, Rows) else Rows("0", "all", [_moved(found, "0.0")])


def _open(part: Part, path: str, *, negated: bool) -> Row | Rows:
    match part:
        case Not(inner):
            return _open(inner, path, negated=not negated)
        case Group(how, parts):
            name = how if not negated else "not_all" if how == "all" else "none"
            return Rows(path, name, [_open(one, f"{path}.{n}", negated=False) for n, one in enumerate(parts)])
        case Inside(name):
            return Row(path, "segment", negated, "is", name)
        case Did(what, measure, bound, value, within, of):
            text = str(int(value)) if measure == "times" else format(value, "f")
            thing = (of.kind, of.value) if of is not None else ("", "")
            return Row(path, f"did:{what}", negated, "", text, measure, bound, str(within or ""), *thing)
        case Where(name, "near", (north, east, reach)):
            return Row(path, name, negated, "near", f"{north} {east}", within=str(reach))
        case Where(name, operator, _):
            value: Any = written(part).get("value", "")
            text = ", ".join(value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]
            return Row(path, name, negated, operator, text.removesuffix("d") if operator in IN_DAYS else text)


def _moved(row: Row, path: str) -> Row:
    row.path = path
    return row


def posted(form: Mapping[str, str]) -> Rows:
    """The form as it was sent. What it does not say is as a new row has it."""
    left = [MOST]

    def read(path: str) -> Row | Rows:
        left[0] -= 1
        if f"how:{path}" in form and path.count(".") <= DEEPEST and left[0] > 0:
            how, count = form[f"how:{path}"], form.get(f"count:{path}", "0")
            many = min(int(count), MOST) if count.isascii() and count.isdigit() and len(count) < 4 else 0
            return Rows(path, how if how in HOWS else "all", [read(f"{path}.{n}") for n in range(many) if left[0] > 0])
        names = ("what", "operator", "value", "measure", "bound", "within", "of", "thing")
        given = {name: form[f"{name}:{path}"].strip()[:5000] for name in names if f"{name}:{path}" in form}
        row = Row(path, negated=form.get(f"not:{path}") == "1", **given)
        if (was := form.get(f"was:{path}")) and _kind(was) != _kind(row.what):
            row.value = row.within = ""  # A number of orders is no country.
        if row.operators and row.operator not in row.operators:
            row.operator = row.operators[0]
        return row

    found = read("0")
    return found if isinstance(found, Rows) else Rows("0", "all", [])


def _kind(what: str) -> str:
    known = field_type(what)
    return known.kind if known is not None else what.partition(":")[0]


def changed(rows: Rows, do: str) -> Rows:
    """After `add:<path>`, `group:<path>` or `drop:<path>`."""
    verb, _, path = do.partition(":")

    def walk(held: Rows) -> None:
        if verb == "drop":
            held.parts = [one for one in held.parts if one.path != path]
        for one in held.parts:
            if isinstance(one, Rows):
                walk(one)
        if held.path == path and verb == "add":
            held.parts.append(Row(""))
        if held.path == path and verb == "group" and held.depth < DEEPEST:
            held.parts.append(Rows("", "any", [Row("")]))

    walk(rows)
    _number(rows, "0")
    return rows


def _number(rows: Rows, path: str) -> None:
    rows.path = path
    for place, one in enumerate(rows.parts):
        if isinstance(one, Rows):
            _number(one, f"{path}.{place}")
        else:
            one.path = f"{path}.{place}"


def document(held: Row | Rows) -> dict[str, Any]:
    """The definition that the form says; whether it can be used is for `definition.read` to tell."""
    if isinstance(held, Rows):
        parts = [document(one) for one in held.parts]
        group = {"any" if held.how in ("any", "none") else "all": parts}
        return {"not": group} if held.how in ("none", "not_all") else group
    found = _row(held)
    return {"not": found} if held.negated else found


def _row(row: Row) -> dict[str, Any]:
    if row.what == "segment":
        return {"segment": row.value}
    if row.what.startswith("did:"):
        what = row.what.removeprefix("did:")
        measure = "spent" if row.measure == "spent" and what == ORDER else "times"
        found: dict[str, Any] = {"did": what, measure: {row.bound: row.value or "1"}}
        if row.of and (what == ORDER or (what in LOOKED and row.of != "sku")):
            found["of"] = {row.of: row.thing}
        return {**found, "within": row.within} if row.within else found
    found = {"field": row.what, "is": row.operator}
    if not row.needs_value:
        return found
    if row.operator == "near":
        return {**found, "value": f"{row.value} {row.within or NEARBY}km"}
    if row.operator == "one_of":
        return {**found, "value": [one.strip() for one in row.value.split(",") if one.strip()]}
    return {**found, "value": row.value}
