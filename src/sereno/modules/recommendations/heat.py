"""How much a thing is wanted now: every sale and look counts half as much after each half-life.

Invariant: the number says the order of things at any moment without being written anew as time passes: it is the
logarithm of a sum that grows with the calendar instead of shrinking with the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

LN2 = log(2.0)
WARM_DAYS = 60.0
"""Half-life of what sells well."""
HOT_DAYS = 5.0
"""Half-life of what is rising."""
BOUGHT, SEEN = 1.0, 0.1
"""What a sale and a look weigh."""
COLD = -1e9
"""Nobody ever wanted it."""


def heat(moments: Iterable[tuple[float, float]], half_life: float) -> float:
    """Of (day since the epoch, weight), the natural logarithm of the sum of weight times 2^(day / half-life)."""
    powers = [log(weight) + LN2 * day / half_life for day, weight in moments if weight > 0]
    if not powers:
        return COLD
    top = max(powers)
    return top + log(sum(exp(one - top) for one in powers))


def now(heat: float, day: float, half_life: float) -> float:
    """How many wants it stands for today: a sale today is 1."""
    return exp(min(heat - LN2 * day / half_life, 50.0)) if heat > COLD else 0.0


def rise(hot: float, warm: float, day: float) -> float:
    """How much a thing is on the way up: what was wanted these days, beside what these days would have brought at its
    usual pace. A thing of few sales cannot leap."""
    recent, usual = now(hot, day, HOT_DAYS), now(warm, day, WARM_DAYS) * HOT_DAYS / WARM_DAYS
    return (recent + 0.5) / (usual + 1.0) * (1 - exp(-recent / 3))
