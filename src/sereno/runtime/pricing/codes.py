"""The live `Codes` port of one shop.

Invariant: a code belongs to one effect, and an effect has one code, however many ask at once: the row is written before
the store is asked, and what a pool gives is given under the pool's lock. What goes over a flow's budget is not taken.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sereno.commerce.incentives import new_code
from sereno.commerce.money import Money, finite
from sereno.sdk.incentives import CodesRefused, CodeTaken, CodeWanted
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, storable, to_micros

TRIES = 20
NO_BOUND = 2**62


class LiveCodes:
    def __init__(self, database: Database, shop_id: int, now: datetime, timezone: str) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._timezone = timezone

    def take(self, key: str, wanted: CodeWanted) -> CodeTaken:
        for _ in range(TRIES):
            try:
                with self._database.transaction() as tx:
                    return self._held(tx, key) or self._take(tx, key, wanted)
            except _Overtaken:
                continue  # Somebody has it already; what was counted for us is not.
        raise RuntimeError(f"no free code was found for {key}")

    def other(self, key: str, prefix: str) -> CodeTaken:
        with self._database.transaction() as tx:
            any(self._renamed(tx, key, new_code(prefix, secrets.choice)) for _ in range(TRIES))
            held = self._held(tx, key)
        assert held is not None
        return held

    def _renamed(self, tx: Transaction, key: str, code: str) -> bool:
        return tx.one("rename_code", {"shop": self._shop_id, "key": key, "code": code}) is not None

    def issued(self, key: str) -> None:
        with self._database.transaction() as tx:
            tx.one("code_is_issued", {"shop": self._shop_id, "key": key, "now": to_micros(self._now)})

    def give_up(self, key: str, wanted: CodeWanted) -> None:
        with self._database.transaction() as tx:
            row = tx.one("drop_asked_code", {"shop": self._shop_id, "key": key})
            if row is not None:
                tx.run("uncount_code", self._place(wanted, from_micros(row[0])))

    def _held(self, tx: Transaction, key: str) -> CodeTaken | None:
        row = tx.one("code_of_effect", {"shop": self._shop_id, "key": key})
        return None if row is None else _taken(row)

    def _take(self, tx: Transaction, key: str, wanted: CodeWanted) -> CodeTaken:
        if wanted.pool:
            self._from_pool(tx, key, wanted)
        else:
            self._count(tx, wanted)
            self._make(tx, key, wanted)
        held = self._held(tx, key)
        if held is None:
            raise _Overtaken
        return held

    def _from_pool(self, tx: Transaction, key: str, wanted: CodeWanted) -> None:
        row = tx.one("lock_code_pool", {"shop": self._shop_id, "pool": wanted.pool})
        if row is None:
            raise CodesRefused("codes.pool_unknown")
        if self._held(tx, key) is not None:
            return  # Whoever held the lock before was at the same effect.
        now, ends = to_micros(self._now), row[5]
        if ends is not None and ends <= now:
            raise CodesRefused("codes.pool_empty")
        self._count(tx, wanted)
        wished = to_micros(wanted.expires_at) if wanted.expires_at is not None else None
        asked = self._who(key, wanted) | {
            "pool": wanted.pool,
            "now": now,
            "expires": min((one for one in (ends, wished) if one is not None), default=None),
        }
        if tx.one("take_pool_code", asked) is None:
            raise CodesRefused("codes.pool_empty")

    def _make(self, tx: Transaction, key: str, wanted: CodeWanted) -> None:
        asked: dict[str, Any] = self._who(key, wanted) | {
            "kind": wanted.kind,
            "value": _text(wanted.value),
            "currency": wanted.currency,
            "minimum": _text(wanted.minimum),
            "gift": storable(wanted.gift)[:200],
            "now": to_micros(self._now),
            "expires": to_micros(wanted.expires_at) if wanted.expires_at is not None else None,
        }
        if tx.one("add_code", asked | {"code": new_code(wanted.prefix, secrets.choice)}) is None:
            raise _Overtaken

    def _who(self, key: str, wanted: CodeWanted) -> dict[str, Any]:
        texts = {"customer": wanted.customer, "flow": wanted.flow[:100], "run": wanted.run}
        return {"shop": self._shop_id, "key": key, **{name: storable(one)[:200] for name, one in texts.items()}}

    def _count(self, tx: Transaction, wanted: CodeWanted) -> None:
        most = NO_BOUND if wanted.most_per_month is None else wanted.most_per_month
        budget = NO_BOUND if wanted.budget is None else Money(wanted.budget, wanted.budget_currency).to_minor()
        counted = {**self._place(wanted, self._now), "most": most, "budget": budget}
        if most < 1 or counted["worth"] > budget or tx.one("count_code", counted) is None:
            raise CodesRefused("codes.budget_spent")

    def _place(self, wanted: CodeWanted, at: datetime) -> dict[str, Any]:
        """Where a code taken at this instant counts, and for how much."""
        month, currency = month_of(at, self._timezone), wanted.budget_currency
        worth = Money(wanted.worth, currency).to_minor()
        return {"shop": self._shop_id, "flow": wanted.flow[:100], "month": month, "currency": currency, "worth": worth}


class _Overtaken(Exception):  # noqa: N818
    """Another was first, with the same effect or the same text."""


def month_of(at: datetime, timezone: str) -> str:
    """As the shop's clock has it: `2026-11`."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return at.astimezone(zone).strftime("%Y-%m")


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _taken(row: tuple[Any, ...]) -> CodeTaken:
    code, kind, value, currency, minimum, gift, expires, taken, status = row
    return CodeTaken(
        str(code),
        kind,
        finite(value) or Decimal(0),
        str(currency),
        finite(minimum),
        str(gift),
        from_micros(expires) if expires is not None else None,
        from_micros(taken),
        status != "asked",
    )
