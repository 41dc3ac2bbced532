"""Controls of several rows: events, names and values, branches and their weights, cases of a switch, values to keep.

The inputs of row N are `<name>-N-<field>`. Rows are added and taken out by buttons of the form, so without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.expressions import ExpressionsInvalid, Names, compile_expression
from sereno.engine.places import PLAIN_LABEL
from sereno.sdk.plugin import registry
from sereno.web.builder.forms.controls import Control, Part, Raw, Wrong, drop, pick, put, written
from sereno.web.phrases import said

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST = 100
NOTHING = Names({})
Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Rows(Control):
    """`fields` are the inputs of a row. `spare`: an empty row is shown at the end, to be filled in."""

    fields: tuple[str, ...] = ("v",)
    spare: bool = False

    kind = "rows"

    def rows_of(self, part: Part) -> list[Row]:
        raise NotImplementedError

    def keep(self, part: Part, rows: list[Row]) -> None:
        """Write the rows; those that are empty are gone. Raises Wrong."""
        raise NotImplementedError

    def raw(self, part: Part) -> Raw:
        return self.sent(self.rows_of(part) + ([dict.fromkeys(self.fields, "")] if self.spare else []))

    def sent(self, rows: list[Row]) -> Raw:
        """What the browser sends for these rows; a control without rows sends its name alone."""
        raw: Raw = {self.name: [""]}
        for number, row in enumerate(rows):
            for field in self.fields:
                raw[f"{self.name}-{number}-{field}"] = [row.get(field, "")]
        return raw

    def rows_in(self, raw: Raw) -> list[Row]:
        """The rows as sent, in order of their numbers, which may have gaps."""
        found: dict[int, Row] = {}
        for name, values in raw.items():
            number, _mark, field = name[len(self.name) + 1 :].partition("-")
            if number.isascii() and number.isdigit() and len(number) < 6 and field in self.fields and values:
                found.setdefault(int(number), dict.fromkeys(self.fields, ""))[field] = values[-1]
        return [found[number] for number in sorted(found)][:_MOST]

    def write(self, part: Part, raw: Raw) -> None:
        rows = [row for row in self.rows_in(raw) if any(value.strip() for value in row.values())]
        if not rows and self.required:
            raise Wrong(_("This is needed."))
        self.keep(part, rows)

    def pressed(self, raw: Raw, verb: str, where: str) -> Raw:
        rows = self.rows_in(raw)
        if verb == "add" and len(rows) < _MOST:
            rows.append(self.blank(rows))
        elif verb == "out" and where.isascii() and where.isdigit():
            rows = [row for number, row in enumerate(rows) if number != int(where)]
        return self.sent(rows)

    def blank(self, rows: list[Row]) -> Row:
        return dict.fromkeys(self.fields, "")

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        rows = self.rows_in(raw)
        return {"rows": rows, "wrong": [errors.get(f"{self.name}-{number}", "") for number in range(len(rows))]}


@dataclass(frozen=True, kw_only=True)
class Lines(Control):
    """A list of texts, one a line."""

    kind = "lines"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        return {self.name: ["\n".join(written(item) for item in value) if isinstance(value, list) else ""]}

    def write(self, part: Part, raw: Raw) -> None:
        found = [line.strip() for line in raw[self.name][-1].split("\n") if line.strip()]
        if found:
            put(part, self.keys, found)
        else:
            super().write(part, {self.name: [""]})


@dataclass(frozen=True, kw_only=True)
class Pairs(Rows):
    """A mapping of names to texts."""

    fields: tuple[str, ...] = ("k", "v")
    spare: bool = True
    is_template: bool = False

    kind = "pairs"

    def rows_of(self, part: Part) -> list[Row]:
        value = pick(part, self.keys)
        items = value.items() if isinstance(value, Mapping) else ()
        return [{"k": str(key), "v": written(item)} for key, item in items]

    def keep(self, part: Part, rows: list[Row]) -> None:
        found: dict[str, str] = {}
        for number, row in enumerate(rows):
            key = row["k"].strip()
            if not key or key in found:
                message = _("Give it a name.") if not key else _("This name is there twice.")
                raise Wrong(fields={f"{self.name}-{number}": message})
            found[key] = row["v"]
        if found:
            put(part, self.keys, found)
        else:
            drop(part, self.keys)


@dataclass(frozen=True, kw_only=True)
class Events(Rows):
    """One type of event or several: written as a text, or a list."""

    kind = "events"

    def rows_of(self, part: Part) -> list[Row]:
        value = pick(part, self.keys)
        found = value if isinstance(value, list) else [value] if value else []
        return [{"v": str(name)} for name in found] or [{"v": ""}]

    def keep(self, part: Part, rows: list[Row]) -> None:
        wrong: dict[str, str] = {}
        found: list[str] = []
        for number, row in enumerate(rows):
            name = row["v"].strip()
            if registry().event_type(name) is None:
                wrong[f"{self.name}-{number}"] = _(
                    "There is no event of this name. One of your own is custom.something."
                )
            elif name not in found:
                found.append(name)
        if wrong:
            raise Wrong(fields=wrong)
        if not found:
            raise Wrong(_("Choose what must happen."))
        put(part, self.keys, found[0] if len(found) == 1 else found)

    def names_in(self, raw: Raw) -> list[str]:
        return [row["v"].strip() for row in self.rows_in(raw) if row["v"].strip()]


@dataclass(frozen=True, kw_only=True)
class Weights(Rows):
    """The branches of a split with their weights. `was` is what a branch was called, so that its steps go with it."""

    fields: tuple[str, ...] = ("was", "k", "w")

    kind = "weights"

    def rows_of(self, part: Part) -> list[Row]:
        weights = pick(part, self.keys)
        items = weights.items() if isinstance(weights, Mapping) else ()
        return [{"was": str(key), "k": str(key), "w": written(weight)} for key, weight in items]

    def blank(self, rows: list[Row]) -> Row:
        taken = {row["k"] for row in rows}
        return {"was": "", "k": next(name for name in "abcdefghijklmnop*" if name not in taken), "w": "0"}

    def keep(self, part: Part, rows: list[Row]) -> None:
        wrong: dict[str, str] = {}
        weights: dict[str, int] = {}
        for number, row in enumerate(rows):
            name, weight = row["k"].strip(), row["w"].strip()
            if not PLAIN_LABEL.fullmatch(name) or name in weights or name == "weights":
                wrong[f"{self.name}-{number}"] = _("Name it with letters, digits, - or _, each once.")
            elif not (weight.isascii() and weight.isdigit() and len(weight) < 7):
                wrong[f"{self.name}-{number}"] = _("A weight is a whole number, such as 50.")
            else:
                weights[name] = int(weight)
        if wrong:
            raise Wrong(fields=wrong)
        if not sum(weights.values()):
            raise Wrong(_("Give at least one branch a weight above 0."))
        old = part["split"] if isinstance(part.get("split"), dict) else {}
        steps = {row["k"].strip(): old.get(row["was"], []) if row["was"] else [] for row in rows}
        part["split"] = {"weights": weights, **steps}

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        weights = [int(row["w"]) if row["w"].isascii() and row["w"].isdigit() else 0 for row in self.rows_in(raw)]
        total = sum(weights)
        shares = [round(100 * weight / total) if total else 0 for weight in weights]
        return {**super().shown(raw, errors), "total": total, "shares": shares}


@dataclass(frozen=True, kw_only=True)
class Cases(Rows):
    """The cases of a switch by the value they are for; a renamed case keeps its steps."""

    fields: tuple[str, ...] = ("was", "k")
    values: tuple[tuple[str, str], ...] = ()

    kind = "cases"

    def rows_of(self, part: Part) -> list[Row]:
        cases = pick(part, self.keys)
        return [{"was": str(key), "k": str(key)} for key in cases] if isinstance(cases, Mapping) else []

    def keep(self, part: Part, rows: list[Row]) -> None:
        old = pick(part, self.keys)
        steps = {str(key): value for key, value in old.items()} if isinstance(old, Mapping) else {}
        found: dict[str, Any] = {}
        for number, row in enumerate(rows):
            name = row["k"].strip()
            if not name or name in found:
                message = _("Say for which value.") if not name else _("This value is there twice.")
                raise Wrong(fields={f"{self.name}-{number}": message})
            found[name] = steps.get(row["was"], []) if row["was"] else []
        put(part, self.keys, found)


@dataclass(frozen=True, kw_only=True)
class Assignments(Rows):
    """Names in `vars`, and the expressions they are set to."""

    fields: tuple[str, ...] = ("k", "v")
    spare: bool = True
    names: Names = NOTHING

    kind = "assignments"

    def rows_of(self, part: Part) -> list[Row]:
        value = pick(part, self.keys)
        items = value.items() if isinstance(value, Mapping) else ()
        return [{"k": str(key), "v": written(item)} for key, item in items]

    def keep(self, part: Part, rows: list[Row]) -> None:
        wrong: dict[str, str] = {}
        found: dict[str, str] = {}
        for number, row in enumerate(rows):
            key, source = row["k"].strip(), row["v"].strip()
            if not _NAME.fullmatch(key) or key in found:
                wrong[f"{self.name}-{number}"] = _("Name it with letters, digits and _, each once.")
                continue
            try:
                compile_expression(source, Names(self.names.roots, self.names.absent, {**self.names.variables}))
            except ExpressionsInvalid as invalid:
                # A value may use one that is set just above it.
                if not any(f"vars.{name}" in source for name in found):
                    wrong[f"{self.name}-{number}"] = said(invalid.problems[0].message)
            found[key] = source
        if wrong:
            raise Wrong(fields=wrong)
        put(part, self.keys, found)
