"""How often somebody will buy again, and whether they still do: the BG/NBD model of Fader, Hardie and Lee ("Counting
your customers the easy way", Marketing Science 24, 2005), and what they spend: the gamma-gamma model of Fader and
Hardie ("The gamma-gamma model of monetary value", 2013).

Invariant: pure functions of counts and times; no unit but the caller's (weeks here).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log

from sereno.modules.scores.minimizing import Point, minimize

MOST = 10_000
"""Of different customers the numbers are fitted on; of more, every n-th: the error of that is below the third digit."""
EULER = 20.0
"""Of `a`, and of how far below 0 the other parameter is: up to here the transformed series is the better one."""
LARGE = 1e200
FAR = 12.0
"""A parameter whose logarithm is beyond has run away; the data says nothing of it."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """`repeats`: orders after the first; `recency`: time from the first to the last; `age`: from the first to now."""

    repeats: int
    recency: float
    age: float


@dataclass(frozen=True, slots=True)
class Lifetime:
    """While alive they buy at a rate that is gamma (`r`, `alpha`) distributed among customers; after each order they
    stay away for good by a chance that is beta (`a`, `b`) distributed."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, buyer: Buyer) -> float:
        """The chance that they are still a customer: 1 for who bought once, of whom the model cannot tell."""
        if not buyer.repeats:
            return 1.0
        return 1 / (1 + exp(min(700.0, self._odds_of_gone(buyer))))

    def expected(self, buyer: Buyer, ahead: float) -> float:
        """Orders in the time `ahead`: equation 10 of the paper."""
        if ahead <= 0:
            return 0.0
        a, x = self.a if abs(self.a - 1) > 1e-5 else 1 + 1e-5, buyer.repeats
        span = self.alpha + buyer.age + ahead
        z, left, c = ahead / span, log((self.alpha + buyer.age) / span), a + self.b + x - 1
        if a <= EULER and c - x - self.r > -EULER:
            # Euler's transformation of 2F1: short, and nothing overflows for those with many orders. Where the rates of
            # all are alike (a large `r`) its terms take turns and cancel each other; the other form's are all above 0.
            still = (a - 1) * left + _hypergeometric(c - x - self.r, a - 1, c, z)
        else:
            still = (self.r + x) * left + _hypergeometric(self.r + x, self.b + x, c, z)
        return max(0.0, c / (a - 1) * (1 - exp(still))) * self.alive(buyer)

    def _odds_of_gone(self, buyer: Buyer) -> float:
        """Their logarithm."""
        x = buyer.repeats
        times = log(self.alpha + buyer.age) - log(self.alpha + buyer.recency)
        return log(self.a) - log(self.b + x - 1) + (self.r + x) * times


def fit_lifetime(buyers: Iterable[Buyer]) -> tuple[Lifetime, float]:
    """By maximum likelihood; gives its logarithm too. Raises ValueError where nobody bought twice."""
    counted = sorted(Counter((one.repeats, one.recency, one.age) for one in buyers).items())
    if not any(x for (x, _, _), _ in counted):
        raise ValueError("nobody bought twice")
    every = -(-len(counted) // MOST)
    kept, whole = counted[::every], sum(count for _, count in counted)
    share = whole / sum(count for _, count in kept)
    rows = [(x, tx, age, float(count)) for (x, tx, age), count in kept]
    xs = sorted({x for x, *_ in rows})
    scale = sum(age * count for _, _, age, count in rows) / sum(row[3] for row in rows) or 1.0

    def cost(point: Point) -> float:
        if any(abs(one) > FAR for one in point):
            return inf
        r, alpha, a, b = exp(point[0]), exp(point[1]) * scale, exp(point[2]), exp(point[3])
        own = r * log(alpha) - lgamma(r) + lgamma(a + b) - lgamma(b)
        fixed = {x: own + lgamma(r + x) + lgamma(b + x) - lgamma(a + b + x) for x in xs}
        gone = {x: log(a) - log(b + x - 1) for x in xs if x}
        total = 0.0
        for x, tx, age, count in rows:
            power = r + x
            here = -power * log(alpha + age)
            if x:
                away = gone[x] - power * log(alpha + tx)
                top = here if here > away else away
                here = top + log(exp(here - top) + exp(away - top))
            total += count * (fixed[x] + here)
        return -total

    point, least = minimize(cost, (-1.0, -1.0, 0.0, 1.0))
    r, alpha, a, b = (exp(one) for one in point)
    return Lifetime(r, alpha * scale, a, b), -least * share


def _hypergeometric(a: float, b: float, c: float, z: float) -> float:
    """The logarithm of 2F1, which is above 0 here; scaled down on the way where it grows large."""
    total = term = 1.0
    scaled = 0.0
    for n in range(5000):
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        total += term
        if abs(term) < 1e-13 * abs(total):
            break
        if total > LARGE:
            total, term, scaled = total / LARGE, term / LARGE, scaled + log(LARGE)
    return log(total) + scaled


@dataclass(frozen=True, slots=True)
class Spending:
    """Of one customer an order is gamma (`p`) distributed about their own mean, and the means are so among customers
    (`q`, `v`)."""

    p: float
    q: float
    v: float

    def expected(self, count: int, mean: float) -> float:
        """What an order of theirs comes to, having seen `count` of them of `mean`; the shop's own for none."""
        return self.p * (self.v + mean * count) / (self.p * count + self.q - 1)


def fit_spending(seen: Sequence[tuple[int, float]]) -> Spending:
    """Of (how many orders, their mean) of each customer, both above 0, by maximum likelihood."""
    seen = [(count, mean) for count, mean in seen if count > 0 and mean > 0]
    if not seen:
        raise ValueError("nobody spent anything")
    seen = sorted(seen)[:: -(-len(seen) // MOST)]
    scale = sum(mean for _, mean in seen) / len(seen)
    rows = [(count, mean / scale, log(mean / scale)) for count, mean in seen]
    counts = sorted({count for count, _ in seen})

    def cost(point: Point) -> float:
        if any(abs(one) > FAR for one in point):
            return inf
        p, q, v = exp(point[0]), 1 + exp(point[1]), exp(point[2])
        own = q * log(v) - lgamma(q)
        fixed = {x: own + lgamma(p * x + q) - lgamma(p * x) + p * x * log(x) for x in counts}
        total = 0.0
        for x, mean, logged in rows:
            total += fixed[x] + (p * x - 1) * logged - (p * x + q) * log(v + mean * x)
        return -total

    point, _least = minimize(cost, (1.0, 0.5, 0.0))
    return Spending(exp(point[0]), 1 + exp(point[1]), exp(point[2]) * scale)
