"""What is usual is learned from a stream's own hours; silence rings late enough not to ring for nothing, and soon
enough to be of use. Measured in a bounded form of `bench/watching.py`."""

from __future__ import annotations

import gzip
import random
from bisect import bisect_right
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.runtime.watching import expecting
from sereno.runtime.watching.expecting import DAY, HOUR, WEEK, Hour, Profile, learn, rings_at, weigh

ORDERS = Path(__file__).parents[3] / "bench" / "data" / "online_retail_orders.txt.gz"
START = datetime(2026, 2, 2, tzinfo=UTC).timestamp()
CLOSED = ("2011-04-22", "2011-04-29", "2011-05-02", "2011-05-30")


def hours_of(times: list[float]) -> dict[int, Hour]:
    found: dict[int, Hour] = {}
    before = None
    for at in times:
        held = found.get(int(at // HOUR), Hour(0))
        longest = before is not None and at - before > held.pause
        pause = (at - before, at) if longest and before is not None else (held.pause, held.pause_end)
        found[int(at // HOUR)] = Hour(held.count + 1, *pause)
        before = at
    return found


def known(times: list[float], zone: str = "UTC") -> Profile | None:
    return learn(hours_of(times), int(times[0] // HOUR), int(times[-1] // HOUR), zone)


def poisson(per_hour: float, days: int, seed: int = 1, begin: int = 8, end: int = 20) -> list[float]:
    """Events at random between these hours of each day."""
    chance = random.Random(seed)
    found: list[float] = []
    for day in range(days):
        at = START + (day * DAY + begin) * HOUR
        while (at := at + chance.expovariate(per_hour) * HOUR) < START + (day * DAY + end) * HOUR:
            found.append(at)
    return found


def test_too_little_is_not_judged() -> None:
    assert known(poisson(4, 10)) is None, "ten days"
    assert known([START + day * 3 * DAY * HOUR for day in range(6)]) is None, "six events"


def test_the_hours_of_the_week_are_found() -> None:
    profile = known(poisson(5, 60))
    assert profile is not None
    assert sum(profile.usual) == pytest.approx(7 * 12 * 5, rel=0.15)
    assert max(profile.usual[0:7]) < 0.1 and min(profile.usual[9:19]) > 3


def test_a_night_weighs_nothing_and_the_morning_does() -> None:
    times = poisson(5, 60)
    profile = known(times)
    assert profile is not None
    evening = START + (60 * DAY + 20) * HOUR
    assert weigh(profile, evening, evening + 12 * HOUR) < 1
    rings = rings_at(profile, evening)
    assert rings is not None and 8.5 < (rings - evening) / HOUR - 4 < 12, "after eight in the morning, before noon"


def test_clockwork_is_missed_within_the_hour() -> None:
    times = [START + (day * DAY + 9) * HOUR for day in range(40)]
    profile = known(times)
    assert profile is not None
    rings = rings_at(profile, times[-1])
    assert rings is not None and 24 < (rings - times[-1]) / HOUR < 25.1


def test_planned_pauses_weigh_nothing() -> None:
    times = poisson(5, 60)
    profile = known(times)
    assert profile is not None
    plain = rings_at(profile, times[-1])
    paused = rings_at(profile, times[-1], [(times[-1] + 60, times[-1] + 3 * DAY * HOUR)])
    assert plain is not None and paused is not None and paused > times[-1] + 3 * DAY * HOUR > plain


def test_an_outage_does_not_teach_that_outages_are_usual() -> None:
    times = poisson(5, 60)
    gone = [at for at in times if not 30 * DAY * HOUR < at - START < 33 * DAY * HOUR]
    before, after = known(times), known(gone)
    assert before is not None and after is not None
    assert after.ring < 1.5 * before.ring
    assert sum(after.usual) == pytest.approx(sum(before.usual), rel=0.1)


def test_a_loop_does_not_teach_that_loops_are_usual() -> None:
    times = poisson(5, 60)
    profile, looped = known(times), known(sorted([*times, *(times[300] + i / 10 for i in range(5000))]))
    assert profile is not None and looped is not None
    assert sum(looped.usual) < 1.3 * sum(profile.usual)
    assert profile.many < 5000


def test_poisson_rings_once_in_ten_months() -> None:
    times = poisson(5, 240, seed=3)
    false = months = 0.0
    for day in range(60, 240, 4):
        past = [at for at in times if at < START + day * DAY * HOUR]
        profile = known(past)
        assert profile is not None
        ahead = [at for at in times if past[-1] <= at < START + (day + 4) * DAY * HOUR]
        false += sum((rings_at(profile, a) or b) < b for a, b in pairwise(ahead))
        months += 4 / 30.4
    assert false / months <= 0.5


def online_retail(until: str) -> list[float]:
    chance, zone = random.Random(1), ZoneInfo("Europe/London")
    found: list[float] = []
    for line in gzip.decompress(ORDERS.read_bytes()).decode().splitlines():
        day, *minutes = line.split()
        if day < until:
            midnight = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
            found += [midnight + int(minute) * 60 + 59 * chance.random() for minute in minutes]
    return sorted(found)


def test_a_real_shop_at_most_one_false_alarm_a_month_and_outages_found_the_same_day() -> None:
    """Online Retail from February on: orders of a wholesaler closed on Saturdays; holidays count as closing days."""
    zone, times = "Europe/London", online_retail("2011-06-15")
    hours, first = hours_of(times), int(times[0] // HOUR)
    begin = bisect_right(times, datetime(2011, 2, 1, tzinfo=UTC).timestamp())
    profiles: dict[int, Profile] = {}
    false: list[str] = []
    for a, b in pairwise(times[begin:]):
        week = int(a // HOUR) // WEEK
        if week not in profiles:
            made = learn({hour: held for hour, held in hours.items() if hour < a // HOUR}, first, int(a // HOUR), zone)
            assert made is not None
            profiles[week] = made
        rings = rings_at(profiles[week], a)
        if rings is not None and rings < b:
            false.append(datetime.fromtimestamp(rings, UTC).date().isoformat())
    assert len([day for day in false if day not in CLOSED]) / 4.5 <= 1
    chance, delays = random.Random(2), list[float]()
    while len(delays) < 60:
        stop = datetime.fromtimestamp(chance.uniform(times[begin], times[-1]), ZoneInfo(zone))
        if stop.weekday() in (0, 1, 2, 3) and 10 <= stop.hour < 13 and stop.date().isoformat() not in CLOSED:
            last = times[bisect_right(times, stop.timestamp()) - 1]
            rings = rings_at(profiles[int(last // HOUR) // WEEK], last)
            assert rings is not None
            delays.append((rings - stop.timestamp()) / HOUR)
    assert median(delays) < 4, "an outage on a working morning is found by the afternoon"


@given(st.integers(0, 2_000_000), st.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata"]))
def test_the_hour_of_the_week_is_the_zones_own(hour: int, zone: str) -> None:
    local = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(zone))
    ahead = int(local.utcoffset().total_seconds() // HOUR)  # type: ignore[union-attr]
    assert expecting.slot_of(hour * HOUR, zone) == (hour + ahead + 72) % WEEK
    assert expecting.slots_between(hour, hour + 1, zone) == [expecting.slot_of(hour * HOUR, zone)]
