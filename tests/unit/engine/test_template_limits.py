"""No template, however it is written, takes more than a few megabytes or a second."""

from __future__ import annotations

import tracemalloc
from time import thread_time

import pytest

from sereno.engine.templates import TemplateFailed, render

BOMBS = {
    "range joined": "{{ (1..100000000) | join: ',' }}",
    "range sorted": "{{ (1..100000000) | reverse | first }}",
    "range asked": "{% if (1..100000000000) contains 'a' %}x{% endif %}",
    "range assigned": "{% assign r = (1..100000000) %}{{ r | join }}",
    "range of a variable": "{{ (1..n) | map: 'x' }}",
    "loop": "{% for i in (1..100000000) %}x{% endfor %}",
    "nested loops": "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
    "table": "{% tablerow i in (1..100000000) %}x{% endtablerow %}",
    "squares": "{% assign x = 99 %}{% for i in (1..40) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
    "text as number": "{{ '1e999999999' | times: 10 }}",
    "text rounded up": "{{ '1e999999' | ceil }}",
    "doubled text": "{% assign s = 'abcdefgh' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}",
    "doubled list": "{% assign s = 'a' | split: ',' %}{% for i in (1..60) %}{% assign s = s | concat: s %}{% endfor %}",
    "replaced": "{% assign s = long | replace: 'a', long %}{{ s }}",
    "replaced nothing": "{% assign s = long | replace: '', long %}{{ s }}",
    "split and joined": "{{ long | split: '' | join: long }}",
    "captured": "{% capture a %}{% for i in (1..9999) %}{{ long }}{% endfor %}{% endcapture %}{{ a }}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_template_is_refused_before_it_hurts(bomb: str) -> None:
    tracemalloc.start()
    begun = thread_time()
    try:
        with pytest.raises(TemplateFailed) as refused:
            render(bomb, {"n": 100_000_000, "long": "a" * 20_000})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(refused.value)
    assert peak < 40_000_000
    assert thread_time() - begun < 5


def test_many_filters_in_a_row_are_bounded_too() -> None:
    chain = "{{ long" + " | append: long" * 400 + " | size }}"
    with pytest.raises(TemplateFailed, match="at most 1000000"):
        render(chain, {"long": "a" * 20_000})


def test_ordinary_use_is_not_touched() -> None:
    assert render("{{ (1..5) | join: '-' }}", {}) == "1-2-3-4-5"
    assert render("{{ 'a,b' | split: ',' | join: '+' | replace: 'a', 'c' }}", {}) == "c+b"
    assert render("{{ 7 | times: 6 | plus: 0.5 }}", {}) == "42.5"
    assert render("{{ total | money: 'EUR' }}", {"total": "1234.5"}) == "€1,234.50"
    assert render("{{ '1e999999' | money: 'EUR' }}", {}) == ""
    assert render("{% for i in (1..3) %}{{ i }}{% endfor %}", {}) == "123"
