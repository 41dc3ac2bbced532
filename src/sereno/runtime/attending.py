"""What a person does with what failed: try all of one cause again, let it be, take that back; read deliveries again.

Invariant: however many there are, each transaction is short, so that the door is never kept waiting; a cause gets one
line in the audit, not one a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros

STEP = 5000
"""Ids looked at in one transaction when a skip is taken back."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Effects that failed alike. `error` and `connection` are "" where an effect has none."""

    action: str
    error: str
    connection: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was let be in one go: enough to take it back. `at` in microseconds."""

    count: int
    first: int
    last: int
    at: int


@dataclass(frozen=True, slots=True)
class Tried:
    """How many are tried again; `held_back` of them not before their flow, which is paused, is resumed."""

    count: int
    held_back: int


def retry_cause(shop_id: int, cause: Cause, by: str, *, database: Database | None = None) -> Tried:
    """Try all failed effects of this cause again, with the same keys, as each of them alone would be: what an attempt
    before may have done is looked for first."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    done = held_back = after = 0
    while ids := _of_cause(staff, shop_id, cause, after):
        with staff.database.transaction() as tx:
            done += len(retry(tx, ids, now))
            held_back += tx.all("effects_held_back", {"ids": ids})[0][0]
        after = ids[-1]
    _audit(staff, shop_id, now, by, "effects.replayed", cause, done)
    return Tried(done, held_back)


def retry(tx: Transaction, ids: Sequence[int], now: int) -> list[tuple[int, int]]:
    """Have these that failed tried anew. Gives the id and the shop of each that could be."""
    rows = tx.all("replay_effects", {"ids": ids, "now": now})
    # Else it would only be told again what became of it by each of its ways.
    tx.run("forget_failed_ways", {"ids": [row[0] for row in rows]})
    return rows


def held_back(ids: Iterable[int], *, database: Database | None = None) -> int:
    """How many of these effects wait for nothing but their flow, which is paused."""
    with open_staff(database).database.read() as tx:
        return tx.all("effects_held_back", {"ids": sorted(ids)})[0][0]


def skip_cause(shop_id: int, cause: Cause, by: str, *, database: Database | None = None) -> Skipped:
    """Let all failed effects of this cause be: they are cancelled, and never tried."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    skipped: list[int] = []
    after = 0
    while ids := _of_cause(staff, shop_id, cause, after):
        skipped += _skip(staff, shop_id, ids, now)
        after = ids[-1]
    _audit(staff, shop_id, now, by, "effects.skipped", cause, len(skipped))
    return _skipped(skipped, now)


def skip_effects(shop_id: int, ids: Iterable[int], by: str, *, database: Database | None = None) -> Skipped:
    """Let these failed effects be."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    skipped = _skip(staff, shop_id, sorted(ids), now)
    if skipped:
        with staff.database.transaction() as tx:
            audit(tx, shop_id, now, by, "effects.skipped", str(skipped[0]), {"count": len(skipped)})
    return _skipped(skipped, now)


def unskip(shop_id: int, skipped: Skipped, by: str, *, database: Database | None = None) -> int:
    """Put back on the list what was let be in one go. Gives how many."""
    staff = open_staff(database)
    after, done = skipped.first - 1, 0
    while after < skipped.last:
        upto = min(after + STEP, skipped.last)
        with staff.database.transaction() as tx:
            done += tx.run("unskip_effects", {"shop": shop_id, "after": after, "upto": upto, "at": skipped.at})
        after = upto
    if done:
        with staff.database.transaction() as tx:
            now = to_micros(staff.world.clock.now())
            audit(tx, shop_id, now, by, "effects.unskipped", str(skipped.first), {"count": done})
    return done


def unread_of(connection_id: int, reason: str, *, database: Database | None = None) -> list[int]:
    """Up to a thousand failed deliveries of a connection whose reason begins so; what is read again leaves the list."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        rows = tx.all("unread_of_cause", {"connection": connection_id, "cause": reason, "after": 0})
    return [row[0] for row in rows]


def _of_cause(staff: Staff, shop_id: int, cause: Cause, after: int) -> list[int]:
    wanted: dict[str, Any] = {
        "shop": shop_id,
        "action": cause.action,
        "cause": cause.error,
        "via": cause.connection,
        "after": after,
    }
    with staff.database.read() as tx:
        return [row[0] for row in tx.all("failed_of_cause", wanted)]


def _skip(staff: Staff, shop_id: int, ids: Sequence[int], now: int) -> list[int]:
    with staff.database.transaction() as tx:
        return sorted(row[0] for row in tx.all("skip_effects", {"ids": ids, "shop": shop_id, "now": now}))


def _skipped(ids: Sequence[int], now: int) -> Skipped:
    return Skipped(len(ids), ids[0] if ids else 0, ids[-1] if ids else 0, now)


def _audit(staff: Staff, shop_id: int, now: int, by: str, action: str, cause: Cause, count: int) -> None:
    if not count:
        return
    details = {"error": cause.error, "connection": cause.connection, "count": count}
    with staff.database.transaction() as tx:
        audit(tx, shop_id, now, by, action, cause.action, details)
