"""From sums to what can be said: arms, lifts, how they came about, and what is still missing. Pure.

Invariant: nothing here calls an arm better than another unless the intervals of `experiments` say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sereno.engine.chance import SHARES
from sereno.engine.control import CONTROL, TREATED, Experiment
from sereno.engine.message_control import place_of, read_design
from sereno.modules.insights.experiments import (
    FEWEST_UNITS,
    MISMATCH_ALPHA,
    MOST_NEEDED,
    NOBODY,
    Arm,
    Lift,
    lift,
    mismatch,
    needed,
    standing,
)

Sum = tuple[str, str, str, str, int, int, float, int]
"""Experiment, design, arm, metric, day (0 for all time), total, squares, events."""
MOST_POINTS = 60
PACE_DAYS = 28
USUAL_EFFECT = 0.1
CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class ArmResult:
    """An arm so far. `exposed` came to it, `units` of them have had their whole window. `orders` and `revenue` (in the
    smallest unit of the shop's currency) are of those; `other` is what they spent in other currencies, `credited` what
    is attributed to the flow: orders, and money by currency."""

    name: str
    weight: int | None
    exposed: int
    units: int
    orders: Arm
    revenue: Arm
    other: Mapping[str, int] = field(default_factory=dict[str, int])
    credited: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def is_open(self) -> int:
        """How many are still within their window."""
        return max(0, self.exposed - self.units)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an arm did over another: `each` per person, and over all its people together (`units`)."""

    each: Lift
    units: int

    @property
    def total(self) -> float:
        return self.each.estimate * self.units

    @property
    def low(self) -> float:
        return self.each.low * self.units

    @property
    def high(self) -> float:
        return self.each.high * self.units


@dataclass(frozen=True, slots=True)
class Comparison:
    arm: str
    against: str
    orders: Effect
    revenue: Effect


@dataclass(frozen=True, slots=True)
class Point:
    """The totals of the first comparison as they stood at the end of a day (days since 1970)."""

    day: int
    orders: Effect
    revenue: Effect


@dataclass(frozen=True, slots=True)
class Missing:
    """What it takes to see a lift of `effect` of the orders per person without the flow. `units` in all, `more` than
    have been counted; `days` at the pace of the last weeks. None where that cannot be told yet, or is beyond reach."""

    effect: float
    units: int | None
    more: int | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """One experiment in one design. `first_day` and `last_day` are days since 1970 of the first exposure and of what
    was counted last (today, while it goes on). `comparisons` are of the flow with its control group, or of each arm of
    a split with the first arm. `winner` needs evidence against every other arm. `mismatch` is below `MISMATCH_ALPHA`
    when people did not fall into the arms as they should."""

    name: str
    design: str
    is_current: bool
    window: timedelta | None
    first_day: int | None
    last_day: int | None
    arms: tuple[ArmResult, ...]
    comparisons: tuple[Comparison, ...]
    best: str
    winner: str | None
    is_too_early: bool
    mismatch: float
    history: tuple[Point, ...]
    missing: Missing | None

    @property
    def is_control(self) -> bool:
        return any(arm.name == CONTROL for arm in self.arms) and len(self.arms) == 2

    @property
    def is_of_message(self) -> bool:
        """Whether it measures what one message brings."""
        return place_of(self.name) is not None

    @property
    def is_mismatched(self) -> bool:
        return self.mismatch < MISMATCH_ALPHA

    @property
    def days(self) -> int:
        """How long it has been counted for."""
        return 0 if self.first_day is None or self.last_day is None else max(1, self.last_day - self.first_day + 1)

    def arm(self, name: str) -> ArmResult:
        return next(one for one in self.arms if one.name == name)


def results(
    experiments: Mapping[str, Experiment],
    sums: Sequence[Sum],
    currency: str,
    today: int,
    *,
    effect: float = USUAL_EFFECT,
) -> list[Result]:
    """All experiments, the current ones first, each with its earlier designs after it (the newest first)."""
    by_design: dict[tuple[str, str], list[Sum]] = {}
    for row in sums:
        by_design.setdefault((row[0], row[1]), []).append(row)
    for one in experiments.values():
        by_design.setdefault((one.name, one.design), [])
    found = [
        _result(name, design, experiments.get(name), rows, currency, today, effect)
        for (name, design), rows in by_design.items()
    ]
    order = {name: number for number, name in enumerate(experiments)}
    return sorted(
        found, key=lambda one: (order.get(one.name, len(order)), one.name, not one.is_current, -(one.last_day or 0))
    )


def _result(
    name: str,
    design: str,
    experiment: Experiment | None,
    rows: Sequence[Sum],
    currency: str,
    today: int,
    effect: float,
) -> Result:
    is_current = experiment is not None and experiment.design == design
    weights = dict(experiment.weights) if experiment is not None and is_current else _weights(design)
    names = [CONTROL, TREATED] if weights.keys() == {CONTROL, TREATED} else list(weights)
    names += sorted({row[2] for row in rows} - set(names))
    whole = [row for row in rows if row[4] == 0]
    arms = tuple(_arm(arm, weights.get(arm), whole, currency) for arm in names)
    compared = [arm for arm in arms if arm.weight or arm.exposed]
    pairs = [(arm, compared[0]) for arm in compared[1:]]
    alpha = 0.05 if len(compared) < 3 else 0.05 / (len(compared) * (len(compared) - 1) / 2)
    stand = standing({arm.name: arm.orders for arm in compared}) if len(compared) > 1 else None
    days = sorted({row[4] for row in rows if row[4]})
    exposed_days = sorted({row[4] for row in rows if row[4] and row[3] == "exposed"})
    return Result(
        name,
        design,
        is_current,
        experiment.window if experiment is not None and is_current else _window(design),
        exposed_days[0] if exposed_days else None,
        (today if is_current else min(days[-1], today)) if days else None,
        arms,
        tuple(_comparison(arm, other, alpha) for arm, other in pairs),
        stand.best if stand is not None else "",
        stand.winner if stand is not None else None,
        stand is None or stand.is_too_early,
        mismatch([arm.exposed for arm in arms], [arm.weight or 0 for arm in arms]) if weights else 1.0,
        _history(rows, pairs[0][0].name, pairs[0][1].name, currency, alpha) if pairs else (),
        _missing(compared, rows, today, effect) if is_current and len(compared) > 1 else None,
    )


def _weights(design: str) -> dict[str, int]:
    """Of an earlier design: a control group's says its share, a split's does not."""
    share = design.partition("/")[0]
    return {CONTROL: int(share), TREATED: SHARES - int(share)} if "/" in design and share.isdigit() else {}


def _window(design: str) -> timedelta | None:
    try:
        return read_design(design)[1]
    except ValueError:
        return None


def _arm(name: str, weight: int | None, rows: Sequence[Sum], currency: str) -> ArmResult:
    by_metric = {row[3]: row for row in rows if row[2] == name}
    exposed = by_metric["exposed"][5] if "exposed" in by_metric else 0
    units = by_metric["units"][5] if "units" in by_metric else 0
    known = {"exposed", "units", "orders", currency}
    other = {metric: row[5] for metric, row in by_metric.items() if metric not in known and CREDITED not in metric}
    credited = {
        metric.removeprefix(CREDITED).removeprefix(":") or "orders": row[5]
        for metric, row in by_metric.items()
        if metric.startswith(CREDITED) and row[5]
    }
    return ArmResult(
        name,
        weight,
        exposed,
        units,
        _outcome(units, by_metric.get("orders")),
        _outcome(units, by_metric.get(currency)),
        {metric: total for metric, total in sorted(other.items()) if total},
        credited,
    )


def _outcome(units: int, row: Sum | None) -> Arm:
    return Arm(units, 0.0, 0.0, 0) if row is None else Arm(units, float(row[5]), row[6], row[7])


def _comparison(arm: ArmResult, other: ArmResult, alpha: float) -> Comparison:
    return Comparison(
        arm.name,
        other.name,
        Effect(lift(arm.orders, other.orders, alpha=alpha), arm.units),
        Effect(lift(arm.revenue, other.revenue, alpha=alpha), arm.units),
    )


def _history(rows: Sequence[Sum], arm: str, against: str, currency: str, alpha: float) -> tuple[Point, ...]:
    """How the first comparison stood day by day, from when there was enough to say anything."""
    by_day: dict[int, list[Sum]] = {}
    for row in rows:
        if row[4] and row[2] in (arm, against) and row[3] in ("units", "orders", currency):
            by_day.setdefault(row[4], []).append(row)
    units = dict.fromkeys((arm, against), 0)
    orders, revenue = dict.fromkeys(units, NOBODY), dict.fromkeys(units, NOBODY)
    days = sorted(by_day)
    step = max(1, -(-len(days) // MOST_POINTS))
    shown = set(days[::-step])
    points: list[Point] = []
    for day in days:
        for _, _, name, metric, _, total, squares, events in by_day[day]:
            if metric == "units":
                units[name] += total
                continue
            held = orders if metric == "orders" else revenue
            held[name] += Arm(0, float(total), squares, events)
        if day not in shown or min(units.values()) < FEWEST_UNITS // 2:
            continue

        def now(held: Mapping[str, Arm]) -> Effect:
            one, two = (Arm(units[name], held[name].total, held[name].squares, held[name].events) for name in units)
            return Effect(lift(one, two, alpha=alpha), units[arm])

        points.append(Point(day, now(orders), now(revenue)))
    return tuple(points)


def _missing(arms: Sequence[ArmResult], rows: Sequence[Sum], today: int, effect: float) -> Missing:
    """For the smallest of the arms against the first: what is enough for that is enough for all."""
    first, other = arms[0], min(arms[1:], key=lambda arm: arm.weight or 0)
    seen = first.units + other.units
    if not first.units or not other.units or not first.orders.total:
        return Missing(effect, None, None, None)
    weights = (first.weight or 0) + (other.weight or 0)
    share = (other.weight or 0) / weights if weights else 0.5
    pairs = len(arms) * (len(arms) - 1) / 2
    if not 0 < share < 1:
        return Missing(effect, None, None, None)
    reach = effect * first.orders.mean
    units = needed(other.orders.variance, first.orders.variance, reach, share=share, alpha=0.05 / pairs)
    if units >= MOST_NEEDED:
        return Missing(effect, None, None, None)
    more = max(0, units - seen)
    began = min((row[4] for row in rows if row[3] == "exposed" and row[4]), default=today)
    span = min(PACE_DAYS, max(1, today - began))
    lately = sum(
        row[5]
        for row in rows
        if row[3] == "exposed" and today - span <= row[4] < today and row[2] in (first.name, other.name)
    )
    days = -(-more * span // lately) if lately else None
    return Missing(effect, units, more, days if more else 0)
