"""Whether one person belongs to a segment, in plain Python: slow, and what the SQL of segments is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sereno.engine.segments.definition import ORDER, Did, Group, Inside, Not, Part, Thing, Where
from sereno.engine.segments.fields import field_type
from sereno.engine.segments.places import chord, point
from sereno.engine.segments.yearly import falls_on


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person. `fields` by name, as a segment compares them: folded text, ordinals of days, minor
    units of money, numbers of yearly days, a point of the unit sphere, None where unknown. `orders` are (day, minor
    units); `events` by type (day, how many); `lines` are (day, order, minor units, what was bought); `looks` by type
    (day, how many, at what)."""

    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    orders: Sequence[tuple[int, int]] = ()
    events: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict[str, Sequence[tuple[int, int]]])
    segments: Set[str] = frozenset()
    lines: Sequence[tuple[int, str, int, Set[Thing]]] = ()
    looks: Mapping[str, Sequence[tuple[int, int, Set[Thing]]]] = field(default_factory=dict[str, Any])


def holds(part: Part, person: Known, today: int, exponent: int = 2) -> bool:
    """`today` is the ordinal of the shop's day, `exponent` the decimal places of its currency."""
    match part:
        case Group(how, parts):
            answers = [holds(one, person, today, exponent) for one in parts]
            return bool(answers) and (all(answers) if how == "all" else any(answers))
        case Not(inner):
            return not holds(inner, person, today, exponent)
        case Inside(name):
            return name in person.segments
        case Did():
            return _did(part, person, today, exponent)
        case Where():
            return _where(part, person.fields.get(part.field), today, exponent)


def _did(part: Did, person: Known, today: int, exponent: int) -> bool:
    since = today - part.within if part.within is not None else -1
    if part.of is not None and part.what != ORDER:
        looks = person.looks.get(part.what, ())
        return _reaches(part, Decimal(sum(count for day, count, of in looks if day > since and part.of in of)))
    if part.of is not None:
        lines = [line for line in person.lines if line[0] > since and part.of in line[3]]
        counted = sum(line[2] for line in lines) if part.measure == "spent" else len({line[1] for line in lines})
        return _reaches(part, Decimal(counted).scaleb(-exponent if part.measure == "spent" else 0))
    rows = person.orders if part.what == ORDER else person.events.get(part.what, ())
    inside = [row for row in rows if row[0] > since]
    if part.measure == "spent":
        found = Decimal(sum(amount for _, amount in inside)).scaleb(-exponent)
    else:
        found = Decimal(len(inside) if part.what == ORDER else sum(count for _, count in inside))
    return _reaches(part, found)


def _reaches(part: Did, found: Decimal) -> bool:
    return found >= part.value if part.operator == "at_least" else found <= part.value


def _where(part: Where, held: Any, today: int, exponent: int) -> bool:
    if held is None:
        return False
    operator = part.operator
    if operator in ("known", "yes", "no"):
        return operator == "known" or bool(held) is (operator == "yes")
    value: Any = part.values[0]
    kind = field_type(part.field)
    if kind is not None and kind.kind == "birthday":
        last, coming = falls_on(held, today)
        return coming < today + value if operator == "next" else last > today - value
    match operator:
        case "is" | "one_of":
            return held in part.values
        case "contains":
            return value in held if isinstance(held, str) else any(value in one for one in held)
        case "ends_with":
            return held.endswith(value)
        case "has":
            return value in held
        case "near":
            north, east, reach = (float(number) for number in part.values)
            apart = [one - other for one, other in zip(held, point(north, east), strict=True)]
            return sum(one * one for one in apart) <= chord(reach) * chord(reach)
        case "within":
            return today - value < held <= today
        case "over":
            return held <= today - value
        case "next":
            return today <= held < today + value
        case "since":
            return held >= value
        case "until":
            return held <= value
        case _:
            bound = value.scaleb(exponent) if kind is not None and kind.kind == "money" else value
            given = Decimal(repr(held)) if isinstance(held, float) else Decimal(held)
            return given >= bound if operator == "at_least" else given <= bound
