from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.documents import Unreadable, read_document, to_yaml

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=30)
TRICKY = st.sampled_from(
    ["no", "yes", "on", "null", "~", "true", "12", "1.50", "0x1f", "09:00", "2026-01-01", "", " ", "a: b", "- x",
     "# no",
     "line one\nline two\n", "\n\n", "tail ", "{{ order.name }}", "'", '"', "&a", "*a", "!tag", "é\u2028x", "1e5", "-"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    TRICKY,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT | TRICKY, inner, max_size=4)),
    max_leaves=15,
)


@given(st.dictionaries(TEXT | TRICKY, VALUES, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_documents_go_both_ways_without_loss(document: dict[str, Any]) -> None:
    located, problems = read_document(to_yaml(document))
    assert problems == []
    assert located.document == document
    assert list(located.document) == list(document)
    assert to_yaml(located.document) == to_yaml(document)


def test_only_plain_kinds_are_read() -> None:
    located, _ = read_document(
        "a: no\nb: 09:00\nc: 2026-01-01\nd: 1.50\ne: true\nf: ~\ng: 0o17\nh: .5\ni: 1_000\nj: =\n"
    )
    assert located.document == {
        "a": "no", "b": "09:00", "c": "2026-01-01", "d": 1.5, "e": True, "f": None, "g": "0o17", "h": ".5",
        "i": "1_000", "j": "=",
    }  # fmt: skip


def test_lines_and_columns_are_known() -> None:
    text = 'flow: x\nsteps:\n  - if: order.total > 1\n    then:\n      - log: {text: "a b"}\n'
    text += "  - log:\n      text: |\n        x\n"
    located, _ = read_document(text)
    assert located.line(("steps", 0, "if")) == 3
    assert located.line(("steps", 0, "then", 0, "log", "text")) == 5
    assert located.line(("steps", 0, "then", 0, "log", "missing")) == 5
    assert located.position(("steps", 0, "if"), "order.total > 1", 6) == (3, 15)
    assert located.position(("steps", 0, "then", 0, "log", "text"), "a b", 2) == (5, 24)
    assert located.position(("steps", 1, "log", "text"), "x\n", 0) == (8, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x", "yaml.anchor"),
        ("a: !!python/object/apply:os.system [ls]", "yaml.tag"),
        ("a: !secret x", "yaml.tag"),
        ("a: [", "yaml.syntax"),
        ("a:\n\t- b", "yaml.syntax"),
        ("a: b: c", "yaml.syntax"),
        ("", "yaml.empty"),
        ("# nothing", "yaml.empty"),
        ("a: 1\n---\nb: 2", "yaml.syntax"),
        ("[" * 5000, "yaml.too_deep"),
        ("a: " + "x" * 300_000, "yaml.too_large"),
        ("? [a]\n: b", "yaml.key"),
        ("a: \x07", "yaml.syntax"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_document(text)
    assert caught.value.problem.code == code
    assert caught.value.problem.line >= 1


def test_a_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(50))
    with pytest.raises(Unreadable) as caught:
        read_document(bomb)
    assert caught.value.problem.line == 1


def test_a_key_given_twice_is_a_problem_with_its_line() -> None:
    _, problems = read_document("flow: a\nsteps: []\nflow: b\n")
    assert [(problem.code, problem.line) for problem in problems] == [("yaml.duplicate_key", 3)]


def test_half_a_character_is_refused_as_any_other_text_that_is_no_yaml() -> None:
    with pytest.raises(Unreadable) as refused:
        read_document("flow: \ud800")
    assert refused.value.problem.code == "yaml.syntax"
