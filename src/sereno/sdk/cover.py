"""How long stock lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LowCover:
    """An item that will be sold out before `days` have passed, by its forecast. `weekly`: what is expected to be sold
    in a week. `is_new`: it was not so when this was last asked."""

    item: str
    title: str
    available: int
    weekly: float
    days: float
    is_new: bool


class Cover(Protocol):
    """How long the stock lasts."""

    def low(self, days: int, *, remember: bool = True) -> Sequence[LowCover]:
        """What lasts for less than this, soonest first; those new to it are told by `stock.cover_low`, once for each
        time they get there: they must last a tenth longer before they can get there again. Without `remember` nothing
        is told, and all stay as new as they were."""
        ...
