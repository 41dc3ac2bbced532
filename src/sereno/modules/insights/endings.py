"""When a comparison of variants is over, by the rule that was stated before it began. Pure.

Invariant: a winner is named only by intervals that hold at all looks together, so looking every minute is as honest as
looking once; and only among people who fell into the variants as they should.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sereno.modules.insights.experiments import standing
from sereno.modules.insights.results import Result


@dataclass(frozen=True, slots=True)
class Ending:
    """`arm` is empty when nobody won in time. `units` are the people who had had their time to order."""

    arm: str
    units: int
    days: int


def ending_of(result: Result, metric: str, at_least: timedelta, at_most: timedelta) -> Ending | None:
    """How it ends, or None while it goes on. `metric`: `orders` or `revenue` (in the shop's currency), per person; the
    winner is better than each other arm. Not before `at_least`, for weeks have days of their own, and with no winner
    from `at_most` on."""
    arms = {arm.name: arm.revenue if metric == "revenue" else arm.orders for arm in result.arms if arm.weight}
    length = timedelta(days=result.days - 1) if result.days else timedelta()
    if len(arms) < 2 or result.first_day is None or length < at_least:
        return None
    units = sum(arm.units for arm in arms.values())
    winner = None if result.is_mismatched else standing(arms).winner
    if winner is not None:
        return Ending(winner, units, result.days)
    return Ending("", units, result.days) if length >= at_most else None
