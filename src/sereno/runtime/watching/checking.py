"""What can be seen to be amiss in the machinery itself: workers gone, timers and queues that fall behind, webhooks that
were switched off, a disk that fills up; and whether what failed still fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.watching import noting
from sereno.runtime.watching.judging import Problem
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros
from sereno.store.sqlite import SqliteDatabase

SECOND = 1_000_000
LATE = 5 * 60 * SECOND
"""After which what is due and not done is a backlog."""
LATE_EFFECTS = 15 * 60 * SECOND
GONE = 60 * SECOND
"""A worker that said no good-bye and was not heard of for so long."""
HOOK_FAILING = 60 * 60 * SECOND
DISK = ((0.01, 200_000_000, "critical"), (0.05, 1_000_000_000, "warning"))
"""Share of the disk and bytes left, whichever is less, below which it is nearly full."""
CALM = 10 * 60 * SECOND
"""So long without another failure, and with a success since, and it works again."""
FORGOTTEN = 24 * 60 * 60 * SECOND
"""After which what cannot be tried again (a failed run) counts as over, unless it happens again."""
KINDS = (
    "worker.gone",
    "timers.late",
    "queue.late",
    "effects.late",
    "webhook.stopped",
    "webhook.failing",
    "disk.full",
)
"""All that `problems` finds; what it does not find any more is over."""


def problems(database: Database, shops: Iterable[int], now: int) -> list[Problem]:
    shops = list(shops)
    found: list[Problem] = []
    with database.read() as tx:
        found += _workers(tx, shops, now)
        for name, code, late in (("late_timers", "timers.late", LATE), ("late_effects", "effects.late", LATE_EFFECTS)):
            for shop, since, count in tx.all(name, {"before": now - late}):
                facts = {"count": count, "since": _instant(since)}
                found.append(Problem(shop, code, "shop", code, facts))
        for name, what in (("late_events", "events"), ("late_deliveries", "deliveries")):
            found += [
                Problem(shop, "queue.late", what, "queue.late", {"what": what, "since": _instant(since)})
                for shop, since in tx.all(name)
                if since < now - LATE
            ]
        for shop, id_, name, status, since in tx.all("troubled_webhooks", {"before": now - HOOK_FAILING}):
            code = "webhook.stopped" if status == "disabled" else "webhook.failing"
            facts = {"name": name, "since": _instant(since) if since is not None else ""}
            found.append(Problem(shop, code, f"webhook:{id_}", code, facts))
    if (disk := _disk(database)) is not None:
        found += [Problem(shop, "disk.full", "disk", "disk.full", disk[0], disk[1]) for shop in shops]
    return found


def _workers(tx: Transaction, shops: list[int], now: int) -> list[Problem]:
    """A worker that was followed by another is not missed: it was started anew after a crash."""
    rows = tx.all("lost_workers", {"dead": now - GONE, "overlap": 10 * SECOND})
    return [
        Problem(shop, "worker.gone", name, "worker.gone", {"name": name.partition(":")[0], "since": _instant(seen_at)})
        for name, seen_at, followers in rows
        if not followers
        for shop in shops
    ]


def _disk(database: Database) -> tuple[dict[str, Any], str] | None:
    if not isinstance(database, SqliteDatabase) or database.path == ":memory:":
        return None  # The disk of a database server is watched over there.
    usage = shutil.disk_usage(Path(database.path).parent)
    for share, least, severity in DISK:
        if usage.free < min(share * usage.total, least):
            return {"free_mb": usage.free // 1_000_000}, severity
    return None


def is_over(tx: Transaction, shop_id: int, kind: str, facts: Mapping[str, Any], last_at: int, now: int) -> bool:
    """Whether the cause of failures that were noted is gone: none is left (tried again, or let be), or the same went
    well since."""
    place, what, reason = (str(facts.get(name) or "") for name in ("place", "what", "reason"))
    is_calm = now - last_at >= CALM
    match kind:
        case noting.EFFECTS:
            row = tx.one("has_failed_effect", {"flow": int(place), "step": what, "reason": reason, "since": last_at})
            assert row is not None
            return not row[0] or (is_calm and bool(row[1]))
        case noting.DELIVERIES:
            row = tx.one("has_failed_delivery", {"connection": int(place), "reason": reason})
        case noting.EVENTS:
            row = tx.one("has_failed_event", {"shop": shop_id, "type": place})
        case _:
            return now - last_at >= FORGOTTEN
    assert row is not None
    return not row[0] or now - last_at >= FORGOTTEN


def _instant(micros: int) -> str:
    return format_instant(from_micros(micros))


LEAST_RUNNING = timedelta(minutes=10)
"""After a stop of our own, silence counts only from so long after the start."""
