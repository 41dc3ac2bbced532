"""Recency, frequency and money in fifths, and the group a customer is in by them.

Invariant: two customers alike get the same fifth, whatever order they come in; more recent, more often or more money
never gets a lower one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Edges:
    """The least value of the second to the fifth fifth."""

    edges: tuple[float, ...]

    def fifth(self, value: float) -> int:
        """1 to 5."""
        return 1 + bisect_right(self.edges, value)


def edges(values: Iterable[float]) -> Edges:
    """By how many are strictly below: who ties with many others is in the fifth where the tie begins. A fifth that a
    tie swallows stays empty."""
    ordered = sorted(values)
    size = len(ordered)
    least = [float("inf")] * (FIFTHS - 1)
    for at, value in enumerate(ordered):
        if at and ordered[at - 1] == value:
            continue
        reached = FIFTHS * at // size
        for edge in range(reached):
            least[edge] = min(least[edge], value)
    return Edges(tuple(least))


@dataclass(frozen=True, slots=True)
class Ranks:
    """The edges of a shop. Recency is counted as days of silence, negated, so that more is better for all three."""

    recency: Edges
    frequency: Edges
    money: Edges

    def of(self, silent: int, count: int, spent: float) -> tuple[int, int, int]:
        return self.recency.fifth(-silent), self.frequency.fifth(count), self.money.fifth(spent)


def ranks(rows: Sequence[tuple[int, int, float]]) -> Ranks:
    """Of (days of silence, orders, money) of every customer."""
    return Ranks(
        edges(-silent for silent, _, _ in rows),
        edges(count for _, count, _ in rows),
        edges(spent for _, _, spent in rows),
    )


def group_of(recency: int, frequency: int, money: int, count: int) -> str:
    """Each pair of fifths is in one group. `count`: who ordered once is new, promising or gone, never loyal."""
    weight = max(frequency, money)
    if count == 1 and recency >= 3:
        return "new" if recency == 5 else "promising"
    if recency >= 4:
        return "champions" if frequency >= 4 and money >= 4 else "loyal" if weight >= 3 else "promising"
    if recency == 3:
        return "loyal" if frequency >= 4 else "needs_attention"
    if frequency >= 4 and money >= 4:
        return "cannot_lose" if recency == 1 else "at_risk"
    if weight >= 3:
        return "at_risk" if recency == 2 else "hibernating"
    return "hibernating" if recency == 2 else "lost"
