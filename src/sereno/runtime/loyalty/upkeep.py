"""What falls due in codes and points without anybody doing anything, seen to once a minute by whichever worker looks.

Invariant: each step is a transaction of its own and skips what another worker has just done, so any number may look at
the same time.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sereno.runtime.loyalty.moving import BATCH, keep_up
from sereno.runtime.pricing import redeeming
from sereno.runtime.world import World
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")
EVERY = timedelta(minutes=1)
STEPS = 20
"""So many batches at most in one look: the heartbeat must not wait."""


class Upkeep:
    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None

    def turn(self) -> None:
        """Never raises: what it could not do it does at the next look."""
        now = self._world.clock.now()
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        try:
            if self._world.database.peek("incentives_due", {"now": to_micros(now)})[0]:
                self._work(to_micros(now))
        except Exception:
            log.exception("what fell due in codes and points could not be seen to; it is tried again")

    def _work(self, now: int) -> None:
        for step, most in ((redeeming.expire, redeeming.BATCH), (keep_up, BATCH)):
            for _ in range(STEPS):
                with self._world.database.transaction() as tx:
                    done = step(tx, now)
                if done < most:
                    break
