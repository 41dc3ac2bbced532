"""What the visitor looks for now, by visits like this one: nearest neighbours of sessions (VS-kNN, Ludewig and Jannach
2018), with the extensions of STAN (Garg and others 2019) that held on time splits: newer visits count more, rare things
more than what everybody sees, and of a visit what stood close to what both have in common. What no such visit holds is
reached by a second step: from what stands beside these things in any visit to what stands beside that. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import exp, log

NEAREST = 300
RECENT = 1000
"""So many of the newest visits with a thing are looked at."""
COOLING = 0.15
"""A day makes a visit count e^-0.15 as much."""
LIKENESS = 1.25
"""A visit twice as like this one counts 2^1.25 times as much."""
TELLING = 1.5
"""How much more a rare thing in common says than one that everybody sees."""
BEFORE = 0.8
"""What was seen before the thing both visits have in common, beside what was seen after."""
FADING = 0.8
"""What stood n places from it counts (1 + n)^-0.8."""
AGAIN = 4.0
"""What the visitor looks at now, where that may be shown: people stay with it."""
LATEST = 20
BESIDE = 50
"""Neighbours in visits that are remembered of one thing."""
REACH = 30
"""Of what stands beside the present visit's things, so many are gone on from."""
FARTHER = 0.5
"""What is two steps away, all of it together, beside all that visits like this one hold."""
SECOND, USUAL = 0.5, 5.0
"""Among those a thing counts by this power of its rarity, over the usual one."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Visit:
    """What was looked at or put into a cart, in order, and when the last of it was (seconds)."""

    items: Sequence[str]
    at: float


def rarity(count: int, visits: int) -> float:
    return log(1 + visits / max(count, 1))


def weights_of(current: Sequence[str], rare: Callable[[str], float]) -> dict[str, float]:
    """What each thing of the present visit says: the last most, what everybody sees little."""
    found: dict[str, float] = {}
    for back, item in enumerate(reversed(current[-LATEST:])):
        found.setdefault(item, rare(item) ** TELLING / (1 + back))
    return found


def nearest(weights: Mapping[str, float], visits: Iterable[Visit], now: float) -> list[tuple[float, Visit]]:
    """The visits most like this one, with how much each counts."""
    scored: list[tuple[float, int, Visit]] = []
    for number, visit in enumerate(visits):
        score = sum(weights.get(item, 0.0) for item in dict.fromkeys(visit.items))
        if score > 0:
            days = max(now - visit.at, 0.0) / DAY
            scored.append((score**LIKENESS * exp(-days * COOLING), -number, visit))
    scored.sort(key=lambda one: one[:2], reverse=True)
    return [(score, visit) for score, _number, visit in scored[:NEAREST]]


def beside(item: str, visits: Iterable[Sequence[str]]) -> dict[str, float]:
    """What stands beside `item` in visits, next to it most; shares of one."""
    found: dict[str, float] = {}
    for items in visits:
        places = {one: at for at, one in enumerate(dict.fromkeys(items))}
        if (own := places.pop(item, None)) is not None:
            for other, at in places.items():
                found[other] = found.get(other, 0.0) + 1 / abs(at - own)
    kept = sorted(found, key=lambda one: (-found[one], one))[:BESIDE]
    total = sum(found[one] for one in kept)
    return {one: round(found[one] / total, 5) for one in kept}


def lately(items: Sequence[str]) -> dict[str, float]:
    """Where a second step begins: the things of the present visit, the last most."""
    return {item: 1 / back for back, item in enumerate(reversed(items), 1)}


def step(weights: Mapping[str, float], held: Mapping[str, Mapping[str, float]], most: int = 0) -> dict[str, float]:
    """From things to what stands beside them (`held`, by thing), in shares of all weights; the `most` likeliest."""
    total = sum(weights.values()) or 1.0
    found: dict[str, float] = {}
    for item, weight in weights.items():
        for other, share in held.get(item, {}).items():
            found[other] = found.get(other, 0.0) + share * weight / total
    return dict(nlargest(most, found.items(), key=lambda one: (one[1], one[0]))) if most else found


def next_of(
    current: Sequence[str],
    visits: Iterable[Visit],
    now: float,
    rare: Callable[[str], float],
    *,
    farther: Mapping[str, float] | None = None,
    may_repeat: bool = False,
) -> dict[str, float]:
    """What is likely looked at next. `visits` are the newest that hold any of `current`, `farther` is what two steps
    lead to. Without `may_repeat` what was seen already is left out."""
    weights = weights_of(current, rare)
    found: dict[str, float] = {}
    for score, visit in nearest(weights, visits, now):
        common = _last_common(visit.items, weights)
        for place, item in enumerate(dict.fromkeys(visit.items)):
            share = score if place > common else score * BEFORE
            found[item] = found.get(item, 0.0) + share * (1 + abs(place - common)) ** -FADING
    found = {item: score * rare(item) for item, score in found.items()}
    part = FARTHER * (sum(found.values()) or 1.0)
    for item, share in (farther or {}).items():
        if item not in weights:
            found[item] = found.get(item, 0.0) + part * share * (rare(item) / USUAL) ** SECOND
    if not may_repeat:
        found = {item: score for item, score in found.items() if item not in weights}
    if may_repeat and current and current[-1] in found:
        found[current[-1]] *= AGAIN
    return found


def _last_common(items: Sequence[str], weights: Mapping[str, float]) -> int:
    """The place of the thing in common that says most."""
    place, most = -1, 0.0
    for at, item in enumerate(dict.fromkeys(items)):
        if weights.get(item, 0.0) >= most and item in weights:
            place, most = at, weights[item]
    return place
