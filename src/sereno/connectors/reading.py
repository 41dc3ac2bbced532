"""Taming what platforms send: values are read field by field, each into what the canonical model wants or into null.

Invariant: whatever a body holds, reading it never raises; what was odd and tolerated is said once in the notes.
"""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, cast

import msgspec

from sereno.connectors.currencies import digits_of
from sereno.sdk.connector import Delivery, Unmappable

EXACT = 2**53
"""Above this JavaScript damages whole numbers."""

_LONGEST_TEXT = 20_000
_MOST_ITEMS = 2_000
_SIXTH = Decimal("0.000001")
_WIDE = Context(prec=80)
_NOTHING = Decimal(0)
_EMPTY: Mapping[str, Any] = {}
_OBJECT = (dict, Mapping)
_EXACT_NUMBER = (Decimal, int)
_NAME = (str, int)
"""Bodies are read by the million: what nearly all values are is asked for first, by its very class."""
Fields = Sequence[tuple[str, str | None]]
"""Names of a canonical record's fields, each with the body's name of it where it is a text as it stands."""
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def parse(body: bytes) -> Any:
    """The JSON value, with exact whole numbers and decimals. Raises Unmappable, which says why, for anything else."""
    try:
        return _decoder.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError as error:
        raise Unmappable(f"The body is not UTF-8: byte {error.start}.") from error
    except RecursionError as error:
        raise Unmappable("The body is JSON nested too deep.") from error
    except (msgspec.DecodeError, ValueError) as error:
        if "surrogate" in str(error):
            return _parse_leniently(body)
        raise Unmappable(f"The body is not JSON: {str(error)[:200]}") from error


def value_of(delivery: Delivery) -> Any:
    """The JSON value of the body. Raises Unmappable."""
    return parse(delivery.body) if delivery.value is None else delivery.value


def object_of(delivery: Delivery) -> dict[str, Any]:
    """Like `value_of`, for bodies that must be a JSON object."""
    return _object(value_of(delivery))


