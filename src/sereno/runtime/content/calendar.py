"""Campaigns of the site as the calendar shows them."""

from __future__ import annotations

from datetime import datetime

from sereno.runtime.calendar import Entry
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros


def between(tx: Transaction, shop_id: int, since: datetime, until: datetime) -> list[Entry]:
    """Those with dates of their own that touch the span. One query."""
    now = datetime.now(since.tzinfo)
    asked = {"shop": shop_id, "since": to_micros(since), "until": to_micros(until)}
    found: list[Entry] = []
    for name, document, is_on, starts, ends in tx.all("content_between", asked):
        at = from_micros(starts if starts is not None else ends)
        end = from_micros(ends) if ends is not None and starts is not None else None
        state = "done" if end is not None and end <= now else "waiting" if not is_on else "planned"
        if state == "planned" and starts is not None and at <= now:
            state = "running"
        found.append(Entry(at, end, "content", decode(document)["title"], state, f"/site-content/{name}"))
    return found
