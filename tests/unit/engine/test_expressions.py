from __future__ import annotations

from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.expressions import ExpressionsInvalid, Names, Type, compile_expression
from sereno.engine.expressions.parser import parse
from sereno.engine.expressions.tree import ExpressionInvalid
from sereno.engine.expressions.types import ANY, TIMESTAMP, envelope

from .catalog import CUSTOMER, ORDER

NAMES = Names(
    roots={
        "order": Type("record", record=ORDER),
        "customer": Type("record", record=CUSTOMER),
        "event": Type("record", record=envelope(ORDER)),
        "now": TIMESTAMP,
    },
    absent={"cart": "order.created does not supply the cart, only customer, order"},
    variables={"gift": ANY, "line": Type("record", record=ORDER.fields["lines"].of)},  # pyright: ignore[reportArgumentType]
)
SCOPE: dict[str, Any] = {
    "order": {
        "total": "120.50",
        "quantity": 3,
        "status": "paid",
        "tags": ["vip", "wholesale"],
        "lines": [
            {"sku": "A", "quantity": 1, "price": "100.00", "tags": ["new"], "properties": {"gift": "yes"}},
            {"sku": "B", "quantity": 2, "price": "10.25"},
            None,
        ],
        "shipping_address": None,
        "created_at": "2026-03-01T10:00:00+01:00",
        "attributes": {"a key": 5},
    },
    "customer": None,
    "event": {"type": "order.created", "data": {"total": "99", "lines": []}, "occurred_at": "2026-03-01T09:00:00Z"},
    "vars": {"gift": {"code": "X1"}},
    "now": "2026-03-03T09:00:00Z",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("order.total >= 100", True),
        ("order.total >= 100 && order.quantity < 3", False),
        ("order.total < 100 || order.status == 'paid'", True),
        ("!(order.status == 'paid')", False),
        ("order.total + 1 == 121.5", True),
        ("order.total * order.quantity > 361", True),
        ("order.quantity / 2 == 1", True),
        ("order.quantity % 2 == 1", True),
        ("-order.quantity == -3", True),
        ("'vip' in order.tags", True),
        ("order.status in ['paid', 'refunded']", True),
        ("order.tags.exists(t, t.startsWith('whole'))", True),
        ("order.lines.exists(l, l.price > 50 && 'new' in l.tags)", True),
        ("order.lines.all(l, l.sku != 'C')", True),
        ("order.lines.exists_one(l, l.sku == 'B')", True),
        ("order.lines.filter(l, l.price != null && l.price < 50).size() == 1", True),
        ("size(order.lines.map(l, l.sku)) == 3", True),
        ("order.lines.map(l, l.quantity == 2, l.sku)[0] == 'B'", True),
        ("order.lines[0].sku == 'A' && order.lines[9].sku == null", True),
        ("order.lines.exists(l, l.properties.gift == 'yes')", True),
        ("order.lines.exists(l, order.lines.exists(m, m.sku == l.sku && m.quantity > 1))", True),
        ("order.shipping_address.country == null", True),
        ("customer.name == null", True),
        ("customer == null", True),
        ("has(order.total) && !has(order.cancelled_at) && !has(customer.name)", True),
        ("order.cancelled_at == null", True),
        ("now - order.created_at > '24h'", True),
        ("now - order.created_at > duration('3d')", False),
        ("order.created_at < '2026-03-01T09:30:00Z'", True),
        ("order.created_at + '2d' == timestamp('2026-03-03T09:00:00Z')", True),
        ("order.created_at.getHours('Europe/Madrid') == 10", True),
        ("event.total == 99.0 && event.type == 'order.created'", True),
        ("event.data.total == event.total", True),
        ("size(event.lines) == 0 && event.lines.all(l, false)", True),
        ("vars.gift.code == 'X1'", True),
        ("order.attributes['a key'] == 5", True),
        ("order.total > 100 ? true : false", True),
        ("'Ana'.lowerAscii() == 'ana' && 'ab'.contains('b') && 'ab'.matches('^a')", True),
        ("{'a': 1}['a'] == 1 && [1, 2][1] == 2", True),
        ("math.greatest(order.total, 200) == 200", True),
        ("order.discount_rate == null", True),
    ],
)
def test_conditions(source: str, expected: bool) -> None:
    outcome = compile_expression(source, NAMES, want="boolean").test(SCOPE)
    assert outcome.error is None
    assert outcome.value is expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("customer.orders_count >= 3", "customer.orders_count is null"),
        ("order.cancelled_at < now", "order.cancelled_at is null"),
        ("!customer.accepts_email", "customer.accepts_email is null"),
        ("customer.accepts_email", "it gives None, not true or false"),
        ("customer.tags.exists(t, t == 'vip')", "customer.tags is null"),
        ("'vip' in customer.tags", "customer.tags is null"),
        ("1 / (order.quantity - 3) == 1", "divide by zero"),
        ("vars.gift", "not true or false"),
        ("order.lines.all(l, l.price > 5)", "a value inside a list is null"),
    ],
)
def test_what_cannot_be_told_is_unknown(source: str, why: str) -> None:
    outcome = compile_expression(source, NAMES, want="boolean").test(SCOPE)
    assert outcome.value is None
    assert outcome.error is not None
    assert why in outcome.error


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("customer.orders_count >= 3 && false", False),
        ("customer.orders_count >= 3 || true", True),
        ("false && 1 / 0 == 1", False),
        ("order.lines.exists(l, l.price > 50) || customer.orders_count > 1", True),
    ],
)
def test_an_unknown_part_does_not_spoil_what_is_certain(source: str, expected: bool) -> None:
    assert compile_expression(source, NAMES).test(SCOPE).value is expected


