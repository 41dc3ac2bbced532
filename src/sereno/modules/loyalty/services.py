"""What pages, API and command line read of points and credit. Every query is of one shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.loyalty import POINTS
from sereno.commerce.money import Money
from sereno.modules.loyalty.actions import PURPOSE as PURPOSE
from sereno.modules.loyalty.models import LoyaltyAccount, LoyaltyPosting, LoyaltyPurchase
from sereno.store.fields import instant_text

SHOWN = 50


def amount_in(unit: str, amount: int) -> str:
    """Decimal text of a number of smallest units; points as they are."""
    return str(amount) if unit == POINTS else Money.from_minor(amount, unit).text


def accounts_of(shop_id: int, customer: str) -> list[LoyaltyAccount]:
    """Points first, then each currency."""
    found = LoyaltyAccount.objects.filter(shop_id=shop_id, customer=customer)
    return sorted(found, key=lambda one: (one.unit != POINTS, one.unit))


def history(accounts: list[LoyaltyAccount], most: int = SHOWN) -> list[dict[str, Any]]:
    """The newest postings of these accounts: `amount` is what the customer has more or less by it."""
    units = {one.pk: one.unit for one in accounts}
    rows = list(LoyaltyPosting.objects.filter(account__in=list(units)).order_by("-id")[:most])
    amounts = _amounts([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "at": row.at,
            "kind": row.kind,
            "unit": units[row.account],
            "amount": amount_in(units[row.account], amounts.get(row.pk, 0)),
            "is_gain": amounts.get(row.pk, 0) > 0,
            "order": row.order_key or None,
            "by": row.by,
            "note": row.note,
        }
        for row in rows
    ]


def _amounts(postings: list[int]) -> dict[int, int]:
    from sereno.modules.loyalty.models import LoyaltyLine

    found: dict[int, int] = {}
    for line in LoyaltyLine.objects.filter(posting__in=postings, side__in=("available", "pending")).order_by("id"):
        # What was pending and counts from now is no gain of its own: the side that grows is what happened.
        found[line.posting] = line.amount if line.posting not in found else max(found[line.posting], line.amount)
    return found


def purchases(accounts: list[LoyaltyAccount], most: int = SHOWN) -> list[LoyaltyPurchase]:
    return list(LoyaltyPurchase.objects.filter(account__in=[one.pk for one in accounts]).order_by("-id")[:most])


def told(shop_id: int, customer: str) -> Mapping[str, Any]:
    """One customer's, as JSON has it."""
    accounts = accounts_of(shop_id, customer)
    points = next((one for one in accounts if one.unit == POINTS), None)
    return {
        "customer": customer,
        "points": points.available if points else 0,
        "pending": points.pending if points else 0,
        "tier": (points.tier or None) if points else None,
        "credit": [
            {"amount": amount_in(one.unit, one.available), "currency": one.unit}
            for one in accounts
            if one.unit != POINTS
        ],
        "history": [{**one, "at": instant_text(one["at"])} for one in history(accounts)],
    }


def members(shop_id: int, tier: str = "", start: int = 0, most: int = SHOWN) -> list[LoyaltyAccount]:
    """Those with the most points first."""
    found = LoyaltyAccount.objects.filter(shop_id=shop_id, unit=POINTS)
    if tier:
        found = found.filter(tier=tier)
    return list(found.order_by("-available", "-id")[start : start + most])
