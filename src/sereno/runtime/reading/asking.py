"""Asking for history, letting it pause, go on or end; and what people say about the steady reading. One transaction
each, with a line in the audit. A refusal is a ValueError or LookupError that says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import Store, stores_of
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

LEAST_EVERY, MOST_EVERY = 30, 86_400
"""Seconds between two passes."""


def backfill(
    shop_id: int,
    connection: str,
    by: str,
    *,
    kinds: Sequence[str] = (),
    since: datetime | None = None,
    database: Database | None = None,
) -> int:
    """Have the history of a connection's platform read: these kinds of records, or all it gives, as far as they changed
    at or after `since`. Gives the job's id. Raises LookupError when there is no such connection, ValueError when it has
    no key, gives no such records, or is being read already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        store = _store(tx, staff, shop_id, connection)
        given = list(store.api.reads)
        unknown = sorted(set(kinds) - set(given))
        if unknown:
            raise ValueError(f"{connection} gives no records of the kind {unknown[0]}; it gives {', '.join(given)}")
        now = to_micros(staff.world.clock.now())
        chosen = [kind for kind in given if not kinds or kind in kinds]
        held = {"shop": shop_id, "connection": store.connection_id, "kinds": encode(chosen), "by": by[:200], "now": now}
        times = {"since": None if since is None else to_micros(since), "until": now}
        row = tx.one("insert_backfill", {**held, **times})
        if row is None:
            raise ValueError("its history is being read already: let that one end, or cancel it")
        details: dict[str, Any] = {"backfill": row[0], "kinds": ", ".join(chosen)}
        if since is not None:
            details["since"] = format_instant(since)
        audit(tx, shop_id, now, by, "backfill.asked", connection, details)
    return int(row[0])


def pause(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It stops after the page under way, and keeps its place. Raises LookupError, ValueError."""
    _change(shop_id, id, by, "pause_backfill", "paused", "it is over, or paused already", database)


def resume(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It goes on where it stopped. Raises LookupError, ValueError."""
    _change(shop_id, id, by, "resume_backfill", "resumed", "there is nothing to go on with", database)


def cancel(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It ends; what it brought stays. Raises LookupError, ValueError."""
    _change(shop_id, id, by, "cancel_backfill", "cancelled", "it is over already", database)


def read_now(
    shop_id: int, connection: str, by: str, *, since: datetime | None = None, database: Database | None = None
) -> int:
    """Begin a pass at once, from `since` on where that is earlier than usual. Gives the connection's row. Raises
    LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        store = _store(tx, staff, shop_id, connection)
        now = to_micros(staff.world.clock.now())
        from_ = None if since is None else to_micros(since)
        if tx.one("reading_now", {"connection": store.connection_id, "now": now, "since": from_}) is None:
            raise ValueError(f"{connection} is not read yet: a worker begins with it within seconds")
        details = {} if since is None else {"since": format_instant(since)}
        audit(tx, shop_id, now, by, "reading.asked", connection, details)
    return store.connection_id


def change(
    shop_id: int,
    connection: str,
    by: str,
    *,
    is_on: bool | None = None,
    every: int | None = None,
    keeps_subscriptions: bool | None = None,
    database: Database | None = None,
) -> None:
    """Turn the steady reading on or off, say how often (seconds), and whether missing webhooks are made anew. Raises
    LookupError, ValueError."""
    if every is not None and not LEAST_EVERY <= every <= MOST_EVERY:
        raise ValueError(f"between {LEAST_EVERY} seconds and a day")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        store = _store(tx, staff, shop_id, connection)
        if keeps_subscriptions and store.api.subscriptions is None:
            raise ValueError(f"{store.kind} has no webhooks that could be made from here")
        now = to_micros(staff.world.clock.now())
        soonest = now if keeps_subscriptions else now + (every or MOST_EVERY) * 1_000_000
        held = {"connection": store.connection_id, "soonest": soonest, "keeps": keeps_subscriptions}
        if tx.one("change_reading", {**held, "is_on": is_on, "every": every}) is None:
            raise ValueError(f"{connection} is not read yet: a worker begins with it within seconds")
        said = {"is_on": is_on, "every": every, "keeps_subscriptions": keeps_subscriptions}
        audit(tx, shop_id, now, by, "reading.changed", connection, {k: v for k, v in said.items() if v is not None})


def _change(shop_id: int, id: int, by: str, name: str, action: str, refusal: str, database: Database | None) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        row = tx.one("backfill_of_shop", {"id": id, "shop": shop_id})
        if row is None:
            raise LookupError(f"there is no reading of history {id} in this shop")
        if tx.one(name, {"id": id, "shop": shop_id, "now": now}) is None:
            raise ValueError(refusal)
        audit(tx, shop_id, now, by, f"backfill.{action}", row[0], {"backfill": id})


def _store(tx: Transaction, staff: Staff, shop_id: int, connection: str) -> Store:
    row = tx.one("connection_of_name", {"name": connection})
    if row is None or row[1] != shop_id:
        raise LookupError(f"there is no connection {connection}")
    found = next((one for one in stores_of(tx, staff.plugins, shop_id) if one.connection == connection), None)
    if found is None:
        raise ValueError(f"{connection} has no key to its store: give it one first")
    if not found.api.reads:
        raise ValueError(f"{found.kind} gives nothing to read")
    return found
