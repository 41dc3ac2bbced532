"""An experiment as pages show it: what it says in a sentence, its groups, and how its interval got there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.engine.control import CONTROL, HOLDOUT, TREATED
from sereno.modules.insights.results import ArmResult, Comparison, Result
from sereno.runtime.experiments.measuring import Measured
from sereno.web.results import wording
from sereno.web.results.chart import Chart, chart, day_of


@dataclass(frozen=True, slots=True)
class Row:
    """An arm in the table."""

    name: str
    arm: ArmResult
    rate: str
    each: str
    revenue: str
    other: str
    against: Comparison | None
    orders_said: str
    revenue_said: str
    is_winner: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An experiment as the page shows it."""

    result: Result
    title: str
    since: str
    headline: wording.Said
    revenue: wording.Said | None
    rows: tuple[Row, ...]
    wanted: str
    missing: Any
    orders_chart: Chart | None
    revenue_chart: Chart | None
    credited: str
    window: str
    is_open: int
    can_adopt: bool


def is_of_branches(result: Result) -> bool:
    """Whether branches or wordings are compared, not people with those without."""
    return result.name not in (CONTROL, HOLDOUT) and not result.is_of_message


def whom_of(result: Result) -> wording.Whom:
    """What the people of its second group do with."""
    return "shop" if result.name == HOLDOUT else "message" if result.is_of_message else "flow"


def shown_of(found: Measured, result: Result) -> Shown:
    money = wording.money_in(found.currency)
    is_split = is_of_branches(result)
    pair = result.comparisons[0] if result.comparisons else None
    revenue = None
    if is_split or pair is None:
        headline = wording.of_split(result) if result.best else wording.Said("lamp", wording.nothing_yet())
    else:
        headline = wording.of_orders(pair.orders, result.days, whom_of(result))
        revenue = wording.of_revenue(pair.revenue, money)
    return Shown(
        result,
        wording.split_title(found.document, result.name) if is_split or result.is_of_message else "",
        wording.date_of(day_of(result.first_day)) if result.first_day is not None else "",
        headline,
        revenue,
        tuple(_row(found, result, arm) for arm in result.arms if arm.weight or arm.exposed),
        wording.what_is_wanted(result),
        wording.missing(result),
        chart(result.history, "orders") if not is_split else None,
        chart(result.history, "revenue") if not is_split else None,
        _credited(result, found.currency),
        wording.length(result.window),
        sum(arm.is_open for arm in result.arms),
        is_split and result.winner is not None and not result.is_mismatched,
    )


def _row(found: Measured, result: Result, arm: ArmResult) -> Row:
    against = next((one for one in result.comparisons if one.arm == arm.name), None)
    money = wording.money_in(found.currency)
    return Row(
        wording.arm_name(arm.name, result.name),
        arm,
        wording.rate(arm.orders.events, arm.units),
        money(arm.revenue.mean) if arm.units else "–",
        money(arm.revenue.total),
        ", ".join(wording.money_in(currency)(total) for currency, total in arm.other.items()),
        against,
        wording.lift_of(against.orders, wording.count) if against is not None else "",
        wording.lift_of(against.revenue, money) if against is not None else "",
        arm.name == result.winner and is_of_branches(result),
    )


def _credited(result: Result, currency: str) -> str:
    """What is attributed to the flow, in words of money."""
    treated = next((arm for arm in result.arms if arm.name == TREATED), None)
    if treated is None or not treated.credited:
        return ""
    amounts: Mapping[str, int] = treated.credited
    known: Sequence[str] = sorted(name for name in amounts if name != "orders")
    return ", ".join(wording.money_in(name)(amounts[name]) for name in known) or wording.money_in(currency)(0)
