"""What stands on the calendar: posts, newsletters and launches, and what other rooms put there."""

from __future__ import annotations

from datetime import datetime

from sereno.runtime.calendar import Entry
from sereno.runtime.content.calendar import between as content_between
from sereno.store.database import Transaction
from sereno.store.fields import from_micros, to_micros

POSTS = {"waiting": "waiting", "scheduled": "planned", "published": "done", "failed": "failed", "refused": "failed"}
NEWSLETTERS = {
    "scheduled": "planned", "preparing": "running", "sending": "running", "paused": "waiting", "sent": "done",
}  # fmt: skip
LAUNCH = "product-launch"


def between(tx: Transaction, shop_id: int, since: datetime, until: datetime) -> list[Entry]:
    """In order of their instants."""
    given = {"shop": shop_id, "since": to_micros(since), "until": to_micros(until)}
    found = [
        Entry(from_micros(at), None, "post", title, POSTS[status], f"/social/{id_}")
        for id_, title, status, at in tx.all("social_between", given)
        if status in POSTS
    ]
    found += [
        Entry(from_micros(at), None, "newsletter", name, NEWSLETTERS[status], f"/newsletters/{id_}")
        for id_, name, status, at in tx.all("newsletters_between", given)
    ]
    found += [
        Entry(from_micros(at), None, "launch", title, "planned", f"/runs/{uid}")
        for title, at, uid in tx.all("launches_between", {**given, "flow": LAUNCH})
    ]
    return sorted(found, key=lambda one: one.at)


def everything(tx: Transaction, shop_id: int, since: datetime, until: datetime) -> list[Entry]:
    """Of all kinds, in order of their instants; what lasts is there with each span it touches."""
    found = [*between(tx, shop_id, since, until), *content_between(tx, shop_id, since, until)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.title))
