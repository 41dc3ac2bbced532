"""How many orders a person placed, counted from the orders themselves: most platforms send no count, and those that do
send it after the order.

Invariant: an order counts once, however often and in whatever order it is told of; a cancelled one does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_COUNTED = 100
"""Orders of one record that are counted one by one."""


def together(one: object, other: object, most: int = MOST_COUNTED) -> dict[str, str]:
    """Two counts as one: by the order's id when it was placed, "" where it does not count; at most so many orders."""
    found: dict[str, str] = {}
    for held in (one, other):
        if not isinstance(held, Mapping):
            continue
        for key, at in held.items():  # pyright: ignore[reportUnknownVariableType]
            name, placed = str(key), str(at)  # pyright: ignore[reportUnknownArgumentType]
            if name in found:
                found[name] = found[name] and placed
            elif len(found) < most:
                found[name] = placed
    return found


def placed_of(seen: Mapping[str, str], counted: Any) -> int | None:
    """Orders placed: those seen that count, or as many as the platform says if that is more. None where neither is
    known."""
    theirs = counted if isinstance(counted, int) and not isinstance(counted, bool) else None
    if not seen:
        return theirs
    return max(sum(bool(at) for at in seen.values()), theirs or 0)
