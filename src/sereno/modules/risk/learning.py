"""A score learned from a shop's own outcomes: logistic regression on the facts that the rules look at.

Invariant: it is only ever shown where it beat the rules on orders that came after those it learned from, by more than
chance can explain. Pure Python, no numbers from elsewhere: what it knows, this shop's past taught it.

1. Orders in the order they were placed: the first 60 % teach, the next 15 % calibrate (Platt), the last 25 % judge.
2. Weights by Newton's method with an L2 penalty on standardised features (iteratively reweighted least squares).
3. Both scores are compared on the last part by the area under the curve; the interval of the difference is DeLong's
   (1988), for two scores of the same orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log1p, sqrt
from typing import Any

Facts = Mapping[str, Any]
TEACH, CALIBRATE = 0.60, 0.75
LEAST_BAD = 30
"""Bad orders that each of the first and last part must have, so that there is anything to learn and to judge by."""
RIPE = 60 * 86_400_000_000
"""Microseconds after which an order nobody disputed counts as good; most chargebacks come sooner."""
NEWEST = 20_000
"""So many orders are learned from at most."""
PENALTY = 5.0
ROUNDS = 12
Z95 = 1.959964
COUNTS = ("email_day", "phone_people", "card_day", "card_people", "device_day", "device_people", "ip_day", "ip_people",
          "address_day", "address_people", "failed_payments", "good_orders", "orders_before", "most_units")  # fmt: skip
FLAGS = ("is_disposable", "is_free_mail", "has_gift_card")
CHECKS = (("avs", "no_match"), ("cvv", "no_match"), ("platform_risk", "high"), ("platform_risk", "medium"))


@dataclass(frozen=True, slots=True)
class Example:
    """An order whose outcome is known. `score` is what the rules gave it, `at` when it was placed."""

    at: float
    facts: Facts
    score: float
    is_bad: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How the learned score did on orders it had not seen. `difference` of the areas (learned less rules) with its 95 %
    interval; None where there was too little to judge. `calibration` are (expected, seen, orders) by fifths."""

    is_better: bool
    reason: str
    orders: int
    bad: int
    judged: int
    judged_bad: int
    rules: float | None = None
    learned: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    calibration: tuple[tuple[float, float, int], ...] = ()


def known(rows: Sequence[Mapping[str, Any]], now: int) -> list[Example]:
    """The orders whose outcome is known: refused or charged back, let go on by staff, or old enough to be good."""
    return [
        Example(float(row["at"]), row["facts"], float(row["score"]), row["is_bad"] or row["decision"] == "refused")
        for row in rows
        if row["is_bad"] or row["decision"] or row["at"] <= now - RIPE
    ]


def features(facts: Facts) -> dict[str, float]:
    """The same for every shop. What is not known is 0, and that it is not known is a feature of its own."""
    found = {name: log1p(max(float(facts.get(name) or 0), 0.0)) for name in COUNTS}
    found |= {name: 1.0 if facts.get(name) is True else 0.0 for name in FLAGS}
    found |= {f"{name}={value}": 1.0 if facts.get(name) == value else 0.0 for name, value in CHECKS}
    found["names"] = 1.0 if facts.get("names_agree") is False else 0.0
    found["bad"] = 1.0 if facts.get("bad") else 0.0
    ratio, age = facts.get("amount_ratio"), facts.get("account_minutes")
    found["amount"] = log(min(max(float(ratio), 0.01), 100.0)) if ratio is not None else 0.0
    found["far"] = log1p(float(facts.get("distance_km") or 0))
    here, there = facts.get("ip_country"), (facts.get("ship_country"), facts.get("bill_country"))
    found["abroad"] = 1.0 if here and any(there) and here not in there else 0.0
    found["account_known"] = 0.0 if age is None else 1.0
    found["account_age"] = 0.0 if age is None else log1p(max(float(age), 0.0))
    found["account_instant"] = 1.0 if age is not None and age < 1 else 0.0
    return found


