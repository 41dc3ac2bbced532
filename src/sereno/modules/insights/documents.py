"""Results as the API and the command line give them: JSON, money as decimal text, days as dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Protocol

from sereno.commerce.money import Money
from sereno.engine.durations import format_duration
from sereno.engine.message_control import newsletter_place, place_of
from sereno.modules.insights.experiments import ALPHA
from sereno.modules.insights.results import ArmResult, Comparison, Effect, Result

_EPOCH = date(1970, 1, 1)


def flow_document(name: str, title: str, currency: str, results: Sequence[Result]) -> dict[str, Any]:
    """`flow` is empty for the whole shop."""
    found = experiments_document(results, currency)
    return {"flow": name, "title": title, "currency": currency, "confidence": 1 - ALPHA, "experiments": found}


def experiments_document(results: Sequence[Result], currency: str) -> list[dict[str, Any]]:
    return [_experiment(one, currency) for one in results]


def brought_document(results: Sequence[Result], currency: str) -> dict[str, dict[str, Any]]:
    """By step of a flow ("" for a newsletter): what each message brought alone, as the columns of a file say it."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        place = place_of(result.name)
        if place is None or not result.is_current or not result.comparisons:
            continue
        (one,) = result.comparisons
        is_said = one.orders.each.verdict != "too_early" and not result.is_mismatched
        orders, revenue = _interval(one.orders), _interval(one.revenue, currency)
        found["" if place.startswith(newsletter_place("")) else place] = {
            "brought_verdict": "mismatched" if result.is_mismatched else one.orders.each.verdict,
            "brought_orders_low": orders["low"] if is_said else None,
            "brought_orders_high": orders["high"] if is_said else None,
            "brought_revenue_low": revenue["low"] if is_said else None,
            "brought_revenue_high": revenue["high"] if is_said else None,
        }
    return found


BROUGHT = ("verdict", "orders_low", "orders_high", "revenue_low", "revenue_high")


def _experiment(result: Result, currency: str) -> dict[str, Any]:
    missing = result.missing
    return {
        "experiment": result.name,
        "design": result.design,
        "is_current": result.is_current,
        "window": format_duration(result.window) if result.window is not None else None,
        "since": _day(result.first_day),
        "days": result.days,
        "arms": [_arm(arm, currency) for arm in result.arms],
        "lifts": [_comparison(one, currency) for one in result.comparisons],
        "winner": result.winner if not result.is_mismatched else None,
        "ahead": result.best or None,
        "is_too_early": result.is_too_early,
        "is_mismatched": result.is_mismatched,
        "mismatch": round(result.mismatch, 6),
        "needed": None
        if missing is None
        else {"effect": missing.effect, "units": missing.units, "more": missing.more, "days": missing.days},
        "history": [
            {
                "day": _day(point.day),
                "orders": _interval(point.orders),
                "revenue": _interval(point.revenue, currency),
            }
            for point in result.history
        ],
    }


def _arm(arm: ArmResult, currency: str) -> dict[str, Any]:
    return {
        "arm": arm.name,
        "weight": arm.weight,
        "exposed": arm.exposed,
        "counted": arm.units,
        "within_window": arm.is_open,
        "ordered": arm.orders.events,
        "orders": round(arm.orders.total),
        "revenue": _money(arm.revenue.total, currency),
        "other_currencies": {name: _money(total, name) for name, total in arm.other.items()},
        "attributed": _attributed(arm.credited),
    }


def _attributed(credited: Mapping[str, int]) -> dict[str, Any]:
    money = {name: _money(total, name) for name, total in sorted(credited.items()) if name != "orders"}
    return {"orders": credited.get("orders", 0), "revenue": money}


def _comparison(one: Comparison, currency: str) -> dict[str, Any]:
    return {
        "arm": one.arm,
        "against": one.against,
        "orders": {**_interval(one.orders), **_each(one.orders), "verdict": one.orders.each.verdict},
        "revenue": {**_interval(one.revenue, currency), "verdict": one.revenue.each.verdict},
    }


def _each(effect: Effect) -> dict[str, Any]:
    found = {"low": effect.each.low, "estimate": effect.each.estimate, "high": effect.each.high}
    return {"per_person": {name: round(value, 6) if isfinite(value) else None for name, value in found.items()}}


def _interval(effect: Effect, currency: str | None = None) -> dict[str, Any]:
    """Over all people of the arm together; nulls while nothing can be said."""
    values = {"low": effect.low, "estimate": effect.total, "high": effect.high}
    if not all(map(isfinite, values.values())):
        return dict.fromkeys(values)
    if currency is not None:
        return {name: _money(value, currency) for name, value in values.items()}
    return {name: round(value, 2) for name, value in values.items()}


def _money(minor: float, currency: str) -> str:
    return Money.from_minor(round(minor), currency).text


def _day(number: int | None) -> str | None:
    return None if number is None else (_EPOCH + timedelta(days=number)).isoformat()


COUNTS = (
    *("sent", "failed", "withheld", "delivered", "opened", "machine", "clicked", "unsubscribed", "complained"),
    *("bounced", "orders"),
)


class Sums(Protocol):
    """What is known of some messages (see `runtime.results.reading.Figures`)."""

    @property
    def cost(self) -> Decimal | None: ...
    def __getitem__(self, what: str) -> int: ...
    def margin(self) -> int | None: ...
    def profit(self, currency: str) -> int | None: ...


def figures_document(sums: Sums, currency: str) -> dict[str, Any]:
    """Counts, and money as decimal text in the shop's currency; None where it is not known."""
    margin, profit = sums.margin(), sums.profit(currency)
    return {
        **{("opened_by_machines" if name == "machine" else name): sums[name] for name in COUNTS},
        "revenue": _money(sums["revenue"], currency),
        "cost": None if sums.cost is None else f"{sums.cost.normalize():f}",
        "codes_cost": _money(sums["codes"], currency),
        "margin": None if margin is None else _money(margin, currency),
        "profit": None if profit is None else _money(profit, currency),
    }


class Origin(Protocol):
    """A flow or a newsletter."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...


class Reported(Protocol):
    """See `runtime.results.reading.Report`."""

    @property
    def currency(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date: ...
    @property
    def total(self) -> Sums: ...
    @property
    def before(self) -> Sums: ...
    @property
    def days(self) -> Sequence[tuple[date, Sums]]: ...
    @property
    def cuts(self) -> Mapping[Any, Sequence[tuple[str, Sums]]]: ...


class Lined(Protocol):
    @property
    def source(self) -> Origin: ...
    @property
    def figures(self) -> Sums: ...


def report_document(report: Reported) -> dict[str, Any]:
    """Of one flow, step or newsletter."""
    return lines_document(report, ())


def lines_document(report: Reported, lines: Sequence[Lined]) -> dict[str, Any]:
    """Of a whole shop: the same, and each flow and newsletter by itself."""
    currency = report.currency

    def named(rows: Sequence[tuple[Any, Sums]]) -> list[dict[str, Any]]:
        return [{"name": str(name), "figures": figures_document(sums, currency)} for name, sums in rows]

    return {
        "currency": currency,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "total": figures_document(report.total, currency),
        "before": figures_document(report.before, currency),
        "days": named(report.days),
        "by": {str(cut): named(rows) for cut, rows in report.cuts.items()},
        "sources": [
            {
                "flow": line.source.name if line.source.kind == "flow" else None,
                "newsletter": line.source.id if line.source.kind == "newsletter" else None,
                "title": line.source.title,
                "figures": figures_document(line.figures, currency),
            }
            for line in lines
        ],
    }
