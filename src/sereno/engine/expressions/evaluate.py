"""Checked expressions, evaluated by Google's CEL engine. Every outcome is a value: evaluation never raises.

A condition has three outcomes: true, false, and unknown (None) with the reason, as when null is compared with a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sereno.engine.durations import format_instant
from sereno.engine.expressions.bindings import Path, Scope, Unreadable, getter
from sereno.engine.expressions.check import Checker, Names
from sereno.engine.expressions.parser import parse
from sereno.engine.expressions.tree import ExpressionInvalid
from sereno.engine.expressions.types import Type

if TYPE_CHECKING:
    from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs]

_SEEN_ITEMS = 20
_SEEN_LENGTH = 500
_SHORT = frozenset({int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a condition: `value` is True, False or None (unknown, with `error` saying why). `seen` are the paths
    it read, with their values."""

    value: bool | None
    error: str | None
    seen: list[tuple[str, Any]]


class Expression:
    """A checked expression, ready to run any number of times. `paths` are what it reads, `roots` where they begin."""

    __slots__ = ("_evaluate", "_getters", "_labels", "paths", "roots", "source", "type")

    def __init__(self, source: str, checker: Checker, text: str, type_: Type) -> None:
        self.source = source
        self.type = type_
        found = checker.bindings.found
        self.paths: tuple[Path, ...] = tuple(binding.path for binding in found)
        self.roots: frozenset[str] = frozenset(str(path[0]) for path in self.paths)
        self._labels: tuple[str, ...] = tuple(binding.text for binding in found)
        self._getters: tuple[tuple[str, Callable[[Scope], Any]], ...] = tuple(
            (f"v{number}", getter(binding)) for number, binding in enumerate(found)
        )
        self._evaluate = _compiled(text, len(found)).eval

    def test(self, scope: Scope) -> Outcome:
        """The condition's outcome."""
        data, problem = self._bind(scope)
        seen = self._seen(data)
        if problem is not None:
            return Outcome(None, problem, seen)
        try:
            result = self._evaluate(data=data)
        except RuntimeError as error:
            return Outcome(None, _refusal(error), seen)
        value: Any = result.plain_value()
        if value is True or value is False:
            return Outcome(value, None, seen)
        return Outcome(None, self._why(result, value, seen), seen)

    def evaluate(self, scope: Scope) -> tuple[Any, str | None]:
        """The value in JSON's types, or None and the reason why there is none."""
        data, problem = self._bind(scope)
        if problem is not None:
            return None, problem
        try:
            result = self._evaluate(data=data)
        except RuntimeError as error:
            return None, _refusal(error)
        if result.type() == _error():
            return None, self._why(result, None, self._seen(data))
        return _as_json(result.plain_value()), None

    def seen(self, scope: Scope) -> list[tuple[str, Any]]:
        """The values it would read."""
        data, _ = self._bind(scope)
        return self._seen(data)

    def _seen(self, data: dict[str, Any]) -> list[tuple[str, Any]]:
        return [
            (label, value if value.__class__ in _SHORT else _cut(value))
            for label, value in zip(self._labels, data.values(), strict=False)
        ]

    def _bind(self, scope: Scope) -> tuple[dict[str, Any], str | None]:
        data: dict[str, Any] = {}
        try:
            for name, read in self._getters:
                data[name] = read(scope)
        except Unreadable as error:
            return data, str(error)
        return data, None

    def _why(self, result: Any, value: Any, seen: list[tuple[str, Any]]) -> str:
        if result.type() != _error():
            return f"it gives {value!r}, not true or false"
        missing = [path for path, found in seen if found is None]
        if missing:
            return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} null"
        text = str(result.plain_value()).partition(": ")[2]
        if "null_type" in text:
            return "a value inside a list is null"
        return text or "it cannot be evaluated"


def compile_expression(source: str, names: Names, *, want: str | None = None) -> Expression:
    """Parse, check and compile. `want="boolean"` refuses what is never true or false. Raises ExpressionsInvalid with
    all problems found."""
    try:
        node = parse(source)
    except ExpressionInvalid as problem:
        raise ExpressionsInvalid([problem]) from None
    checker = Checker(names)
    try:
        code = checker.visit(node)
    except ExpressionInvalid as problem:
        raise ExpressionsInvalid([*checker.problems, problem]) from None
    if want == "boolean" and not checker.problems and code.type.kind not in ("boolean", "any"):
        message = f"a condition is true or false, this is {code.type}"
        checker.report("expression.wrong_type", message, node.position)
    if checker.problems:
        raise ExpressionsInvalid(checker.problems)
    text = code.text
    if code.path is not None and code.raw is not None and want != "boolean":
        # The value alone: nothing to convert, and null stays null.
        text = code.raw
    try:
        return Expression(source, checker, text, code.type)
    except RuntimeError as error:
        reason = str(error).partition("ERROR: ")[2].partition("\n")[0] or str(error)
        raise ExpressionsInvalid([ExpressionInvalid("expression.syntax", reason, 0)]) from None


class ExpressionsInvalid(Exception):  # noqa: N818
    """All that is wrong with one expression."""

    def __init__(self, problems: list[ExpressionInvalid]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@lru_cache(maxsize=4)
def _environment(variables: int) -> cel.Env:
    # Read with the first expression: a process at rest does without these twelve megabytes.
    from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs]
    from cel_expr_python.ext import ext_math, ext_strings  # pyright: ignore[reportMissingTypeStubs]

    return cel.NewEnv(
        variables={f"v{number}": cel.Type.DYN for number in range(variables)},
        extensions=[ext_strings.ExtStrings(), ext_math.ExtMath()],
    )


@lru_cache(maxsize=4096)
def _compiled(text: str, variables: int) -> cel.Expression:
    # Types were checked on the source, with better words and with null in mind; the engine need not check again.
    return _environment(max(64, variables)).compile(text, disable_check=True)


def _cut(value: Any) -> Any:
    """A value short enough to be kept in a trace."""
    if isinstance(value, str):
        return value if len(value) <= _SEEN_LENGTH else value[:_SEEN_LENGTH] + "…"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        shown = [_cut(item) for item in items[:_SEEN_ITEMS]]
        return shown if len(items) <= _SEEN_ITEMS else [*shown, f"… and {len(items) - _SEEN_ITEMS} more"]
    if isinstance(value, dict):
        entries = list(cast("dict[str, Any]", value).items())[:_SEEN_ITEMS]
        return {key: _cut(item) for key, item in entries}
    return value


@lru_cache(maxsize=1)
def _error() -> cel.Type:
    """The kind of value that says what went wrong."""
    from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs]

    return cel.Type.ERROR


def _refusal(error: RuntimeError) -> str:
    """What the engine refuses to go on with: a loop of loops over its budget, a value it cannot take."""
    text = str(error)
    return "it loops too often" if "Iteration budget" in text else text


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, timedelta):
        # Never 2.592e+06: it is read as a length of time again.
        return f"{value.total_seconds():f}".rstrip("0").rstrip(".") + "s"
    if isinstance(value, list):
        return [_as_json(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return value
