"""Silence: how often the watch rings for nothing, and how soon it finds an outage; beside two simple rules. JSON.

    python bench/watching.py [outages per stream]

Streams: the year of the demo, each kind of webhook a flow may start by, and the orders of Online Retail (UCI, CC BY
4.0; instants of 15,899 orders of a wholesaler closed on Saturdays and holidays, December 2010 to September 2011).
Everything is judged by what was known at the time: the profile is learned anew each day from the days before.
`told`: the same watch, told the closing days as a shop can.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from zoneinfo import ZoneInfo

from sereno.runtime.watching import expecting
from sereno.runtime.watching.expecting import HOUR, Hour, Profile

DAY = 24 * HOUR
LEAST = 40
ORDERS = Path(__file__).parent / "data" / "online_retail_orders.txt.gz"
BANK_HOLIDAYS = {
    *(date(2010, 12, 24) + timedelta(days=day) for day in range(11)),
    *(date(2011, 4, 22) + timedelta(days=day) for day in range(4)),
    *(date(2011, 4, 29), date(2011, 5, 2), date(2011, 5, 30), date(2011, 8, 29)),
}
"""England's, and the days between Christmas and New Year."""


def online_retail() -> list[float]:
    """Seconds since 1970; the data is to the minute, so the order within one is drawn."""
    chance = random.Random(1)
    zone = ZoneInfo("Europe/London")
    found: list[float] = []
    for line in gzip.decompress(ORDERS.read_bytes()).decode().splitlines():
        day, *minutes = line.split()
        midnight = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
        found += [midnight + int(minute) * 60 + 59 * chance.random() for minute in minutes]
    return sorted(found)


def demo() -> dict[str, list[float]]:
    from sereno.site.demo.history import past
    from sereno.site.demo.world import World

    start = datetime(2025, 11, 22, 9, tzinfo=UTC)
    found: dict[str, list[float]] = {}
    for hook in past(World(7), start, start + timedelta(days=365)):
        for name in (hook.channel, f"{hook.channel} {hook.topic}"):
            found.setdefault(name, []).append(hook.at.timestamp())
    return {name: times for name, times in found.items() if len(times) >= LEAST}


