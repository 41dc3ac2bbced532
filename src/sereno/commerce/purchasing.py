"""When to order again, how many, and from whom: pure rules over what is known.

Invariant: what is on its way counts as if it were there, so the same state never asks for the same goods twice.
Quantities are whole units, times are days, amounts are exact decimals in the supplier's currency.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, sqrt
from statistics import NormalDist

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
"""The quantiles every forecast states (`modules.purchasing.demand`)."""
SERVICE = 0.95
"""The share of cycles that shall not run out, where nothing else is said."""
CYCLE = 14
"""Days an order shall last beyond the lead time, where nothing else is said."""
HOLDING = Decimal("0.25")
"""What keeping goods for a year costs, of their price: money, room, and what goes out of season. A stated assumption,
the shop's setting `purchasing_holding` changes it."""
LONGEST_COVER = 180
"""Days beyond which no better price makes more be ordered."""
STATED_WEIGHT = 2.0
"""How many receipts a supplier's promise counts for."""
LATEST = 20
"""Receipts from which a lead time is learned, the newest."""


# --- lead times -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long goods take, in days: possible values with their weights, which sum to 1."""

    points: tuple[tuple[float, float], ...]
    seen: int = 0

    @property
    def mean(self) -> float:
        return sum(days * weight for days, weight in self.points)

    @property
    def spread(self) -> float:
        """Standard deviation, in days."""
        mean = self.mean
        return sqrt(sum(weight * (days - mean) ** 2 for days, weight in self.points))

    def plus(self, days: float) -> LeadTime:
        return LeadTime(tuple((one + days, weight) for one, weight in self.points), self.seen)


def lead_time(stated: float, receipts: Sequence[float]) -> LeadTime:
    """From what the supplier promises and how long the newest receipts took (newest first). The promise counts as
    `STATED_WEIGHT` receipts, half of them a quarter later; so it fades as the supplier shows what it keeps. Many
    receipts are brought down to five points."""
    seen = sorted(receipts[:LATEST])
    weighted: list[tuple[float, float]] = [(stated, STATED_WEIGHT / 2), (stated * 1.25, STATED_WEIGHT / 2)]
    if len(seen) > 5:
        share = len(seen) / 5
        seen_points = [(seen[min(len(seen) - 1, int((at + 0.5) * share))], share) for at in range(5)]
    else:
        seen_points = [(one, 1.0) for one in seen]
    weighted += seen_points
    total = sum(weight for _, weight in weighted)
    return LeadTime(tuple((days, weight / total) for days, weight in sorted(weighted)), len(receipts))


# --- demand -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Demand:
    """`mean` by week to come, `sums[h]` the quantiles `LEVELS` of weeks 1 to h+1 together, in units."""

    mean: Sequence[float]
    sums: Sequence[Sequence[float]]

    def expected(self, days: float) -> float:
        """In so many days from now; beyond the horizon as in its last week."""
        weeks = days / 7
        whole = int(weeks)
        total = sum(self.mean[: min(whole, len(self.mean))])
        ahead = self.mean[min(whole, len(self.mean) - 1)] if self.mean else 0.0
        return total + ahead * (weeks - min(whole, len(self.mean)))

    def quantiles(self, days: float) -> list[float]:
        """`LEVELS` of the demand of so many days. Between two weeks in proportion; within the first, and beyond the
        horizon, the spread goes with the root of the time."""
        if not self.sums or days <= 0:
            return [0.0] * len(LEVELS)
        weeks, last = days / 7, len(self.sums)
        if 1 <= weeks <= last:
            below = int(weeks)
            share = weeks - below
            first, second = self.sums[below - 1], self.sums[min(below, last - 1)]
            return [one + share * (two - one) for one, two in zip(first, second, strict=True)]
        row, of = (self.sums[0], 1.0) if weeks < 1 else (self.sums[-1], float(last))
        mean, centre = self.expected(days), self.expected(of * 7)
        return [max(0.0, mean + (one - centre) * sqrt(weeks / of)) for one in row]