def fit(examples: Sequence[Example], later: Sequence[Example] | None = None) -> tuple[dict[str, Any] | None, Report]:
    """The model as a document, and how it did; None for the model where it did not do better than the rules. With
    `later`, those judge, and all of `examples` teach and calibrate."""
    ordered = sorted(examples, key=lambda one: one.at)
    if later is not None:
        cut = int(len(ordered) * TEACH / CALIBRATE)
        teach, calibrate, judge = ordered[:cut], ordered[cut:], list(later)
    else:
        first, second = int(len(ordered) * TEACH), int(len(ordered) * CALIBRATE)
        teach, calibrate, judge = ordered[:first], ordered[first:second], ordered[second:]
    judged_bad = sum(one.is_bad for one in judge)
    bad = sum(one.is_bad for one in (*teach, *calibrate)) + judged_bad
    said = {
        "orders": len(teach) + len(calibrate) + len(judge),
        "bad": bad,
        "judged": len(judge),
        "judged_bad": judged_bad,
    }
    if min(sum(one.is_bad for one in teach), judged_bad) < LEAST_BAD or judged_bad == len(judge):
        return None, Report(False, "risk.too_few", **said)
    model = _calibrated(_learn(teach), calibrate)
    chances = [chance(model, one.facts) for one in judge]
    rules = [one.score for one in judge]
    compared = compare([one.is_bad for one in judge], chances, rules)
    report = Report(
        compared.low > 0,
        "risk.better" if compared.low > 0 else "risk.not_better",
        **said,
        rules=round(compared.second, 4),
        learned=round(compared.first, 4),
        difference=round(compared.difference, 4),
        low=round(compared.low, 4),
        high=round(compared.high, 4),
        calibration=_fifths(chances, [one.is_bad for one in judge]),
    )
    return (model if report.is_better else None), report


def chance(model: Mapping[str, Any], facts: Facts) -> float:
    """The calibrated chance of a fraud, 0 to 1."""
    found = features(facts)
    raw = model["bias"] + sum(
        weight * (found.get(name, 0.0) - mean) / spread for name, weight, mean, spread in model["weights"]
    )
    return _sigmoid(model["slope"] * raw + model["shift"])


def chance_of(learned: Mapping[str, Any] | None, facts: Facts) -> float | None:
    """By what is kept of a shop; None where nothing beats the rules."""
    model = (learned or {}).get("model")
    return round(chance(model, facts), 4) if model else None


def lift_of(learned: Mapping[str, Any], found: float) -> float:
    """How many times the usual share of bad orders this is."""
    base = float(learned["model"].get("base") or 0)
    return round(found / base, 2) if base else 0.0


# --- learning -----------------------------------------------------------------------------------------


def _learn(examples: Sequence[Example]) -> dict[str, Any]:
    rows = [features(one.facts) for one in examples]
    names = [name for name in rows[0] if len({row[name] for row in rows}) > 1]
    count = len(rows)
    means = [sum(row[name] for row in rows) / count for name in names]
    spreads = [
        sqrt(sum((row[name] - mean) ** 2 for row in rows) / count) or 1.0
        for name, mean in zip(names, means, strict=True)
    ]
    # Many orders look the same: each kind is reckoned once, with how many it stands for and how many were bad.
    kinds: dict[tuple[float, ...], list[float]] = {}
    for row, one in zip(rows, examples, strict=True):
        held = kinds.setdefault(tuple(round(row[name], 2) for name in names), [0.0, 0.0])
        held[0] += 1
        held[1] += one.is_bad
    points = [
        (
            [1.0, *((value - mean) / spread for value, mean, spread in zip(kind, means, spreads, strict=True))],
            held[0],
            held[1],
        )
        for kind, held in kinds.items()
    ]
    weights = _newton(points, len(names) + 1)
    base = sum(one.is_bad for one in examples) / count
    return {
        "bias": weights[0],
        "weights": [list(one) for one in zip(names, weights[1:], means, spreads, strict=True)],
        "slope": 1.0,
        "shift": 0.0,
        "base": base,
    }


def _newton(points: Sequence[tuple[list[float], float, float]], size: int, penalty: float = PENALTY) -> list[float]:
    weights = [0.0] * size
    for _ in range(ROUNDS):
        slope = [-penalty * weight if at else 0.0 for at, weight in enumerate(weights)]
        curve = [[0.0] * size for _ in range(size)]
        for at in range(size):
            curve[at][at] = penalty if at else 1e-9
        for row, count, bad in points:
            expected = _sigmoid(sum(one * two for one, two in zip(weights, row, strict=True)))
            error, weight = bad - count * expected, count * expected * (1 - expected)
            for at, value in enumerate(row):
                slope[at] += error * value
                if weight and value:
                    line, scaled = curve[at], weight * value
                    for beside in range(at + 1):
                        line[beside] += scaled * row[beside]
        step = _solve(curve, slope)
        weights = [one + two for one, two in zip(weights, step, strict=True)]
        if max(abs(one) for one in step) < 1e-6:
            break
    return weights


