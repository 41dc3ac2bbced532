"""Days that come every year, such as birthdays: kept as the day's number in a leap year (1 to 366), from which the days
they fall on follow by adding up, in the database as here.

Invariant: who was born on the 29th of February has their birthday on the 28th where there is no 29th, as in flows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

_LEAP = 2000
_LEAP_DAY = 60
"""The 29th of February."""


def day_number(month: int, day: int) -> int:
    return (date(_LEAP, month, day) - date(_LEAP, 1, 1)).days + 1


def years_around(today: int) -> Iterator[tuple[int, int]]:
    """For the year before that of this day, its own and the next: what is to be added to a day's number to get the
    ordinal it falls on, before the 29th of February, and from it on."""
    year = date.fromordinal(today).year
    for one in (year - 1, year, year + 1):
        start = date(one, 1, 1).toordinal() - 1
        has_leap_day = date(one, 12, 31).toordinal() - start == 366
        yield start, start if has_leap_day else start - 1


def falls_on(number: int, today: int) -> tuple[int, int]:
    """The last time the day was, today or before, and the next time it is, today or after."""
    days = [before if number < _LEAP_DAY else after for before, after in years_around(today)]
    days = [start + number for start in days]
    return max(day for day in days if day <= today), min(day for day in days if day >= today)


def as_sql(column: str, today: int) -> tuple[str, str]:
    """The same two of a column of such numbers."""
    days = [
        f"{column} + CASE WHEN {column} < {_LEAP_DAY:d} THEN {before:d} ELSE {after:d} END"
        for before, after in years_around(today)
    ]
    first, second, third = days
    last = f"(CASE WHEN {second} <= {today:d} THEN {second} ELSE {first} END)"
    return last, f"(CASE WHEN {second} >= {today:d} THEN {second} ELSE {third} END)"
