"""What pages of results add up in the database is what plain rules add up from all rows: on both databases."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from importlib import import_module
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import START, Place

from sereno.runtime.results.counting import EPOCH, WHAT, Spot, Sums, month_of
from sereno.runtime.results.reading import CUTS, Figures, Report, Source, overview, parts_of, report

TODAY = START.date()
LAST = (TODAY - EPOCH).days
LENGTHS = (29, 30, 75, 120)
"""How many days reports are asked for: without a whole month among them, with one that is all but two days, with days
before and after whole months."""
Row = tuple[Spot, str, dict[str, int]]


def filled(place: Place) -> list[Row]:
    """Sums of some flows and a newsletter as workers write them, in several shards and currencies."""
    chance = random.Random(67)
    rows: list[Row] = []
    for worker in ("w1", "w2", "w3"):
        with place.database.transaction() as tx:
            sums = Sums()
            for _ in range(600):
                source, id_ = chance.choice([("flow", 7), ("flow", 8), ("newsletter", 3)])
                step = "" if source == "newsletter" else chance.choice(["0", "2.then.0", "10"])
                spot = Spot(
                    *(place.shop, LAST - chance.randrange(250), source, id_, step),
                    *(chance.choice(["", "a", "b"]), chance.choice(["email", "sms"]), chance.choice(["es", "en"])),
                )
                currency = chance.choice(["", "", "EUR", "USD"])
                what = chance.choice(WHAT[11:] if currency else WHAT[:11])
                number = chance.randrange(1, 2_000_000_000)
                sums.add(spot, what, number, currency)
                rows.append((spot, currency, {what: number}))
            sums.write(tx, worker)
    return rows


def by_hand(rows: list[Row]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Counts of the shop's own currency, revenue in others, units by channel."""
    counts, other, units = Counter[str](), Counter[str](), Counter[str]()
    for spot, currency, values in rows:
        for what, number in values.items():
            if currency in ("", "EUR"):
                counts[what] += number
            elif what == "orders":
                counts["orders_other"] += number
            elif what == "revenue":
                other[currency] += number
            if what == ("segments" if spot.channel == "sms" else "sent"):
                units[spot.channel] += number
    return counts, other, units


def same(found: Figures, rows: list[Row]) -> None:
    counts, other, units = by_hand(rows)
    assert {name: number for name, number in found.counts.items() if number} == dict(counts)
    assert {name: number for name, number in found.other.items() if number} == dict(other)
    assert {name: number for name, number in found.by_channel.items() if number} == dict(units)
    assert all(type(number) is int for number in found.counts.values())


@pytest.mark.parametrize("step", [None, "0", "99"])
def test_a_report_is_what_plain_rules_give(place: Place, step: str | None) -> None:
    rows = filled(place)
    for (kind, id_), length in product((("flow", 7), ("newsletter", 3), ("flow", 99)), LENGTHS):
        mine = [row for row in rows if (row[0].source, row[0].source_id) == (kind, id_)]
        mine = [row for row in mine if step is None or row[0].step == step]
        now = [row for row in mine if LAST - length < row[0].day <= LAST]
        since = TODAY - timedelta(days=length - 1)
        found = report(place.shop, Source(kind, id_), since, TODAY, step=step, database=place.database)
        told(found, mine, LAST, length)
        for cut in CUTS[:-1]:
            groups: dict[Any, list[Row]] = defaultdict(list)
            for row in now:
                groups[getattr(row[0], cut)].append(row)
            for name, figures in found.cuts[cut]:
                same(figures, groups.pop(name))
            shown = ("sent", "orders", "failed", "withheld")
            assert not any(by_hand(left)[0][what] for left in groups.values() for what in shown)


def told(found: Report, rows: list[Row], last: int, length: int) -> None:
    """Both stretches, whole and by day."""
    by_day: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row[0].day].append(row)
    for first, whole, days in (
        (last - length + 1, found.total, found.days),
        (last - 2 * length + 1, found.before, found.days_before),
    ):
        numbers = range(first, first + length)
        same(whole, [row for number in numbers for row in by_day[number]])
        for (day, figures), number in zip(days, numbers, strict=True):
            assert (day - EPOCH).days == number
            same(figures, by_day[number])


