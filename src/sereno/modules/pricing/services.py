"""What pages, API and command line read of codes. Every query is of one shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sereno.commerce.incentives import plain_code
from sereno.commerce.money import Money
from sereno.modules.pricing.models import Code
from sereno.store.database import default_database
from sereno.store.fields import instant_text, to_micros
from sereno.store.scans import newest

STATUSES = ("asked", "issued", "redeemed", "expired", "free")
SHOWN = 50


def codes(
    shop_id: int, *, status: str = "", flow: str = "", code: str = "", customer: str = "", before: int = 0,
    most: int = SHOWN,
) -> list[Code]:  # fmt: skip
    """The newest first. Those that wait in a pool are shown only when asked for."""
    found = Code.objects.filter(shop_id=shop_id)
    if code:
        return list(found.filter(code=plain_code(code)))
    if status in STATUSES:
        found = found.filter(status=status)
    if flow:
        found = found.filter(flow=flow)
    if customer:
        found = found.filter(customer=customer)
    if not (status or flow or customer):
        ends = [{"shop_id": shop_id, "status": one} for one in STATUSES[:-1]]
        found = found.filter(pk__in=newest(Code, ends, most, before=before or None).ids)
    elif before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[:most])


def told(one: Code) -> dict[str, Any]:
    """As JSON has it."""
    names = ("code", "status", "kind", "value", "currency", "minimum", "gift", "pool", "customer", "flow")
    return {
        "id": one.pk,
        **{name: getattr(one, name) or None for name in names},
        "order": one.order_key or None,
        "cost": one.cost,
        "issued_at": instant_text(one.issued_at),
        "expires_at": instant_text(one.expires_at),
        "redeemed_at": instant_text(one.redeemed_at),
    }


def uses(shop_id: int, since: str = "") -> list[dict[str, Any]]:
    """By flow and currency, what codes came to since that month (`2026-11`; all where it is empty)."""
    with default_database().read() as tx:
        rows = tx.all("code_uses", {"shop": shop_id, "since": since})
    found: list[dict[str, Any]] = []
    for flow, currency, issued, worth, redeemed, cost, revenue in rows:
        sums = {"worth": worth, "cost": cost, "revenue": revenue}
        texts = {name: Money.from_minor(int(one), currency).text for name, one in sums.items()}
        found.append({"flow": flow, "currency": currency, "issued": int(issued), "redeemed": int(redeemed), **texts})
    return found


def pools(shop_id: int, now: datetime) -> list[dict[str, Any]]:
    with default_database().read() as tx:
        rows = tx.all("code_pools", {"shop": shop_id})
    names = ("name", "kind", "value", "currency", "minimum", "gift")
    return [
        {
            **{name: row[place] or None for place, name in enumerate(names)},
            "expires_at": instant_text(row[6]),
            "free": int(row[8]),
            "given": int(row[9]) - int(row[8]),
            "is_over": row[6] is not None and row[6] <= to_micros(now),
        }
        for row in rows
    ]
