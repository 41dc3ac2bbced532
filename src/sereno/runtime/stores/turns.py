"""When a platform takes the next call of what works in the background, beside what flows do there."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from sereno.runtime.stores.finding import Store

SHARE = 0.5
"""Of the calls a platform takes in a second; the rest is for what flows do there."""


class Turns:
    """One worker's, at each connection. `wait(seconds)` sleeps, and gives whether to stop."""

    def __init__(self, wait: Callable[[float], bool]) -> None:
        self._wait = wait
        self._called: dict[int, float] = {}

    def take(self, store: Store) -> bool:
        """Waits until the platform takes another call. False when we are to stop."""
        pause = 1.0 / max(store.api.per_second * SHARE, 0.01)
        left = self._called.get(store.connection_id, 0.0) + pause - monotonic()
        if left > 0 and self._wait(left):
            return False
        self._called[store.connection_id] = monotonic()
        return True
