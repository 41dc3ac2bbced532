"""Whether going at the best moment does better, asked of a shop's own past: of one person, the messages that happened
to go near the hour in question beside their others, each set against what its own flow or newsletter usually gets.

The estimate is a linear probability with an effect for each person and for each source, both taken out by turns
(Frisch, Waugh and Lovell), its variance clustered by person (Liang and Zeger, 1986). So neither an eager reader nor a
loved newsletter that always goes at one hour can pass for a good hour; where nothing varies, nothing is claimed. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from sereno.engine.moments import HOURS, WINDOW, Profile
from sereno.modules.scores.answering import Acts, Answering, Learned, before, fit

Z = 1.96
NEAR = 1
"""Hours by which a message may have missed the hour in question and still count as gone then."""
FEWEST = 50
"""People with messages both near the hour and not, before anything is claimed."""
SWEEPS = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that went, at `hour` of its reader's clock. `source`: the flow or newsletter."""

    person: str
    source: str
    hour: int
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much the share answered within WINDOW hours is higher near the hour than else; `low` and `high` hold it at
    95 %. Of `people` with messages on both sides."""

    value: float
    low: float
    high: float
    people: int
    messages: int

    @property
    def is_sure(self) -> bool:
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Tried:
    """`own`: a person's own best hour against when their messages went; `over`: against the shop's best hour, of those
    in whom the two differ; `shop`: the shop's best hour against when messages went. None: it cannot be told."""

    messages: int
    answered: int
    own: Gain | None = None
    over: Gain | None = None
    shop: Gain | None = None
    hours: tuple[tuple[int, int], ...] = ()
    """By hour of sending: how many went, and how many of them were answered."""

    @property
    def takes_own(self) -> bool:
        """Surely better than both is what is asked for."""
        return self.own is not None and self.own.is_sure and self.over is not None and self.over.is_sure

    @property
    def takes_shop(self) -> bool:
        return self.shop is not None and self.shop.is_sure

    def document(self) -> dict[str, Any]:
        gains = {name: getattr(self, name) for name in ("own", "over", "shop")}
        return {
            "window": WINDOW,
            "messages": self.messages,
            "answered": self.answered,
            **{name: None if gain is None else asdict(gain) for name, gain in gains.items()},
            "hours": [list(one) for one in self.hours],
        }


def judge(people: Mapping[str, Acts], cut: int, sent: Sequence[Sent]) -> Tried:
    """Hours learned from what was done before `cut`, tried on what was sent since."""
    taught = fit(people.values(), cut)
    usual = taught.whole.best_hour
    own = _own_hours(people, cut, taught, {one.person for one in sent})
    hours = [[0, 0] for _ in range(HOURS)]
    for one in sent:
        hours[one.hour][0] += 1
        hours[one.hour][1] += one.is_answered
    differing = {person for person, hour in own.items() if not is_near(hour, usual)}

    def near(hour_of: Callable[[str], int]) -> Callable[[Sent], float]:
        return lambda one: float(is_near(one.hour, hour_of(one.person)))

    by_own, by_shop = near(own.__getitem__), near(lambda person: usual)
    return Tried(
        len(sent),
        sum(one.is_answered for one in sent),
        gain([one for one in sent if one.person in own], [by_own]),
        gain([one for one in sent if one.person in differing], [by_own, by_shop]),
        gain(sent, [by_shop]),
        tuple((went, came) for went, came in hours),
    )


def is_near(one: int, other: int) -> bool:
    apart = abs(one - other) % HOURS
    return min(apart, HOURS - apart) <= NEAR


def _own_hours(people: Mapping[str, Acts], cut: int, taught: Answering, wanted: Iterable[str]) -> dict[str, int]:
    """Of those who had done anything by then."""
    learned = Learned(taught)
    found: dict[str, Profile] = {}
    for person in wanted:
        acts = before(people.get(person, ()), cut)
        if acts:
            found[person] = learned.profile(acts)
    return {person: profile.best_hour for person, profile in found.items()}


