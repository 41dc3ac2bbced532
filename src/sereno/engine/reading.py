"""Reads the parts of a flow document, collecting every problem with its line instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any, cast

from sereno.engine.catalog import Catalog, Problem
from sereno.engine.documents import Located, Where, place
from sereno.engine.durations import is_duration, parse_duration
from sereno.engine.expressions import Expression, ExpressionsInvalid, Names, Type, compile_expression
from sereno.engine.expressions.types import of_field
from sereno.engine.names import nearest
from sereno.engine.schedule import parse_time
from sereno.engine.steps import Length, LengthText
from sereno.engine.templates import TemplateFailed, compiled, is_template, readings

_LIQUID_PARTS = frozenset({"size", "first", "last"})


class Reader:
    """A document being read. `problems` grows; the result is only good when it stays empty."""

    def __init__(self, located: Located, catalog: Catalog) -> None:
        self.located = located
        self.catalog = catalog
        self.problems: list[Problem] = []
        self.needs: set[str] = set()

    def problem(self, code: str, message: str, where: Where, suggestion: str | None = None) -> None:
        self.problems.append(Problem(code, message, self.located.line(where), place(where), suggestion))

    # --- shapes ------------------------------------------------------------------------------------

    def mapping(self, value: Any, where: Where, what: str) -> Mapping[str, Any] | None:
        if isinstance(value, Mapping):
            return cast("Mapping[str, Any]", value)
        self.problem("flow.wrong_shape", f"{what} is written as keys and values", where)
        return None

    def sequence(self, value: Any, where: Where, what: str) -> Sequence[Any]:
        if isinstance(value, list):
            return cast("list[Any]", value)
        self.problem("flow.wrong_shape", f"{what} is a list", where)
        return ()

    def text(self, value: Any, where: Where, what: str) -> str | None:
        if isinstance(value, str) and value.strip():
            return value
        self.problem("flow.wrong_shape", f"{what} is a text", where)
        return None

    def keys(self, found: Mapping[str, Any], allowed: Iterable[str], where: Where, what: str) -> None:
        """Every key not allowed is a problem that names the nearest right one."""
        names = list(allowed)
        for key in found:
            if key not in names:
                guess = nearest(key, names)
                more = f"; did you mean {guess}?" if guess else f"; it has {', '.join(names)}"
                self.problem("flow.unknown_key", f"{what} has no key {key!r}{more}", (*where, key), guess)

    def need(self, found: Mapping[str, Any], key: str, where: Where, what: str) -> Any:
        if found.get(key) is None:
            self.problem("flow.missing_key", f"{what} needs {key}", where)
        return found.get(key)

    # --- values ------------------------------------------------------------------------------------

    def expression(self, source: Any, where: Where, names: Names, *, want: str | None = None) -> Expression | None:
        """A condition or value; numbers, true and false may be written bare."""
        if isinstance(source, bool):
            source = "true" if source else "false"
        elif isinstance(source, int | float):
            source = repr(source)
        if not isinstance(source, str) or not source.strip():
            self.problem("flow.wrong_shape", "an expression is expected here", where)
            return None
        try:
            found = compile_expression(source, names, want=want)
        except ExpressionsInvalid as error:
            for problem in error.problems:
                line, column = self.located.position(where, source, problem.position)
                shown = f"{problem.message} (column {column})" if column else problem.message
                self.problems.append(Problem(problem.code, shown, line, place(where), problem.suggestion, column))
            return None
        self.needs |= found.roots
        return found

    def duration(self, value: Any, where: Where, *, signed: bool = False) -> timedelta | None:
        try:
            length = parse_duration(value if isinstance(value, str) else repr(value))
        except ValueError as error:
            self.problem("flow.wrong_duration", str(error), where)
            return None
        if length < timedelta() and not signed:
            self.problem("flow.wrong_duration", "a length of time cannot be negative here", where)
            return None
        return length

    def length(self, value: Any, where: Where, names: Names) -> Length | None:
        """A length of time, or an expression or a Liquid text that gives one."""
        if isinstance(value, str) and is_template(value):
            before = len(self.problems)
            self.template(value, where, names)
            if len(self.problems) > before:
                return None
            roots = frozenset(str(found.path[0]) for found in readings(value))
            render = compiled(value)
            if roots == frozenset({"store"}) and "now" not in value:
                render = _remembered(render)
            return LengthText(value, render, roots)
        if not isinstance(value, str) or is_duration(value) or value[:1].isdigit():
            return self.duration(value, where)
        found = self.expression(value, where, names)
        if found is not None and found.type.kind not in ("duration", "string", "integer", "number", "any"):
            self.problem("expression.wrong_type", f"a length of time is wanted, this is {found.type}", where)
        return found

    def time_of_day(self, value: Any, where: Where) -> time | None:
        try:
            return parse_time(str(value))
        except ValueError as error:
            self.problem("flow.wrong_time", str(error), where)
            return None

    def event_types(self, value: Any, where: Where, what: str) -> frozenset[str]:
        """One type or a list of types, each known to the catalog."""
        values: Sequence[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        found: set[str] = set()
        for number, name in enumerate(values):
            below = (*where, number) if isinstance(value, list) else where
            if not isinstance(name, str):
                self.problem("flow.wrong_shape", f"{what} names an event, such as order.created", below)
            elif self.catalog.event_type(name) is None:
                guess = nearest(name, self.catalog.event_names())
                more = f"; did you mean {guess}?" if guess else ""
                self.problem("flow.unknown_event", f"there is no event {name!r}{more}", below, guess)
            else:
                found.add(name)
        if not values:
            self.problem("flow.missing_key", f"{what} needs an event", where)
        return frozenset(found)

    # --- templates ---------------------------------------------------------------------------------

    def template(self, text: str, where: Where, names: Names) -> None:
        """Check a Liquid text: that it can be parsed, and that what it reads is there."""
        try:
            found = readings(text)
        except TemplateFailed as error:
            line = self.located.line(where) + error.line - 1 + (where in self.located.blocks)
            self.problems.append(Problem("template.syntax", f"the template is wrong: {error}", line, place(where)))
            return
        for reading in found:
            line = self.located.line(where) + reading.line - 1 + (where in self.located.blocks)
            self._check_reading(reading.path, line, where, names)

    def templates(self, value: Any, where: Where, names: Names) -> None:
        """All texts inside a value."""
        if isinstance(value, str):
            self.template(value, where, names)
        elif isinstance(value, Mapping):
            for key, item in cast("Mapping[str, Any]", value).items():
                self.templates(item, (*where, key), names)
        elif isinstance(value, list):
            for number, item in enumerate(cast("list[Any]", value)):
                self.templates(item, (*where, number), names)

    def _check_reading(self, path: tuple[str | int, ...], line: int, where: Where, names: Names) -> None:
        root = str(path[0])
        type_: Type | None
        if root == "vars":
            name = str(path[1]) if len(path) > 1 else None
            type_ = Type("map") if name is None else names.variables.get(name)
            if type_ is None:
                guess = nearest(str(name), names.variables)
                self._not_there(f"no step before this one sets vars.{name}", guess and f"vars.{guess}", line, where)
                return
            rest, shown = path[2:], f"vars.{name}"
        else:
            type_ = names.roots.get(root)
            if type_ is None:
                message = names.absent.get(root) or f"there is nothing called {root!r}"
                self._not_there(message, nearest(root, [*names.roots, "vars"]), line, where)
                return
            rest, shown = path[1:], root
        self.needs.add(root)
        data = type_.record.get("data") if root == "event" and type_.record is not None else None
        if data is not None and rest and type_.record is not None and type_.record.get(str(rest[0])) is None:
            type_ = of_field(data)
        self._check_parts(type_, rest, shown, line, where)

    def _check_parts(self, type_: Type, rest: tuple[str | int, ...], shown: str, line: int, where: Where) -> None:
        for part in rest:
            if type_.kind in ("any", "map") or (part in _LIQUID_PARTS and type_.kind in ("list", "string")):
                return
            if isinstance(part, int) and type_.kind == "list":
                type_ = type_.item or Type("any")
                continue
            found = type_.record.get(str(part)) if type_.record is not None else None
            if found is None:
                guess = nearest(str(part), type_.record.fields) if type_.record is not None else None
                self._not_there(f"{shown} has no field {part!r}", f"{shown}.{guess}" if guess else None, line, where)
                return
            type_, shown = of_field(found), f"{shown}.{part}"

    def _not_there(self, message: str, guess: str | None, line: int, where: Where) -> None:
        more = f"; did you mean {guess}?" if guess else ""
        self.problems.append(Problem("template.unknown_field", message + more, line, place(where), guess))


def _remembered(render: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any]], str]:
    """A text that only the shop's settings change: rendered anew when they do."""
    last: tuple[object, str] = (None, "")

    def remembered(variables: Mapping[str, Any]) -> str:
        nonlocal last
        store = variables.get("store")
        if store is None or last[0] is not store:
            last = (store, render(variables))
        return last[1]

    return remembered
