"""Who has not bought yet: the chance of a first order within thirty days, learned on the shop's own past and taken only
where it does better there than counting by points.

Invariant: of somebody at a day only what happened before that day is seen; what a score is judged by came after
everything it was learned from. Nothing that an order brings along (channel, address, what a platform wrote at the till)
is a feature.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

from sereno.modules.scores import judging
from sereno.modules.scores.past import earlier_cuts
from sereno.modules.scores.regression import chance, fit_logistic
from sereno.modules.scores.weighing import Weights

HORIZON = 30
WEEK, MONTH, QUARTER = 7, 30, 90
POINTS: Mapping[str, int] = {
    "till": 6, "cart": 4, "wish": 3, "said": 3, "click": 2, "agreed": 2, "look": 1, "open": 1, "left": -6,
}  # fmt: skip
"""What an act counts by the rule, by its signal: each once a day, in the last thirty days, half before the last seven.
Went to the till; filled a cart; wished or waits for a thing; answered or wrote; followed a message; agreed to
marketing; looked at a thing; opened a message; left marketing."""
SIGNALS, _WORTH = tuple(POINTS), tuple(POINTS.values())
BANDS = (1.0, 3.0, 6.0, 12.0)
USUAL = (0.002, 0.01, 0.03, 0.06, 0.12)
"""The chance in each band of points, before the shop's own past says otherwise."""
PRIOR = 50
"""As many leads as the usual chance of a band counts for."""
ENOUGH = 100
"""First orders, and as many leads that did not order, before anything is learned."""
MOST = 12_000
"""Leads learned from, at ten days each; of more, every n-th."""
ORIGINS, OFTEN = 8, 50
"""Ways by which people became known that are told apart, and how many came by each."""
ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Lead:
    """A person from the day they became known (an ordinal) to their first order. `acts`: (day, place in `SIGNALS`),
    ascending, each once a day. `origin` is how they became known: by that day's act, else by an account."""

    key: str
    known_on: int
    acts: Sequence[tuple[int, int]]
    first_order: int | None = None
    origin: str = ACCOUNT

    def is_lead(self, cut: int) -> bool:
        return self.known_on < cut and (self.first_order is None or self.first_order >= cut)

    def ordered(self, cut: int, until: int) -> bool:
        return self.first_order is not None and cut <= self.first_order < until

    def before(self, cut: int) -> Lead:
        """As they were known on the morning of `cut`."""
        order = self.first_order if self.first_order is not None and self.first_order < cut else None
        return replace(self, acts=self.acts[: bisect_left(self.acts, (cut, -1))], first_order=order)

    def lately(self, cut: int, days: int) -> list[int]:
        """On how many days each signal was given, among so many before `cut`."""
        found = [0] * len(SIGNALS)
        for _, signal in self.acts[bisect_left(self.acts, (cut - days, -1)) : bisect_left(self.acts, (cut, -1))]:
            found[signal] += 1
        return found

    def signals(self, cut: int) -> dict[str, int]:
        """The same by name, of the last thirty days."""
        return {name: number for name, number in zip(SIGNALS, self.lately(cut, MONTH), strict=True) if number}

    def last_act(self, cut: int) -> int | None:
        at = bisect_left(self.acts, (cut, -1))
        return self.acts[at - 1][0] if at else None


def points(lead: Lead, cut: int) -> float:
    return _sum(lead.lately(cut, MONTH), lead.lately(cut, WEEK))


def _sum(month: Sequence[int], week: Sequence[int]) -> float:
    return sum([worth * (one + two) for worth, one, two in zip(_WORTH, month, week, strict=True)]) / 2


def band_of(found: float) -> int:
    return sum([found >= least for least in BANDS])


def features(lead: Lead, cut: int, origins: Sequence[str]) -> tuple[float, ...]:
    """How long they are known and silent, what they did lately, and how they became known."""
    month, week, last = lead.lately(cut, MONTH), lead.lately(cut, WEEK), lead.last_act(cut)
    return (
        log(cut - lead.known_on),
        log(1 + (QUARTER if last is None else min(QUARTER, cut - last))),
        log(1 + sum(week)),
        log(1 + sum(lead.lately(cut, QUARTER))),
        log(1 + max(0.0, _sum(month, week))),
        *[log(1 + number) for number in month],
        *[1.0 if lead.origin == origin else 0.0 for origin in origins],
    )