def gain(sent: Sequence[Sent], near: Sequence[Callable[[Sent], float]]) -> Gain | None:
    """Of being near the first hour; with two, over being near the second. None where too few people, or nothing, tell
    them apart."""
    xs = [[one(message) for message in sent] for one in near]
    sides: dict[str, set[float]] = {}
    for message, x in zip(sent, xs[0] if xs else (), strict=True):
        sides.setdefault(message.person, set()).add(x)
    people = sum(len(both) == 2 for both in sides.values())
    if people < FEWEST:
        return None
    units, sources = _numbered(one.person for one in sent), _numbered(one.source for one in sent)
    y = _within([float(one.is_answered) for one in sent], units, sources)
    wide = [_within(x, units, sources) for x in xs]
    solved = _solved(wide, y)
    if solved is None:
        return None
    betas, inverse = solved
    weights = [1.0] if len(near) == 1 else [1.0, -1.0]
    # How each message moves the estimate, summed by person: what the clustered variance is made of.
    pulls = [sum(w * inverse[i][j] for i, w in enumerate(weights)) for j in range(len(near))]
    moved = [0.0] * (max(units) + 1)
    for at, unit in enumerate(units):
        rest = y[at] - sum(beta * x[at] for beta, x in zip(betas, wide, strict=True))
        moved[unit] += rest * sum(pull * x[at] for pull, x in zip(pulls, wide, strict=True))
    clusters = len(moved)
    error = sqrt(sum(one * one for one in moved) * clusters / (clusters - 1))
    value = sum(weight * beta for weight, beta in zip(weights, betas, strict=True))
    return Gain(value, value - Z * error, value + Z * error, people, len(sent))


def _numbered(names: Iterable[str]) -> list[int]:
    held: dict[str, int] = {}
    return [held.setdefault(name, len(held)) for name in names]


def _within(values: Sequence[float], *groupings: Sequence[int]) -> list[float]:
    """What is left of each value once the means of all groupings are taken out, by turns."""
    left = list(values)
    for _ in range(SWEEPS):
        most = 0.0
        for groups in groupings:
            sums, counts = [0.0] * (max(groups) + 1), [0] * (max(groups) + 1)
            for group, value in zip(groups, left, strict=True):
                sums[group] += value
                counts[group] += 1
            means = [one / number for one, number in zip(sums, counts, strict=True)]
            most = max(most, max(abs(one) for one in means))
            left = [value - means[group] for group, value in zip(groups, left, strict=True)]
        if most < 1e-7:
            break
    return left


def _solved(xs: Sequence[Sequence[float]], y: Sequence[float]) -> tuple[list[float], list[list[float]]] | None:
    """Least squares on one or two columns: the coefficients, and the inverse of the columns' products. None where they
    cannot be told apart."""
    products = [[sum(a * b for a, b in zip(one, two, strict=True)) for two in xs] for one in xs]
    aims = [sum(a * b for a, b in zip(one, y, strict=True)) for one in xs]
    if len(xs) == 1:
        if products[0][0] < 1e-6:
            return None
        return [aims[0] / products[0][0]], [[1 / products[0][0]]]
    (a, b), (_, d) = products
    whole = a * d - b * b
    if a < 1e-6 or d < 1e-6 or whole < 1e-6 * a * d:
        return None
    inverse = [[d / whole, -b / whole], [-b / whole, a / whole]]
    return [sum(one * aim for one, aim in zip(row, aims, strict=True)) for row in inverse], inverse


@dataclass(frozen=True, slots=True)
class Arm:
    """One of two groups: people, their messages, how many of these hit; and the sums over people of the squares of both
    and of their product."""

    people: int
    messages: int
    hits: int
    squares: int
    products: int
    hit_squares: int

    @property
    def rate(self) -> float:
        return self.hits / self.messages

    @property
    def variance(self) -> float:
        """Of the rate, each person's messages taken together (a ratio's, linearised)."""
        rate, number = self.rate, self.people
        spread = self.hit_squares - 2 * rate * self.products + rate * rate * self.squares
        return max(0.0, spread) * number / (number - 1) / self.messages**2


def contrast(treated: Arm, control: Arm) -> Gain | None:
    """How much higher the share of the first is. None with too few people in either."""
    if min(treated.people, control.people) < FEWEST:
        return None
    value, error = treated.rate - control.rate, sqrt(treated.variance + control.variance)
    people, messages = treated.people + control.people, treated.messages + control.messages
    return Gain(value, value - Z * error, value + Z * error, people, messages)
