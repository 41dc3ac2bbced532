"""The published models of lifetime and spending, against what is published and against what must hold."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from math import isclose
from pathlib import Path

import pytest

from sereno.modules.scores.lifetime import Buyer, Lifetime, Spending, fit_lifetime, fit_spending

CDNOW = Path(__file__).resolve().parents[5] / "shared" / "data" / "cdnow" / "share_sample_2357.csv.gz"
END = date(1997, 9, 30)
PAPER = Lifetime(0.243, 4.414, 0.793, 2.426)


def cdnow() -> tuple[list[Buyer], list[tuple[int, float]], list[int]]:
    days: dict[str, dict[date, float]] = {}
    with gzip.open(CDNOW, "rt") as file:
        for row in csv.DictReader(file):
            text = row["date"]
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            of = days.setdefault(row["customer_id"], {})
            of[day] = of.get(day, 0.0) + float(row["value"])
    buyers: list[Buyer] = []
    spent: list[tuple[int, float]] = []
    came: list[int] = []
    for of in days.values():
        early = sorted(day for day in of if day <= END)
        count = len(early) - 1
        buyers.append(Buyer(count, (early[-1] - early[0]).days / 7, (END - early[0]).days / 7))
        if count:
            spent.append((count, sum(of[day] for day in early[1:]) / count))
        came.append(len(of) - len(early))
    return buyers, spent, came


def test_the_published_numbers_are_found() -> None:
    buyers, spent, came = cdnow()
    model, likelihood = fit_lifetime(buyers)
    assert [round(one, 3) for one in (model.r, model.alpha, model.a, model.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(likelihood, 1) == -9582.4
    money = fit_spending(spent)
    assert (round(money.p, 2), round(money.q, 2), round(money.v, 2)) == (6.25, 3.74, 15.44)
    expected = [model.expected(one, 39) for one in buyers]
    error = (sum((one - two) ** 2 for one, two in zip(expected, came, strict=True)) / len(came)) ** 0.5
    assert error < 1.6085
    assert round(sum(expected)) == 1653


def test_the_papers_customer() -> None:
    # Fader, Hardie and Lee work one through: 2 repeats, the last in week 30.43 of 38.86, 39 weeks ahead.
    assert round(PAPER.expected(Buyer(2, 30.43, 38.86), 39), 3) == 1.226


def test_expectation_grows_with_time_and_ends_with_silence() -> None:
    active = Buyer(10, 50, 52)
    ahead = [PAPER.expected(active, weeks) for weeks in (0, 1, 10, 52, 520)]
    assert ahead == sorted(ahead) and ahead[0] == 0
    silent = [PAPER.alive(Buyer(10, 50, 50 + weeks)) for weeks in (0, 5, 20, 60, 400)]
    assert silent == sorted(silent, reverse=True) and silent[-1] < 1e-4
    assert PAPER.alive(Buyer(0, 0, 500)) == 1.0
    # Thousands of orders neither overflow nor turn round.
    assert 0 <= PAPER.expected(Buyer(5000, 99, 100), 10) < 1000
    assert isclose(
        Lifetime(0.243, 4.414, 1.0, 2.426).expected(active, 39),
        Lifetime(0.243, 4.414, 1.001, 2.426).expected(active, 39),
        rel_tol=1e-2,
    )


def test_where_all_leave_alike_the_sum_is_the_textbook_one() -> None:
    # With a and b beyond bounds each order is the last by the same chance, 1/4: there are four in all
    # to come. The two ways to the series agree where they meet.
    for ahead in (1.0, 13.0, 52.0, 500.0):
        near, far = (Lifetime(0.5, 4.0, a, 3 * a).expected(Buyer(2, 20, 21), ahead) for a in (19.99, 20.01))
        assert isclose(near, far, rel_tol=2e-3)
    alike = Lifetime(0.5, 4.0, 50_000.0, 150_000.0)
    assert 3.9 < alike.expected(Buyer(0, 0, 0.1), 1e5) < 4.0
    assert isclose(
        alike.expected(Buyer(2, 20, 20.5), 0.01), 0.01 * 2.5 / 24.5 * alike.alive(Buyer(2, 20, 20.5)), rel_tol=1e-2
    )


def test_where_all_buy_alike_often_the_sum_holds() -> None:
    """With rates that hardly differ, half a year's orders stay below what nobody leaving would bring, and grow."""
    for r, a in ((400.0, 5.0), (3000.0, 0.9), (50_000.0, 0.3)):
        model, rate = Lifetime(r, r * 5, a, 2.0), 1 / 5
        for buyer in (Buyer(0, 0.0, 20.0), Buyer(5, 30.0, 40.0), Buyer(60, 100.0, 101.0)):
            found = [model.expected(buyer, ahead) for ahead in (1.0, 12.0, 26.0)]
            assert 0 < found[0] < found[1] < found[2] < 26 * rate * 1.3


def test_spending_is_drawn_to_the_own_mean() -> None:
    money = Spending(6.25, 3.74, 15.44)
    usual = money.expected(0, 0)
    assert round(usual, 2) == round(6.25 * 15.44 / 2.74, 2)
    once, often = money.expected(1, 100.0), money.expected(50, 100.0)
    assert usual < once < often < 100


def test_too_little_is_said() -> None:
    with pytest.raises(ValueError, match="nobody bought twice"):
        fit_lifetime([Buyer(0, 0, 10)])
    with pytest.raises(ValueError, match="nobody spent"):
        fit_spending([(1, 0.0)])