def test_the_overview_is_what_plain_rules_give(place: Place) -> None:
    """Also of days that end with a month, or in one (START is a 2nd of March)."""
    rows = filled(place)
    for ago, length in product((0, 2, 30), LENGTHS):
        last = LAST - ago
        until = EPOCH + timedelta(days=last)
        found = overview(place.shop, until - timedelta(days=length - 1), until, database=place.database)
        told(found.report, rows, last, length)
        now = [row for row in rows if last - length < row[0].day <= last]
        assert len(found.lines) == 3
        for line in found.lines:
            mine = [row for row in now if (row[0].source, row[0].source_id) == (line.source.kind, line.source.id)]
            same(line.figures, mine)
        for name, figures in found.report.cuts["channel"]:
            same(figures, [row for row in now if row[0].channel == name])


@given(since=st.dates(date(2024, 1, 1), date(2026, 3, 2)), length=st.integers(1, 366))
def test_each_day_is_in_one_part(since: date, length: int) -> None:
    until = since + timedelta(days=length - 1)
    found = parts_of(since, until)
    whole = [day for day in days_of(since - timedelta(days=62), until + timedelta(days=62)) if is_inside(day, found)]
    singly = [EPOCH + timedelta(days=number) for number in found["days"]]
    assert sorted([*whole, *singly]) == days_of(since, until)
    assert len(singly) <= 60


def is_inside(day: date, found: dict[str, Any]) -> bool:
    return found["first"] <= month_of(day) <= found["last"]


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def kept(place: Place) -> dict[str, list[tuple[Any, ...]]]:
    """What adds up other sums, without what comes to nothing, and the same added up anew from each day's rows."""
    kinds, sums = "shop_id, source, source_id, step, variant, channel, locale, currency, shard", ", ".join(WHAT)
    whole = "shop_id, source, source_id, '*', '', channel, '', currency, shard"
    found = {
        "months": f"SELECT {kinds}, month, {sums} FROM insights_month",
        "days": f"SELECT {kinds}, day, {sums} FROM insights_tally WHERE step = '*'",
        "rows": f"SELECT {kinds}, day, {sums} FROM insights_tally WHERE step <> '*'",
        "sources": f"SELECT {whole}, day, {sums} FROM insights_tally WHERE step <> '*'",
    }
    read = {name: place.rows(text) for name, text in found.items()}
    shops = [(row[0], "*", 0, *row[3:]) for row in read["sources"]]
    months = [(*row[:9], month_of(EPOCH + timedelta(days=row[9])), *row[10:]) for row in read["rows"] + read["sources"]]
    return {
        "days": added(read["days"]), "days anew": added(read["sources"] + shops),
        "months": added(read["months"]), "months anew": added(months),
    }  # fmt: skip


def added(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        held = found.setdefault(tuple(row[:10]), [0] * len(WHAT))
        held[:] = [one + int(other) for one, other in zip(held, row[10:], strict=True)]
    return sorted((*key, *values) for key, values in found.items() if any(values))


def test_what_adds_up_other_sums_never_differs_from_them(place: Place) -> None:
    """Also when what was counted is taken back, on the last day of a month or the first of the next, and when a
    transaction is undone."""
    filled(place)
    chance = random.Random(11)
    places = [Spot(place.shop, LAST - ago, "flow", 7, "0") for ago in (1, 2, 3, 31, 33, 60, 61)]
    for number in range(60):
        sums = Sums()
        for _ in range(3):
            sums.add(chance.choice(places), chance.choice(("orders", "revenue")), chance.randrange(-5, 6), "EUR")
        with suppress(LookupError), place.database.transaction() as tx:
            sums.write(tx, f"w{number % 4}")
            if number % 5 == 0:
                raise LookupError("as if it were killed here")
    found = kept(place)
    assert found["days"] == found["days anew"] and len(found["days"]) > 100
    assert found["months"] == found["months anew"] and len(found["months"]) > 100


def test_what_was_counted_before_is_added_up_by_the_migration(place: Place) -> None:
    filled(place)
    before = kept(place)
    migration = import_module("sereno.modules.insights.migrations.0004_months")
    with place.database.transaction() as tx:
        tx.text("DELETE FROM insights_month")
        tx.text("DELETE FROM insights_tally WHERE source = '*'")
        for statement in migration.filling(place.database.dialect):
            tx.text(statement)
    assert kept(place) == before