@dataclass(frozen=True, slots=True)
class Leading:
    """`bands` is the chance in each band of points; `weights` is None where that is what is used."""

    bands: tuple[float, ...]
    origins: tuple[str, ...]
    weights: Weights | None

    def rule(self, lead: Lead, cut: int) -> float:
        return self.bands[band_of(points(lead, cut))]

    def chance(self, lead: Lead, cut: int) -> float:
        if self.weights is None:
            return self.rule(lead, cut)
        return chance(self.weights.of(features(lead, cut, self.origins)))


def fit_leading(leads: Sequence[Lead], cut: int) -> Leading:
    """On what was known by `cut`, by points where that is too little."""
    rows = list(_examples(leads, cut))
    yes = [lead.ordered(at, at + HORIZON) for lead, at in rows]
    bands = _count_bands(rows, yes)
    did = len({lead.key for (lead, _), is_yes in zip(rows, yes, strict=True) if is_yes})
    if did < ENOUGH or len({lead.key for lead, _ in rows}) - did < ENOUGH:
        return Leading(bands, (), None)
    ways = Counter({lead.key: lead.origin for lead, _ in rows}.values())
    origins = tuple(sorted(name for name, number in ways.most_common(ORIGINS) if number >= OFTEN))
    return Leading(bands, origins, fit_logistic([features(lead, at, origins) for lead, at in rows], yes))


def _examples(leads: Sequence[Lead], cut: int) -> Iterator[tuple[Lead, int]]:
    """Leads at earlier days, each with a whole horizon after it."""
    known = [one.before(cut) for one in leads[:: -(-len(leads) // MOST) or 1] if one.known_on < cut]
    acted = [one.acts[0][0] for one in known if one.acts]
    first = min(acted or (one.known_on for one in known), default=cut)
    for at in earlier_cuts(first, cut, HORIZON):
        for one in known:
            if one.is_lead(at):
                yield one, at


def _count_bands(rows: Iterable[tuple[Lead, int]], yes: Iterable[bool]) -> tuple[float, ...]:
    seen, did = Counter[int](), Counter[int]()
    for (lead, at), is_yes in zip(rows, yes, strict=True):
        band = band_of(points(lead, at))
        seen[band] += 1
        did[band] += is_yes
    return tuple((did[at] + PRIOR * usual) / (seen[at] + PRIOR) for at, usual in enumerate(USUAL))


def keep_good(model: Leading, judged: Mapping[str, Any]) -> Leading:
    """What was learned only where it did better than the points."""
    return model if judged.get("lead", {}).get("is_learned") else replace(model, weights=None)


def judge_leading(leads: Sequence[Lead], cut: int) -> dict[str, dict[str, Any]]:
    """On who was a lead thirty days before the cut, by who ordered since; the model is what could be learned by then.
    Empty where nobody ordered, or everybody."""
    then = cut - HORIZON
    model = fit_leading(leads, then)
    rows = [(one.before(then), one.ordered(then, cut)) for one in leads if one.is_lead(then)]
    yes = [came for _, came in rows]
    chances, rules = [model.chance(one, then) for one, _ in rows], [model.rule(one, then) for one, _ in rows]
    own, simple = judging.auc(chances, yes), judging.auc(rules, yes)
    if own is None or simple is None:
        return {}
    error, plain = judging.brier(chances, yes), judging.brier(rules, yes)
    lift = judging.lift(chances, yes)
    found = {
        "customers": len(rows),
        "base": sum(yes) / len(yes),
        "auc": own.value,
        "low": own.low,
        "high": own.high,
        "rule": simple.value,
        "brier": error,
        "rule_brier": plain,
        "expected": sum(chances),
        "came": sum(yes),
        **({} if lift is None else {"lift": lift.value, "lift_low": lift.low, "lift_high": lift.high}),
        "is_learned": model.weights is not None and own.value > simple.value and error < plain,
    }
    return {"lead": found}


def as_numbers(model: Leading) -> dict[str, Any]:
    """What was learned, for the shop's row."""
    weights = None if model.weights is None else {"base": model.weights.base, "each": list(model.weights.each)}
    return {"bands": list(model.bands), "origins": list(model.origins), "weights": weights}
