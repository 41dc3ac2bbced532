"""How a new sending domain or address earns its name: each day a few more mails to each mailbox provider than the day
before. What is over the day's ceiling waits for the next day; only marketing is held.

Invariant: whoever takes of a day's ceiling holds its row until the transaction ends, so that two workers never let
more go together than it allows. Rows are locked in one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sereno.sdk.mailboxes import mailbox_provider
from sereno.store.database import Transaction
from sereno.store.fields import from_micros, to_micros

SETTING = "warmup"
REASON = "message.warming_up"
HIGHEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """On the day `since` (UTC) `first` mails to each mailbox provider, each day `growth` per cent more; from the day on
    that reaches `until` nothing is held any more."""

    since: date
    first: int = 50
    growth: int = 40
    until: int = 20_000

    def ceiling(self, day: date) -> int | None:
        """None once the plan is over."""
        days = max((day - self.since).days, 0)
        if days > 400:
            return None
        most = self.first * (100 + self.growth) ** days // 100**days
        return None if most >= self.until else most

    @property
    def days(self) -> int:
        """How long it lasts."""
        return next((n for n in range(401) if self.ceiling(self.since + timedelta(days=n)) is None), 401)


def plan_of(settings: Mapping[str, Any]) -> Plan | None:
    """The shop's plan; None where it has none, or one that was written past the checks."""
    found = settings.get(SETTING)
    return read_plan(cast("Mapping[str, Any]", found)) if isinstance(found, Mapping) else None


def read_plan(document: Mapping[str, Any]) -> Plan | None:
    try:
        plan = Plan(
            date.fromisoformat(str(document.get("since"))),
            int(document.get("first", 50)),
            int(document.get("growth", 40)),
            int(document.get("until", 20_000)),
        )
    except (TypeError, ValueError):
        return None
    is_sound = 1 <= plan.first <= HIGHEST and 5 <= plan.growth <= 300 and plan.first < plan.until <= HIGHEST
    return plan if is_sound else None


def plan_document(plan: Plan) -> dict[str, Any]:
    return {"since": plan.since.isoformat(), "first": plan.first, "growth": plan.growth, "until": plan.until}


class Gate:
    """The ceilings of one batch, for those messages whose shop warms up: (shop, address, plan)."""

    def __init__(self, tx: Transaction, now: int, wanted: Iterable[tuple[int, str, Plan | None]]) -> None:
        self._tx = tx
        self._now = now
        self._day = from_micros(now).date()
        self._most: dict[tuple[int, str], int] = {}
        for shop_id, address, plan in wanted:
            most = plan.ceiling(self._day) if plan is not None else None
            if most is not None:
                self._most[shop_id, mailbox_provider(address)] = most
        self._taken: dict[tuple[int, str], int] = {}
        self._changed: set[tuple[int, str]] = set()
        if self._most:
            self._lock()

    def _lock(self) -> None:
        day = self._day.isoformat()
        self._tx.many("lock_warmup", sorted((shop_id, day, provider) for shop_id, provider in self._most))
        shops = sorted({shop_id for shop_id, _ in self._most})
        for shop_id, _day, provider, count in self._tx.all("warmup_taken", {"shops": shops, "days": [day]}):
            self._taken[shop_id, provider] = count

    def takes(self, shop_id: int, address: str) -> tuple[int, dict[str, Any]] | None:
        """None, and one of the day's is used up, where it may go; else when to look again, and why."""
        key = (shop_id, mailbox_provider(address))
        most = self._most.get(key)
        if most is None:
            return None
        if self._taken.get(key, 0) < most:
            self._taken[key] = self._taken.get(key, 0) + 1
            self._changed.add(key)
            return None
        morning = datetime.combine(self._day + timedelta(days=1), datetime.min.time(), UTC)
        return to_micros(morning), {"provider": key[1], "most": most}

    def write(self) -> None:
        day = self._day.isoformat()
        rows = [(shop_id, day, provider, self._taken[shop_id, provider]) for shop_id, provider in self._changed]
        self._tx.many("put_warmup", sorted(rows))
