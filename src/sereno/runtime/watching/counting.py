"""Counts what happened by the hour, from the logs' new rows alone: starts of flows, deliveries, events by type.

Invariant: a row is counted once: the place up to which a log was read moves in the transaction that adds the counts.
What was there before the watch began is read the same way, some thousand rows a look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.store.database import Database, Transaction

SOURCES = (("flow", "new_runs"), ("connection", "new_deliveries"), ("event", "new_events"))
MOST = 5000
"""Rows of one log read in one transaction."""
SETTLED = 3_000_000
"""Microseconds after which a row may be relied on: ids that were given out earlier may be committed later."""
HOUR = 3_600_000_000
GONE = "app.uninstalled"
"""The event by which a platform says that it will send nothing any more."""

Key = tuple[int, str, str]
"""Shop, kind, name."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`is_behind`: there is more to read. `farewells`: (shop, connection) whose platform took its leave."""

    is_behind: bool
    farewells: tuple[tuple[int, int], ...]


def count(database: Database, now: int) -> Counted:
    """One transaction's worth of each log."""
    with database.transaction() as tx:
        after = dict(tx.all("watch_cursors", {"names": sorted(f"log:{kind}" for kind, _ in SOURCES)}))
        happened: dict[Key, list[int]] = {}
        moved: list[tuple[str, int, int]] = []
        farewells: list[tuple[int, int]] = []
        is_behind = False
        for kind, statement in SOURCES:
            cursor = after.get(f"log:{kind}", 0)
            rows = tx.all(statement, {"after": cursor, "limit": MOST})
            is_behind = is_behind or len(rows) == MOST
            rows = list(_settled(rows, now))
            if not rows:
                continue
            moved.append((f"log:{kind}", 0, rows[-1][0]))
            for row in rows:
                happened.setdefault((row[1], kind, str(row[2])[:100]), []).append(row[3])
            if kind == "event" and cursor:
                farewells += [(row[1], row[4]) for row in rows if row[2] == GONE and row[4] is not None]
        if happened:
            _add(tx, happened)
        tx.many("move_watch_cursors", sorted(moved))
    return Counted(is_behind, tuple(farewells))


def _settled(rows: Sequence[tuple[Any, ...]], now: int) -> Iterable[tuple[Any, ...]]:
    for row in rows:
        if now - SETTLED < row[3] < now + SETTLED:
            return
        yield row


def _add(tx: Transaction, happened: dict[Key, list[int]]) -> None:
    names = {
        "shops": sorted({shop for shop, _, _ in happened}),
        "kinds": sorted({kind for _, kind, _ in happened}),
        "names": sorted({name for _, _, name in happened}),
    }
    last: dict[Key, int] = {(shop, kind, name): at for shop, kind, name, at in tx.all("series_named", names)}
    seen = [(*key, min(times) // HOUR, max(times), 0, False) for key, times in sorted(happened.items())]
    ids: dict[Key, int] = {(shop, kind, name): id_ for id_, shop, kind, name in tx.many_returning("see_series", seen)}
    rows: list[tuple[int, ...]] = []
    for key, times in happened.items():
        hours: dict[int, list[int]] = {}
        before = last.get(key)
        for at in sorted(times):
            held = hours.setdefault(at // HOUR, [0, 0, at])
            held[0] += 1
            if before is not None and at - before > held[1]:
                held[1:] = [at - before, at]
            before = at if before is None else max(before, at)
        rows += [(ids[key], hour, *held) for hour, held in hours.items()]
    tx.many("add_hours", sorted(rows))
