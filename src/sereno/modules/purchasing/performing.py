"""What suppliers keep of what they promise, by the goods that came."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from sereno.commerce.purchasing import LeadTime, lead_time
from sereno.modules.purchasing.models import Receipt, Supplier

LATEST = 50
LEARNED_FROM = 20


@dataclass(frozen=True, slots=True)
class Performance:
    """Of the newest receipts: how long goods took, how much that varied, and which share came by the day that was
    expected (None where no day was)."""

    count: int
    days: float | None
    spread: float | None
    on_time: float | None


def learned(supplier: Supplier) -> LeadTime:
    """Days and spread, of what it promises and what it kept."""
    receipts = Receipt.objects.filter(supplier=supplier, is_first=True, days__isnull=False).order_by("-at")
    return lead_time(supplier.lead_days, list(receipts.values_list("days", flat=True)[:LEARNED_FROM]))


def performances(shop_id: int, ids: list[int]) -> dict[int, Performance]:
    """By supplier, in one query."""
    rows = (
        Receipt.objects.filter(shop_id=shop_id, supplier_id__in=ids, is_first=True)
        .order_by("-id")
        .values_list("supplier_id", "days", "at", "order__expected_at")[: LATEST * max(1, len(ids))]
    )
    by: dict[int, list[tuple[Any, ...]]] = {}
    for supplier_id, days, at, expected in rows:
        by.setdefault(supplier_id, []).append((days, at, expected))
    return {supplier_id: _performance(found[:LATEST]) for supplier_id, found in by.items()}


def told(supplier: Supplier) -> dict[str, Any]:
    """What it keeps, as API and command line tell it."""
    lead, found = learned(supplier), performances(supplier.shop_id, [supplier.pk]).get(supplier.pk)
    return {
        "learned_days": round(lead.mean, 1),
        "learned_spread": round(lead.spread, 1),
        "receipts": found.count if found else 0,
        "on_time": found.on_time if found else None,
    }


def _performance(found: list[tuple[Any, ...]]) -> Performance:
    days = [one for one, _at, _expected in found if one is not None]
    due = [at <= expected for _days, at, expected in found if expected is not None]
    return Performance(
        len(found),
        mean(days) if days else None,
        stdev(days) if len(days) > 1 else None,
        sum(due) / len(due) if due else None,
    )
