"""What one template may take: the library bounds loops and what is written, not ranges, filters and numbers.

Invariant: no filter gets or gives more than the bounds below, and none is begun whose result would be past them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, cast

from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import ResourceLimitError

LONGEST_TEXT = 1_000_000
"""Characters."""
LONGEST_LIST = 10_000
LONGEST_NUMBER = 1_000
"""Bits of a whole number."""
_LARGEST = 1e300
_NUMBERS = frozenset(
    {"abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus", "round", "sum", "times"}
)


def bounded(name: str, filter: Callable[..., Any]) -> Callable[..., Any]:
    """The filter within the bounds. Raises ResourceLimitError."""

    @wraps(filter)
    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        for given in (value, *arguments):
            _check(name, given)
            if name in _NUMBERS:
                _check_number(name, given)
        _check_growth(name, value, arguments)
        result = filter(value, *arguments, **named)
        _check(name, result)
        return result

    return call


def bound_ranges() -> None:
    """Let `(1..n)` name at most `LONGEST_LIST` numbers. The library makes every range by this one method."""
    make = RangeLiteral._make_range  # pyright: ignore[reportPrivateUsage]
    if getattr(make, "is_bounded", False):
        return

    def make_bounded(self: RangeLiteral, start: Any, stop: Any) -> range:
        found = make(self, start, stop)
        if found.stop - found.start > LONGEST_LIST:
            raise _past(f"a range holds at most {LONGEST_LIST} numbers")
        return found

    make_bounded.is_bounded = True  # pyright: ignore[reportFunctionMemberAccess]
    RangeLiteral._make_range = make_bounded  # pyright: ignore[reportPrivateUsage]


def _check(name: str, value: Any) -> None:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise _past(f"{name}: a text has at most {LONGEST_TEXT} characters")
    elif isinstance(value, list | tuple | range):
        if len(cast("list[Any]", value)) > LONGEST_LIST:
            raise _past(f"{name}: a list holds at most {LONGEST_LIST} items")
    elif isinstance(value, int):
        if value.bit_length() > LONGEST_NUMBER:
            raise _past(f"{name}: a number has at most {LONGEST_NUMBER} bits")
    elif isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > LONGEST_NUMBER:
        raise _past(f"{name}: a number has at most {LONGEST_NUMBER} digits")


def _check_number(name: str, value: Any) -> None:
    """`1e999999999` is short as a text, and endless as a number."""
    values: Iterable[Any] = cast("list[Any]", value) if isinstance(value, list | tuple) else (value,)
    for one in values:
        if not isinstance(one, str):
            continue
        try:
            is_past = len(one) > LONGEST_NUMBER or abs(float(one)) > _LARGEST
        except ValueError:
            continue  # no number at all: the filter says what it makes of that
        if is_past:
            raise _past(f"{name}: {one[:40]!r} is too large a number")


def _check_growth(name: str, value: Any, arguments: tuple[Any, ...]) -> None:
    """Filters whose result is as long as a product of what they are given."""
    if name.startswith("replace") and isinstance(value, str) and len(arguments) > 1:
        seek, put = str(arguments[0]), str(arguments[1])
        times = (value.count(seek) if seek else len(value) + 1) if name == "replace" else 1
        _check_length(name, len(value) + times * len(put))
    elif name == "join" and isinstance(value, list | tuple | range):
        items = cast("list[Any]", value)
        glue = len(str(arguments[0])) if arguments else 1
        _check_length(name, len(items) * glue + sum(len(item) for item in items if isinstance(item, str)))
    elif name in ("append", "prepend") and arguments:
        _check_length(name, len(str(value)) + len(str(arguments[0])))
    elif name == "concat" and arguments and isinstance(value, list) and isinstance(arguments[0], list):
        if len(cast("list[Any]", value)) + len(cast("list[Any]", arguments[0])) > LONGEST_LIST:
            raise _past(f"concat: a list holds at most {LONGEST_LIST} items")
    elif name == "split" and isinstance(value, str) and arguments:
        separator = str(arguments[0])
        if (value.count(separator) if separator else len(value)) > LONGEST_LIST:
            raise _past(f"split: a list holds at most {LONGEST_LIST} items")
    elif name == "map" and isinstance(value, Mapping):
        _check(name, list(cast("Mapping[Any, Any]", value)))


def _check_length(name: str, length: int) -> None:
    if length > LONGEST_TEXT:
        raise _past(f"{name}: a text has at most {LONGEST_TEXT} characters")


def _past(what: str) -> ResourceLimitError:
    return ResourceLimitError(f"that is more than a template may use: {what}", token=None)
