"""Choices that are edited as lines of a text keep who they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sereno.sdk.languages import matched


def test_what_reads_the_same_is_the_same_wherever_it_stands() -> None:
    assert matched("ABC", "BC") == [1, 2], "the first was dropped"
    assert matched("ABC", "CAB") == [2, 0, 1]
    assert matched("ABC", "DABC") == [None, 0, 1, 2]
    assert matched("", "XY") == [None, None]


def test_other_words_between_the_same_neighbours_are_the_same_choice() -> None:
    assert matched("ABC", "AXC") == [0, 1, 2]
    assert matched("ABC", "XYZ") == [0, 1, 2]
    assert matched("AB", "XBC") == [0, 1, None]
    assert matched("ABCD", "AXD") == [0, None, 3], "which of the two it is nobody can say"


@given(st.lists(st.text(max_size=2), max_size=6), st.lists(st.text(max_size=2), max_size=6))
def test_no_choice_is_taken_twice(shown: list[str], lines: list[str]) -> None:
    found = [one for one in matched(shown, lines) if one is not None]
    assert len(set(found)) == len(found) and all(0 <= one < len(shown) for one in found)
    assert len(matched(shown, lines)) == len(lines)
