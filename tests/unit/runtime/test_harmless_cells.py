"""What customers call themselves is no formula in anybody's spreadsheet."""

from __future__ import annotations

import pytest

from sereno.runtime.feeds.outgoing import harmless


@pytest.mark.parametrize("text", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "-Infinity+A1"])
def test_a_formula_is_written_as_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Ana - Bea", -3, "-12.50", "a=b", "", None, "-1e3"])
def test_words_and_numbers_stay_as_they_are(value: object) -> None:
    assert harmless(value) == ("" if value is None else str(value))


def test_nothing_begins_a_line_of_its_own() -> None:
    assert harmless("a\r\n=1+1\t=2") == "a  =1+1 =2"
