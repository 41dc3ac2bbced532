"""How well each way of recommending would have done on the shop's own past, beside showing everybody what sells best.

Invariant: what is guessed came after everything the guess was made from. A difference is believed when its interval (95
per cent, of paired differences) leaves out zero; where ours is worse by that measure, popularity is what is shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from sereno.modules.recommendations import pairs, pulling, visits
from sereno.modules.recommendations.pairs import Neighbours
from sereno.modules.recommendations.pulling import Pulls
from sereno.modules.recommendations.reading import BOUGHT, SEEN
from sereno.modules.recommendations.visits import Visit
from sereno.store.database import Database
from sereno.store.documents import decode

NEWEST = 20_000
TRIED = 400
FEW = 50
"""Fewer tries than that say nothing."""
SHOWN = 10
MICROS = 1_000_000
Z = 1.96


@dataclass(frozen=True, slots=True)
class Kept:
    """A basket of the past, at in seconds."""

    person: str | None
    at: float
    items: tuple[str, ...]


def past_of(database: Database, shop_id: int) -> dict[str, list[Kept]]:
    """The newest baskets by kind, oldest first."""
    with database.read() as tx:
        return {
            kind: [
                Kept(row[0], row[1] / MICROS, tuple(decode(row[2])))
                for row in reversed(tx.all("newest_baskets", {"shop": shop_id, "kind": kind, "limit": NEWEST}))
            ]
            for kind in (BOUGHT, SEEN)
        }


def measure(held: Mapping[str, Sequence[Kept]]) -> dict[str, Any]:
    """By way (`together`, `session`, `for_you`): tries, the share of them with the right thing among ten, the same for
    popularity, their difference with its interval, and whether ours is used. `is_weighed` of `together`: whether
    weights did no worse than counts alone, of which `counted` is the share."""
    weighed, counted = (judge(_together(held[BOUGHT], is_weighed=one)) for one in (True, False))
    is_weighed = weighed.get("ours", 0) >= counted.get("ours", 0)
    together = weighed if is_weighed else counted
    return {
        "together": {**together, "is_weighed": is_weighed, "counted": counted.get("ours")},
        "session": judge(_session(held[SEEN])),
        "for_you": judge(_for_you(held[BOUGHT])),
    }


def judge(tries: Iterable[tuple[float, float]]) -> dict[str, Any]:
    """Of pairs (ours, popularity's), each 0 to 1."""
    held = list(tries)
    number = len(held)
    if number < FEW:
        return {"tries": number, "is_used": True, "verdict": "few"}
    differences = [one - other for one, other in held]
    mean = sum(differences) / number
    spread = sqrt(sum((one - mean) ** 2 for one in differences) / (number - 1) / number)
    low, high = mean - Z * spread, mean + Z * spread
    return {
        "tries": number,
        "ours": round(sum(one for one, _ in held) / number, 4),
        "popular": round(sum(other for _, other in held) / number, 4),
        "difference": round(mean, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "is_used": high >= 0,
        "verdict": "better" if low > 0 else "worse" if high < 0 else "alike",
    }


def best(scores: Mapping[str, float], without: Iterable[str]) -> list[str]:
    barred = set(without)
    return sorted((one for one in scores if one not in barred), key=lambda one: (-scores[one], one))[:SHOWN]


def _cut(baskets: Sequence[Kept], is_fit: Callable[[Kept], bool]) -> tuple[list[Kept], list[Kept]]:
    """What is learned from, and the newest fifth (at most `TRIED`) that is guessed."""
    number = min(sum(map(is_fit, baskets)) // 5, TRIED)
    fit = [at for at, one in enumerate(baskets) if is_fit(one)]
    begin = fit[-number] if number else len(baskets)
    return list(baskets[:begin]), [one for one in baskets[begin:] if is_fit(one)]


def known_of(past: Iterable[Kept]) -> tuple[dict[str, Neighbours], Counter[str]]:
    """All neighbours of a past, and in how many baskets each thing was."""
    holding: dict[str, list[Sequence[str]]] = defaultdict(list)
    for one in past:
        for item in one.items:
            holding[item].append(one.items)
    counts = Counter({item: len(held) for item, held in holding.items()})
    known = {
        item: Neighbours(counts[item], pairs.closest(pairs.count(item, held), counts)) for item, held in holding.items()
    }
    return known, counts


def _together(baskets: Sequence[Kept], *, is_weighed: bool) -> Iterable[tuple[float, float]]:
    """Each basket loses its last thing."""
    past, tried = _cut(baskets, lambda one: len(one.items) > 1)
    known, counts = known_of(past)
    popular = [item for item, _ in counts.most_common(200)]
    pulls = pulling.fit([one.items for one in past]) if is_weighed else Pulls()
    for one in tried:
        *rest, taken = one.items
        anchors = {item: known[item] for item in rest if item in known}
        ours = best(pairs.with_these(anchors, counts, len(past), popular, pulls), rest)
        yield float(taken in ours), float(taken in best(counts, rest))


def _session(baskets: Sequence[Kept]) -> Iterable[tuple[float, float]]:
    past, tried = _cut(baskets, lambda one: len(one.items) > 1)
    kept = [Visit(one.items, one.at) for one in past]
    counts = Counter(item for one in past for item in one.items)
    holding: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(kept):
        for item in one.items:
            holding[item].append(number)
    beside = {item: visits.beside(item, (kept[number].items for number in held)) for item, held in holding.items()}
    for one in tried:
        *rest, taken = one.items
        farther = visits.step(visits.step(visits.lately(rest), beside, visits.REACH), beside)
        near = {number for item in rest for number in holding.get(item, ())[-visits.RECENT :]}
        found = visits.next_of(
            rest,
            [kept[number] for number in sorted(near)],
            one.at,
            lambda item: visits.rarity(counts[item], len(kept)),
            farther=farther,
        )
        yield float(taken in best(found, rest)), float(taken in best(counts, rest))


def _for_you(baskets: Sequence[Kept]) -> Iterable[tuple[float, float]]:
    """The share of what somebody bought for the first time that was among ten."""
    before = {one.person for one in baskets[: len(baskets) * 4 // 5] if one.person}
    past, later = _cut(baskets, lambda one: one.person in before)
    known, counts = known_of(past)
    histories: dict[str, dict[str, float]] = defaultdict(dict)
    for one in past:
        if one.person:
            histories[one.person] |= dict.fromkeys(one.items, one.at)
    for one in later:
        history = histories.get(one.person or "")
        new = set(one.items) - set(history or ())
        if history and new:
            days = {item: (one.at - at) / 86_400 for item, at in history.items()}
            ours = best(pairs.for_person(days, known, counts), history)
            yield len(new & set(ours)) / len(new), len(new & set(best(counts, history))) / len(new)