def test_values_seen_are_kept_and_cut_to_what_was_read() -> None:
    outcome = compile_expression("order.total > 1 && order.lines.exists(l, l.sku == 'B')", NAMES).test(SCOPE)
    assert outcome.seen == [
        ("order.total", 120.5),
        ("order.lines", [{"sku": "A"}, {"sku": "B"}, {"sku": None}]),
    ]


def test_only_what_matters_is_converted() -> None:
    source = "order != null && order.lines != null && size(order.lines) == 3 && has(order.attributes)"
    outcome = compile_expression(
        source + " && order.lines.size() == 3 && order.tags == ['vip', 'wholesale']", NAMES
    ).test(SCOPE)
    assert outcome.value is True
    assert outcome.seen == [
        ("order", "(there)"),
        ("order.lines", "(there)"),
        ("order.lines", [None, None, None]),
        ("order.attributes", "(there)"),
        ("order.lines", [None, None, None]),
        ("order.tags", ["vip", "wholesale"]),
    ]


def test_long_values_are_cut_in_what_is_kept() -> None:
    scope = {"order": {"tags": [f"t{number}" for number in range(100)], "status": "x" * 2000}}
    outcome = compile_expression("'t99' in order.tags && order.status != 'paid'", NAMES).test(scope)
    assert outcome.value is True
    tags, status = (value for _, value in outcome.seen)
    assert (len(tags), tags[-1]) == (21, "… and 80 more")
    assert len(status) == 501


@pytest.mark.parametrize("amount", ["twelve", "", "NaN", "Infinity", [1], {}])
def test_what_is_no_amount_is_unknown_and_no_crash(amount: Any) -> None:
    outcome = compile_expression("order.total > 1", NAMES).test({"order": {"total": amount}})
    assert outcome.value is None
    assert "which is not a number" in str(outcome.error)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("order.total * 2", 241.0),
        ("order.created_at", "2026-03-01T10:00:00+01:00"),
        ("now + '1d'", "2026-03-04T09:00:00Z"),
        ("duration('1d12h')", "129600s"),
        ("order.lines.map(l, l.sku)", ["A", "B", None]),
        ("{'n': order.quantity}", {"n": 3}),
        ("customer.name", None),
        ("order.total >= 500 ? 'gold' : 'silver'", "silver"),
    ],
)
def test_values_are_json(source: str, expected: Any) -> None:
    assert compile_expression(source, NAMES).evaluate(SCOPE) == (expected, None)