def _parse_leniently(body: bytes) -> Any:
    """Half an emoji, cut off by somebody's column width and escaped as a lone surrogate, must not lose an order: the
    standard library takes it, and `as_text` puts a question mark in its place."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unmappable(f"The body is not JSON: {str(error)[:200]}") from error


def parse_object(body: bytes) -> dict[str, Any]:
    """Like `parse`, for bodies that must be a JSON object."""
    return _object(parse(body))


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Unmappable(f"The body is not a JSON object but a {type(found).__name__}.")
    return cast(dict[str, Any], found)


class Reader:
    """A JSON object being read. A missing field, a null and a value that cannot be what is asked for are all None.
    Several names may be given: the first that holds something is taken."""

    __slots__ = ("data", "notes", "path")

    def __init__(self, data: object, notes: list[str] | None = None, path: str = "") -> None:
        is_object = data.__class__ is dict or (data is not None and isinstance(data, _OBJECT))
        self.data: Mapping[str, Any] = data if is_object else {}  # pyright: ignore[reportAttributeAccessIssue]
        self.notes: list[str] = notes if notes is not None else []
        self.path = path

    def __bool__(self) -> bool:
        return bool(self.data)

    def has(self, name: str) -> bool:
        return name in self.data

    def note(self, code: str) -> None:
        """Say once what was odd."""
        if code not in self.notes and len(self.notes) < 20:
            self.notes.append(code)

    def raw(self, name: str, *others: str) -> Any:
        """The first of the fields that is neither null nor an empty string."""
        value = self.data.get(name)
        if value or (value is not None and value != ""):
            return value
        for other in others:
            value = self.data.get(other)
            if value or (value is not None and value != ""):
                return value
        return None

    def text(self, name: str, *others: str) -> str | None:
        """Text without surrounding space; numbers become text. An empty string is None."""
        value = self.data.get(name)
        if value or (value is not None and value != ""):
            return as_text(value)
        for other in others:
            value = self.data.get(other)
            if value or (value is not None and value != ""):
                return as_text(value)
        return None

    def record(self, fields: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
        """What many calls of `text` and one of `compact` make, in one: of each of `fields`, in their order, the text in
        the field of that name here, else what is `given`."""
        get = self.data.get
        found: dict[str, Any] = {}
        for name, source in fields:
            if source is None:
                value = given[name]
            elif (value := get(source)) is not None:
                value = as_text(value)
            if value or (value is not None and value != {}):
                found[name] = value
        return found

    def plain(self, *names: str) -> str | None:
        """Text in which HTML entities (`&amp;`, `&#8217;`) are the characters they stand for."""
        found = self.text(*names)
        return html.unescape(found) if found is not None and "&" in found else found

    def email(self, *names: str) -> str | None:
        """Lower case; None when there is no @ in it."""
        found = self.text(*names)
        if found is None:
            return None
        if "@" not in found:
            self.note("email.odd")
            return None
        return found.lower()[:254]

    def id(self, *names: str) -> str | None:
        """A platform's id as text. 0 means none."""
        value = self.raw(*names)
        if value.__class__ is int and 0 < value <= EXACT:
            return str(value)
        if value is None:
            return None
        if isinstance(value, Decimal):
            value = _whole(value)
        if isinstance(value, bool) or not isinstance(value, _NAME):
            return None
        if isinstance(value, int) and EXACT < abs(value) < 10**40 and Decimal(repr(float(value))) == value:
            # As JavaScript would have written it: its true end may be lost.
            self.note("id.suspect")
        found = (as_text(value) or "")[:150]
        return found if found not in ("", "0") else None

    def money(self, *names: str, currency: str | None = None) -> str | None:
        """An exact decimal string with at least the currency's digits: "12.50". Not rounded, but for what floats add
        beyond the sixth decimal."""
        return amount(self.raw(*names), currency)

    def decimal(self, *names: str) -> Decimal | None:
        return as_decimal(self.raw(*names))

    def number(self, *names: str) -> int | float | None:
        """A JSON number: whole where it is whole."""
        given = self.raw(*names)
        if given.__class__ is int and -EXACT < given < EXACT:
            return given
        value = as_decimal(given)
        if value is None:
            return None
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)

    def integer(self, *names: str) -> int | None:
        """A whole number of 64 bits; anything else is None."""
        value = self.number(*names)
        return value if isinstance(value, int) else None

    def boolean(self, *names: str) -> bool | None:
        value = self.raw(*names)
        if value is None or isinstance(value, bool):
            return value
        found = as_text(value)
        if found is None:
            return None
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(found.lower())

    def instant(self, *names: str) -> str | None:
        """ISO 8601 in UTC. A time without an offset is taken as UTC; whole numbers as seconds since 1970. A value that
        is no time is passed over."""
        for name in names:
            value = self.data.get(name)
            if value is None:
                continue
            if isinstance(value, str):
                written_down = _instant_text(value)
            else:
                found = as_instant(value)
                written_down = iso(found) if found is not None else None
            if written_down is not None:
                return written_down
        return None

    def child(self, *names: str) -> Reader:
        """The object in the field; an empty one when it is null, missing, [] or something else."""
        value = self.raw(*names)
        path = self.path
        place = f"{path}.{names[0]}" if path else names[0]
        if value is not None and value.__class__ is not dict and not isinstance(value, _OBJECT) and value != []:
            self.note(f"shape.odd:{place}")
        return Reader(value, self.notes, place)

    def children(self, *names: str) -> list[Reader]:
        """The objects in the list; an object of objects is read as the list of its values."""
        value = self.raw(*names)
        if not value:
            return []
        if value.__class__ is not list and isinstance(value, Mapping):
            value = list(cast(Mapping[str, Any], value).values())
        if not isinstance(value, list):
            return []
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        path, notes = self.path, self.notes
        place = f"{path}.{names[0]}" if path else names[0]
        if len(items) > _MOST_ITEMS:
            self.note(f"list.cut:{place}")
            items = items[:_MOST_ITEMS]
        return [Reader(item, notes, place) for item in items if isinstance(item, _OBJECT)]

    def texts(self, *names: str, split: str | None = None) -> list[str]:
        """Texts in a list, or in a string parted by `split`."""
        value = self.raw(*names)
        if isinstance(value, str):
            value = value.split(split) if split else [value]
        if not isinstance(value, list):
            return []
        return [found for item in cast(list[Any], value)[:_MOST_ITEMS] if (found := as_text(item)) is not None]


