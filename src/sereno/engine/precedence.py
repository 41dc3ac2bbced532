"""How important a flow's messages are beside those of others: `priority: 1..9`, 1 goes first."""

from __future__ import annotations

from typing import Any

from sereno.engine.documents import Where
from sereno.engine.reading import Reader

FIRST, USUAL, LAST = 1, 5, 9


def read_priority(reader: Reader, value: Any, where: Where) -> int | None:
    """None where the flow says none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not FIRST <= value <= LAST:
        message = f"priority is a whole number from {FIRST} (goes first) to {LAST}; without it, it is {USUAL}"
        reader.problem("flow.wrong_priority", message, where)
        return None
    return value
