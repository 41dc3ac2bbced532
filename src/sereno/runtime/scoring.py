"""Scores of customers among what is reckoned once a day, and asked for by people."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sereno.runtime.inbox import Incoming, put
from sereno.runtime.nightly import Command, Kind
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros


def scores_by(command: Command) -> Kind:
    return Kind(command, "any_open_score", "ask_days_scores", "give_up_scores", "claim_score")


def ask_scores(shop_id: int, by: str, *, database: Database | None = None) -> bool:
    """Have everybody scored anew, in the background. False when that is under way."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        if tx.one("open_score", {"shop": shop_id}) is not None:
            return False
        now = to_micros(staff.world.clock.now())
        asked = {"shop": shop_id, "slot": f"asked:{uuid4().hex}", "by": by[:200], "now": now}
        is_new = tx.one("ask_scores", asked) is not None
        if is_new:
            audit(tx, shop_id, now, by, "scores.asked", "", {})
    return is_new


def tell(tx: Transaction, shop_id: int, events: Sequence[NewEvent]) -> int:
    """Into the inbox, as found out by Sereno itself. Gives how many were new."""
    return put(tx, [Incoming(shop_id, None, None, SOURCE, to_micros(event.occurred_at), event) for event in events])