def flat_demand(per_week: float, spread: float, horizon: int = 26) -> Demand:
    """Where no forecast was made: normal, the same every week."""
    normal = NormalDist()
    sums = [
        [max(0.0, per_week * n + normal.inv_cdf(level) * spread * sqrt(n)) for level in LEVELS]
        for n in range(1, horizon + 1)
    ]
    return Demand([per_week] * horizon, sums)


def needed_for(demand: Demand, lead: LeadTime, service: float) -> float:
    """So many units last, with the chance `service`, until goods ordered now are there: the quantile of the demand of
    a time that is itself uncertain (a mixture over the lead time's points)."""
    rows = [(demand.quantiles(days), weight) for days, weight in lead.points]
    low, high = 0.0, max(row[-1] for row, _ in rows) * 1.5 + 1
    for _ in range(32):
        middle = (low + high) / 2
        if sum(weight * _chance(row, middle) for row, weight in rows) < service:
            low = middle
        else:
            high = middle
    return high


def _chance(row: Sequence[float], units: float) -> float:
    """That no more than so many are asked for."""
    before_level, before = 0.0, 0.0
    for level, value in zip(LEVELS, row, strict=True):
        if units < value:
            width = value - before
            return before_level + (level - before_level) * ((units - before) / width if width > 0 else 1.0)
        before_level, before = level, value
    # Past the highest stated quantile the tail thins as that of a normal does, roughly.
    rest = 1 - LEVELS[-1]
    over = (units - before) / max(before - row[len(row) // 2], 1.0)
    return 1 - rest / (1 + 4 * max(0.0, over)) ** 2


# --- offers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """What a supplier asks for one SKU. `breaks` are (from how many, price of one), rising."""

    supplier: int
    sku: str
    price: Decimal
    breaks: tuple[tuple[int, Decimal], ...] = ()
    minimum: int = 1
    multiple: int = 1
    rank: int = 0
    lead_days: float | None = None
    supplier_sku: str = ""
    title: str = ""

    def price_of(self, quantity: int) -> Decimal:
        """Of one, when so many are ordered."""
        price = self.price
        for least, cheaper in self.breaks:
            if quantity >= least:
                price = cheaper
        return price

    def rounded(self, wanted: float) -> int:
        """The fewest that can be ordered and are enough."""
        multiple = max(1, self.multiple)
        enough = max(ceil(wanted - 1e-9), self.minimum, 1)
        return -(-enough // multiple) * multiple


def quantity(offer: Offer, wanted: float, per_day: float, holding: Decimal = HOLDING) -> int:
    """How many to order: what is wanted, rounded to what the supplier sells; more where a better price saves more than
    keeping the rest costs, but for no longer than `LONGEST_COVER`. 0 when nothing is wanted."""
    if wanted <= 0:
        return 0
    best = offer.rounded(wanted)
    base_price = offer.price_of(best)
    chosen, saved_most = best, Decimal(0)
    for least, _ in offer.breaks:
        more = offer.rounded(max(least, wanted))
        if more <= best or per_day <= 0 or more / per_day > LONGEST_COVER + best / per_day:
            continue
        price = offer.price_of(more)
        # Extra units are kept, on average, until the first ones and half of themselves are sold.
        years = (best + (more - best) / 2) / per_day / 365
        saved = (base_price - price) * more - holding * price * (more - best) * Decimal(str(round(years, 6)))
        if saved > saved_most:
            chosen, saved_most = more, saved
    return chosen


# --- one SKU ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    """`available` may be below zero; `coming` is what is on order and not in stock yet."""

    available: float
    coming: float = 0.0

    @property
    def total(self) -> float:
        return self.available + self.coming


@dataclass(frozen=True, slots=True)
class Rule:
    """What a person said about a SKU, over the shop's own."""

    is_on: bool = True
    least: int | None = None
    most: int | None = None
    service: float | None = None

    @property
    def is_by_hand(self) -> bool:
        return self.least is not None and self.most is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """The shop's own. `review` is how many days pass until one looks again."""

    service: float = SERVICE
    cycle: int = CYCLE
    review: int = 1
    holding: Decimal = HOLDING
    budget: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """Order when no more than `point` are there and coming; then up to `target`. `method` says whose figures these
    are: `forecast` or `by_hand`. `expected` is the demand of the lead time, `safety` what `point` is above it."""

    point: int
    target: int
    method: str
    expected: float = 0.0

    @property
    def safety(self) -> float:
        return max(0.0, self.point - self.expected)


def levels(demand: Demand, lead: LeadTime, rule: Rule, terms: Terms) -> Levels:
    until = lead.plus(terms.review)
    expected = sum(weight * demand.expected(days) for days, weight in until.points)
    if rule.is_by_hand:
        assert rule.least is not None and rule.most is not None
        return Levels(rule.least, max(rule.least, rule.most), "by_hand", expected)
    service = rule.service if rule.service is not None else terms.service
    point = ceil(needed_for(demand, until, service) - 1e-6)
    target = ceil(needed_for(demand, until.plus(terms.cycle), service) - 1e-6)
    if rule.least is not None:
        point = max(point, rule.least)
    if rule.most is not None:
        target = min(target, rule.most)
    return Levels(point, max(target, point + (1 if expected > 0 else 0)), "forecast", expected)


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that is to be ordered. `days_left` is how long what is there and coming lasts, by what is expected."""

    offer: Offer
    quantity: int
    levels: Levels
    position: Position
    per_day: float
    days_left: float
    lead_days: float
    raised: int = 0
    """How many of them are there because the order would else be less than its supplier accepts."""

    @property
    def price(self) -> Decimal:
        return self.offer.price_of(self.quantity)

    @property
    def cost(self) -> Decimal:
        return self.price * self.quantity

    @property
    def urgency(self) -> float:
        """Days of what is left beyond what goods take; the least first."""
        return self.days_left - self.lead_days

    def why(self) -> dict[str, object]:
        """The figures it was decided by, as kept with the line."""
        return {
            "available": self.position.available,
            "coming": self.position.coming,
            "point": self.levels.point,
            "target": self.levels.target,
            "safety": round(self.levels.safety, 1),
            "per_day": round(self.per_day, 3),
            "lead_days": round(self.lead_days, 1),
            "days_left": round(min(self.days_left, 9999), 1),
            "method": self.levels.method,
            **({"raised": self.raised} if self.raised else {}),
        }


def wish(
    offers: Sequence[Offer],
    leads: Callable[[Offer], LeadTime],
    demand: Demand,
    position: Position,
    rule: Rule,
    terms: Terms,
    known: Levels | None = None,
) -> Wish | None:
    """What to order of one SKU, None for nothing. Of the suppliers the first by rank is asked, and of the same rank the
    one that is cheapest at the quantity. `known` are its levels where they were reckoned before."""
    if not rule.is_on or not offers:
        return None
    offer = chosen_offer(offers, demand)
    lead = leads(offer)
    found = known or levels(demand, lead, rule, terms)
    if position.total > found.point:
        return None
    per_day = demand.expected(28) / 28
    count = quantity(offer, found.target - position.total, per_day, terms.holding)
    if count <= 0:
        return None
    left = max(0.0, position.total) / per_day if per_day > 0 else 9999.0
    return Wish(offer, count, found, position, per_day, left, lead.mean)


def chosen_offer(offers: Sequence[Offer], demand: Demand) -> Offer:
    usual = max(1, ceil(demand.expected(28)))
    return min(offers, key=lambda one: (one.rank, one.price_of(one.rounded(usual)), one.supplier))


@dataclass(frozen=True, slots=True)
class Plan:
    """`taken` is to be ordered, `left_out` would go beyond the budget; both the most urgent first."""

    taken: list[Wish] = field(default_factory=list[Wish])
    left_out: list[Wish] = field(default_factory=list[Wish])


def within_budget(wishes: Sequence[Wish], budget: Decimal | None) -> Plan:
    """The most urgent first, as long as the money lasts; a line too dear for what is left does not stop the cheaper
    ones after it."""
    plan, left = Plan(), budget
    for one in sorted(wishes, key=lambda one: (one.urgency, one.offer.sku)):
        if left is not None and one.cost > left:
            plan.left_out.append(one)
            continue
        plan.taken.append(one)
        left = None if left is None else left - one.cost
    return plan
