"""After how long things are bought again, learned from the shop's own reorders once a day; and whose time has come.

Invariant: one page of one shop in a transaction; a reminder and the note that it was given are one, so that none is
given twice for one purchase.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sereno.runtime.interests import rules
from sereno.runtime.interests.keeping import DAY
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

GAPS = 20_000
PAGE = 500
KEPT_DAYS = 730


def look(tx: Transaction, now: datetime) -> tuple[int, bool, dict[int, list[NewEvent]]]:
    """One page. Gives how many were told (or 1 when there is more to do), whether all shops are through for today, and
    what to tell."""
    at = to_micros(now)
    today = at // DAY
    row = tx.one("shops_to_learn_habits", {"day": today})
    if row is None:
        return 0, True, {}
    shop, day, step, cursor = row[0], row[1] or 0, row[2] or "learn", row[3] or ""
    if step == "learn":
        following = _learn(tx, shop, cursor, at)
        tx.run(
            "put_habit_place", {"shop": shop, "day": day, "step": "learn" if following else "tell", "cursor": following}
        )
        return 0, False, {}
    found = _due(tx, shop, at)
    is_over = len(found) < PAGE
    place = {"shop": shop, "day": today if is_over else day, "step": "learn" if is_over else "tell", "cursor": ""}
    tx.run("put_habit_place", place)
    if found:
        tx.run("purchases_told", {"now": at, "ids": [row[0] for row in found]})
    return len(found), False, {shop: [_event(row, now) for row in found]}


def _learn(tx: Transaction, shop: int, cursor: str, at: int) -> str:
    """Gives the item after which to go on, "" when there is no more."""
    if not cursor:
        tx.run("forget_gaps", {"shop": shop, "before": at - KEPT_DAYS * DAY})
    rows = tx.all("gaps_after", {"shop": shop, "after": cursor, "limit": GAPS})
    is_last = len(rows) < GAPS
    gaps = {item: [row[1] for row in group] for item, group in groupby(rows, key=lambda row: row[0])}
    if not is_last and len(gaps) > 1:
        gaps.pop(rows[-1][0])  # It may go on in the next page.
    kept = [(shop, item, *_row(rules.interval(found))) for item, found in gaps.items()]
    if kept:
        tx.many("put_habits", sorted(kept))
    return "" if is_last else list(gaps)[-1]


def _row(found: rules.Interval) -> tuple[Any, ...]:
    return found.days, found.low, found.high, found.count, found.is_regular


def _due(tx: Transaction, shop: int, at: int) -> Sequence[Sequence[Any]]:
    share = rules.DUE_SHARE * DAY
    return tx.all("running_out", {"shop": shop, "now": at, "late": at - 7 * DAY, "share": share, "limit": PAGE})


def _event(row: Sequence[Any], now: datetime) -> NewEvent:
    from sereno.runtime.interests.telling import event_of, facts_of, refs_of

    id_, person, key, product, quantity, times, days, sku, level, title, price, currency, available, is_counted = row
    item = rules.Item(
        key, product, sku, level, title, rules.decimal_of(price), None, currency, available, bool(is_counted)
    )
    data = {**facts_of(item), "kind": "bought", "times": times, "interval_days": round(days * quantity)}
    return event_of("interest.running_out", f"out:{id_}:{to_micros(now) // DAY}", person, now, data, **refs_of(item))
