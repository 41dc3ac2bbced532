"""Controls of values that are neither texts nor times: expressions, JSON, channels, what happens on failure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.expressions import ExpressionsInvalid, Names, compile_expression
from sereno.web.builder.forms.controls import Control, Part, Raw, Said, Wrong, drop, lines, one, pick, put, written
from sereno.web.builder.forms.fields import Choices, catalogue, label_of
from sereno.web.builder.forms.paths import COUNT, EACH, type_of
from sereno.web.phrases import said

NOTHING = Names({})
BY_HAND = "="
"""Stands for "written by hand" in a choice of fields."""


@dataclass(frozen=True, kw_only=True)
class ValueOf(Control):
    """An expression: a field to choose, or CEL written by hand. `kinds`: of what types, all where none is named."""

    names: Names = NOTHING
    kinds: frozenset[str] = frozenset()
    empty: Said = ""

    kind = "value"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        source = "" if value is None else lines(written(value)).strip()
        is_field = not source or self._is_field(source)
        return {f"{self.name}-f": [source if is_field else BY_HAND], f"{self.name}-t": ["" if is_field else source]}

    def write(self, part: Part, raw: Raw) -> None:
        chosen = one(raw, f"{self.name}-f")
        source = one(raw, f"{self.name}-t").strip() if chosen == BY_HAND else chosen
        if not source:
            if self.required:
                raise Wrong(_("This is needed."))
            drop(part, self.keys)
            return
        try:
            found = compile_expression(source, self.names)
        except ExpressionsInvalid as invalid:
            raise Wrong(said(invalid.problems[0].message)) from None
        if self.kinds and found.type.kind not in self.kinds | {"any"}:
            raise Wrong(_("This is not of the kind that is wanted here."))
        put(part, self.keys, source)

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        value = one(raw, f"{self.name}-f")
        groups = self._choices()
        is_listed = any(value == choice.key for group in groups for choice in group.fields)
        extra = "" if is_listed or value in ("", BY_HAND) else label_of(self.names, value)
        return {
            "value": value,
            "groups": groups,
            "extra": extra,
            "by_hand": BY_HAND,
            "text": one(raw, f"{self.name}-t") or (value if value != BY_HAND else ""),
        }

    def _is_field(self, source: str) -> bool:
        type_ = type_of(self.names, source)
        return type_ is not None and (not self.kinds or type_.kind in self.kinds)

    def _choices(self) -> list[Choices]:
        found: list[Choices] = []
        for group in catalogue(self.names, of_items=False):
            fields = tuple(choice for choice in group.fields if self._is_field(choice.key))
            fields = tuple(choice for choice in fields if COUNT not in choice.key and EACH not in choice.key)
            if fields:
                found.append(Choices(group.label, fields))
        return found


@dataclass(frozen=True, kw_only=True)
class ListOf(ValueOf):
    """A list to go through; the records' own lists, which conditions only ask about item by item."""

    def _choices(self) -> list[Choices]:
        found: list[Choices] = []
        for group in catalogue(self.names):
            lists: dict[str, None] = {}
            for choice in group.fields:
                over, _mark, _inner = choice.key.partition(EACH)
                if choice.sort == "texts" or EACH in choice.key:
                    lists[over] = None
            fields = tuple(_choice(self.names, over) for over in lists)
            if fields:
                found.append(Choices(group.label, fields))
        return found


def _choice(names: Names, key: str) -> Any:
    from sereno.web.builder.forms.fields import Choice

    return Choice(key, label_of(names, key).partition(": ")[2], "things")


@dataclass(frozen=True, kw_only=True)
class Json(Control):
    """Anything JSON can say. `shape`: `object` where it must be one."""

    shape: str = ""
    is_template: bool = False

    kind = "json"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        return {self.name: ["" if value is None else json.dumps(value, ensure_ascii=False, indent=2)]}

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name).strip()
        if not text:
            super().write(part, {self.name: [""]})
            return
        try:
            value = json.loads(text, parse_constant=_refuse)
        except json.JSONDecodeError as error:
            said = _("This is not JSON: line %(line)s, column %(column)s.")
            raise Wrong(said % {"line": error.lineno, "column": error.colno}) from None
        except (ValueError, RecursionError):
            raise Wrong(_("This is not JSON.")) from None
        if self.shape == "object" and not isinstance(value, dict):
            raise Wrong(_('Write names and values in braces: {"name": "value"}.'))
        put(part, self.keys, value)

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        value = one(raw, self.name)
        return {"value": value, "rows": max(3, min(16, value.count("\n") + 2))}


def _refuse(name: str) -> Any:
    raise ValueError(name)


@dataclass(frozen=True, kw_only=True)
class Channel(Control):
    """How the shop's own people are told: `email`, `email:address`, `slack`."""

    kind = "channel"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        head, _colon, address = ("email" if value is None else written(value)).partition(":")
        return {f"{self.name}-c": ["to" if address else head], f"{self.name}-a": [address]}

    def write(self, part: Part, raw: Raw) -> None:
        chosen, address = one(raw, f"{self.name}-c"), one(raw, f"{self.name}-a").strip()
        if chosen == "to":
            if "@" not in parseaddr(address)[1]:
                raise Wrong(_("Write an e-mail address."))
            put(part, self.keys, f"email:{address}")
        elif chosen in ("email", "slack"):
            put(part, self.keys, chosen)
        else:
            raise Wrong(_("Choose one of the list."))

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        options = [
            ("email", _("Mail to the shop's alert address")),
            ("to", _("Mail to somebody else")),
            ("slack", _("Slack")),
        ]
        chosen = one(raw, f"{self.name}-c")
        if chosen not in {key for key, _label in options}:
            options.append((chosen, chosen))
        return {"chosen": chosen, "address": one(raw, f"{self.name}-a"), "options": options}


@dataclass(frozen=True, kw_only=True)
class OnError(Control):
    """What happens when the action fails for good. `usual` is what it does when the step does not say."""

    usual: str = "continue"

    kind = "choice"
    style = "select"
    redraws = False

    def raw(self, part: Part) -> Raw:
        value = part.get("on_error")
        if isinstance(value, list):
            return {self.name: ["branch"]}
        return {self.name: ["" if value is None else written(value)]}

    def write(self, part: Part, raw: Raw) -> None:
        chosen = one(raw, self.name)
        if chosen == "branch":
            part["on_error"] = part["on_error"] if isinstance(part.get("on_error"), list) else []
        elif chosen in ("stop", "continue"):
            part["on_error"] = chosen
        elif not chosen:
            part.pop("on_error", None)
        else:
            raise Wrong(_("Choose one of the list."))

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        words = {"stop": _("the run stops"), "continue": _("the run goes on")}
        options = [
            ("", _("As usual: %(what)s") % {"what": words[self.usual]}, ""),
            ("continue", _("The run goes on with the next step"), ""),
            ("stop", _("The run stops"), ""),
            ("branch", _("Other steps run: a branch “If it fails” appears"), ""),
        ]
        chosen = one(raw, self.name)
        if chosen not in {option[0] for option in options}:
            options.append((chosen, chosen, ""))
        return {"value": chosen, "options": options}
