"""How fast mails may follow each other: in all, and to each mailbox provider.

Invariant: evenly, without a burst at the beginning or after a pause. Times are microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping

from sereno.runtime.newsletters.plan import Pace

MINUTE = 60_000_000
SLACK = 1_000_000
"""What of a rate may be used up at once: a second's worth, but always one."""


class Pacer:
    """Kept by the process that sends. `taken` is up to when each provider's places are given away already."""

    def __init__(self, pace: Pace, taken: Mapping[str, int]) -> None:
        self._gap = MINUTE // pace.per_minute if pace.per_minute else 0
        self._gaps = {name: MINUTE // rate for name, rate in pace.providers.items()}
        self._taken = {name: at for name, at in taken.items() if name in self._gaps}
        self._free = 0
        self._slack = max(SLACK, self._gap)

    def room(self, now: int, most: int) -> int:
        """How many mails may go now, in all; at most `most`."""
        if not self._gap:
            return most
        return min(most, (now - max(self._free, now - self._slack)) // self._gap)

    def next_room(self) -> int:
        """When the next one may go."""
        return self._free + self._gap

    def spend(self, count: int, now: int) -> None:
        if self._gap:
            self._free = max(self._free, now - self._slack) + count * self._gap

    def place(self, provider: str, now: int) -> int:
        """The next free place with this provider, not before now; it is the asker's, who comes back then."""
        gap = self._gaps.get(provider)
        if not gap:
            return now
        at = max(self._taken.get(provider, 0) + gap, now)
        self._taken[provider] = at
        return at
