"""What a segment is: conditions in nested all/any/not, read from a document and written back without loss.

Invariant: a definition that was read is well formed; whether what it names is there (events, other segments) is told by
`events_of` and `segments_of`, for the caller to look up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from sereno.commerce.money import finite
from sereno.engine.segments.fields import IN_DAYS, OPERATORS, WITHOUT_VALUE, field_type

ORDER = "order"
"""What somebody did who placed an order that was not cancelled: counted by the orders themselves, not by events."""
THINGS = ("product", "sku", "category", "tag", "vendor")
LOOKED = ("product.viewed", "wish.added", "waiting.joined")
"""What else is done to a thing, which is a product: of any SKU."""
MOST_DAYS = 3660
MOST_PARTS = 100
DEEPEST = 6
MOST_VALUES = 200
LONGEST_TEXT = 200
MOST_KILOMETRES = 20_000


@dataclass(frozen=True, slots=True)
class Where:
    """A field of the customer. `values` hold texts folded as they are compared, whole days, ordinals of days, or
    decimals."""

    field: str
    operator: str
    values: tuple[str | int | Decimal, ...] = ()
    """Of a place: degrees north, degrees east, kilometres."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What was bought: a product by its key, or whatever has the SKU, is in the category, bears the tag or is of the
    brand (folded, as they are compared)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Did:
    """How often (`times`) or for how much (`spent`, orders only) somebody did something. `within`: in the last so many
    days, today among them; None: ever. `of`: orders that hold such a thing, and the money spent on it; or what was
    looked at, wished, or is waited for."""

    what: str
    measure: Literal["times", "spent"]
    operator: Literal["at_least", "at_most"]
    value: Decimal
    within: int | None = None
    of: Thing | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """Members of another segment, by its name."""

    segment: str


