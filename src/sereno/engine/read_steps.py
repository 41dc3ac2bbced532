"""Reads the steps of a flow document into the tree of `steps.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from sereno.commerce.schema import Record
from sereno.engine import read_approve
from sereno.engine.catalog import ActionType
from sereno.engine.control import USUAL_WEIGHT
from sereno.engine.documents import Where
from sereno.engine.expressions import Names, Type
from sereno.engine.expressions.types import ANY, envelope
from sereno.engine.message_control import read_hold_out
from sereno.engine.names import nearest
from sereno.engine.reading import Reader
from sereno.engine.schedule import WEEKDAYS
from sereno.engine.steps import (
    MOST_ITEMS,
    USUAL_ITEMS,
    Action,
    ForEach,
    If,
    SetVars,
    Split,
    Step,
    Stop,
    Switch,
    WaitFor,
    WaitUntilDate,
    WaitUntilEvent,
    WaitUntilTime,
    Zone,
)
from sereno.engine.supplied import merged_data, waited

SIBLINGS: dict[str, tuple[str, ...]] = {
    "if": ("then", "else"),
    "switch": ("cases", "default"),
    "split": (),
    "wait": ("as",),
    "approve": (),
    "for_each": (),
    "set": (),
    "stop": (),
}
"""The control steps, and the keys that stand beside each."""
ACTION_SIBLINGS = ("as", "on_error", "test", "hold_out")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_MOST_STEPS = 1000


class StepReader:
    """Reads steps in the order they are written, so that `vars` are known to the steps after the one that sets them."""

    def __init__(self, reader: Reader, names: Names, trigger_data: Record | None) -> None:
        self.reader = reader
        self.names = names
        self.trigger_data = trigger_data
        self.listens: set[str] = set()
        self.actions: set[str] = set()
        self._count = 0

    def steps(self, value: Any, where: Where, prefix: str) -> tuple[Step, ...]:
        """A list of steps; `prefix` begins their paths."""
        if value is None:
            return ()
        found: list[Step] = []
        for number, item in enumerate(self.reader.sequence(value, where, "steps")):
            step = self._step(item, (*where, number), f"{prefix}{number}")
            if step is not None:
                found.append(step)
        return tuple(found)

    def _step(self, value: Any, where: Where, path: str) -> Step | None:
        self._count += 1
        if self._count == _MOST_STEPS + 1:
            self.reader.problem("flow.too_many_steps", f"a flow may have {_MOST_STEPS} steps", where)
        if isinstance(value, str) and value == "stop":
            value = {"stop": None}
        found = self.reader.mapping(value, where, "a step")
        if found is None:
            return None
        head = self._head(found, where)
        if head is None:
            return None
        allowed = SIBLINGS.get(head, ACTION_SIBLINGS)
        self.reader.keys(found, (head, *allowed), where, f"the step {head!r}")
        line = self.reader.located.line((*where, head))
        match head:
            case "if":
                return self._if(found, where, path, line)
            case "switch":
                return self._switch(found, where, path, line)
            case "split":
                return self._split(found["split"], (*where, "split"), path, line)
            case "wait":
                return self._wait(found, where, path, line)
            case "approve":
                return self._approve(found["approve"], (*where, "approve"), path, line)
            case "for_each":
                return self._for_each(found["for_each"], (*where, "for_each"), path, line)
            case "set":
                return self._set(found["set"], (*where, "set"), path, line)
            case "stop":
                return self._stop(found["stop"], (*where, "stop"), path, line)
            case _:
                return self._action(head, found, where, path, line)

    def _head(self, found: Mapping[str, Any], where: Where) -> str | None:
        heads = [key for key in found if key in SIBLINGS or self.reader.catalog.action(key) is not None]
        if len(heads) == 1:
            return heads[0]
        if heads:
            self.reader.problem("flow.wrong_step", f"a step is one thing, this is {' and '.join(heads)}", where)
            return None
        known = [*SIBLINGS, *self.reader.catalog.action_names()]
        key = next((key for key in found if key not in ACTION_SIBLINGS), next(iter(found), ""))
        guess = nearest(key, known)
        more = f"; did you mean {guess}?" if guess else ""
        self.reader.problem("flow.unknown_step", f"there is no step or action {key!r}{more}", (*where, key), guess)
        return None

    # --- branches ----------------------------------------------------------------------------------

    def _if(self, found: Mapping[str, Any], where: Where, path: str, line: int) -> Step | None:
        test = self.reader.expression(found["if"], (*where, "if"), self.names, want="boolean")
        if "then" not in found and "else" not in found:
            self.reader.problem("flow.missing_key", "if needs then or else", where)
        then = self.steps(found.get("then"), (*where, "then"), f"{path}.then.")
        otherwise = self.steps(found.get("else"), (*where, "else"), f"{path}.else.")
        return None if test is None else If(path, line, test, then, otherwise)

    def _switch(self, found: Mapping[str, Any], where: Where, path: str, line: int) -> Step | None:
        value = self.reader.expression(found["switch"], (*where, "switch"), self.names)
        cases = self.reader.mapping(found.get("cases"), (*where, "cases"), "cases") or {}
        branches: list[tuple[str, tuple[Step, ...]]] = []
        for number, (name, steps) in enumerate(cases.items()):
            label = name if _BRANCH.fullmatch(name) else f"#{number}"
            below = (*where, "cases", name)
            branches.append((name, self.steps(steps, below, f"{path}.{label}.")))
            if value is not None and value.type.values and name not in value.type.values:
                guess = nearest(name, value.type.values)
                more = f"; did you mean {guess}?" if guess else f"; it is one of {', '.join(value.type.values)}"
                self.reader.problem("expression.wrong_value", f"{value.source} is never {name!r}{more}", below, guess)
        default = self.steps(found.get("default"), (*where, "default"), f"{path}.default.")
        return None if value is None else Switch(path, line, value, tuple(branches), default)

    def _split(self, value: Any, where: Where, path: str, line: int) -> Step | None:
        found = self.reader.mapping(value, where, "split")
        if found is None:
            return None
        weights = self.reader.mapping(
            self.reader.need(found, "weights", where, "split"), (*where, "weights"), "weights"
        )
        if weights is None:
            return None
        self.reader.keys(found, ("weights", *weights), where, "split")
        branches: list[tuple[str, int, tuple[Step, ...]]] = []
        for name, weight in weights.items():
            below = (*where, "weights", name)
            if not _BRANCH.fullmatch(name) or name == "weights":
                self.reader.problem("flow.wrong_name", f"a branch cannot be called {name!r}", below)
            if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
                self.reader.problem("flow.wrong_weight", "a weight is a whole number such as 50", below)
                continue
            branches.append((name, weight, self.steps(found.get(name), (*where, name), f"{path}.{name}.")))
        if sum(weight for _, weight, _ in branches) <= 0:
            self.reader.problem("flow.wrong_weight", "the weights add up to nothing", (*where, "weights"))
        return Split(path, line, tuple(branches))

    def _approve(self, value: Any, where: Where, path: str, line: int) -> Step | None:
        found = self.reader.mapping(value, where, "approve")
        if found is None:
            return None
        self.reader.keys(found, read_approve.KEYS, where, "approve")
        names = self.names
        then = self.steps(found.get("then"), (*where, "then"), f"{path}.then.")
        otherwise = self.steps(found.get("else"), (*where, "else"), f"{path}.else.")
        return read_approve.read_approve(self.reader, found, where, names, path, line, (then, otherwise))

    def _for_each(self, value: Any, where: Where, path: str, line: int) -> Step | None:
        found = self.reader.mapping(value, where, "for_each")
        if found is None:
            return None
        self.reader.keys(found, ("items", "as", "limit", "steps"), where, "for_each")
        items = self.reader.expression(
            self.reader.need(found, "items", where, "for_each"), (*where, "items"), self.names
        )
        if items is not None and items.type.kind not in ("list", "any"):
            self.reader.problem("expression.wrong_type", f"items is a list, this is {items.type}", (*where, "items"))
        limit = found.get("limit", USUAL_ITEMS)
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_ITEMS:
            self.reader.problem("flow.wrong_limit", f"limit is from 1 to {MOST_ITEMS}", (*where, "limit"))
            limit = USUAL_ITEMS
        name = self._name(self.reader.need(found, "as", where, "for_each"), (*where, "as"))
        item = items.type.item if items is not None else None
        self._define(name, item or ANY)
        steps = self.steps(found.get("steps"), (*where, "steps"), f"{path}.")
        if items is None or name is None:
            return None
        return ForEach(path, line, items, name, limit, steps)

    # --- waits -------------------------------------------------------------------------------------

    def _wait(self, found: Mapping[str, Any], where: Where, path: str, line: int) -> Step | None:
        value, below = found["wait"], (*where, "wait")
        result = self._name(found["as"], (*where, "as")) if "as" in found else None
        if not isinstance(value, Mapping):
            length = self.reader.length(value, below, self.names)
            self._only_for_events(result, where)
            return None if length is None else WaitFor(path, line, length)
        settings = cast("Mapping[str, Any]", value)
        self.reader.keys(settings, ("until", "timeout", "zone"), below, "wait")
        until = self.reader.need(settings, "until", below, "wait")
        if isinstance(until, str):
            until = {"time": until}
        rule = self.reader.mapping(until, (*below, "until"), "until") if until is not None else None
        if rule is None:
            return None
        if "event" in rule:
            return self._wait_for_event(settings, rule, below, path, line, result)
        self._only_for_events(result, where)
        if "timeout" in settings:
            self.reader.problem("flow.unknown_key", "timeout goes with until: {event: ...}", (*below, "timeout"))
        zone = self._zone(settings.get("zone", "recipient"), (*below, "zone"))
        if "date" in rule:
            return self._wait_for_date(rule, (*below, "until"), path, line, zone)
        return self._wait_for_time(rule, (*below, "until"), path, line, zone)

    def _wait_for_event(
        self,
        settings: Mapping[str, Any],
        rule: Mapping[str, Any],
        where: Where,
        path: str,
        line: int,
        result: str | None,
    ) -> Step:
        below = (*where, "until")
        self.reader.keys(rule, ("event", "when"), below, "until")
        types = self.reader.event_types(rule["event"], (*below, "event"), "until")
        self.listens |= types
        data = merged_data(self.reader, types)
        test = None
        if rule.get("when") is not None:
            roots = {**self.names.roots, "event": Type("record", record=envelope(data))}
            test = self.reader.expression(
                rule["when"], (*below, "when"), replace(self.names, roots=roots), want="boolean"
            )
        timeout = None
        if "timeout" in settings:
            timeout = self.reader.length(settings["timeout"], (*where, "timeout"), self.names)
        if "zone" in settings:
            self.reader.problem(
                "flow.unknown_key", "zone goes with until: {time: ...} or {date: ...}", (*where, "zone")
            )
        self._define(result, Type("record", record=waited(data)))
        return WaitUntilEvent(path, line, types, test, timeout, result)

    def _wait_for_date(self, rule: Mapping[str, Any], where: Where, path: str, line: int, zone: Zone) -> Step | None:
        self.reader.keys(rule, ("date", "offset", "at"), where, "until")
        found = self.reader.expression(rule["date"], (*where, "date"), self.names)
        if found is not None and found.type.kind not in ("timestamp", "date", "string", "any"):
            self.reader.problem("expression.wrong_type", f"a date is wanted, this is {found.type}", (*where, "date"))
        offset = self.reader.duration(rule.get("offset", "0s"), (*where, "offset"), signed=True)
        at = self.reader.time_of_day(rule["at"], (*where, "at")) if "at" in rule else None
        if found is None or offset is None:
            return None
        return WaitUntilDate(path, line, found, offset, at, zone)

    def _wait_for_time(self, rule: Mapping[str, Any], where: Where, path: str, line: int, zone: Zone) -> Step | None:
        self.reader.keys(rule, ("time", "weekday", "event", "date"), where, "until")
        if "time" not in rule and "weekday" not in rule:
            self.reader.problem("flow.missing_key", "until needs event, time, weekday or date", where)
            return None
        at = self.reader.time_of_day(rule.get("time", "00:00"), (*where, "time"))
        weekday: Any = rule.get("weekday") or []
        days = cast("list[Any]", weekday) if isinstance(weekday, list) else [weekday]
        for day in days:
            if day not in WEEKDAYS:
                guess = nearest(str(day)[:3], WEEKDAYS)
                message = f"{day!r} is not one of {', '.join(WEEKDAYS)}"
                self.reader.problem("flow.wrong_weekday", message, (*where, "weekday"), guess)
        return None if at is None else WaitUntilTime(path, line, at, frozenset(str(day) for day in days), zone)

    def _zone(self, value: Any, where: Where) -> Zone:
        if value not in ("recipient", "store"):
            self.reader.problem(
                "flow.wrong_zone", "zone is recipient or store", where, nearest(str(value), ("recipient", "store"))
            )
        return "store" if value == "store" else "recipient"

    def _only_for_events(self, result: str | None, where: Where) -> None:
        if result is not None:
            self.reader.problem("flow.unknown_key", "as goes with until: {event: ...}", (*where, "as"))

    # --- values and actions ------------------------------------------------------------------------

    def _set(self, value: Any, where: Where, path: str, line: int) -> Step | None:
        found = self.reader.mapping(value, where, "set")
        if found is None:
            return None
        values: list[tuple[str, Any]] = []
        for key, source in found.items():
            below = (*where, key)
            name = self._name(key, below)
            expression = self.reader.expression(source, below, self.names)
            self._define(name, ANY if expression is None or expression.type.kind == "null" else expression.type)
            if name is not None and expression is not None:
                values.append((name, expression))
        return SetVars(path, line, tuple(values))

    def _stop(self, value: Any, where: Where, path: str, line: int) -> Step:
        reason = ""
        if isinstance(value, str):
            reason = value
        elif value is not None:
            found = self.reader.mapping(value, where, "stop") or {}
            self.reader.keys(found, ("reason",), where, "stop")
            reason = str(found.get("reason") or "")
        return Stop(path, line, reason)

    def _action(self, name: str, found: Mapping[str, Any], where: Where, path: str, line: int) -> Step | None:
        action = self.reader.catalog.action(name)
        below = (*where, name)
        config = self.reader.mapping({} if found[name] is None else found[name], below, f"the config of {name}")
        if action is None or config is None:
            return None
        self.actions.add(name)
        self._check_config(action, config, below)
        on_error: Literal["stop", "continue"] | tuple[Step, ...] = action.on_error
        if "on_error" in found:
            on_error = self._on_error(found["on_error"], (*where, "on_error"), path)
        result = self._name(found["as"], (*where, "as")) if "as" in found else None
        self._define(result, ANY if action.result is None else Type("record", record=action.result))
        wordings = self._wordings(found["test"], (*where, "test"), action, config) if "test" in found else ()
        hold_out = None
        if "hold_out" in found:
            hold_out = read_hold_out(self.reader, found["hold_out"], (*where, "hold_out"), action, config)
        return Action(path, line, action, dict(config), result, on_error, wordings, hold_out)

    def _wordings(
        self, value: Any, where: Where, action: ActionType, config: Mapping[str, Any]
    ) -> tuple[tuple[str, int, Mapping[str, Any]], ...]:
        """`test: {short: {weight: 50}, long: {weight: 50, subject: ...}}`: what each changes in the step's config."""
        if action.purpose(config) is None:
            self.reader.problem("flow.wrong_test", "only a message can be tried in several wordings", where)
            return ()
        wordings = self.reader.mapping(value, where, "test")
        if wordings is None:
            return ()
        found: list[tuple[str, int, Mapping[str, Any]]] = []
        for name, item in wordings.items():
            below = (*where, name)
            if not _BRANCH.fullmatch(name):
                self.reader.problem("flow.wrong_name", f"a wording cannot be called {name!r}", below)
            changed = self.reader.mapping({} if item is None else item, below, "a wording")
            if changed is None:
                continue
            weight = changed.get("weight", USUAL_WEIGHT)
            if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
                self.reader.problem("flow.wrong_weight", "a weight is a whole number such as 50", (*below, "weight"))
                continue
            merged = merged_config(config, changed)
            if action.purpose(merged) != action.purpose(config):
                self.reader.problem("flow.wrong_test", "all wordings of a message have one purpose", below)
            self._check_config(action, merged, below)
            found.append((name, weight, merged))
        if len(found) < 2 or sum(weight for _, weight, _ in found) <= 0:
            self.reader.problem("flow.wrong_test", "a test needs two wordings at least, and weights for them", where)
            return ()
        return tuple(found)

    def _check_config(self, action: ActionType, config: Mapping[str, Any], where: Where) -> None:
        unknown = [key for key in config if key not in action.keys]
        self.reader.keys(config, sorted(action.keys), where, action.name)
        found = [item for item in action.validate(config) if item.key.partition(".")[0] not in unknown]
        for item in found:
            parts = tuple(item.key.split(".")) if item.key else ()
            what = f"{action.name}: {item.key}: {item.message}" if item.key else f"{action.name}: {item.message}"
            self.reader.problem("action.wrong_config", what, (*where, *parts))
        for key in action.templates & config.keys():
            self.reader.templates(config[key], (*where, key), self.names)
        if found or unknown:
            return
        for root in sorted(action.needs(config)):
            self.reader.needs.add(root)
            if root not in self.names.roots:
                reason = self.names.absent.get(root, f"there is no {root}")
                self.reader.problem("action.not_supplied", f"{action.name} needs the {root}, but {reason}", where)

    def _on_error(self, value: Any, where: Where, path: str) -> Literal["stop", "continue"] | tuple[Step, ...]:
        if value == "stop":
            return "stop"
        if value == "continue":
            return "continue"
        if isinstance(value, list):
            return self.steps(cast("list[Any]", value), where, f"{path}.on_error.")
        guess = nearest(str(value), ("stop", "continue"))
        self.reader.problem("flow.wrong_on_error", "on_error is stop, continue or a list of steps", where, guess)
        return "stop"

    def _name(self, value: Any, where: Where) -> str | None:
        if isinstance(value, str) and _NAME.fullmatch(value):
            return value
        self.reader.problem("flow.wrong_name", f"{value!r} cannot be a name in vars; use letters, digits and _", where)
        return None

    def _define(self, name: str | None, type_: Type) -> None:
        if name is None:
            return
        known = self.names.variables.get(name)
        merged = type_ if known is None or known == type_ else ANY
        self.names = replace(self.names, variables={**self.names.variables, name: merged})


def merged_config(config: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """A step's config as one of its wordings has it: null takes a key away, so that words of its own can stand where
    the step has a template."""
    merged = {**config, **{key: value for key, value in changed.items() if key != "weight"}}
    return {key: value for key, value in merged.items() if value is not None or key not in changed}
