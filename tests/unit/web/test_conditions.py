"""Conditions as rows: the same rows come back, what they write compiles, and nothing a person wrote is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.commerce.records import CART, CUSTOMER, ORDER
from sereno.engine.durations import format_instant
from sereno.engine.expressions import Names, Type, compile_expression
from sereno.engine.expressions.types import ANY, RUN, TIMESTAMP, envelope
from sereno.web.builder.forms.conditions import Group, Item, Written, is_rows, normal, read, write
from sereno.web.builder.forms.leaves import LISTED, OPERATORS, VALUES, Row, sort_at

NAMES = Names(
    roots={
        "order": Type("record", record=ORDER),
        "customer": Type("record", record=CUSTOMER),
        "cart": Type("record", record=CART),
        "event": Type("record", record=envelope(ORDER)),
        "run": Type("record", record=RUN),
        "now": TIMESTAMP,
    },
    variables={"gift": ANY},
)
FIELDS = (
    "order.note",
    "order.shipping_address.city",
    "event.channel",
    "order.total",
    "order.line_count",
    "order.item_count",
    "order.lines#",
    "order.is_test",
    "customer.accepts_email",
    "order.placed_at",
    "event.occurred_at",
    "customer.birthday",
    "order.tags",
    "order.lines",
    "order.shipping_address",
    "vars.gift.code",
    "order.lines[].sku",
    "order.lines[].price",
    "order.lines[].is_gift_card",
    "order.payments[].created_at",
)
BY_HAND = (
    "order.total > customer.total_spent",
    "order.total * 2 >= 100",
    "order.placed_at > now",
    "order.total > 10 ? order.is_test : order.total > 5",
    "order.lines.map(x, x.sku).size() > 1",
    "order.nonsense == 3",
    "30 <= order.total",
    "order.note == ''",
    "matches(order.note, '^a')",
)
LENGTHS = st.builds("{}{}".format, st.integers(1, 90), st.sampled_from("mhdw"))
INSTANTS = st.integers(0, 4 * 10**9).map(lambda at: format_instant(datetime.fromtimestamp(at, UTC)))
NUMBERS = st.one_of(st.integers(-(10**6), 10**6).map(str), st.decimals(-999, 999, places=2).map(str))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
DAYS = st.dates().map(str)


def values_of(sort: str, operator: str) -> st.SearchStrategy[tuple[str, ...]]:
    if operator in LISTED:
        return st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
    count = VALUES.get(operator, 1)
    kind: st.SearchStrategy[str] = TEXTS
    if sort in ("number", "count") or operator in ("ge", "le", "eq", "ne", "gt", "lt", "between"):
        kind = NUMBERS
    elif sort == "moment":
        kind = INSTANTS if operator in ("before", "after") else LENGTHS
    elif sort == "day":
        kind = DAYS
    return st.lists(kind, min_size=count, max_size=count).map(tuple)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    field = draw(st.sampled_from(FIELDS))
    sort = sort_at(NAMES, field)
    operator = draw(st.sampled_from(OPERATORS[sort]))
    which = draw(st.sampled_from(("any", "every", "none"))) if "[]" in field else ""
    return Row(field, operator, draw(values_of(sort, operator)), sort, which)


def groups(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Group]:
    leaf: st.SearchStrategy[Item] = items
    inner = st.recursive(
        leaf,
        lambda below: st.builds(Group, st.sampled_from(("all", "any")), st.lists(below, max_size=4).map(tuple)),
        max_leaves=8,
    )
    return st.builds(Group, st.sampled_from(("all", "any")), st.lists(inner, max_size=4).map(tuple))


@settings(max_examples=400, deadline=None)
@given(groups(rows()))
def test_rows_come_back_as_they_were_and_compile(group: Group) -> None:
    source = write(group)
    if len(source) > 8000:
        return
    compile_expression(source, NAMES, want="boolean")
    assert read(source, NAMES) == normal(group)
    assert write(read(source, NAMES)) == source


@settings(max_examples=200, deadline=None)
@given(groups(st.one_of(rows(), st.sampled_from(BY_HAND).map(Written))))
def test_what_rows_cannot_say_stays_as_it_was_written(group: Group) -> None:
    assert read(write(group), NAMES) == normal(group)


@pytest.mark.parametrize(
    ("source", "row"),
    [
        ("order.total >= 30", Row("order.total", "ge", ("30",), "number")),
        ("(order.total >= 30 && order.total <= 50.5)", Row("order.total", "between", ("30", "50.5"), "number")),
        ("customer.accepts_email", Row("customer.accepts_email", "true", (), "boolean")),
        ("!customer.accepts_email", Row("customer.accepts_email", "false", (), "boolean")),
        ("has(order.note)", Row("order.note", "known", (), "text")),
        ("'vip' in order.tags", Row("order.tags", "has", ("vip",), "texts")),
        ("order.tags.exists(t, t in ['a', 'b'])", Row("order.tags", "has_any", ("a", "b"), "texts")),
        ("order.note == null || order.note == ''", Row("order.note", "empty", (), "text")),
        ("now - event.occurred_at <= duration('3d')", Row("event.occurred_at", "last", ("3d",), "moment")),
        ("now - order.placed_at > '2w'", Row("order.placed_at", "older", ("2w",), "moment")),
        ("order.lines.exists(l, l.sku.startsWith('A'))", Row("order.lines[].sku", "starts", ("A",), "text", "any")),
        ("!order.lines.exists(l, l.price > 9.5)", Row("order.lines[].price", "gt", ("9.5",), "number", "none")),
        ("order.lines.size() > 2", Row("order.lines#", "gt", ("2",), "count")),
    ],
)
def test_conditions_as_people_write_them_are_rows(source: str, row: Row) -> None:
    compile_expression(source, NAMES, want="boolean")
    assert read(source, NAMES) == Group("all", (row,))
    assert is_rows(read(source, NAMES))


@pytest.mark.parametrize("source", [*BY_HAND, "order.placed_at < 'soon'", "order.birthday ==", "order.tags == ['a']"])
def test_what_no_row_can_say_is_kept_to_the_letter(source: str) -> None:
    assert read(source, NAMES) == Group("all", (Written(source),))
    assert not is_rows(read(source, NAMES))
    assert write(read(source, NAMES)) == source


def test_nothing_asked_is_always() -> None:
    assert read("", NAMES) == read("true", NAMES) == Group("all")
    assert write(Group("any", (Group("all"),))) == "true"
