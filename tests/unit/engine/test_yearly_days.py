"""Days that come every year: held against the calendar, over leap years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sereno.engine.segments.yearly import day_number, falls_on

SOME = sorted({1, 31, 58, 59, 60, 61, 62, 200, 365, 366})


def birthday(year: int, number: int) -> date:
    """The 29th of February is kept on the 28th where there is none."""
    of_leap_year = date(2000, 1, 1) + timedelta(days=number - 1)
    month, day = of_leap_year.month, of_leap_year.day
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


@pytest.mark.parametrize("number", SOME)
def test_they_fall_where_the_calendar_says(number: int) -> None:
    for days in range(0, 366 * 5, 13 if number not in (59, 60, 61) else 1):
        today = date(2023, 1, 1) + timedelta(days=days)
        every = [birthday(year, number) for year in range(today.year - 1, today.year + 2)]
        last, coming = max(day for day in every if day <= today), min(day for day in every if day >= today)
        assert falls_on(number, today.toordinal()) == (last.toordinal(), coming.toordinal()), today


def test_numbers_are_those_of_a_leap_year() -> None:
    assert [day_number(1, 1), day_number(2, 29), day_number(3, 1), day_number(12, 31)] == [1, 60, 61, 366]
    with pytest.raises(ValueError, match="day is out of range"):
        day_number(2, 30)
