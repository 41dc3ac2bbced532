"""What goes with what, counted in baskets. Pure: counts in, weights out.

Invariant: a pair says no more than its count allows. One order in which two things met by chance weighs next to nothing
(`PRIOR`), and what everybody buys is not "bought together" with everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from sereno.modules.recommendations.pulling import LONGEST, NONE, Pulls

PRIOR = 30.0
"""As many baskets as the shop's average says what nobody has seen yet: a pair counts in full when it has many more."""
SHARED = 0.7
"""The more anchors, the more they say the same: each of n counts n^-0.7."""
KEPT = 100
"""Neighbours remembered of one thing; a fifth of them for their mere number, the rest for how close they are."""
COOLING_DAYS = 90.0
"""What somebody bought so long ago says half as much about what they want now."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of one thing: in how many baskets it was, and with what else how often. `together`: other -> baskets."""

    count: int
    together: Mapping[str, int]


def count(item: str, baskets: Iterable[Sequence[str]]) -> dict[str, int]:
    """With what else `item` was in these baskets, how often. Each basket counts a thing once."""
    found: dict[str, int] = {}
    for basket in baskets:
        for other in dict.fromkeys(basket[:LONGEST]):
            if other != item:
                found[other] = found.get(other, 0) + 1
    return found


def closest(found: Mapping[str, int], counts: Mapping[str, int], kept: int = KEPT) -> dict[str, int]:
    """The neighbours worth remembering: by number, and by closeness (cosine), ties by name."""
    by_number = sorted(found, key=lambda other: (-found[other], other))[: kept // 5]
    by_closeness = sorted(found, key=lambda other: (-found[other] / sqrt(max(counts.get(other, 1), 1)), other))
    chosen = list(dict.fromkeys([*by_number, *by_closeness]))[:kept]
    return {other: found[other] for other in chosen}


def with_these(
    anchors: Mapping[str, Neighbours],
    counts: Mapping[str, int],
    baskets: int,
    candidates: Iterable[str] = (),
    pulls: Pulls = NONE,
) -> dict[str, float]:
    """How much likelier each thing is in a basket that holds the anchors already: a naive Bayes rule, tempered because
    the anchors say partly the same, and smoothed towards what the shop sells anyway. `counts`: in how many of all
    `baskets` each thing was. `candidates` are weighed even where no anchor knows them. What `pulls` knows is said
    by that."""
    known = [one for one in anchors.values() if one.count > 0]
    names = {other for one in known for other in one.together} | set(candidates)
    weight = len(known) ** -SHARED if known else 0.0
    found: dict[str, float] = {}
    shares: dict[str, float] = {}
    for name in names - set(anchors):
        base = shares[name] = min(max(counts.get(name, 1), 1) / max(baskets, 1), 0.99)
        score = log(base)
        for one in known:
            share = (one.together.get(name, 0) + PRIOR * base) / (one.count + PRIOR)
            score += weight * log(share / base)
        found[name] = score
    return pulls.over(found, anchors, shares)


def for_person(
    history: Mapping[str, float], anchors: Mapping[str, Neighbours], counts: Mapping[str, int]
) -> dict[str, float]:
    """What fits somebody's past: the cosine of each thing with each they had, what is past counting less. `history`:
    thing -> days ago. What they had is left out."""
    found: dict[str, float] = {}
    for item, days in history.items():
        one = anchors.get(item)
        if one is None or one.count <= 0:
            continue
        weight = 0.5 ** (max(days, 0.0) / COOLING_DAYS) / sqrt(one.count)
        for other, number in one.together.items():
            if other not in history:
                found[other] = found.get(other, 0.0) + weight * number / sqrt(max(counts.get(other, 1), number))
    return found
