"""Two changes of one text, put together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sereno.web.builder.weaving import woven

BASE = "one\ntwo\nthree\nfour\nfive\n"


def test_changes_of_different_lines_stand_together() -> None:
    mine = BASE.replace("one", "uno")
    theirs = BASE.replace("five\n", "cinco\nseis\n")
    assert woven(BASE, mine, theirs) == "uno\ntwo\nthree\nfour\ncinco\nseis\n"


def test_the_same_line_is_for_a_person() -> None:
    assert woven(BASE, BASE.replace("two", "dos"), BASE.replace("two", "doi")) is None
    assert woven(BASE, BASE.replace("two\n", ""), BASE.replace("two", "doi")) is None


def test_lines_beside_each_other_are_for_a_person() -> None:
    assert woven(BASE, BASE.replace("two", "dos"), BASE.replace("three", "trei")) is None


def test_the_same_change_is_taken_once() -> None:
    both = BASE.replace("two", "dos")
    assert woven(BASE, both, both) == both


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=8).map("".join)


@given(LINES, LINES)
def test_who_changed_nothing_gives_way(base: str, changed: str) -> None:
    assert woven(base, base, changed) == changed
    assert woven(base, changed, base) == changed


@given(LINES, LINES, LINES)
def test_it_does_not_matter_who_was_first(base: str, one: str, other: str) -> None:
    assert woven(base, one, other) == woven(base, other, one)