@pytest.mark.parametrize(
    ("source", "code", "position", "suggestion"),
    [
        ("order.totl > 1", "expression.unknown_field", 6, "order.total"),
        ("ordr.total > 1", "expression.unknown_name", 0, "order"),
        ("total > 1", "expression.unknown_name", 0, "order.total"),
        ("cart.total > 1", "expression.not_supplied", 0, None),
        ("vars.gft == 1", "expression.unknown_variable", 5, "vars.gift"),
        ("event.totl > 1", "expression.unknown_field", 6, "event.total"),
        ("order.shipping_address.contry == 'ES'", "expression.unknown_field", 23, "order.shipping_address.country"),
        ("order.lines.exists(l, l.skuu == 'A')", "expression.unknown_field", 24, "l.sku"),
        ("vars.line.skuu == 'A'", "expression.unknown_field", 10, "vars.line.sku"),
        ("order.total == 'x'", "expression.wrong_type", 12, None),
        ("order.total > true", "expression.wrong_type", 12, None),
        ("order.total.startsWith('1')", "expression.unknown_function", 12, None),
        ("order.status.startWith('p')", "expression.unknown_function", 13, "startsWith"),
        ("siz(order.lines) > 1", "expression.unknown_function", 0, "size"),
        ("order.status == 'payed'", "expression.wrong_value", 16, "paid"),
        ("order.status in ['paid', 'refundd']", "expression.wrong_value", 25, "refunded"),
        ("order.total", "expression.wrong_type", 6, None),
        ("order.total && true", "expression.wrong_type", 6, None),
        ("order.lines.sku == 'A'", "expression.wrong_type", 12, None),
        ("order.total.amount == 1", "expression.wrong_type", 12, None),
        ("order.total > null", "expression.wrong_type", 12, None),
        ("order.created_at > 'soon'", "expression.wrong_value", 19, None),
        ("now - order.created_at > duration('abc')", "expression.wrong_value", 34, None),
        ("order.total = 3", "expression.syntax", 12, "=="),
        ("order.total > 1 and true", "expression.syntax", 16, "&&"),
        ("order.total > 1 &&", "expression.syntax", 18, None),
        ("(order.total > 1", "expression.syntax", 16, None),
        ("order.status == 'paid", "expression.syntax", 16, None),
        ("order.total > 1 true", "expression.syntax", 16, None),
        ("order..total > 1", "expression.syntax", 6, None),
        ("order.lines.exists(l)", "expression.syntax", 12, None),
        ("has(order)", "expression.syntax", 0, None),
        ("order.status.contains(1)", "expression.wrong_type", 22, None),
        ("size(1, 2) > 1", "expression.wrong_arguments", 0, None),
        ("order.total > 99999999999999999999", "expression.wrong_value", 14, None),
    ],
)
def test_what_is_wrong_is_said_where_it_is(source: str, code: str, position: int, suggestion: str | None) -> None:
    with pytest.raises(ExpressionsInvalid) as caught:
        compile_expression(source, NAMES, want="boolean")
    (problem, *_) = caught.value.problems
    assert (problem.code, problem.position, problem.suggestion) == (code, position, suggestion)


def test_all_problems_are_found_at_once() -> None:
    with pytest.raises(ExpressionsInvalid) as caught:
        compile_expression("order.totl > 1 && custmer.name == 'x' || order.status == 'payd'", NAMES)
    assert len(caught.value.problems) == 3


def test_paths_and_roots_read_are_known() -> None:
    found = compile_expression("order.total > 1 && customer.tags.exists(t, t == event.subject)", NAMES)
    assert found.roots == {"order", "customer", "event"}
    assert ("order", "total") in found.paths


@pytest.mark.parametrize("source", ["(" * 500 + "1" + ")" * 500, "!" * 5000 + "true", "1" + " + 1" * 5000, "[" * 300])
def test_hostile_expressions_are_refused_quietly(source: str) -> None:
    with pytest.raises(ExpressionsInvalid):
        compile_expression(source, NAMES)


def test_a_runaway_loop_is_cut_short() -> None:
    inner = "true"
    for letter in "abcde":
        inner = f"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all({letter}, {inner})"
    outcome = compile_expression(inner, NAMES).test(SCOPE)
    assert outcome.value is None
    assert outcome.error == "it loops too often"


