"""The control of a condition: rows of field, operator and value in groups, and the same as text beside it.

Its inputs: `<name>-mode`, `-text`, `-join`, and for the item at a path such as `1.0` `<name>-1.0-field`, `-which`,
`-op`, `-v` (as often as there are values), `-u` (a unit), `-cel` (a piece written by hand), `-join` (a group).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.durations import format_instant, parse_date, parse_instant
from sereno.engine.expressions import ExpressionsInvalid, Names, compile_expression
from sereno.web.builder.forms.conditions import Group, Item, Join, Written, read, write
from sereno.web.builder.forms.controls import Control, Part, Raw, Wrong, drop, lines, number_of, one, pick, put, written
from sereno.web.builder.forms.leaves import LISTED, OPERATORS, VALUES, Row, sort_at
from sereno.web.builder.forms.paths import EACH
from sereno.web.builder.forms.times import parted
from sereno.web.formats import zone_of
from sereno.web.phrases import said

DEEPEST = 3
_MOST = 60
NOTHING = Names({})
_NUMERIC = frozenset({"ge", "le", "eq", "ne", "gt", "lt", "between"})
_LENGTHS = frozenset({"last", "older", "next"})
_Attributes = dict[str, list[str]]


@dataclass
class Node:
    """An item of the condition as the form shows it. `attributes` are its inputs; a group has `items`."""

    path: str
    attributes: _Attributes = field(default_factory=dict[str, list[str]])
    items: list[Node] = field(default_factory=list["Node"])
    is_group: bool = False

    def value(self, name: str) -> str:
        found = self.attributes.get(name)
        return found[-1] if found else ""


@dataclass(frozen=True, kw_only=True)
class ConditionControl(Control):
    """`names` are what it may ask about. `required`: where nothing is asked it is written as `true`, else left out."""

    names: Names = NOTHING
    timezone: str = "UTC"

    kind = "condition"

    # --- the document's side -----------------------------------------------------------------------

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        source = "" if value is None else lines(written(value))
        raw: Raw = {f"{self.name}-mode": ["rows"], f"{self.name}-text": [source]}
        self._send(self._shown(read(source, self.names), ""), raw)
        return raw

    def write(self, part: Part, raw: Raw) -> None:
        if one(raw, f"{self.name}-mode") == "text":
            source = one(raw, f"{self.name}-text").strip()
            if source:
                self.check(source)
        else:
            group = self.group_in(raw)
            source = write(group) if group.items else ""
            if source:
                self.check(source)
        if source or self.required:
            put(part, self.keys, source or "true")
        else:
            drop(part, self.keys)

    def check(self, source: str) -> None:
        """Raises Wrong with what the checker says, by line where there are several."""
        try:
            compile_expression(source, self.names, want="boolean")
        except ExpressionsInvalid as invalid:
            problem = invalid.problems[0]
            line = source.count("\n", 0, problem.position) + 1
            more = _("Line %(line)s: ") % {"line": line} if "\n" in source else ""
            raise Wrong(f"{more}{said(problem.message)}") from None

    def source_in(self, raw: Raw) -> str:
        """The condition as it stands in the form, checked; empty for none. Raises Wrong."""
        part: Part = {}
        replace(self, keys=("when",), required=False).write(part, raw)
        return str(part.get("when", ""))

    # --- the browser's side ------------------------------------------------------------------------

    def group_in(self, raw: Raw) -> Group:
        """The rows as they were sent. Raises Wrong with everything that is missing or cannot be used."""
        wrong: dict[str, str] = {}
        found = self._group(self.tree(raw), wrong)
        if wrong:
            raise Wrong(fields=wrong)
        return found

    def tree(self, raw: Raw) -> Node:
        """The items as sent, with gaps in their numbers closed."""
        root = Node("", {"join": raw.get(f"{self.name}-join", ["all"])}, is_group=True)
        found: dict[str, Node] = {"": root}
        for name, values in raw.items():
            path, mark, attribute = name[len(self.name) + 1 :].rpartition("-")
            parts = path.split(".")
            if mark and len(parts) <= DEEPEST + 1 and all(part.isascii() and part.isdigit() for part in parts):
                found.setdefault(path, Node(path)).attributes[attribute] = values
        for path, node in sorted(found.items(), key=lambda pair: [int(part) for part in pair[0].split(".") if part]):
            node.is_group = "join" in node.attributes
            above = found.get(path.rpartition(".")[0])
            if path and above is not None:
                above.items.append(node)
        _number(root)
        return root

    def pressed(self, raw: Raw, verb: str, where: str) -> Raw:
        mode = one(raw, f"{self.name}-mode", "rows")
        tree = self.tree(raw)
        if verb == "text" and mode == "rows":
            return self._as_text(raw, tree)
        if verb == "rows" and mode == "text":
            changed: Raw = {f"{self.name}-mode": ["rows"], f"{self.name}-text": raw.get(f"{self.name}-text", [""])}
            self._send(self._shown(read(one(raw, f"{self.name}-text"), self.names), ""), changed)
            return changed
        target = _find(tree, where)
        if target is not None and target.is_group and verb in ("add", "group") and _count(tree) < _MOST:
            fresh = Node("", {"field": [""], "op": [""], "v": [""]})
            if verb == "group":
                other = "any" if target.value("join") == "all" else "all"
                fresh = Node("", {"join": [other]}, [fresh], is_group=True)
            target.items.append(fresh)
        elif target is not None and verb == "out" and where:
            _find(tree, where.rpartition(".")[0]).items.remove(target)  # type: ignore[union-attr]
        _number(tree)
        changed = {f"{self.name}-mode": [mode], f"{self.name}-text": raw.get(f"{self.name}-text", [""])}
        self._send(tree, changed)
        return changed

    def is_told(self, raw: Raw, part: Part) -> bool:
        held, text = self.raw(part), f"{self.name}-text"
        # In rows, the text that goes along is the one they were read from.
        return {**held, text: []} == {**raw, text: []} if one(raw, f"{self.name}-mode") == "rows" else held == raw

    def settled(self, raw: Raw, part: Part) -> Raw:
        """As it was sent, when it says what the document says: text stays text, and a row still empty stays."""
        try:
            said = self.source_in(raw)
        except Wrong:
            return self.raw(part)
        value = pick(part, self.keys)
        held = "" if value is None else written(value).strip()
        same = said == held or (said in ("", "true") and held in ("", "true"))
        return {**raw, f"{self.name}-text": [held]} if same else self.raw(part)

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        tree = self.tree(raw)
        return {
            "mode": one(raw, f"{self.name}-mode", "rows"),
            "text": one(raw, f"{self.name}-text"),
            "tree": tree,
            "sorts": {node.path: sort_at(self.names, node.value("field")) for node in _all(tree)},
            "errors": errors,
            "deepest": DEEPEST,
            "unnamed": _("Choose a field"),
        }

    # --- rows to inputs and back -------------------------------------------------------------------

    def _as_text(self, raw: Raw, tree: Node) -> Raw:
        """The rows as text; what is not finished is left out of it."""
        source = write(self._group(tree, {})) if tree.items else ""
        return {f"{self.name}-mode": ["text"], f"{self.name}-text": ["" if source == "true" else source]}

    def _send(self, node: Node, raw: Raw) -> None:
        prefix = f"{self.name}-{node.path}-" if node.path else f"{self.name}-"
        for attribute, values in node.attributes.items():
            raw[f"{prefix}{attribute}"] = values
        for item in node.items:
            self._send(item, raw)

    def _shown(self, item: Item, path: str) -> Node:
        match item:
            case Group():
                below = [
                    self._shown(one, f"{path}.{number}" if path else str(number))
                    for number, one in enumerate(item.items)
                ]
                return Node(path, {"join": [item.join]}, below, is_group=True)
            case Written():
                return Node(path, {"cel": [item.text]})
            case Row():
                return Node(path, self._inputs(item))

    def _inputs(self, row: Row) -> _Attributes:
        inputs: _Attributes = {"field": [row.field], "op": [row.operator]}
        if EACH in row.field:
            inputs["which"] = [row.which]
        if row.operator in LISTED:
            inputs["v"] = ["\n".join(row.values)]
        elif row.operator in _LENGTHS:
            number, unit = parted(row.values[0])
            inputs["v"], inputs["u"] = [number], [unit]
        elif row.sort == "moment" and row.values:
            inputs["v"] = [self._local(row.values[0])]
        elif row.values:
            inputs["v"] = list(row.values)
        return inputs

    def _group(self, node: Node, wrong: dict[str, str]) -> Group:
        items: list[Item] = []
        for below in node.items:
            if below.is_group:
                items.append(self._group(below, wrong))
            elif "cel" in below.attributes:
                if below.value("cel").strip():
                    items.append(Written(below.value("cel").strip()))
            elif below.value("field"):
                try:
                    items.append(self._row(below))
                except Wrong as error:
                    wrong[f"{self.name}-{below.path}"] = str(error)
        join: Join = "any" if node.value("join") == "any" else "all"
        return Group(join, tuple(item for item in items if not isinstance(item, Group) or item.items))

    def _row(self, node: Node) -> Row:
        key, operator = node.value("field"), node.value("op")
        sort = sort_at(self.names, key)
        if not sort:
            raise Wrong(_("This field is not known here: see what starts the flow."))
        if operator not in OPERATORS[sort]:
            # The field was changed, and what was asked of the other makes no sense here.
            operator = OPERATORS[sort][0]
        which = node.value("which") if node.value("which") in ("any", "every", "none") else "any"
        values = node.attributes.get("v", [])
        if operator in LISTED:
            found = tuple(line.strip() for text in values for line in text.split("\n") if line.strip())
            if not found:
                raise Wrong(_("Write at least one value."))
        else:
            wanted = VALUES.get(operator, 1)
            given = [*values, "", ""][:wanted]
            found = tuple(self._value(sort, operator, text, node.value("u")) for text in given)
        return Row(key, operator, found, sort, which if EACH in key else "")

    def _value(self, sort: str, operator: str, text: str, unit: str) -> str:
        if operator in _LENGTHS:
            number = number_of(text)
            if (
                number is None
                or number <= 0
                or number != number.to_integral_value()
                or unit not in ("m", "h", "d", "w")
            ):
                raise Wrong(_("Write a number, such as 3."))
            return f"{int(number)}{unit}"
        if operator in _NUMERIC:
            number = number_of(text)
            if number is None:
                raise Wrong(_("Write a number, such as 25."))
            return f"{number:f}"
        if not text.strip():
            raise Wrong(_("Say which value."))
        if sort == "moment":
            return self._instant(text.strip())
        if sort == "day":
            try:
                parse_date(text.strip())
            except ValueError:
                raise Wrong(_("Write a date, such as 2026-01-31.")) from None
            return text.strip()
        return text

    def _local(self, instant: str) -> str:
        """As a browser's date and time, in the shop's zone."""
        at = parse_instant(instant).astimezone(zone_of(self.timezone)).replace(tzinfo=None)
        return at.isoformat(timespec="minutes" if not at.second and not at.microsecond else "auto")

    def _instant(self, text: str) -> str:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise Wrong(_("Write a date and time, such as 2026-01-31 09:00.")) from None
        return format_instant(at if at.tzinfo else at.replace(tzinfo=zone_of(self.timezone)))


def _number(node: Node) -> None:
    for number, item in enumerate(node.items):
        item.path = f"{node.path}.{number}" if node.path else str(number)
        _number(item)


def _find(node: Node, path: str) -> Node | None:
    return next((one for one in _all(node) if one.path == path), None)


def _all(node: Node) -> list[Node]:
    return [node, *(one for item in node.items for one in _all(item))]


def _count(node: Node) -> int:
    return len(_all(node))
