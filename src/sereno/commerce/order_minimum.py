"""Brings an order up to the least its supplier accepts: pure.

Invariant: what is added is what would be ordered next anyway, a day's demand or a pack at a time, and never more than
lasts `LONGEST_COVER` days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from heapq import heapify, heappop, heappush
from math import inf

from sereno.commerce.purchasing import LONGEST_COVER, Wish


def topped_up(candidates: Sequence[tuple[Wish, int | None]], minimum: Decimal) -> list[Wish] | None:
    """Of one supplier: what is wished for, and, with a quantity of 0, what else it sells; beside each the most there
    may be of it. What lasts the shortest is raised first. None where `minimum`, in the supplier's currency, is out of
    reach."""
    held = [wish for wish, _most in candidates]
    total = sum((wish.cost for wish in held), Decimal(0))
    queue = [(_cover(wish), at) for at, wish in enumerate(held) if wish.per_day > 0]
    heapify(queue)
    while total < minimum:
        if not queue:
            return None
        _days, at = heappop(queue)
        wish, most = held[at], candidates[at][1]
        count = wish.offer.rounded(wish.quantity + max(1.0, wish.per_day))
        more = replace(wish, quantity=count, raised=wish.raised + count - wish.quantity)
        if _cover(more) > LONGEST_COVER or wish.position.total + count > (inf if most is None else most):
            continue
        total += more.cost - wish.cost
        held[at] = more
        heappush(queue, (_cover(more), at))
    return [wish for wish in held if wish.quantity]


def _cover(wish: Wish) -> float:
    """Days that what is there, coming and ordered now lasts."""
    return (wish.position.total + wish.quantity) / wish.per_day
