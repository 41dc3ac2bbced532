"""How good a score was where the answer is known by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Auc:
    """The chance that of two customers, one who did and one who did not, the score puts the first above the other
    (ties count half); `low` and `high` hold it at 95 % (DeLong, DeLong and Clarke-Pearson, 1988)."""

    value: float
    low: float
    high: float


def auc(scores: Sequence[float], yes: Sequence[bool]) -> Auc | None:
    """None where all did, or nobody."""
    above, below = _placements(scores, yes)
    if not above or not below:
        return None
    value = sum(above) / len(above)
    error = sqrt(_variance(above) / len(above) + _variance(below) / len(below))
    return Auc(value, max(0.0, value - 1.96 * error), min(1.0, value + 1.96 * error))


def _placements(scores: Sequence[float], yes: Sequence[bool]) -> tuple[list[float], list[float]]:
    """Of each that did, the share of the others below it; of each that did not, the share above it."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    many = sum(yes)
    few = len(yes) - many
    above: list[float] = []
    below: list[float] = []
    did = not_did = at = 0
    while many and few and at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        alike = [yes[order[i]] for i in range(at, end)]
        own = sum(alike)
        others = len(alike) - own
        above += [(not_did + others / 2) / few] * own
        below += [(many - did - own / 2) / many] * others
        did, not_did, at = did + own, not_did + others, end
    return above, below


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((one - mean) ** 2 for one in values) / max(1, len(values) - 1)


def brier(chances: Sequence[float], yes: Sequence[bool]) -> float:
    """The mean square of how far a chance was from what came: 0 is perfect."""
    return sum((chance - came) ** 2 for chance, came in zip(chances, yes, strict=True)) / len(yes)


def rmse(expected: Sequence[float], came: Sequence[float]) -> float:
    return sqrt(sum((one - two) ** 2 for one, two in zip(expected, came, strict=True)) / len(came))


def absolute_error(expected: Sequence[float], came: Sequence[float]) -> float:
    """The mean of how far off."""
    return sum(abs(one - two) for one, two in zip(expected, came, strict=True)) / len(came)


def top_share(scores: Sequence[float], came: Sequence[float], share: float = 0.1) -> float | None:
    """Of all that came, what those with the highest scores brought. None where nothing came."""
    whole = sum(came)
    if whole <= 0:
        return None
    best = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[: int(len(scores) * share)]
    return sum(came[at] for at in best) / whole


def within(low: Sequence[float], high: Sequence[float], came: Sequence[float]) -> float:
    """The share that came between."""
    return sum(one <= it <= two for one, two, it in zip(low, high, came, strict=True)) / len(came)


@dataclass(frozen=True, slots=True)
class Lift:
    """How many times as often those with the highest scores did as all; `low` and `high` hold it at 95 % (Wilson's
    interval of their share)."""

    value: float
    low: float
    high: float


def lift(scores: Sequence[float], yes: Sequence[bool], share: float = 0.1) -> Lift | None:
    """Of the tenth with the highest scores. None where that is nobody, or nobody did."""
    number, base = int(len(scores) * share), sum(yes) / len(yes)
    if not number or not base:
        return None
    best = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:number]
    rate, z = sum(yes[at] for at in best) / number, 1.96
    middle, spread = rate + z * z / (2 * number), z * sqrt(rate * (1 - rate) / number + (z / (2 * number)) ** 2)
    whole = 1 + z * z / number
    return Lift(rate / base, max(0.0, middle - spread) / whole / base, (middle + spread) / whole / base)