def _solve(lower: list[list[float]], right: list[float]) -> list[float]:
    """By Cholesky; `lower` is the lower half of a positive definite matrix and is overwritten."""
    size = len(right)
    for at in range(size):
        for beside in range(at + 1):
            left = lower[at][beside] - sum(lower[at][one] * lower[beside][one] for one in range(beside))
            lower[at][beside] = sqrt(max(left, 1e-12)) if at == beside else left / lower[beside][beside]
    middle: list[float] = []
    for at in range(size):
        middle.append((right[at] - sum(lower[at][one] * middle[one] for one in range(at))) / lower[at][at])
    found = [0.0] * size
    for at in reversed(range(size)):
        found[at] = (middle[at] - sum(lower[one][at] * found[one] for one in range(at + 1, size))) / lower[at][at]
    return found


def _calibrated(model: dict[str, Any], examples: Sequence[Example]) -> dict[str, Any]:
    """Platt's line through what was expected and what came; as it was where there is too little to draw it by."""
    bad = sum(one.is_bad for one in examples)
    if bad < 10 or bad == len(examples):
        return model
    points: list[tuple[list[float], float, float]] = []
    for one in examples:
        expected = min(max(chance(model, one.facts), 1e-6), 1 - 1e-6)
        points.append(([1.0, log(expected / (1 - expected))], 1.0, float(one.is_bad)))
    shift, slope = _newton(points, 2, penalty=0.1)
    return {**model, "slope": max(slope, 0.0), "shift": shift}


def _fifths(chances: Sequence[float], bad: Sequence[bool]) -> tuple[tuple[float, float, int], ...]:
    ordered = sorted(zip(chances, bad, strict=True))
    size = max(len(ordered) // 5, 1)
    parts = [ordered[at * size : (at + 1) * size if at < 4 else len(ordered)] for at in range(5)]
    return tuple(
        (
            round(sum(one for one, _ in part) / len(part), 4),
            round(sum(two for _, two in part) / len(part), 4),
            len(part),
        )
        for part in parts
        if part
    )


def _sigmoid(value: float) -> float:
    if value < -35:
        return 0.0
    return 1 / (1 + exp(-value)) if value < 35 else 1.0


# --- judging ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    first: float
    second: float
    difference: float
    low: float
    high: float


def compare(bad: Sequence[bool], first: Sequence[float], second: Sequence[float]) -> Compared:
    """Areas under the curve of two scores of the same orders, and their difference with its 95 % interval (DeLong)."""
    places = [at for at, one in enumerate(bad) if one], [at for at, one in enumerate(bad) if not one]
    areas: list[float] = []
    parts: list[tuple[list[float], list[float]]] = []
    for scores in (first, second):
        high, low = [scores[at] for at in places[0]], [scores[at] for at in places[1]]
        together = _midranks([*high, *low])
        inside, outside = _midranks(high), _midranks(low)
        above = [(one - two) / len(low) for one, two in zip(together, inside, strict=False)]
        below = [1 - (one - two) / len(high) for one, two in zip(together[len(high) :], outside, strict=True)]
        areas.append(sum(above) / len(above))
        parts.append((above, below))
    spread = 0.0
    for at in (0, 1):
        apart = [one - two for one, two in zip(parts[0][at], parts[1][at], strict=True)]
        mean = sum(apart) / len(apart)
        spread += sum((one - mean) ** 2 for one in apart) / max(len(apart) - 1, 1) / len(apart)
    gap, width = areas[0] - areas[1], Z95 * sqrt(spread)
    return Compared(areas[0], areas[1], gap, gap - width, gap + width)


def _midranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, those that are equal share the middle of theirs."""
    ordered = sorted(range(len(values)), key=lambda at: values[at])
    ranks = [0.0] * len(values)
    at = 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and values[ordered[end]] == values[ordered[at]]:
            end += 1
        for one in ordered[at:end]:
            ranks[one] = (at + end + 1) / 2
        at = end
    return ranks
