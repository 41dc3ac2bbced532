"""Forecasts on real series that are shared for it, and their properties: better than the best simple method, no look
ahead, the same every time."""

from __future__ import annotations

import csv
import gzip
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from sereno.modules.purchasing.demand import accuracy, feasts, methods, occasions, pool, simple
from sereno.modules.purchasing.demand.seasons import Calendar

DATA = Path(__file__).parents[5] / "shared" / "data"
SETS = {"carparts": (12, 30.4375), "jewelry": (8, 7.0)}


def series(name: str) -> np.ndarray:
    with gzip.open(DATA / name / "share_series.csv.gz", "rt") as file:
        rows = [[float(cell) if cell else np.nan for cell in row[1:]] for row in list(csv.reader(file))[1:]]
    y = np.array(rows)
    return y[~np.isnan(y).any(1)]


@pytest.mark.parametrize("name", SETS)
def test_better_than_the_best_simple_method_on_series_it_did_not_learn_from(name: str) -> None:
    horizon, days = SETS[name]
    y = series(name)
    learned = pool.learn(y[::2, :-horizon], horizon, Calendar(days=days))
    past, came = y[1::2, :-horizon], y[1::2, -horizon:]
    seen = pool.outlook(past, horizon, learned)
    flats = [methods.mean_of_last(past, 12), *(methods.smoothed(past, alpha) for alpha in (0.1, 0.3))]
    simplest = min(accuracy.rmsse(past, came, np.repeat(one[:, None], horizon, 1)) for one in flats)
    assert accuracy.rmsse(past, came, seen.mean) < simplest
    total, stocked = came[:, :3].sum(1), seen.sums[:, 2, simple.LEVELS.index(0.95)]
    normal = 3 * flats[0] + NormalDist().inv_cdf(0.95) * past.std(1, ddof=1) * np.sqrt(3)
    assert accuracy.pinball(total, stocked, 0.95) < accuracy.pinball(total, normal, 0.95)
    assert accuracy.service(total, stocked) >= 0.92


def test_the_same_past_gives_the_same_forecast_and_later_weeks_change_nothing() -> None:
    y = series("jewelry")
    one, two = (pool.outlook(part, 8, pool.learn(part, 8)) for part in (y[:, :100], y[:, :100].copy()))
    assert np.array_equal(one.mean, two.mean)
    assert np.array_equal(one.sums, two.sums)


def test_quantiles_do_not_cross_nor_fall() -> None:
    seen = pool.outlook(series("carparts"), 12, pool.learn(series("carparts"), 12))
    assert (np.diff(seen.sums, axis=2) >= 0).all()
    assert (np.diff(seen.sums, axis=1) >= 0).all()
    assert (seen.sums >= 0).all() and (seen.mean >= 0).all()


def test_new_things_do_as_their_like() -> None:
    chance = np.random.default_rng(3)
    mugs, cards = chance.poisson(40, (30, 60)), chance.poisson(2, (30, 60))
    y = np.concatenate([mugs, cards, [[np.nan] * 60, [np.nan] * 60]]).astype(float)
    groups = ["mug"] * 30 + ["card"] * 30 + ["mug", "card"]
    seen = pool.outlook(y, 4, pool.learn(y, 4, Calendar(), groups), groups)
    assert seen.mean[60, 0] == pytest.approx(40, rel=0.25)
    assert seen.mean[61, 0] == pytest.approx(2, rel=0.5)
    assert seen.methods[60] == "new"


def test_christmas_is_believed_as_far_as_the_shop_shows_it() -> None:
    monday = date(2025, 7, 7)
    flat = np.full((40, 34), 20.0)
    seen = pool.outlook(flat, 6, pool.learn(flat, 6, Calendar(monday)))
    assert seen.mean == pytest.approx(20, rel=0.05)
    before = pool.outlook(flat[:, :18], 6, pool.learn(flat[:, :18], 6, Calendar(monday)))
    assert before.mean[:, 4].mean() > 20.5


