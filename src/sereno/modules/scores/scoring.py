"""All scores of a shop's customers from their pasts, and how good each of them is. Pure: the same pasts and day give
the same scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sereno.modules.scores.buying import Buying, fit_buying, judge_buying
from sereno.modules.scores.buying import keep_good as keep_buying
from sereno.modules.scores.past import History, silence
from sereno.modules.scores.ranks import FIFTHS, Ranks, group_of, ranks
from sereno.modules.scores.returning import Returning, fit_returning, judge_returning
from sereno.modules.scores.returning import keep_good as keep_returning

YEAR = 365
HORIZONS = ((270, 90), (120, 45), (0, 30))
"""(days of past, days ahead): how far is looked depends on how much is known."""
LIKELY_GONE = 0.8
"""The risk from which a customer counts as leaving."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of one customer. `risk`: the chance that they do not order within the horizon. `alive`: that they are still a
    customer at all, None where the model of it is not used. `orders`, `value`: expected in the coming year, in the
    shop's currency. `next_*`: if they order within the horizon, half of such do so by `next_on`, and half of them
    between the other two; None for who ordered once."""

    key: str
    count: int
    spent: float
    last_on: date
    recency: int
    frequency: int
    money: int
    group: str
    risk: float
    alive: float | None
    orders: float
    value: float
    next_on: date | None
    next_from: date | None
    next_until: date | None


@dataclass(frozen=True, slots=True)
class Model:
    """What a shop's customers are scored by, seen at the morning of `cut`."""

    cut: int
    ranks: Ranks
    returning: Returning
    buying: Buying

    def score(self, past: History) -> Score:
        silent, count, spent = silence(past, self.cut), len(past.days), past.total
        recency, frequency, money = self.ranks.of(silent, count, spent)
        orders = self.buying.orders(past, self.cut, YEAR)
        when = self.returning.when(past, self.cut)
        return Score(
            key=past.key,
            count=count,
            spent=spent,
            last_on=date.fromordinal(past.days[-1]),
            recency=recency,
            frequency=frequency,
            money=money,
            group=group_of(recency, frequency, money, count),
            risk=1 - self.returning.chance(past, self.cut),
            alive=self.buying.alive(past, self.cut),
            orders=orders,
            value=max(0.0, orders * self.buying.order_value(past)),
            next_on=None if when is None else self._day(when.middle),
            next_from=None if when is None else self._day(when.low),
            next_until=None if when is None else self._day(when.high),
        )

    def _day(self, days: float) -> date:
        return date.fromordinal(self.cut + int(days))


def horizon_of(span: int) -> int:
    return next(ahead for least, ahead in HORIZONS if span >= least)


def fit(histories: Sequence[History], cut: int) -> tuple[Model, dict[str, Any]]:
    """The model, and how good each of its scores was on the horizon before the cut: there `is_learned` says what did
    better than the rule beside it, and `used` what is taken. `cut` is the first day not known (tomorrow); whoever first
    ordered at or after it is left out by the caller."""
    first = min((one.days[0] for one in histories), default=cut)
    horizon = horizon_of(cut - first)
    coming, orders = judge_returning(histories, cut, horizon), judge_buying(histories, cut, horizon)
    returning = keep_returning(fit_returning(histories, cut, horizon), coming)
    buying = keep_buying(fit_buying(histories, cut), orders)
    rows = [(silence(one, cut), len(one.days), one.total) for one in histories]
    used = {
        "chance": returning.weights is not None,
        "date": returning.dates is not None,
        "orders": buying.lifetime is not None,
        "value": buying.spending is not None,
    }
    known = {"horizon": horizon, "customers": len(histories), "used": used}
    judged = {**known, **coming, **orders, "rfm": judge_ranks(histories, cut, horizon)}
    return Model(cut, ranks(rows), returning, buying), judged


def scores(model: Model, histories: Sequence[History]) -> Iterator[Score]:
    for past in histories:
        yield model.score(past)


def judge_ranks(histories: Sequence[History], cut: int, horizon: int) -> Mapping[str, Any]:
    """The share that bought again on the horizon before the cut, by fifth of recency and of frequency (None: empty)."""
    then = cut - horizon
    known = [(past, whole) for whole in histories if (past := whole.before(then)) is not None]
    if not known:
        return {}
    edges = ranks([(silence(past, then), len(past.days), past.total) for past, _ in known])
    counts: dict[tuple[str, int], list[int]] = {}
    for past, whole in known:
        days = whole.days_until_next(then)
        came = days is not None and days < horizon
        recency, frequency, _money = edges.of(silence(past, then), len(past.days), past.total)
        for place in (("recency", recency), ("frequency", frequency)):
            held = counts.setdefault(place, [0, 0])
            held[0], held[1] = held[0] + 1, held[1] + came
    return {
        name: [
            None if (held := counts.get((name, fifth))) is None else round(held[1] / held[0], 4)
            for fifth in range(1, FIFTHS + 1)
        ]
        for name in ("recency", "frequency")
    }


def as_numbers(model: Model) -> dict[str, Any]:
    """What was learned, for the shop's row and whoever looks into it."""
    buying, returning = model.buying, model.returning
    return {
        "lifetime": None if buying.lifetime is None else asdict(buying.lifetime),
        "spending": None if buying.spending is None else asdict(buying.spending),
        "weights": None if returning.weights is None else asdict(returning.weights),
        "usual_gap": returning.usual,
        "edges": {
            "recency": [-one if one != float("inf") else None for one in model.ranks.recency.edges],
            "frequency": [one if one != float("inf") else None for one in model.ranks.frequency.edges],
            "money": [one if one != float("inf") else None for one in model.ranks.money.edges],
        },
    }
