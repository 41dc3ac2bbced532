"""Which of two subjects did better, said only where it can be told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

from sereno.engine.chance import SHARES, share_of

SURE = 0.95
Z = NormalDist().inv_cdf(0.5 + SURE / 2)


@dataclass(frozen=True, slots=True)
class Arm:
    """One subject: to how many it went, and how many did what is counted."""

    sent: int
    hits: int

    @property
    def rate(self) -> float:
        return self.hits / self.sent if self.sent else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`low` and `high` bound b's rate less a's, with 95 % certainty. `winner` is empty where 0 is among what it may be:
    then a, the message's own subject, goes to the rest."""

    a: Arm
    b: Arm
    low: float
    high: float
    winner: str

    def document(self, metric: str) -> dict[str, Any]:
        arms = {name: {"sent": arm.sent, "hits": arm.hits} for name, arm in (("a", self.a), ("b", self.b))}
        return {"metric": metric, **arms, "low": self.low, "high": self.high, "winner": self.winner}


def judge(a: Arm, b: Arm) -> Verdict:
    """By Newcombe's interval for the difference of two shares (1998, method 10: from Wilson's of each), which holds for
    small numbers and for none."""
    if not a.sent or not b.sent:
        return Verdict(a, b, -1.0, 1.0, "")
    (low_a, high_a), (low_b, high_b) = _wilson(a), _wilson(b)
    gap = b.rate - a.rate
    low = gap - sqrt((b.rate - low_b) ** 2 + (high_a - a.rate) ** 2)
    high = gap + sqrt((high_b - b.rate) ** 2 + (a.rate - low_a) ** 2)
    return Verdict(a, b, low, high, "b" if low > 0 else "a" if high < 0 else "")


def variant_of(newsletter: int, person: str, share: int) -> str:
    """`a` or `b` for `share` per cent of the people, by lot and for ever the same; empty for the rest."""
    lot = share_of("newsletter", str(newsletter), person)
    if lot >= share * (SHARES // 100):
        return ""
    return "a" if share_of("newsletter-half", str(newsletter), person) < SHARES // 2 else "b"


def _wilson(arm: Arm) -> tuple[float, float]:
    spread = 1 + Z * Z / arm.sent
    middle = (arm.rate + Z * Z / (2 * arm.sent)) / spread
    half = Z / spread * sqrt(arm.rate * (1 - arm.rate) / arm.sent + Z * Z / (4 * arm.sent**2))
    return max(0.0, middle - half), min(1.0, middle + half)