def test_what_sold_last_christmas_is_expected_to_sell_again() -> None:
    """Of 44 weeks from the end of November: some things sold four times as much in its first weeks as after."""
    chance = np.random.default_rng(5)
    rate = np.full((60, 44), 20.0)
    rate[:20, :4] = 80.0
    rate[:20, 34:] += 5.0 * np.arange(1, 11)
    y = chance.poisson(rate).astype(float)
    calendar = Calendar(date(2025, 11, 24))
    seen = pool.outlook(y, 9, pool.learn(y, 9, calendar))
    festive, other = seen.mean[:20].mean(0), seen.mean[20:].mean(0)
    assert festive[8] > 2.2 * other[8]
    own = methods.own_year(y, 9, 52, np.full(60, 20.0), np.ones(44))
    assert own[:20, 8].mean() > 3 > 1.3 > own[20:, 8].mean()
    assert (methods.own_year(y[:, :6], 9, 52, np.full(60, 20.0), np.ones(6)) == 1).all()


def test_a_stated_run_up_reaches_what_every_part_expects() -> None:
    """No week of the past can teach it, so no part may be without it; a season that was learned is for the weights."""
    y = np.full((30, 40), 20.0)
    dated = pool.parts(y, 6, Calendar(date(2025, 1, 6)))
    assert (dated[:, 5] > dated[:, 0] * 1.1).all()
    assert Calendar(date(2025, 2, 10)).is_stated(103)
    assert not Calendar(date(2025, 2, 10)).is_stated(104)
    assert not Calendar().is_stated(40)


def test_one_large_order_is_not_what_a_thing_sells_but_a_season_of_all_is() -> None:
    chance = np.random.default_rng(11)
    y = chance.poisson(20, (60, 40)).astype(float)
    y[0, 37] = 4000.0
    y[:, 30] *= 5
    held = methods.steadied(y)
    assert held[0, 37] < 80
    assert np.median(held[:, 30] / y[:, 30]) == 1.0
    assert (held[1:, 31:37] == y[1:, 31:37]).mean() > 0.97
    assert methods.steadied(np.array([[np.nan, 0, 3.0, 500.0]]))[0, 3] == 500, "too few to say what is usual"
    seen = pool.outlook(y, 4, pool.learn(y, 4))
    assert seen.mean[0].max() < 3 * np.median(seen.mean)


def test_out_of_stock_is_not_no_demand() -> None:
    assert simple.unconstrained(3, 0.5) == 6
    assert simple.unconstrained(3, 0.1) is None
    assert simple.unconstrained(3, None) == 3
    assert simple.forecast([10, None, None, 10], 2).mean == (10.0, 10.0)
    assert simple.forecast([], 2).mean == (0.0, 0.0)


def test_the_days_of_a_country_are_reckoned() -> None:
    def days(country: str, year: int) -> dict[str, str]:
        return {code: day.isoformat() for code, day in feasts.of_year(country, year) if code != "public_holiday"}

    spain, romania, britain = days("ES", 2026), days("RO", 2026), days("GB", 2026)
    assert (spain["easter"], romania["easter"]) == ("2026-04-05", "2026-04-12")
    assert (spain["mothers_day"], spain["fathers_day"], spain["three_kings"]) == (
        "2026-05-03",
        "2026-03-19",
        "2026-01-06",
    )
    assert (britain["mothers_day"], britain["black_friday"]) == ("2026-03-15", "2026-11-27")
    assert "three_kings" not in britain
    assert romania["womens_day"] == "2026-03-08"
    assert (days("BR", 2026)["valentines"], days("BR", 2026)["fathers_day"]) == ("2026-06-12", "2026-08-09")
    assert days("FR", 2026)["mothers_day"] == "2026-05-31"
    # In 2009 the last Sunday of May was Pentecost.
    assert days("FR", 2009)["mothers_day"] == "2009-06-07"
    assert [feasts.easter(year).isoformat() for year in (2024, 2025, 2027)] == [
        "2024-03-31",
        "2025-04-20",
        "2027-03-28",
    ]
    assert [feasts.eastern_easter(year).isoformat() for year in (2024, 2025, 2027)] == [
        "2024-05-05",
        "2025-04-20",
        "2027-05-02",
    ]
    assert date(2026, 5, 25) in [day for code, day in feasts.of_year("US", 2026) if code == "public_holiday"]


def sold_at(events: tuple[int, ...], weeks: int, times: float, *, only: int | None = None) -> np.ndarray:
    """40 things that sell 50 a week, and `times` as much in some weeks; or so only the first of them."""
    rate = np.full((40, weeks), 50.0)
    for week in events:
        rate[slice(None) if only is None else slice(0, only), week] *= times
    return np.random.default_rng(17).poisson(rate).astype(float)


def event_of(first: date, week: int, name: str = "Sale") -> occasions.Occasion:
    begins = first + timedelta(weeks=week)
    return occasions.own_event(name, begins, begins + timedelta(days=6), None)