def as_text(value: object) -> str | None:
    """Text without surrounding space, at most 20,000 characters; numbers and booleans as text; else None."""
    if isinstance(value, str):
        if value.isascii() and len(value) <= _LONGEST_TEXT and "\x00" not in value:
            return value.strip() or None
        # PostgreSQL keeps no NUL, and JSON may carry halves of surrogate pairs, which no UTF-8 holds.
        if len(value) > _LONGEST_TEXT or "\x00" in value:
            value = value.replace("\x00", "")[:_LONGEST_TEXT]
        found = value.strip()
        return (found if found.isascii() else found.encode("utf-8", "replace").decode()) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and _is_sane(value) else None
    return None


def as_decimal(value: object) -> Decimal | None:
    """A finite number of a sane size; strings are read too, also with a decimal comma."""
    if isinstance(value, str):
        return _decimal_text(value) if len(value) < 60 else _decimal_of(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, _EXACT_NUMBER):
        found = Decimal(value)
    elif isinstance(value, float):
        found = Decimal(str(value))
    else:
        return None
    return found if found.is_finite() and _is_sane(found) else None


def _decimal_of(value: str) -> Decimal | None:
    written = value.strip()
    if "," in written and "." not in written:
        written = written.replace(",", ".")
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() and _is_sane(found) else None


_decimal_text = lru_cache(maxsize=4096)(_decimal_of)


def amount(value: object, currency: str | None) -> str | None:
    """See Reader.money."""
    if isinstance(value, str):
        return _amount_text(value, currency) if len(value) < 60 else None
    found = as_decimal(value)
    return None if found is None else written(found, digits_of(currency))


@lru_cache(maxsize=4096)
def _amount_text(value: str, currency: str | None) -> str | None:
    """Prices come again and again."""
    found = as_decimal(value)
    return None if found is None else written(found, digits_of(currency))


@lru_cache(maxsize=4096)
def _instant_text(value: str) -> str | None:
    """One body says one time many times over."""
    if len(value) > 60:
        return None
    found = as_instant(value)
    return None if found is None else iso(found)


def minor(value: object, digits: int, currency: str | None) -> str | None:
    """An amount sent as a whole number of the smallest unit, `digits` decimals down."""
    found = as_decimal(value)
    return None if found is None else written(found.scaleb(-digits), digits_of(currency))


@lru_cache(maxsize=4096)
def written(value: Decimal, digits: int) -> str:
    """Plain decimal notation with at least `digits` decimals and at most six; nothing is never less than nothing."""
    value = value.quantize(_SIXTH, context=_WIDE).normalize(_WIDE) or _NOTHING
    exponent = value.as_tuple().exponent
    places = max(digits, -exponent if isinstance(exponent, int) else 0)
    return format(value, f".{places}f")


def as_instant(value: object) -> datetime | None:
    """An aware UTC instant between 1970 and 2200."""
    if isinstance(value, str):
        return _instant_of(value) if len(value) <= 60 else None
    if isinstance(value, bool) or value is None:
        return None
    try:
        if not isinstance(value, _EXACT_NUMBER):
            return None
        found = datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 1970 <= found.year < 2200 else None


@lru_cache(maxsize=4096)
def _instant_of(value: str) -> datetime | None:
    """One body says one time many times over."""
    if len(value) < 10:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if 1970 <= found.year < 2200 else None


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC, as canonical documents write it: "2026-11-22T04:49:43Z"."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compact(values: Mapping[str, Any], keep: Collection[str] = ()) -> dict[str, Any]:
    """Without what is not known: nulls and empty records. The fields in `keep` stay even when null, which says "known
    to be empty" and clears what was there before."""
    if not keep:
        return {name: value for name, value in values.items() if value or (value is not None and value != _EMPTY)}
    return {
        name: value
        for name, value in values.items()
        if value or (value is not None and value != _EMPTY) or name in keep
    }


def scalars(pairs: Iterable[tuple[str | None, object]]) -> dict[str, Any]:
    """Named attributes of any kind, as JSON: text, numbers and booleans; anything deeper is left out. At most 50."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name is None or len(found) >= 50:
            continue
        if isinstance(value, bool) or (isinstance(value, int) and abs(value) < EXACT):
            found[name[:100]] = value
        elif (text := as_text(value)) is not None:
            found[name[:100]] = text[:1000]
    return found


def _whole(value: Decimal) -> int | None:
    return int(value) if value.is_finite() and _is_sane(value) and value == value.to_integral_value() else None


def _is_sane(value: Decimal) -> bool:
    return value == 0 or -30 <= value.adjusted() <= 18
