"""Lift between randomised arms, with intervals that hold however often one looks.

Invariant: whenever somebody looks and stops, the chance that an interval has ever missed the true lift is at most
`alpha` (asymptotically, from `FEWEST_UNITS` and `FEWEST_EVENTS` on). Pure: numbers in, numbers out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist
from typing import Literal

Verdict = Literal["too_early", "undecided", "better", "worse"]

ALPHA = 0.05
POWER = 0.8
FEWEST_UNITS = 100
"""In each arm: below that the normal approximation the intervals rest on says nothing."""
FEWEST_EVENTS = 20
"""Units with an outcome other than 0, in both arms together, for the same reason."""
FEWEST_EXPECTED = 10
"""Of those, in the smaller arm by its share of the units: the usual rule for a normal approximation of counts."""
PLANNED = 2_000
"""Units in all at which the intervals are tightest. Fixed beforehand: chosen by what is seen, they would not hold."""
MISMATCH_ALPHA = 0.001
"""Strict: a false alarm about the randomisation costs trust in every number."""
MISMATCH_WEIGHT = 200.0
"""How many units the prior of the mismatch test counts for."""
MOST_NEEDED = 10**9


@dataclass(frozen=True, slots=True)
class Arm:
    """What is known of the units of an arm: how many, the sum of the outcome and the sum of its squares, and how many
    units had an outcome other than 0."""

    units: int
    total: float
    squares: float
    events: int

    @property
    def mean(self) -> float:
        return self.total / self.units if self.units else 0.0

    @property
    def variance(self) -> float:
        """Of the outcome of one unit, unbiased."""
        if self.units < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.mean) / (self.units - 1))

    def __add__(self, other: Arm) -> Arm:
        return Arm(
            self.units + other.units,
            self.total + other.total,
            self.squares + other.squares,
            self.events + other.events,
        )


NOBODY = Arm(0, 0.0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Lift:
    """Difference of means, treated minus control, in the outcome's own unit per person. `low` and `high` hold at all
    looks together, at the level 1 - `alpha`; `fixed_low` and `fixed_high` only for one look planned beforehand."""

    estimate: float
    low: float
    high: float
    fixed_low: float
    fixed_high: float
    verdict: Verdict
    alpha: float = ALPHA


def lift(treated: Arm, control: Arm, *, alpha: float = ALPHA, planned: int = PLANNED) -> Lift:
    """The lift with its confidence sequence: the asymptotic one of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
    "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 2024), Theorem 2.2, on
    the influence values of the difference of means (their section 3.2 with the arms' means as the outcome model)."""
    units = treated.units + control.units
    if min(treated.units, control.units) < 2:
        return Lift(0.0, -inf, inf, -inf, inf, "too_early", alpha)
    estimate = treated.mean - control.mean
    # Of one unit's influence on the estimate; the estimate's own variance is this over `units`.
    variance = units * (treated.variance / treated.units + control.variance / control.units)
    half = sqrt(variance) * boundary(units, alpha, planned)
    fixed = quantile(1 - alpha / 2) * sqrt(variance / units)
    low, high = estimate - half, estimate + half
    verdict = "undecided" if is_enough(treated, control) else "too_early"
    if verdict == "undecided" and (low > 0 or high < 0):
        verdict = "better" if low > 0 else "worse"
    return Lift(estimate, low, high, estimate - fixed, estimate + fixed, verdict, alpha)


def is_enough(treated: Arm, control: Arm) -> bool:
    """Whether there are units and outcomes enough for the intervals to mean anything. Of the smaller arm as many are
    expected to have an outcome as if both were alike: an arm in which really nobody has one is no reason to wait."""
    smaller, units = min(treated.units, control.units), treated.units + control.units
    events = treated.events + control.events
    return smaller >= FEWEST_UNITS and events >= FEWEST_EVENTS and smaller * events >= FEWEST_EXPECTED * units


def boundary(units: int, alpha: float, planned: int = PLANNED) -> float:
    """Half the width of the sequence at this many units, in standard deviations of one unit's influence: equation (7)
    of the paper, with its rho (their appendix B.2) tightest at `planned` units."""
    rho2 = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned
    inner = units * rho2 + 1
    return sqrt(2 * inner / (units * units * rho2) * log(sqrt(inner) / alpha))


def needed(
    treated: float,
    control: float,
    effect: float,
    *,
    share: float = 0.5,
    alpha: float = ALPHA,
    power: float = POWER,
    planned: int = PLANNED,
) -> int:
    """Units in all after which a true lift of `effect` has been called with at least this power, when one unit's
    outcome has these variances in the two arms and `share` of the units are treated. `MOST_NEEDED` when it takes more
    than that, or no effect is asked for. Often it is called earlier."""
    influence = sqrt(treated / share + control / (1 - share))
    reach, spare = abs(effect), quantile(power)

    def is_reached(units: int) -> bool:
        return reach >= influence * (boundary(units, alpha, planned) + spare / sqrt(units))

    if influence == 0 or reach == 0 or not is_reached(MOST_NEEDED):
        return 0 if influence == 0 and reach else MOST_NEEDED
    low, high = 1, MOST_NEEDED
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        low, high = (low, middle) if is_reached(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Standing:
    """Where several arms stand. `against_first` are the lifts of each other arm over the first; `winner` is the arm
    that is better than every other one, None without evidence for that. All lifts hold together."""

    best: str
    winner: str | None
    against_first: Mapping[str, Lift]
    is_too_early: bool


def standing(arms: Mapping[str, Arm], *, alpha: float = ALPHA) -> Standing:
    """Compare all arms with each other. Bonferroni over all pairs: the chance of one false word among them all, at any
    time, is at most `alpha`. Raises ValueError for fewer than two arms."""
    names = list(arms)
    if len(names) < 2:
        raise ValueError("a comparison needs two arms")
    each = alpha / (len(names) * (len(names) - 1) / 2)
    lifts: dict[tuple[str, str], Lift] = {}
    for first, second in combinations(names, 2):
        lifts[second, first] = lift(arms[second], arms[first], alpha=each)
        lifts[first, second] = lift(arms[first], arms[second], alpha=each)
    best = max(names, key=lambda name: arms[name].mean)
    beats_all = all(lifts[best, other].verdict == "better" for other in names if other != best)
    return Standing(
        best,
        best if beats_all else None,
        {name: lifts[name, names[0]] for name in names[1:]},
        any(found.verdict == "too_early" for found in lifts.values()),
    )


def mismatch(counts: Sequence[int], weights: Sequence[float]) -> float:
    """How sure it is that units did not fall into the arms by `weights`: a p-value that holds at all looks together; 1
    when nothing speaks against it. The sequential multinomial test of Lindon and Malek, "Anytime-valid inference for
    multinomial count data" (NeurIPS 2022), equation (4): the Bayes factor of a Dirichlet prior around the weights
    against the weights themselves is a martingale, and 1 over it such a p-value."""
    total = float(sum(weights))
    pairs = [(count, weight / total) for count, weight in zip(counts, weights, strict=True)]
    if any(count and not weight for count, weight in pairs):
        return 0.0
    held = [(count, weight) for count, weight in pairs if weight]
    units = sum(count for count, _ in held)
    factor = lgamma(MISMATCH_WEIGHT) - lgamma(MISMATCH_WEIGHT + units)
    for count, weight in held:
        prior = MISMATCH_WEIGHT * weight
        factor += lgamma(prior + count) - lgamma(prior) - count * log(weight)
    return min(1.0, exp(min(0.0, -factor)))


def quantile(probability: float) -> float:
    """Of the standard normal distribution."""
    return NormalDist().inv_cdf(probability)
