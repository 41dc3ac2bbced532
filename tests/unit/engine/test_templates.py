from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine import liquid_templates
from sereno.engine.context import RunContext
from sereno.engine.templates import TemplateFailed, compiled, readings, render

VARIABLES: dict[str, Any] = {
    "order": {
        "name": "#1001",
        "total": "1234.50",
        "currency": "EUR",
        "created_at": "2026-01-31T23:30:00Z",
        "day": "2026-05-17",
        "birthday": "--05-17",
        "lines": [{"title": "Té"}, {"title": "Pan"}],
        "note": '<script>alert(1)</script> & "quotes"',
        "count": 3,
        "rate": 1.5,
        "is_gift": True,
        "missing": None,
    },
    "store": {"timezone": "Europe/Madrid", "locale": "es", "currency": "RON"},
    "now": "2026-02-01T08:00:00Z",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("{{ order.name }} x{{ order.count }}", "#1001 x3"),
        ("{{ order.missing }}{{ order.nothing }}{{ nobody.at.all }}", ""),
        ("{{ order.rate }} {{ order.is_gift }}", "1.5 true"),
        ("{% for line in order.lines %}{{ line.title }};{% endfor %}", "Té;Pan;"),
        ("{{ order.lines.size }} {{ order.lines.first.title }}", "2 Té"),
        ("{% if order.is_gift %}gift{% endif %}", "gift"),
        ("{{ order.total | money }}", "1.234,50 €"),
        ("{{ order.total | money: 'JPY' }}", "1.234 JPY"),
        ("{{ order.missing | money }}", ""),
        ("{{ 'abc' | money }}", ""),
        ("{{ order.count | number }} {{ order.rate | number }}", "3 1,5"),
        ("{{ order.created_at | date }}", "1 feb 2026"),
        ("{{ order.created_at | date: 'long' }}", "1 de febrero de 2026"),
        ("{{ order.created_at | date: '%d/%m/%Y %H:%M' }}", "01/02/2026 00:30"),
        ("{{ order.created_at | time }}", "0:30"),
        ("{{ order.day | date }}", "17 may 2026"),
        ("{{ order.birthday | date }}", "17 mayo"),
        ("{{ 'now' | date: '%Y' }}", "2026"),
        ("{{ order.missing | date }}{{ 'soon' | date }}", ""),
        ("{{ order.note }}", '<script>alert(1)</script> & "quotes"'),
        ("{{ order.__class__ }}{{ order.name.__class__ }}", ""),
    ],
)
def test_texts(template: str, expected: str) -> None:
    assert render(template, VARIABLES).replace("\xa0", " ").replace("\u202f", " ") == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en", "€1,234.50"), ("pt-BR", "€ 1.234,50"), ("ro", "1.234,50 EUR"), ("xx", "€1,234.50"), ("", "1.234,50 €")],
)
def test_amounts_are_written_in_the_readers_language(locale: str, expected: str) -> None:
    variables = {**VARIABLES, "customer": {"locale": locale}}
    assert render("{{ order.total | money }}", variables).replace("\xa0", " ") == expected


def test_values_are_escaped_for_html() -> None:
    found = render("<p>{{ order.note }}</p>", VARIABLES, "html")
    assert found.startswith("<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; ")
    assert "<script>" not in found


@pytest.mark.parametrize(
    "template",
    [
        "{{ order.name",
        "{% if order %}",
        "{% nonsense %}",
        "{{ order.name | shout }}",
        "{% for i in (1..99999) %}{{ i }}{% endfor %}",
        "{% for i in (1..5000) %}{% for j in (1..5000) %}x{% endfor %}{% endfor %}",
        "{% assign s = 'x' %}{% for i in (1..30) %}{% assign s = s | append: s %}{% endfor %}{{ s }}",
        "{% include 'x' %}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_what_is_wrong_or_too_much_fails_quietly(template: str) -> None:
    with pytest.raises(TemplateFailed):
        render(template, VARIABLES)


def test_what_a_template_reads_is_known() -> None:
    found = readings(
        "a\n{{ order.lines[0].title }}{% assign q = customer.email %}{{ q }}\n"
        "{% for l in cart.lines %}{{ l.x }}{% endfor %}"
    )
    assert {(reading.path, reading.line) for reading in found} == {
        (("order", "lines", 0, "title"), 2),
        (("customer", "email"), 2),
        (("cart", "lines"), 3),
    }
    assert readings("plain") == []
    with pytest.raises(TemplateFailed) as caught:
        readings("a\n{{ order.name | mony }}")
    assert caught.value.line == 2
    assert "did you mean money" in str(caught.value)


@given(st.text(alphabet="{}%|. abifornd=:'\"()1\n-", max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_template_or_fails_quietly(text: str) -> None:
    in_text, in_html = (lambda: render(text, VARIABLES)), (lambda: render(text, VARIABLES, "html"))
    for attempt in (lambda: readings(text), in_text, in_html):
        try:
            attempt()
        except TemplateFailed as error:
            assert str(error)
            assert error.line >= 1


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-100, 100), st.floats(-5, 5), st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.text(max_size=3), max_size=2), st.just(Decimal("1.50")),
)  # fmt: skip


@given(VALUES, VALUES, st.text(alphabet="ab{}% \n<", max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_short_way_writes_what_liquid_writes(first: Any, second: Any, between: str) -> None:
    template = "{{ a.b }}" + between + "{{c}}"
    variables = {"a": {"b": first}, "c": second}
    parsed = None
    try:
        parsed = liquid_templates.parse(template, "text")
    except TemplateFailed:
        return
    assert compiled(template)(variables) == liquid_templates.fill(parsed, variables)


def test_what_is_secret_is_not_in_the_store_a_flow_can_print() -> None:
    settings = {"low_stock_threshold": 5, "secrets": {"erp": "s3"}, "slack_webhook": "https://hooks", "api_key": "k"}
    store = RunContext(shop={"name": "Luna", "settings": settings}).store
    assert store == {"name": "Luna", "low_stock_threshold": 5}
