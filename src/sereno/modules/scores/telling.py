"""What of a score is worth an event: pure.

Invariant: what is told of a customer is no further from the score than a tenth of risk; `customer.due` and
`customer.lapsing` are told once a silence, and never for what was so before scores began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sereno.modules.scores.scoring import LIKELY_GONE, Score
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.fields import from_micros

DAYS_LATE = 7
"""A day that was missed for longer than this (Sereno was down) is not told any more."""
Tell = Callable[[Transaction, int, Sequence[NewEvent]], Any]
"""Puts events of a shop into the inbox."""


@dataclass(frozen=True, slots=True)
class Shop:
    currency: str
    horizon: int
    today: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of the score before."""

    order_days: int
    due_on: date | None
    told: str
    told_risk: float
    risk: float
    scored_at: int

    @property
    def group(self) -> str:
        return self.told.partition("|")[0]


def told_of(shop: Shop, score: Score, before: Held | None) -> tuple[Held, list[NewEvent]]:
    """What to keep, and what to tell."""
    is_silent = before is not None and before.order_days == score.count
    due_on = _day(before.due_on) if before is not None and is_silent else score.next_on
    told = f"{score.group}|{round(score.risk, 1)}|{score.count}"
    events: list[NewEvent] = []
    if before is None or before.told != told:
        kind = f"scored:{score.key}:{shop.today.isoformat()}:{told}"
        events.append(_event(shop, score, "customer.scored", kind, before))
        after = Held(score.count, due_on, told, round(score.risk, 4), score.risk, 0)
    else:
        after = Held(score.count, due_on, told, before.told_risk, score.risk, 0)
    if before is not None and is_silent:
        silence = f"{score.key}:{score.last_on.isoformat()}"
        if due_on is not None and _came(due_on, before, shop):
            events.append(_event(shop, score, "customer.due", f"due:{silence}", before))
        if before.risk < LIKELY_GONE <= score.risk:
            events.append(_event(shop, score, "customer.lapsing", f"lapsing:{silence}", before))
    return after, events


def _came(due_on: date, before: Held, shop: Shop) -> bool:
    """Between the score before and this one."""
    return from_micros(before.scored_at).date() < due_on <= shop.today and (shop.today - due_on).days <= DAYS_LATE


def _day(value: Any) -> date | None:
    """SQLite gives days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _event(shop: Shop, score: Score, type_: str, id_: str, before: Held | None) -> NewEvent:
    data = {
        "id": score.key,
        "score": record_of(shop, score),
        "group_before": None if before is None else before.group,
        "risk_before": None if before is None else before.told_risk,
    }
    return NewEvent(id_[:200], type_, f"customer:{score.key}", shop.now, data, {"customer": score.key})


def record_of(shop: Shop, score: Score) -> dict[str, Any]:
    return {
        "group": score.group,
        "recency": score.recency,
        "frequency": score.frequency,
        "money": score.money,
        "order_days": score.count,
        "risk": round(score.risk, 4),
        "horizon": shop.horizon,
        "alive": None if score.alive is None else round(score.alive, 4),
        "orders": round(score.orders, 3),
        "value": f"{score.value:.2f}",
        "currency": shop.currency,
        "next_on": None if score.next_on is None else score.next_on.isoformat(),
        "scored_at": shop.now.isoformat(),
    }
