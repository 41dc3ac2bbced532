"""How many orders a customer will still place and what they will come to: BG/NBD and gamma-gamma where the shop's own
past shows that they do better than counting, else counting.

Invariant: what they are judged by came after everything they were fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sereno.modules.scores import judging
from sereno.modules.scores.lifetime import Lifetime, Spending, fit_lifetime, fit_spending
from sereno.modules.scores.past import WEEK, History, buyer, known_before

Judged = dict[str, dict[str, Any]]

ENOUGH, ENOUGH_AGAIN = 200, 50
"""Customers, and of them such as bought again."""
SHORTEST = 84
"""Days of past."""


@dataclass(frozen=True, slots=True)
class Buying:
    """`lifetime` None: by counting. `rate` is orders a day of who ordered again, `mean` what an order comes to."""

    lifetime: Lifetime | None
    spending: Spending | None
    rate: float
    mean: float

    def alive(self, past: History, cut: int) -> float | None:
        """The chance that they are still a customer; None where counting cannot tell."""
        return None if self.lifetime is None else self.lifetime.alive(buyer(past, cut))

    def orders(self, past: History, cut: int, days: int) -> float:
        if self.lifetime is not None:
            return self.lifetime.expected(buyer(past, cut), days / WEEK)
        return counted(past, cut, self.rate) * days

    def order_value(self, past: History) -> float:
        """What an order of theirs is expected to come to."""
        if self.spending is None:
            return (past.total + self.mean) / (len(past.days) + 1)
        repeats = len(past.days) - 1
        return self.spending.expected(repeats, sum(past.spent[1:]) / repeats if repeats else 0.0)


def counted(past: History, cut: int, rate: float) -> float:
    """Orders a day: their own repeats over their age, with one customer of the usual rate and half a year beside."""
    return (len(past.days) - 1 + rate * 182) / (cut - past.days[0] + 182)


def fit_buying(histories: Sequence[History], cut: int) -> Buying:
    """On what was known by `cut`, by counting where that is too little."""
    histories = [past for past, _ in known_before(histories, cut)]
    orders = sum(len(one.days) for one in histories)
    repeats, ages = orders - len(histories), sum(cut - one.days[0] for one in histories)
    rate, mean = repeats / max(1, ages), sum(one.total for one in histories) / max(1, orders)
    again = [one for one in histories if len(one.days) > 1]
    span = cut - min((one.days[0] for one in histories), default=cut)
    if len(histories) < ENOUGH or len(again) < ENOUGH_AGAIN or span < SHORTEST:
        return Buying(None, None, rate, mean)
    lifetime, _likelihood = fit_lifetime(buyer(one, cut) for one in histories)
    seen = [(len(one.days) - 1, sum(one.spent[1:]) / (len(one.days) - 1)) for one in again]
    has_money = sum(1 for _, value in seen if value > 0) >= ENOUGH_AGAIN
    return Buying(lifetime, fit_spending(seen) if has_money else None, rate, mean)


def keep_good(model: Buying, judged: Judged) -> Buying:
    """Only what did better than counting where it was tried."""
    bad = {name for name, one in judged.items() if not one["is_learned"]}
    lifetime = None if "orders" in bad or "orders" not in judged else model.lifetime
    return replace(model, lifetime=lifetime, spending=None if "value" in bad else model.spending)


def judge_buying(histories: Sequence[History], cut: int, horizon: int, *, model: Buying | None = None) -> Judged:
    """On who had ordered a horizon before the cut, by what they did since: `orders` and `value`, with counting beside.
    Empty where nothing can be said. `model`: that one instead of what could be fitted by then."""
    then = cut - horizon
    model = model or fit_buying(histories, then)
    rows = list(known_before(histories, then))
    if len(rows) < ENOUGH:
        return {}
    later = [_later(whole, then, cut) for _, whole in rows]
    came, spent = [float(count) for count, _ in later], [money for _, money in later]
    orders = [model.orders(past, then, horizon) for past, _ in rows]
    simple = [counted(past, then, model.rate) * horizon for past, _ in rows]
    values = [count * model.order_value(past) for count, (past, _) in zip(orders, rows, strict=True)]
    past_spend = [past.total for past, _ in rows]
    error, plain = judging.rmse(orders, came), judging.rmse(simple, came)
    ranked = judging.auc(orders, [count > 0 for count in came])
    found: Judged = {
        "orders": {
            "customers": len(rows),
            "rmse": error,
            "rule": plain,
            "expected": sum(orders),
            "came": sum(came),
            "auc": None if ranked is None else ranked.value,
            "is_learned": model.lifetime is not None and error < plain,
        }
    }
    top, usual = judging.top_share(values, spent), judging.top_share(past_spend, spent)
    if top is not None and usual is not None:
        off = judging.absolute_error(values, spent)
        flat = judging.absolute_error([one * model.mean for one in simple], spent)
        found["value"] = {
            "customers": len(rows),
            "top": top,
            "rule": usual,
            "error": off,
            "rule_error": flat,
            "is_learned": model.spending is not None and top >= usual - 0.01 and off < flat,
        }
    return found


def _later(whole: History, then: int, cut: int) -> tuple[int, float]:
    """How often somebody ordered from `then` to the cut, and for how much."""
    own = [money for day, money in zip(whole.days, whole.spent, strict=True) if then <= day < cut]
    return len(own), sum(own)
