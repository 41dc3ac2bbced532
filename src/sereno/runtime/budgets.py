"""What a connection may still take: a token bucket and a pause, shared by all workers through the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime import namespaces
from sereno.store.database import Transaction

SECOND = 1_000_000
STORE = "store"
"""The connection of all writes to the shop's stores."""


@dataclass(slots=True)
class Wish:
    """An effect that wants to go out through a connection."""

    effect: int
    shop_id: int
    connection: str


def name_of(connection: str, subject: str) -> str:
    """The budget of an effect. Each store of a shop has its own, for one that wants less holds no other back; it is
    told by the record the effect is about, whose id has the store's namespace."""
    return of_store(namespaces.of(subject.partition(":")[2])) if connection == STORE else connection


def of_store(namespace: str) -> str:
    return f"{STORE}:{namespace}" if namespace else STORE


def grant(tx: Transaction, wishes: Sequence[Wish], now: int) -> dict[int, int]:
    """Take a token for each wish that may go now. Gives, for the others, when to try again (effect -> microseconds)."""
    if not wishes:
        return {}
    pairs = {(wish.shop_id, wish.connection) for wish in wishes}
    parameters = {
        "shops": list({shop for shop, _ in pairs}),
        "connections": sorted({connection for _, connection in pairs}),
    }
    if not tx.all("budgets", parameters):
        return {}
    buckets = {(row[1], row[2]): _Bucket(row, now) for row in tx.all("lock_budgets", parameters)}
    later: dict[int, int] = {}
    for wish in wishes:
        bucket = buckets.get((wish.shop_id, wish.connection))
        if bucket is not None and (at := bucket.take()) is not None:
            later[wish.effect] = at
    spent = [(bucket.id, bucket.tokens, now) for bucket in buckets.values() if bucket.is_limited]
    tx.many("spend_budgets", spent)
    return later


class _Bucket:
    """One row of `connection_budget`, refilled up to now."""

    __slots__ = ("_ahead", "_burst", "_now", "_paused_until", "_rate", "id", "tokens")

    def __init__(self, row: Sequence[Any], now: int) -> None:
        self.id, _, _, per_second, burst, tokens, updated_at, paused_until = row
        self._now = now
        self._rate = per_second
        self._burst = burst if burst is not None else max(per_second or 1.0, 1.0)
        self._paused_until = paused_until
        self._ahead = 0
        self.tokens = tokens
        if per_second is not None:
            self.tokens = min(self._burst, tokens + max(0, now - updated_at) / SECOND * per_second)

    @property
    def is_limited(self) -> bool:
        return self._rate is not None

    def take(self) -> int | None:
        """None when it may go now, else when."""
        if self._paused_until is not None and self._paused_until > self._now:
            return int(self._paused_until)
        if self._rate is None:
            return None
        if self.tokens >= 1:
            self.tokens -= 1
            return None
        # Those turned away come back one after the other, not all at once.
        self._ahead += 1
        return self._now + max(1000, int((self._ahead - self.tokens) / max(self._rate, 1e-6) * SECOND))
