"""How one run would differ between two versions of a flow: which of its effects are the same, changed, new or gone.

Invariant: every effect of either side is counted exactly once. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Doing(NamedTuple):
    """An effect as far as it is compared. `what` is a number of the kinds of things done (an action with its config as
    the flow writes it), `action` of the action alone, `at` in microseconds, `said` a hash of the config as rendered."""

    what: int
    action: int
    at: int
    said: int


@dataclass(slots=True)
class Difference:
    """`same` and `changed` are pairs (index here, index there); `more` are only here, `fewer` only there."""

    same: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    changed: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    more: list[int] = field(default_factory=list[int])
    fewer: list[int] = field(default_factory=list[int])

    @property
    def is_none(self) -> bool:
        return not (self.changed or self.more or self.fewer)


def compare(here: Sequence[Doing], there: Sequence[Doing]) -> Difference:
    """Effects are matched by what they are, most alike first: 1. nothing differs; 2. the same thing done at another
    time or with other values; 3. the same action with another text of the flow. The rest is new or gone."""
    found = Difference()
    if list(here) == list(there):
        found.same = [(number, number) for number in range(len(here))]
        return found
    left, right = list(range(len(here))), list(range(len(there)))
    keys: tuple[Callable[[Doing], Hashable], ...] = (
        lambda one: one,
        lambda one: (one.what, one.at),
        lambda one: one.what,
        lambda one: one.action,
    )
    for level, key in enumerate(keys):
        waiting: dict[Hashable, list[int]] = {}
        for number in reversed(right):
            waiting.setdefault(key(there[number]), []).append(number)
        rest: list[int] = []
        for number in left:
            partners = waiting.get(key(here[number]))
            if not partners:
                rest.append(number)
                continue
            partner = partners.pop()
            right.remove(partner)
            (found.changed if level else found.same).append((number, partner))
        left = rest
        if not left or not right:
            break
    found.more, found.fewer = left, right
    return found
