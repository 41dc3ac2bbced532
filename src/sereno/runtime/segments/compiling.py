"""A segment as SQL: of some of a shop's people, whether each is in it, and on which day time alone may change that.

Invariant: for the same facts it says the same as `engine.segments.deciding`. Numbers are written into the text, which
changes once a day; texts travel as parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zlib import crc32

from sereno.engine.segments.definition import ORDER, Did, Group, Inside, Not, Part, Where, leaves
from sereno.engine.segments.fields import ANSWER, CUSTOM, FieldType, field_type
from sereno.engine.segments.places import chord, point
from sereno.engine.segments.yearly import as_sql
from sereno.runtime.segments.things import mark_of
from sereno.store.database import mark
from sereno.store.queries import Dialect

NEVER = 9_999_999
"""The ordinal of a day that does not come."""


def kind_of(event_type: str) -> int:
    """The number under which a type of event is counted."""
    return crc32(event_type.encode()) & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Among:
    """Which people are asked about: those of `ids`, or those from `first` to before `end`."""

    ids: Sequence[int] | None = None
    first: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Gives rows (id, key, is_in, due, is_known)."""

    sql: str
    parameters: list[Any]


@dataclass(slots=True)
class _Making:
    dialect: Dialect
    shop_id: int
    today: int
    exponent: int
    segments: Mapping[str, int]
    among: Among
    parameters: list[Any] = field(default_factory=list[Any])
    joins: dict[Any, str] = field(default_factory=dict[Any, str])
    texts: list[str] = field(default_factory=list[str])
    ids_at: str = ""

    def give(self, value: Any) -> str:
        self.parameters.append(value)
        return mark(self.dialect, len(self.parameters))

    def people(self, column: str) -> str:
        if self.among.ids is None:
            return f"{column} >= {self.among.first:d} AND {column} < {self.among.end:d}"
        if not self.ids_at:
            ids = list(self.among.ids)
            self.ids_at = self.give(f"[{','.join(map(str, ids))}]" if self.dialect == "sqlite" else ids)
        if self.dialect == "sqlite":
            return f"{column} IN (SELECT value FROM json_each({self.ids_at}))"  # noqa: S608
        return f"{column} = ANY({self.ids_at}::bigint[])"

    def join(self, key: Any, text: str) -> str:
        if key not in self.joins:
            name = f"f{len(self.joins) + 1}"
            self.joins[key] = name
            self.texts.append(text.format(name=name))
        return self.joins[key]


def query(
    part: Part, dialect: Dialect, shop_id: int, today: int, exponent: int, segments: Mapping[str, int], among: Among
) -> Query:
    """`segments` are the ids of the shop's segments by name; one that is not there has no members."""
    making = _Making(dialect, shop_id, today, exponent, segments, among)
    truth = _truth(part, making)
    dues = sorted({due for leaf in leaves(part) if (due := _due(leaf, making))})
    due = "NULL"
    if dues:
        least = "min" if dialect == "sqlite" else "least"
        soonest = dues[0] if len(dues) == 1 else f"{least}({', '.join(dues)})"
        due = f"CASE WHEN p.is_known = 1 THEN nullif({soonest}, {NEVER}) END"
    texts = " ".join(making.texts)
    is_in = f"CASE WHEN p.is_known = 1 AND {truth} THEN 1 ELSE 0 END"
    # Not by the index on the shop: without statistics SQLite takes it for narrower than a few rows by their ids.
    where = f"+p.shop_id = {shop_id:d} AND {making.people('p.id')}"
    columns = f"p.id AS id, p.key AS key, {is_in} AS is_in, {due} AS due, p.is_known AS is_known"
    sql = f"SELECT {columns} FROM segments_person p {texts} WHERE {where}"  # noqa: S608
    return Query(sql, making.parameters)


def _truth(part: Part, making: _Making) -> str:
    match part:
        case Group(_, ()):
            return "1 = 0"
        case Group(how, parts):
            return "(" + (" AND " if how == "all" else " OR ").join(_truth(one, making) for one in parts) + ")"
        case Not(inner):
            return f"NOT {_truth(inner, making)}"
        case Inside(name):
            segment = making.segments.get(name)
            if segment is None:
                return "1 = 0"
            return (
                f"EXISTS (SELECT 1 FROM segments_member i WHERE i.segment_id = {segment:d} AND i.key = p.key "  # noqa: S608
                "AND i.is_in = 1)"
            )
        case Did():
            name = _counted(part, making)
            found = f"coalesce({name}.s, 0)" if part.measure == "spent" else f"coalesce({name}.n, 0)"
            value = part.value.scaleb(making.exponent) if part.measure == "spent" else part.value
            return f"({found} {'>=' if part.operator == 'at_least' else '<='} {_literal(value)})"
        case Where():
            return _where(part, making)


def _counted(part: Did, making: _Making) -> str:
    """What somebody did within the window, added up by person."""
    since = "" if part.within is None else f" AND day > {making.today - part.within:d}"
    if part.of is not None and part.what != ORDER:
        table = f"segments_look WHERE kind = {kind_of(part.what):d} AND {_of(part, making)} AND"
        sums = "sum(count) AS n"
    elif part.of is not None:
        table, sums = f"segments_line WHERE {_of(part, making)} AND", "count(DISTINCT order_key) AS n, sum(amount) AS s"
    elif part.what == ORDER:
        table, sums = "segments_order", "count(*) AS n, sum(amount) AS s"
    else:
        table, sums = f"segments_day WHERE kind = {kind_of(part.what):d} AND", "sum(count) AS n"
    head = table if "WHERE" in table else f"{table} WHERE"
    text = (
        f"LEFT JOIN (SELECT person_id, {sums}, min(day) AS d FROM {head} shop_id = {making.shop_id:d} "  # noqa: S608
        f"AND {making.people('person_id')}{since} GROUP BY person_id) {{name}} ON {{name}}.person_id = p.id"
    )
    return making.join((part.what, part.within, part.of), text)