@given(st.text(alphabet="ordetalcusm.()[]{}<>=!&|?:,+-*/%'\"\\0123456789 \n_xé", max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_is_an_expression_or_a_problem(source: str) -> None:
    try:
        parse(source)
    except ExpressionInvalid as problem:
        assert 0 <= problem.position <= len(source)


# --- Google's engine as the oracle: what we parse, check and rewrite means what CEL says -------------

NUMBERS = st.integers(-50, 50).map(str)
WORDS = st.sampled_from(['"a"', "'b'", '"a\\n"', "r'\\d'", "'é'"])


def arithmetic(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"-({text})"),
        st.lists(inner, max_size=3).map(lambda items: f"size([{', '.join(items)}])"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} > {parts[1]} ? {parts[1]} : {parts[2]})"),
    )


NUMERIC = st.recursive(NUMBERS, arithmetic, max_leaves=6)
COMPARED = st.one_of(
    st.tuples(NUMERIC, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), NUMERIC).map(lambda p: f"({' '.join(p)})"),
    st.tuples(WORDS, st.sampled_from(["<", "==", "!=", ">="]), WORDS).map(lambda p: f"({' '.join(p)})"),
    st.tuples(NUMERIC, st.lists(NUMERIC, max_size=3)).map(lambda pair: f"({pair[0]} in [{', '.join(pair[1])}])"),
    st.tuples(st.lists(NUMBERS, max_size=4), st.sampled_from(["all", "exists", "exists_one"]), NUMBERS).map(
        lambda parts: f"[{', '.join(parts[0])}].{parts[1]}(x, x > {parts[2]})"
    ),
    st.tuples(WORDS, st.sampled_from(["contains", "startsWith", "endsWith"]), WORDS).map(
        lambda parts: f"{parts[0]}.{parts[1]}({parts[2]})"
    ),
    st.sampled_from(["true", "false"]),
)


def boolean(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "!="]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"!({text})"),
    )


PLAIN = cel.NewEnv(variables={})


@given(st.recursive(COMPARED, boolean, max_leaves=8))
@settings(max_examples=100, deadline=None)
def test_literals_mean_what_google_says(source: str) -> None:
    result = PLAIN.compile(source, disable_check=True).eval(data={})
    outcome = compile_expression(source, NAMES, want="boolean").test({})
    if result.type() == cel.Type.ERROR:
        assert outcome.value is None
    else:
        assert outcome.value is result.plain_value()


# --- null safety -----------------------------------------------------------------------------------

LINE = st.none() | st.dictionaries(
    st.sampled_from(["sku", "price", "quantity", "tags"]),
    st.sampled_from([None, "1.50", 2, ["x"], {}, True]),
)
ANYTHING = st.none() | st.dictionaries(
    st.sampled_from(["total", "quantity", "status", "tags", "lines", "shipping_address", "created_at", "attributes"]),
    st.one_of(
        st.sampled_from([None, "12.50", 3, "paid", [], ["vip"], {}, {"country": None}, "2026-01-01T00:00:00Z", True]),
        st.lists(LINE, max_size=3),
    ),
)
COMPILED = [
    compile_expression(source, NAMES)
    for source in (
        "order.total >= 100 && order.quantity < 3",
        "order.shipping_address.country == 'ES'",
        "order.lines.exists(l, l.price > 5 && l.sku == 'A')",
        "order.lines.all(l, l.tags.exists(t, t == 'x'))",
        "order.lines.filter(l, l.quantity > 1).size() > 0",
        "order.lines.map(l, l.sku)",
        "now - order.created_at > '1d'",
        "order.lines[0].sku + order.status",
        "order.attributes.a.b.c == 1",
        "order.tags",
        "customer.name.size() > 3",
    )
]


@given(ANYTHING, ANYTHING)
@settings(max_examples=60, deadline=None)
def test_no_record_makes_an_expression_raise(order: Any, customer: Any) -> None:
    scope = {"order": order, "customer": customer, "now": "2026-03-03T09:00:00Z", "vars": {}, "event": None}
    for expression in COMPILED:
        outcome = expression.test(scope)
        assert outcome.value in (True, False, None)
        assert (outcome.error is not None) == (outcome.value is None)
        expression.evaluate(scope)
