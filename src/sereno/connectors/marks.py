"""The mark a write leaves in a text of the platform's (a note, a reason, a reference), by which a later attempt of the
same write knows that it has happened. Invariant: the same key gives the same mark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any

from sereno.connectors.reading import as_instant
from sereno.sdk.stores import Call, StoreBusy, StoreRefused


def mark(key: str) -> str:
    """`sereno-` and twelve hexadecimal digits."""
    return f"sereno-{blake2b(key.encode(), digest_size=6).hexdigest()}"


def marked(text: str, key: str, most: int = 250) -> str:
    """The text with the mark behind it, cut to `most` characters so that the mark stays whole."""
    end = f"[{mark(key)}]"
    kept = text.strip()[: max(most - len(end) - 1, 0)].rstrip()
    return f"{kept} {end}" if kept else end


def is_marked(text: object, key: str) -> bool:
    return isinstance(text, str) and mark(key) in text


SETTLES = timedelta(minutes=5)
"""Longer than a server lets one request live: one that was lost here may still be waiting there."""


def intent(before: Decimal, amount: Decimal, now: datetime) -> str:
    """To be left where the platform keeps it before money moves: how much had moved until then, and how much shall."""
    return json.dumps({"before": str(before), "amount": str(amount), "at": now.isoformat()})


def has_happened(held: str, moved: Decimal, now: datetime) -> bool:
    """By an intent that was left: whether it was carried out, `moved` being how much has moved by now. Raises
    StoreBusy while the first request may still be on its way, StoreRefused when it fits neither yes nor no."""
    left = json.loads(held)
    before, amount = Decimal(left["before"]), Decimal(left["amount"])
    if moved == before:
        wait_for_first(datetime.fromisoformat(left["at"]), now)
        return False
    if moved >= before + amount:
        return True
    what = "somebody moved money at the same time: look at the order's payments, then do the rest by hand"
    raise StoreRefused("payment.unclear", f"It cannot be told whether this happened: {what}.")


def wait_for_first(begun_at: datetime, now: datetime) -> None:
    """Raises StoreBusy until a request that began then is surely over."""
    if now < begun_at + SETTLES:
        raise StoreBusy("an earlier request for this may still be running", begun_at + SETTLES - now)


def let_settle(call: Call, first: Mapping[str, Any], settles: timedelta = SETTLES) -> None:
    """To be asked when nothing of an earlier attempt is to be seen: `first` is what that left (`at`; `is_new` where
    this attempt left it). Raises StoreBusy until its request, which lives for `settles` at most, is surely over."""
    since = as_instant(first.get("at"))
    if not first.get("is_new") and since is not None and call.attempt > 1 and call.now < since + settles:
        raise StoreBusy("waiting whether the first request was carried out after all", since + settles - call.now)


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """By the platform's own clock, the end of the second in which it answered (header `Date`): what it did for us
    happened no later."""
    try:
        found = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found.astimezone(UTC) + timedelta(seconds=1)