def _of(part: Did, making: _Making) -> str:
    assert part.of is not None
    mark = mark_of(part.of.kind, part.of.value)
    if part.of.kind in ("product", "sku"):
        return f"{part.of.kind} = {mark:d}"
    goods = f"SELECT product FROM segments_mark WHERE shop_id = {making.shop_id:d} AND mark = {mark:d}"  # noqa: S608
    return f"product IN ({goods})"


def _where(part: Where, making: _Making) -> str:
    kind = field_type(part.field)
    assert kind is not None
    column = _column(kind, making)
    today = making.today
    match part.operator:
        case "known":
            test = f"{column} IS NOT NULL"
        case "yes" | "no":
            test = f"{column} = {1 if part.operator == 'yes' else 0}"
        case "is":
            test = f"{column} = {making.give(part.values[0])}"
        case "one_of":
            test = f"{column} IN ({', '.join(making.give(value) for value in part.values)})"
        case "contains":
            test = _inside(column, making.give(part.values[0]), making)
        case "has":
            test = _inside(column, making.give(f"\n{part.values[0]}\n"), making)
        case "ends_with":
            value = str(part.values[0])
            length = len(value)
            cut = f"substr({column}, -{length:d})" if making.dialect == "sqlite" else f"right({column}, {length:d})"
            test = f"{cut} = {making.give(value)}"
        case "near":
            test = _near(part)
        case "within" | "next" if kind.kind == "birthday":
            last, coming = as_sql(column, today)
            days, is_next = _days(part), part.operator == "next"
            test = f"{coming} < {today + days:d}" if is_next else f"{last} > {today - days:d}"
        case "within":
            test = f"({column} > {today - _days(part):d} AND {column} <= {today:d})"
        case "over":
            test = f"{column} <= {today - _days(part):d}"
        case "next":
            test = f"({column} >= {today:d} AND {column} < {today + _days(part):d})"
        case "since" | "until":
            test = f"{column} {'>=' if part.operator == 'since' else '<='} {_days(part):d}"
        case _:
            value = Decimal(part.values[0])
            bound = value.scaleb(making.exponent) if kind.kind == "money" else value
            test = f"{column} {'>=' if part.operator == 'at_least' else '<='} {_literal(bound)}"
    return f"coalesce({test}, {'0' if making.dialect == 'sqlite' else 'FALSE'})"


def _near(part: Where) -> str:
    """By the straight line through the globe: no trigonometry in the database."""
    north, east, reach = (float(value) for value in part.values)
    middle = zip("xyz", point(north, east), strict=True)
    apart = [f"(p.{axis} - ({at!r})) * (p.{axis} - ({at!r}))" for axis, at in middle]
    limit = chord(reach)
    return f"({' + '.join(apart)}) <= {limit * limit!r}"


def _inside(column: str, value: str, making: _Making) -> str:
    return f"instr({column}, {value}) > 0" if making.dialect == "sqlite" else f"strpos({column}, {value}) > 0"


def _column(kind: FieldType, making: _Making) -> str:
    if kind.kind == "place":
        return "p.x"
    for start, column in ((CUSTOM, "custom"), (ANSWER, "answers")):
        if kind.name.startswith(start):
            given = making.give(kind.name[len(start) :])
            if making.dialect == "sqlite":
                return f"(SELECT j.value FROM json_each(p.{column}) j WHERE j.key = {given})"  # noqa: S608
            return f"(p.{column}::jsonb ->> {given})"
    return f"p.{kind.column}"


def _days(part: Where) -> int:
    value = part.values[0]
    assert isinstance(value, int)
    return value


def _literal(value: Decimal) -> str:
    """Plain digits: nothing that a person typed stands in the text as it was typed."""
    return format(value, "f")


def _due(leaf: Where | Did | Inside, making: _Making) -> str | None:
    """The next day on which time alone may change what this says; None where it never does."""
    today = making.today
    if isinstance(leaf, Did):
        return None if leaf.within is None else f"coalesce({_counted(leaf, making)}.d + {leaf.within:d}, {NEVER})"
    if not isinstance(leaf, Where) or leaf.operator not in ("within", "over", "next"):
        return None
    kind, days = field_type(leaf.field), _days(leaf)
    assert kind is not None
    column = f"p.{kind.column}"
    if kind.kind == "birthday":
        return _yearly_due(leaf, column, today)
    if leaf.operator == "over":
        steps = [f"WHEN {column} > {today - days:d} THEN {column} + {days:d}"]
    elif leaf.operator == "within":
        steps = [
            f"WHEN {column} > {today:d} THEN {column}",
            f"WHEN {column} > {today - days:d} THEN {column} + {days:d}",
        ]
    else:
        steps = [
            f"WHEN {column} >= {today + days:d} THEN {column} - {days - 1:d}",
            f"WHEN {column} >= {today:d} THEN {column} + 1",
        ]
    return f"CASE {' '.join(steps)} ELSE {NEVER} END"


def _yearly_due(leaf: Where, column: str, today: int) -> str:
    days, (last, coming) = _days(leaf), as_sql(column, today)
    if leaf.operator == "next":
        steps = f"WHEN {coming} >= {today + days:d} THEN {coming} - {days - 1:d} ELSE {coming} + 1"
    else:
        steps = f"WHEN {last} > {today - days:d} THEN {last} + {days:d} ELSE {coming}"
    return f"coalesce(CASE {steps} END, {NEVER})"