def hours_of(times: Sequence[float]) -> dict[int, Hour]:
    found: dict[int, Hour] = {}
    before: float | None = None
    for at in times:
        held = found.get(int(at // HOUR), Hour(0))
        pause, end = held.pause, held.pause_end
        if before is not None and at - before > pause:
            pause, end = at - before, at
        found[int(at // HOUR)] = Hour(held.count + 1, pause, end)
        before = at
    return found


class Learned:
    """A profile for each day, from what was known by its first event."""

    def __init__(self, times: Sequence[float], zone: str) -> None:
        hours = hours_of(times)
        first = int(times[0] // HOUR)
        self.seconds = 0.0
        self.profiles: dict[int, Profile | None] = {}
        for at in times:
            day = int(at // DAY)
            if day not in self.profiles:
                until = int(at // HOUR)
                known = {hour: held for hour, held in hours.items() if hour < until}
                start = perf_counter()
                self.profiles[day] = expecting.learn(known, first, until, zone)
                self.seconds += perf_counter() - start

    def at(self, last: float) -> Profile | None:
        return self.profiles[int(last // DAY)]


def simple(times: Sequence[float], factor: float) -> dict[int, float]:
    """A fixed threshold, as most tools have it: so many times the pause that 99 of 100 do not exceed, learned daily."""
    gaps: list[tuple[float, float]] = [(b, b - a) for a, b in pairwise(times)]
    found: dict[int, float] = {}
    known: list[float] = []
    place = 0
    for at in times:
        day = int(at // DAY)
        if day in found or at - times[0] < 14 * DAY:
            continue
        while place < len(gaps) and gaps[place][0] <= at:
            known.append(gaps[place][1])
            place += 1
        if len(known) >= 12:
            found[day] = factor * sorted(known)[int(0.99 * (len(known) - 1))]
    return found


def measure(times: Sequence[float], zone: str, closed: set[date], outages: int) -> dict[str, object]:
    learned = Learned(times, zone)
    rules = {"three_times_usual_pause": simple(times, 3.0), "one_and_a_half_times": simple(times, 1.5)}

    pauses = [_span(day, zone) for day in sorted(closed)]

    def rings(rule: str, last: float) -> float | None:
        if rule in ("watch", "told"):
            profile = learned.at(last)
            near = [pause for pause in pauses if last < pause[1] and pause[0] < last + 30 * DAY]
            return None if profile is None else expecting.rings_at(profile, last, near if rule == "told" else ())
        pause = rules[rule].get(int(last // DAY))
        return None if pause is None else last + pause

    judged = [at for at in times if learned.at(at) is not None]
    if not judged:
        return {"events": len(times), "judged": False}
    months = (judged[-1] - judged[0]) / (30.4 * DAY)
    result: dict[str, object] = {
        "events": len(times),
        "months_judged": round(months, 1),
        "learn_ms": round(1000 * learned.seconds / len(learned.profiles), 2),
    }
    begin = times.index(judged[0])
    for rule in ("watch", *(["told"] if closed else []), *rules):
        false = [at for a, b in pairwise(times[begin:]) if (at := rings(rule, a)) is not None and at < b]
        local = [datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)) for at in false]
        worst = Counter((at.year, at.month) for at in local)
        found = _outages(times, begin, lambda last, rule=rule: rings(rule, last), outages)
        result[rule] = {
            "false_alarms_a_month": round(len(false) / months, 2),
            "of_them_on_closing_days": sum(at.date() in closed for at in local),
            "false_alarms": len(false),
            "worst_month": max(worst.values(), default=0),
            "hours_to_find_median": round(median(found), 1) if found else None,
            "hours_to_find_mean": round(mean(found), 1) if found else None,
        }
    result["after_99_percent_point"] = _points(learned, judged)
    return result


def _span(day: date, zone: str) -> tuple[float, float]:
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return begin.timestamp(), (begin + timedelta(days=1)).timestamp()


def _outages(times: Sequence[float], begin: int, rings: object, count: int) -> list[float]:
    """Hours from a random moment at which everything stops to the alarm."""
    chance = random.Random(2)
    found: list[float] = []
    for _ in range(count):
        stop = chance.uniform(times[begin], times[-1])
        last = times[bisect_right(times, stop) - 1]
        at = rings(last)  # type: ignore[operator]
        if at is not None:
            found.append(max(at - stop, 0.0) / HOUR)
    return found


def _points(learned: Learned, judged: Sequence[float]) -> dict[str, float]:
    """How many expected events after the 99 % point it rings, by two readings of it: the silence that 99 of 100 days do
    not see, and the silence that 99 of 100 single gaps do not reach. A median, and the share within two."""
    profiles = [profile for profile in learned.profiles.values() if profile is not None]
    of_days = [profile.ring - profile.weight_of(30.4 / 100) for profile in profiles]
    of_gaps = [profile.ring - profile.weight_of(profile.monthly / 100) for profile in profiles]
    return {
        "of_days_median": round(median(of_days), 2),
        "of_days_within_two": round(mean(one <= 2 for one in of_days), 2),
        "of_gaps_median": round(median(of_gaps), 2),
        "of_gaps_within_two": round(mean(one <= 2 for one in of_gaps), 2),
    }


def main() -> None:
    outages = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    streams = {"online_retail": measure(online_retail(), "Europe/London", BANK_HOLIDAYS, outages)}
    for name, times in demo().items():
        streams[f"demo {name}"] = measure(times, "Europe/Madrid", set(), outages)
    print(json.dumps({"streams": streams}, indent=1))


if __name__ == "__main__":
    main()