def test_what_an_event_brought_before_is_expected_again_and_of_whom_it_brought_it() -> None:
    monday = date(2026, 1, 5)
    y = sold_at((10, 24), 40, 3.0)
    calendar = Calendar(monday, 7.0, 0.0, tuple(event_of(monday, week) for week in (10, 24, 43)))
    learned = pool.learn(y, 6, calendar)
    seen = pool.outlook(y, 6, learned).mean.mean(0)
    assert seen[3] > 2.2 * seen[1], "the week of the event"
    day = pool.days_ahead(y, 6, learned)[0][0]
    assert (day.code, day.on, day.basis) == ("own:Sale", monday + timedelta(weeks=43), "learned")
    assert 1.2 < day.effect < 2.5
    few = sold_at((10, 24), 40, 4.0, only=4)
    own = pool.outlook(few, 6, pool.learn(few, 6, calendar)).mean
    assert own[:4, 3].mean() > 2.0 * own[:4, 1].mean()
    assert own[4:, 3].mean() < 1.3 * own[4:, 1].mean()


def test_an_event_that_brought_nothing_moves_nothing() -> None:
    monday = date(2026, 1, 5)
    y = sold_at((), 40, 1.0)
    plain = pool.outlook(y, 6, pool.learn(y, 6, Calendar(monday, 7.0, 0.0))).mean.mean(0)
    calendar = Calendar(monday, 7.0, 0.0, tuple(event_of(monday, week) for week in (10, 24, 43)))
    assert pool.outlook(y, 6, pool.learn(y, 6, calendar)).mean.mean(0) == pytest.approx(plain, rel=0.06)


def test_what_never_came_is_assumed_and_what_it_did_not_do_is_dropped() -> None:
    """A shop of 30 weeks that saw Mother's Day pass without anything, and no Black Friday yet."""
    monday = date(2026, 4, 6)
    y = sold_at((), 30, 1.0)
    ends = monday + timedelta(weeks=64)
    calendar = Calendar(monday, 7.0, 0.0, tuple(occasions.of_country("ES", monday, ends)))
    seen = pool.learn(y, 13, calendar)
    basis = {day.code: day for day in pool.days_ahead(y, 13, seen)[0]}
    assert basis["black_friday"].basis == "assumed"
    assert basis["black_friday"].effect == pytest.approx(0.12, abs=0.06)
    assert all(abs(day.effect) < 0.03 for code, day in basis.items() if code not in ("black_friday", "three_kings"))


def test_later_weeks_change_nothing_of_what_days_did() -> None:
    monday = date(2026, 1, 5)
    y = sold_at((10, 24), 44, 3.0)
    calendar = Calendar(monday, 7.0, 0.0, tuple(event_of(monday, week) for week in (10, 24, 38)))
    early = pool.outlook(y[:, :36], 6, pool.learn(y[:, :36], 6, calendar)).mean
    changed = y.copy()
    changed[:, 36:] = 9999.0
    again = pool.outlook(changed[:, :36], 6, pool.learn(changed[:, :36], 6, calendar)).mean
    assert np.array_equal(early, again)


def test_days_of_all_countries_sold_to_count_by_their_share() -> None:
    """Mother's Day: the first Sunday of May in Spain, in Lent in Britain; Black Friday is one day for both."""
    begin, end = date(2026, 1, 5), date(2026, 12, 28)
    found = occasions.of_countries({"ES": 0.75, "GB": 0.25}, begin, end)
    mothers = [(one.day, one.share) for one in found if one.code == "mothers_day"]
    assert mothers == [(date(2026, 3, 15), 0.25), (date(2026, 5, 3), 0.75)]
    assert [one.share for one in found if one.code == "black_friday"] == [1.0]
    y, halves = sold_at((), 30, 1.0), {"ES": 0.5, "RO": 0.5}
    both = Calendar(begin, 7.0, 0.0, tuple(occasions.of_countries(halves, begin, end)))
    alone = Calendar(begin, 7.0, 0.0, tuple(occasions.of_country("RO", begin, end)))
    effects = [
        {day.code: day.effect for day in pool.days_ahead(y[:, :4], 13, pool.learn(y[:, :4], 4, one))[0]}["womens_day"]
        for one in (both, alone)
    ]
    assert effects[0] == pytest.approx(effects[1] / 2, rel=0.05) and effects[1] > 0.02
