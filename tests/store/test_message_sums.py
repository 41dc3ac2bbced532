"""What pages of results add up in the database is what plain rules add up from all rows: on both databases."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place

from sereno.runtime.results.counting import WHAT, Spot, Sums
from sereno.runtime.results.reading import CUTS, EPOCH, Figures, Source, overview, report

TODAY = START.date()
LAST = (TODAY - EPOCH).days
DAYS = 30
Row = tuple[Spot, str, dict[str, int]]


def filled(place: Place) -> list[Row]:
    """Sums of some flows and a newsletter as workers write them, in several shards and currencies."""
    chance = random.Random(67)
    rows: list[Row] = []
    for worker in ("w1", "w2", "w3"):
        with place.database.transaction() as tx:
            sums = Sums()
            for _ in range(400):
                source, id_ = chance.choice([("flow", 7), ("flow", 8), ("newsletter", 3)])
                step = "" if source == "newsletter" else chance.choice(["0", "2.then.0", "10"])
                spot = Spot(
                    *(place.shop, LAST - chance.randrange(75), source, id_, step),
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


@pytest.mark.parametrize("step", [None, "0", "2.then.0", "99"])
def test_a_report_is_what_plain_rules_give(place: Place, step: str | None) -> None:
    rows = filled(place)
    since = TODAY - timedelta(days=DAYS - 1)
    for kind, id_ in (("flow", 7), ("newsletter", 3), ("flow", 99)):
        mine = [row for row in rows if (row[0].source, row[0].source_id) == (kind, id_)]
        mine = [row for row in mine if step is None or row[0].step == step]
        now = [row for row in mine if LAST - DAYS < row[0].day <= LAST]
        before = [row for row in mine if LAST - 2 * DAYS < row[0].day <= LAST - DAYS]
        found = report(place.shop, Source(kind, id_), since, TODAY, step=step, database=place.database)
        same(found.total, now)
        same(found.before, before)
        for (day, figures), number in zip(found.days, range(LAST - DAYS + 1, LAST + 1), strict=True):
            assert (day - EPOCH).days == number
            same(figures, [row for row in now if row[0].day == number])
        for (_, figures), number in zip(found.days_before, range(LAST - 2 * DAYS + 1, LAST - DAYS + 1), strict=True):
            same(figures, [row for row in before if row[0].day == number])
        for cut in CUTS[:-1]:
            groups: dict[Any, list[Row]] = defaultdict(list)
            for row in now:
                groups[getattr(row[0], cut)].append(row)
            for name, figures in found.cuts[cut]:
                same(figures, groups.pop(name))
            shown = ("sent", "orders", "failed", "withheld")
            assert not any(by_hand(left)[0][what] for left in groups.values() for what in shown)


def test_the_overview_is_what_plain_rules_give(place: Place) -> None:
    rows = filled(place)
    found = overview(place.shop, TODAY - timedelta(days=DAYS - 1), TODAY, database=place.database)
    now = [row for row in rows if row[0].day > LAST - DAYS]
    same(found.report.total, now)
    same(found.report.before, [row for row in rows if LAST - 2 * DAYS < row[0].day <= LAST - DAYS])
    assert len(found.lines) == 3
    for line in found.lines:
        same(
            line.figures,
            [row for row in now if (row[0].source, row[0].source_id) == (line.source.kind, line.source.id)],
        )
    for name, figures in found.report.cuts["channel"]:
        same(figures, [row for row in now if row[0].channel == name])
