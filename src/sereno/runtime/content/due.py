"""States the fact that what stores' sites say is to be looked at, when it is due.

Invariant: a line of `content_due` goes in the transaction that states its fact."""

from __future__ import annotations

import logging

from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.world import World
from sereno.sdk.connector import NewEvent
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")

EVENT = "content.due"
MOST = 200


def look(world: World) -> None:
    """Never raises: what it could not state it states at the next look."""
    try:
        state_due(world)
    except Exception:
        log.exception("what stores' sites are to say could not be looked at; it is tried again")


def state_due(world: World) -> int:
    """Gives for how many shops."""
    now = world.clock.now()
    at = to_micros(now)
    if not world.database.peek("is_content_due", {"now": at})[0]:
        return 0
    with world.database.transaction() as tx:
        newest: dict[int, int] = {}
        for shop, id_ in tx.all("take_content_due", {"now": at, "most": MOST}):
            newest[shop] = max(newest.get(shop, 0), id_)
        told = [
            inbox.Incoming(
                shop,
                None,
                None,
                SOURCE,
                at,
                NewEvent(f"{EVENT}:{id_}", EVENT, f"site:{shop}", now, {}, {"site": str(shop)}),
            )
            for shop, id_ in sorted(newest.items())
        ]
        if told:
            inbox.put(tx, told)
    return len(newest)
