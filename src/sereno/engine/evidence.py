"""How sure a rate is to be above a limit when it is looked at again and again while it is being counted.

Invariant: while the true rate is at or under the limit, `exceeds` ever says otherwise with a chance of at most `RISK`,
however often and whenever it is asked. A bare ratio, or an interval for a number of tries fixed beforehand, promises no
such thing.

Each try is a hit with some rate p. Against the limit L stand rates whose odds are m times those of L; after k hits in n
tries the likelihood of such a rate over that of L is

    m^k / (1 + L (m - 1))^n

and the mean of these ratios over several m is a test martingale under p = L and falls in expectation under p < L: by
Ville's inequality it ever passes 1/RISK with a chance of at most RISK. This is the mixture of likelihood ratios of
Wald (Sequential Analysis, 1947) and Robbins (Statistical methods related to the law of the iterated logarithm, 1970),
with a mixture of points; see also Ramdas, Gruenwald, Vovk and Shafer, Game-theoretic statistics and safe anytime-valid
inference, 2023.
"""

from __future__ import annotations

from math import exp, log, log1p

RISK = 0.01
"""The chance that one limit is ever said to be passed while it is not."""
ODDS = (1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0, 64.0, 128.0)
"""How many times the odds of the limit the rates have that are held against it, all equally likely beforehand."""
_HALVINGS = 40


def weight(hits: int, tries: int, limit: float) -> float:
    """How many times likelier the counts are under rates above `limit` than at it, as a natural logarithm."""
    if tries <= 0 or hits <= 0 or limit >= 1.0:
        return float("-inf") if limit >= 1.0 and tries > 0 else 0.0
    if limit <= 0.0:
        return float("inf")
    terms = [hits * log(odds) - tries * log1p(limit * (odds - 1.0)) for odds in ODDS]
    most = max(terms)
    return most + log(sum(exp(term - most) for term in terms) / len(ODDS))


def exceeds(hits: int, tries: int, limit: float, risk: float = RISK) -> bool:
    """Whether the rate is above `limit` beyond reasonable doubt. With a limit of 5 %: 1 of 3 is not, 30 of 100 is."""
    return weight(hits, tries, limit) >= -log(risk)


def at_least(hits: int, tries: int, risk: float = RISK) -> float:
    """The highest limit that `exceeds` would call passed; 0 where it would none."""
    if hits <= 0 or tries <= 0:
        return 0.0
    low, high = 0.0, hits / tries
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if exceeds(hits, tries, middle, risk):
            low = middle
        else:
            high = middle
    return low


def between(hits: int, tries: int, risk: float = RISK) -> tuple[float, float]:
    """Where the rate may lie, looked at as often as one likes: not under what `at_least` says of the hits, not over
    what it leaves to the misses."""
    if tries <= 0:
        return 0.0, 1.0
    return at_least(hits, tries, risk), 1.0 - at_least(tries - hits, tries, risk)


def share_allowed(exposed: float, others: float, times: float) -> float:
    """Of all effects, the share those of the `exposed` may make up when each may cause `times` as many as each of the
    `others`. Two Poisson counts compared over their sum are a binomial (Przyborowski and Wilenski, 1940)."""
    own = exposed * times
    return own / (own + others) if own + others > 0 else 1.0
