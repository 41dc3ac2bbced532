"""What many answers say: shares, means and the promoter score, each with the interval so few answers allow. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from sereno.modules.surveys.reading import SCALES, Question, Survey

Z = 1.96
"""For 95 %."""
FEW = 10
"""Below so many answers an interval says nothing, and none is given."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`low` and `high` bound the 95 % interval; None with fewer than `FEW` answers."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one question: who answered it, how often each value was said (`shares` in the order of the scale or of the
    choices), the mean of a scale, and the promoter score of an `nps` question (-100 to 100)."""

    question: Question
    answered: int
    shares: tuple[tuple[Any, int], ...]
    mean: Estimate | None = None
    promoters: Estimate | None = None


def count(survey: Survey, answers: Iterable[Mapping[str, Any]]) -> list[Counted]:
    """Each question of the survey, in its order; answers are those of `Said`."""
    tallies: dict[str, Counter[Any]] = {one.id: Counter() for one in survey.questions}
    people: Counter[str] = Counter()
    for said in answers:
        for id, value in said.items():
            if id in tallies:
                people[id] += 1
                tallies[id].update(value if isinstance(value, list) else [value])
    return [_counted(one, people[one.id], tallies[one.id]) for one in survey.questions]


def _counted(question: Question, answered: int, tally: Counter[Any]) -> Counted:
    if question.kind == "text":
        return Counted(question, answered, ())
    if question.kind in SCALES:
        scale = SCALES[question.kind]
        shares = tuple((value, tally[value]) for value in scale)
        values = [(float(value), number) for value, number in shares]
        promoters = _estimate([(_promotes(value), number) for value, number in shares], -100, 100)
        mean = _estimate(values, scale.start, scale.stop - 1)
        return Counted(question, answered, shares, mean, promoters if question.kind == "nps" else None)
    known: Sequence[Any] = [True, False] if question.kind == "yes_no" else [one.value for one in question.choices]
    return Counted(question, answered, tuple((value, tally[value]) for value in known))


def _promotes(value: int) -> float:
    """Reichheld 2003: 9 and 10 promote, 0 to 6 detract; the score is the share of the first less that of the others."""
    return 100.0 if value >= 9 else 0.0 if value >= 7 else -100.0


def _estimate(tally: Sequence[tuple[float, int]], least: float, most: float) -> Estimate | None:
    """The mean with its interval by the normal approximation, cut at the ends of the scale."""
    number = sum(times for _value, times in tally)
    if not number:
        return None
    mean = sum(value * times for value, times in tally) / number
    if number < FEW:
        return Estimate(mean, None, None)
    spread = sum(times * (value - mean) ** 2 for value, times in tally) / (number - 1)
    around = Z * sqrt(spread / number)
    return Estimate(mean, max(least, mean - around), min(most, mean + around))
