"""The chance that somebody orders again within the horizon, and when: learned on the shop's own past at earlier days,
tried on the newest stretch of it, and taken only where it does better there than a rule that needs no learning.

Invariant: what a score is judged by came after everything it was learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sereno.modules.scores import judging
from sereno.modules.scores.past import History, earlier_cuts, features, known_before, own_gap, silence, usual_gap
from sereno.modules.scores.regression import chance, fit_logistic, fit_quantile
from sereno.modules.scores.weighing import Weights

ENOUGH = 200
"""Customers who did, and as many who did not, before anything is learned."""
Judged = dict[str, dict[str, Any]]

MOST = 6_000
"""Customers learned from, at ten days each; of more, every n-th."""
LEAST_ORDERS = 2
"""Days with orders before a next one is dated."""
LOW, MIDDLE, HIGH = 0.25, 0.5, 0.75
"""Half of those who come do so between the first and the last."""


@dataclass(frozen=True, slots=True)
class When:
    """Days from the cut: half of those who order within the horizon have done so by `middle`, and half of them do
    between `low` and `high`."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Returning:
    """`weights` and `dates` are None where the rule is taken. `usual` is the usual gap in days."""

    horizon: int
    usual: float
    weights: Weights | None
    dates: tuple[Weights, Weights, Weights] | None

    def chance(self, past: History, cut: int) -> float:
        if self.weights is None:
            return rule_chance(past, cut, self.usual)
        return chance(self.weights.of(features(past, cut, self.usual)))

    def when(self, past: History, cut: int) -> When | None:
        """None for who has not ordered often enough."""
        if len(past.days) < LEAST_ORDERS:
            return None
        if self.dates is None:
            return rule_when(past, cut, self.usual, self.horizon)
        row = features(past, cut, self.usual)
        low, middle, high = sorted(min(float(self.horizon), max(0.0, one.of(row))) for one in self.dates)
        return When(low, middle, high)


def rule_chance(past: History, cut: int, usual: float) -> float:
    """`n / (n + 1)` for who has ordered `n` times, halved for every two of their gaps of silence."""
    count = len(past.days)
    return count / (count + 1) * 0.5 ** (silence(past, cut) / (2 * own_gap(past, usual)))


def rule_when(past: History, cut: int, usual: float, horizon: int) -> When:
    """One own gap after the last order, or a quarter of a gap from now for who is late; give or take half a gap."""
    gap = own_gap(past, usual)
    due = min(float(horizon), max(gap / 4, gap - silence(past, cut)))
    return When(max(0.0, due - gap / 2), due, min(float(horizon), due + gap / 2))


def fit_returning(histories: Sequence[History], cut: int, horizon: int) -> Returning:
    """Learned on what was known by `cut`, by the rules where that is too little."""
    histories = [past for past, _ in known_before(histories, cut)]
    usual = usual_gap(histories)
    rows, came = _examples(histories, cut, horizon, usual)
    if not sum(1 for one in came if one is not None) >= ENOUGH <= sum(1 for one in came if one is None):
        return Returning(horizon, usual, None, None)
    return Returning(horizon, usual, fit_logistic(rows, [one is not None for one in came]), _fit_dates(rows, came))


def keep_good(model: Returning, judged: Judged) -> Returning:
    """Only what did better than the rule where it was tried."""
    chance, date = (judged.get(name, {}).get("is_learned") for name in ("chance", "date"))
    return replace(model, weights=model.weights if chance else None, dates=model.dates if date else None)


def _examples(
    histories: Sequence[History], cut: int, horizon: int, usual: float
) -> tuple[list[tuple[float, ...]], list[int | None]]:
    """Features at earlier days, and how many days it took to the next order (None: longer than the horizon)."""
    first = min((one.days[0] for one in histories), default=cut)
    histories = histories[:: -(-len(histories) // MOST) or 1]
    rows: list[tuple[float, ...]] = []
    came: list[int | None] = []
    for earlier in earlier_cuts(first, cut, horizon):
        for past, whole in known_before(histories, earlier):
            days = whole.days_until_next(earlier)
            rows.append(features(past, earlier, usual))
            came.append(days if days is not None and days < horizon else None)
    return rows, came


def _fit_dates(
    rows: Sequence[tuple[float, ...]], came: Sequence[int | None]
) -> tuple[Weights, Weights, Weights] | None:
    dated = [(row, float(days)) for row, days in zip(rows, came, strict=True) if days is not None and not row[-1]]
    if len(dated) < ENOUGH:
        return None
    seen, days = [row for row, _ in dated], [one for _, one in dated]
    return fit_quantile(seen, days, LOW), fit_quantile(seen, days, MIDDLE), fit_quantile(seen, days, HIGH)


# --- how good it is ---------------------------------------------------------------------------------


def judge_returning(histories: Sequence[History], cut: int, horizon: int, *, model: Returning | None = None) -> Judged:
    """On who had ordered a horizon before the cut, by what they did since: `chance` and `date`, each with the rule
    beside it. Empty where nothing can be said. `model`: that one instead of what could be learned by then."""
    then = cut - horizon
    model = model or fit_returning(histories, then, horizon)
    rows = [(past, whole.days_until_next(then)) for past, whole in known_before(histories, then)]
    yes = [days is not None and days < horizon for _, days in rows]
    found: Judged = {}
    chances = [model.chance(past, then) for past, _ in rows]
    rules = [rule_chance(past, then, model.usual) for past, _ in rows]
    own, simple = judging.auc(chances, yes), judging.auc(rules, yes)
    if own is not None and simple is not None:
        error, plain = judging.brier(chances, yes), judging.brier(rules, yes)
        found["chance"] = {
            "customers": len(rows),
            "base": sum(yes) / len(yes),
            "auc": own.value,
            "low": own.low,
            "high": own.high,
            "rule": simple.value,
            "brier": error,
            "rule_brier": plain,
            "is_learned": model.weights is not None and own.value > simple.value and error < plain,
        }
    dated = [(past, days) for past, days in rows if days is not None and days < horizon and len(past.days) >= 3]
    if len(dated) >= 30:
        found["date"] = _judge_dates(model, dated, then)
    return found


def _judge_dates(model: Returning, dated: Sequence[tuple[History, int]], then: int) -> dict[str, Any]:
    """Mean days off, for who had ordered three times and came back in time."""
    came = [float(days) for _, days in dated]
    seen = [model.when(past, then) or rule_when(past, then, model.usual, model.horizon) for past, _ in dated]
    rules = [rule_when(past, then, model.usual, model.horizon).middle for past, _ in dated]
    own, simple = judging.absolute_error([one.middle for one in seen], came), judging.absolute_error(rules, came)
    return {
        "customers": len(dated),
        "days": own,
        "rule": simple,
        "within": judging.within([one.low for one in seen], [one.high for one in seen], came),
        "is_learned": model.dates is not None and own < simple,
    }
