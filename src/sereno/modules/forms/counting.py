"""How often a form that was shown was sent, and which of two variants does better, where that can be told. Pure.

Invariant: the intervals hold however often one looks (see `engine.evidence`), so a comparison may be watched while it
runs and ended the moment it has a winner.
"""

from __future__ import annotations

from dataclasses import dataclass

from sereno.engine.evidence import between

RISK = 0.05
"""The chance that an interval ever leaves out the true rate, or that the wrong variant is ever called the better."""


@dataclass(frozen=True, slots=True)
class Rate:
    views: int
    submits: int

    @property
    def value(self) -> float | None:
        return self.submits / self.views if self.views else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """None where it was never shown."""
        return between(self.submits, self.views, RISK / 2) if self.views else None


@dataclass(frozen=True, slots=True)
class Compared:
    """`winner` is `a` or `b`, or empty as long as it cannot be told."""

    a: Rate
    b: Rate
    winner: str


def compare(a: Rate, b: Rate) -> Compared:
    """A variant wins once its interval lies above the other's: each leaves out its own rate, on that side, with a
    chance of at most `RISK / 4`, so a wrong winner is ever called with at most `RISK`."""
    (low_a, high_a), (low_b, high_b) = (between(one.submits, one.views, RISK / 4) for one in (a, b))
    return Compared(a, b, "b" if low_b > high_a else "a" if low_a > high_b else "")
