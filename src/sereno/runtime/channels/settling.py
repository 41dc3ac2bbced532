"""Has the cards of decided questions say so: whoever decided them, and wherever.

Invariant: a card is found by how its question stands, not told by who decided it; so none is left with buttons because
a process died between the decision and the telling. Marking it and the effect that changes it are one transaction.
"""

from __future__ import annotations

from datetime import timedelta

from sereno.runtime import notices
from sereno.runtime.world import World
from sereno.store.database import DatabaseConflict
from sereno.store.fields import to_micros

ACTION = "alerts.settle_chat"
KEPT = timedelta(days=90)
"""How long it is known where a card stood, once it says how its question was decided."""


class CardMinder:
    """For one thread; several workers share the cards."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self) -> int:
        """Gives how many cards are to be changed now."""
        database = self._world.database
        if not database.peek("desk_posts_wait", {})[0]:
            return 0
        now = self._world.clock.now()
        try:
            with database.transaction() as tx:
                found = tx.all("desk_posts_to_settle")
                marked = tx.all("mark_desk_posts", {"ids": [row[0] for row in found], "now": to_micros(now)})
                ours = {row[0] for row in marked}
                rows = [
                    notices.mail_row(
                        f"desk/{id_}/settle", shop, flow, run, ACTION, subject, {"post": id_}, now, kind, step=step
                    )
                    for id_, shop, kind, flow, run, step, subject in found
                    if id_ in ours
                ]
                tx.many("copy_effects", rows)
                tx.run("forget_desk_posts", {"before": to_micros(now - KEPT)})
        except DatabaseConflict:
            return 1
        return len(rows)