@dataclass(frozen=True, slots=True)
class Group:
    """`all` or `any` of its parts; of none, nobody."""

    how: Literal["all", "any"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Part


Part = Where | Did | Inside | Group | Not


class SegmentInvalid(ValueError):  # noqa: N818
    """`code` says what is wrong, `at` where (`all.1.not`), `given` what stands there."""

    def __init__(self, code: str, at: str, given: object = "") -> None:
        super().__init__(f"{code} at {at or 'the top'}: {given!r}")
        self.code, self.at, self.given = code, at, str(given)[:200]


def read(document: object) -> Part:
    """Raises SegmentInvalid."""
    part = _read(document, (), [MOST_PARTS])
    if isinstance(part, Group) and not part.parts:
        raise SegmentInvalid("segment.empty", "")
    return part


def _read(document: object, at: tuple[str, ...], left: list[int]) -> Part:
    left[0] -= 1
    place = ".".join(at)
    if left[0] < 0 or len(at) > DEEPEST * 2:
        raise SegmentInvalid("segment.too_large", place)
    if not isinstance(document, Mapping):
        raise SegmentInvalid("segment.not_a_condition", place, document)
    given = cast("Mapping[str, Any]", document)
    for how in ("all", "any"):
        if how in given:
            _only(given, place, how)
            if not isinstance(given[how], Sequence) or isinstance(given[how], str):
                raise SegmentInvalid("segment.not_a_list", place, how)
            items: Sequence[object] = given[how]
            return Group(how, tuple(_read(one, (*at, how, str(n)), left) for n, one in enumerate(items)))
    if "not" in given:
        _only(given, place, "not")
        return Not(_read(given["not"], (*at, "not"), left))
    if "segment" in given:
        _only(given, place, "segment")
        return Inside(_text(given["segment"], place))
    if "did" in given:
        return _did(given, place)
    if "field" in given:
        return _where(given, place)
    raise SegmentInvalid("segment.not_a_condition", place, ", ".join(sorted(map(str, given))))


def _did(given: Mapping[str, Any], place: str) -> Did:
    _only(given, place, "did", "times", "spent", "within", "of")
    what = _text(given["did"], place)
    measure: Literal["times", "spent"] = "spent" if "spent" in given else "times"
    if measure == "spent" and (what != ORDER or "times" in given):
        raise SegmentInvalid("segment.only_orders_have_sums", place, what)
    bound = given.get(measure, {"at_least": 1})
    if not isinstance(bound, Mapping) or len(cast("Mapping[str, Any]", bound)) != 1:
        raise SegmentInvalid("segment.bound_unknown", place, measure)
    [(operator, value)] = cast("Mapping[str, Any]", bound).items()
    if operator not in ("at_least", "at_most"):
        raise SegmentInvalid("segment.bound_unknown", place, operator)
    number = _number(value, place)
    if number < 0 or (measure == "times" and number != number.to_integral_value()):
        raise SegmentInvalid("segment.number_unusable", place, value)
    within = given.get("within")
    of = _thing(given["of"], what, place) if "of" in given else None
    return Did(what, measure, operator, number, None if within is None else _days(within, place), of)


def _thing(given: object, what: str, place: str) -> Thing:
    if not isinstance(given, Mapping) or len(cast("Mapping[str, Any]", given)) != 1:
        raise SegmentInvalid("segment.thing_unknown", place, str(given))  # pyright: ignore[reportUnknownArgumentType]
    [(kind, value)] = cast("Mapping[str, Any]", given).items()
    if kind not in THINGS or (what != ORDER and (what not in LOOKED or kind == "sku")):
        raise SegmentInvalid("segment.thing_unknown", place, kind)
    text = _text(value, place)
    return Thing(kind, text if kind == "product" else fold(text))


def _where(given: Mapping[str, Any], place: str) -> Where:
    _only(given, place, "field", "is", "value")
    name, operator = _text(given["field"], place), str(given.get("is", ""))
    field = field_type(name)
    if field is None:
        raise SegmentInvalid("segment.field_unknown", place, name)
    if operator not in OPERATORS[field.kind]:
        raise SegmentInvalid("segment.operator_unknown", place, f"{name} {operator}")
    if operator in WITHOUT_VALUE:
        _only(given, place, "field", "is")
        return Where(name, operator)
    value = given.get("value")
    if operator == "one_of":
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise SegmentInvalid("segment.not_a_list", place, value)
        items = cast("Sequence[object]", value)
        if not 0 < len(items) <= MOST_VALUES:
            raise SegmentInvalid("segment.not_a_list", place, len(items))
        return Where(name, operator, tuple(fold(_text(one, place)) for one in items))
    if operator == "near":
        return Where(name, operator, _around(value, place))
    if operator in IN_DAYS:
        return Where(name, operator, (_days(value, place),))
    if operator in ("since", "until"):
        return Where(name, operator, (_day(value, place),))
    if field.kind in ("number", "money"):
        return Where(name, operator, (_number(value, place),))
    text = _text(value, place)
    if field.kind == "choices":
        text = " ".join(text.split())
    return Where(name, operator, (text if field.kind == "tags" else fold(text),))


def _around(value: object, place: str) -> tuple[Decimal, Decimal, Decimal]:
    """`40.4168 -3.7038 25km`."""
    parts = str(value).replace(",", " ").replace("km", " ").split()
    numbers = [number for part in parts if (number := finite(part)) is not None]
    if len(parts) != 3 or len(numbers) != 3:
        raise SegmentInvalid("segment.place_unusable", place, value)
    north, east, reach = numbers
    if abs(north) > 90 or abs(east) > 180 or not 0 < reach <= MOST_KILOMETRES:
        raise SegmentInvalid("segment.place_unusable", place, value)
    return north, east, reach


def fold(text: str) -> str:
    """As texts are compared."""
    return text.strip().lower()


def _only(given: Mapping[str, Any], place: str, *names: str) -> None:
    if more := sorted(set(map(str, given)) - set(names)):
        raise SegmentInvalid("segment.key_unknown", place, more[0])


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or "\0" in value:
        raise SegmentInvalid("segment.text_unusable", place, value)
    return value.strip()


def _number(value: object, place: str) -> Decimal:
    number = None if isinstance(value, bool) else finite(value)
    if number is None or abs(number) >= 10**12:
        raise SegmentInvalid("segment.number_unusable", place, value)
    return number


def _days(value: object, place: str) -> int:
    text = str(value).strip().removesuffix("d")
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise SegmentInvalid("segment.days_unusable", place, value)
    return int(text)


def _day(value: object, place: str) -> int:
    try:
        return date.fromisoformat(str(value)).toordinal()
    except ValueError:
        raise SegmentInvalid("segment.day_unusable", place, value) from None


def written(part: Part) -> dict[str, Any]:
    """The document that is read as this."""
    match part:
        case Group(how, parts):
            return {how: [written(one) for one in parts]}
        case Not(inner):
            return {"not": written(inner)}
        case Inside(name):
            return {"segment": name}
        case Did(what, measure, operator, value, within, of):
            number = int(value) if measure == "times" else format(value, "f")
            found: dict[str, Any] = {"did": what, measure: {operator: number}}
            if of is not None:
                found["of"] = {of.kind: of.value}
            return found if within is None else {**found, "within": f"{within}d"}
        case Where(name, operator, values):
            found = {"field": name, "is": operator}
            if operator in WITHOUT_VALUE:
                return found
            if operator == "near":
                return {**found, "value": "{:f} {:f} {:f}km".format(*values)}
            plain = [_plain(operator, value) for value in values]
            return {**found, "value": plain if operator == "one_of" else plain[0]}


def _plain(operator: str, value: str | int | Decimal) -> str:
    if operator in ("since", "until") and isinstance(value, int):
        return date.fromordinal(value).isoformat()
    if operator in IN_DAYS:
        return f"{value}d"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def leaves(part: Part) -> Iterator[Where | Did | Inside]:
    match part:
        case Group(_, parts):
            for one in parts:
                yield from leaves(one)
        case Not(inner):
            yield from leaves(inner)
        case _:
            yield part


def events_of(part: Part) -> set[str]:
    """Types of events it counts."""
    return {one.what for one in leaves(part) if isinstance(one, Did)} - {ORDER}


def segments_of(part: Part) -> set[str]:
    return {one.segment for one in leaves(part) if isinstance(one, Inside)}


def tags_of(part: Part) -> set[str]:
    return {str(one.values[0]) for one in leaves(part) if isinstance(one, Where) and one.field == "tags"}


def ordered(definitions: Mapping[str, Part], tags: Mapping[str, str] | None = None) -> list[str]:
    """Names, each after those it asks for; names that are not among them are passed over. `tags` are those that
    segments put on their members: who asks for such a tag asks for the segment. Raises SegmentInvalid (`segment.cycle`)
    when one asks for itself by way of others."""
    of_tag: dict[str, list[str]] = {}
    for name, tag in sorted((tags or {}).items()):
        if tag:
            of_tag.setdefault(tag, []).append(name)
    found: list[str] = []
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in found or name not in definitions:
            return
        if name in under_way:
            raise SegmentInvalid("segment.cycle", "", " → ".join([*under_way[under_way.index(name) :], name]))
        under_way.append(name)
        part = definitions[name]
        by_tag = {one for tag in tags_of(part) for one in of_tag.get(tag, ())}
        for other in sorted(segments_of(part) | by_tag):
            visit(other)
        under_way.pop()
        found.append(name)

    for name in sorted(definitions):
        visit(name)
    return found
