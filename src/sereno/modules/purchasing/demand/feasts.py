"""On which days people of a country buy for something: gift days, sales days, public holidays, reckoned by rule.

Invariant: pure, standard library only, no list of years to run out. A rule is a date (`3-19`), the nth weekday of a
month (`5.6.2`: May's second Sunday, -1 the last), or days from Easter (`e-21`; `o`: of the eastern churches).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

COUNTRIES = frozenset({"AR", "BR", "DE", "ES", "FR", "GB", "IE", "IT", "MX", "PT", "RO", "US"})
"""Those whose public holidays are known. Gift days follow the most usual rule elsewhere."""


@dataclass(frozen=True, slots=True)
class Feast:
    """`first` to `last` are the days on which it is bought for, seen from the day itself. `lift`: what it is assumed to
    bring in such a week above an ordinary one, until the shop has shown it: cautious figures of ours, of a shop that
    sells a bit of everything."""

    code: str
    first: int
    last: int
    lift: float


FEASTS: tuple[Feast, ...] = (
    Feast("black_friday", -4, 3, 0.12),
    Feast("three_kings", -9, -1, 0.15),
    Feast("valentines", -9, -1, 0.04),
    Feast("womens_day", -6, 0, 0.05),
    Feast("easter", -10, -2, 0.03),
    Feast("mothers_day", -9, -1, 0.07),
    Feast("fathers_day", -9, -1, 0.04),
    Feast("childrens_day", -9, -1, 0.04),
    Feast("public_holiday", 0, 0, 0.0),
)
BY_CODE = {one.code: one for one in FEASTS}

_VALENTINES = {"BR": "6-12", "CO": "9.5.3"}
_MOTHERS = {
    "ES": "5.6.1", "PT": "5.6.1", "RO": "5.6.1", "HU": "5.6.1", "GB": "e-21", "IE": "e-21", "FR": "5.6.-1",
    "SE": "5.6.-1", "MX": "5-10", "AR": "10.6.3", "NO": "2.6.2", "PL": "5-26",
}  # fmt: skip
_FATHERS = {
    "ES": "3-19", "PT": "3-19", "IT": "3-19", "RO": "5.6.2", "DE": "e+39", "AT": "6.6.2", "BR": "8.6.2",
    "AU": "9.6.1", "NZ": "9.6.1", "PL": "6-23", "SE": "11.6.2", "NO": "11.6.2", "FI": "11.6.2",
}  # fmt: skip
_CHILDREN = {"RO": "6-1", "PT": "6-1", "PL": "6-1", "BR": "10-12", "MX": "4-30", "AR": "8.6.3"}
_KINGS = frozenset({"ES", "MX"})
_WOMEN = frozenset({"RO", "BG", "MD", "UA"})
_EASTERN = frozenset({"RO", "GR", "BG", "RS", "UA", "CY", "MD"})
_HOLIDAYS = {
    "AR": "1-1 e-48 e-47 3-24 4-2 e-2 5-1 5-25 6-20 7-9 12-8 12-25",
    "BR": "1-1 e-48 e-47 e-2 4-21 5-1 e+60 9-7 10-12 11-2 11-15 11-20 12-25",
    "DE": "1-1 e-2 e+1 5-1 e+39 e+50 10-3 12-25 12-26",
    "ES": "1-1 1-6 e-2 5-1 8-15 10-12 11-1 12-6 12-8 12-25",
    "FR": "1-1 e+1 5-1 5-8 e+39 e+50 7-14 8-15 11-1 11-11 12-25",
    "GB": "1-1 e-2 e+1 5.0.1 5.0.-1 8.0.-1 12-25 12-26",
    "IE": "1-1 2.0.1 3-17 e+1 5.0.1 6.0.1 8.0.1 10.0.-1 12-25 12-26",
    "IT": "1-1 1-6 e+0 e+1 4-25 5-1 6-2 8-15 11-1 12-8 12-25 12-26",
    "MX": "1-1 2.0.1 3.0.3 5-1 9-16 11.0.3 12-25",
    "PT": "1-1 e-2 e+0 4-25 5-1 e+60 6-10 8-15 10-5 11-1 12-1 12-8 12-25",
    "RO": "1-1 1-2 1-6 1-7 1-24 o-2 o+0 o+1 5-1 6-1 o+49 o+50 8-15 11-30 12-1 12-25 12-26",
    "US": "1-1 1.0.3 2.0.3 5.0.-1 6-19 7-4 9.0.1 10.0.2 11-11 11.3.4 12-25",
}


def of_year(country: str, year: int) -> Iterator[tuple[str, date]]:
    """Code and day. A country that is not known ("" too) has the days that are usual everywhere."""
    yield "black_friday", on("11.3.4", year) + timedelta(days=1)
    yield "valentines", on(_VALENTINES.get(country, "2-14"), year)
    yield "easter", on("o+0" if country in _EASTERN else "e+0", year)
    yield "mothers_day", _mothers_day(country, year)
    yield "fathers_day", on(_FATHERS.get(country, "6.6.3"), year)
    if country in _KINGS:
        yield "three_kings", date(year, 1, 6)
    if country in _WOMEN:
        yield "womens_day", date(year, 3, 8)
    if country in _CHILDREN:
        yield "childrens_day", on(_CHILDREN[country], year)
    for rule in _HOLIDAYS.get(country, "").split():
        day = on(rule, year)
        # Those between Christmas and the Three Kings are of the run-up's shape already.
        if (1, 6) < (day.month, day.day) < (12, 20):
            yield "public_holiday", day


def _mothers_day(country: str, year: int) -> date:
    found = on(_MOTHERS.get(country, "5.6.2"), year)
    # In France it gives way to Pentecost.
    return found + timedelta(days=7) if country == "FR" and found == on("e+49", year) else found


def on(rule: str, year: int) -> date:
    """The day of a rule in a year."""
    if rule[0] in "eo":
        begin = easter(year) if rule[0] == "e" else eastern_easter(year)
        return begin + timedelta(days=int(rule[1:]))
    if "." in rule:
        month, weekday, place = (int(one) for one in rule.split("."))
        if place > 0:
            first = date(year, month, 1)
            return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (place - 1))
        last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    month, day = rule.split("-")
    return date(year, int(month), int(day))


def easter(year: int) -> date:
    """Of the western churches (the anonymous Gregorian reckoning, as in Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    ll = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * ll) // 451
    month, day = divmod(h + ll - 7 * m + 114, 31)
    return date(year, month, day + 1)


def eastern_easter(year: int) -> date:
    """Of the eastern churches, in today's calendar; right from 1900 to 2099."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)
