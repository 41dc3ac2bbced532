"""What people spent, added up from their orders where their platform says nothing of it, or nothing yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation

from sereno.modules.orders.models import Order
from sereno.store.models import Shop

MOST = 2000
UNCOUNTED = ("cancelled", "deleted")


def spent_of(shop: Shop, keys: Collection[str]) -> dict[str, dict[str, Decimal]]:
    """By customer and currency, from their orders that were not cancelled. One query."""
    found: dict[str, dict[str, Decimal]] = {}
    orders = Order.objects.filter(shop=shop, customer_key__in=list(keys)).order_by() if keys else Order.objects.none()
    for key, currency, total, status in orders.values_list("customer_key", "currency", "total", "status")[:MOST]:
        amount = _decimal(total)
        if key and currency and amount is not None and status not in UNCOUNTED:
            sums = found.setdefault(key, {})
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return found


def shown(said: str | None, currency: str | None, sums: Mapping[str, Decimal]) -> tuple[str, str] | None:
    """The amount and its currency: the platform's, or what its orders come to where it says less. None where neither is
    known, and where they paid in several currencies and the platform says nothing."""
    theirs = _decimal(said) if currency else None
    if len(sums) != 1:
        return (str(theirs), str(currency)) if theirs is not None else None
    [(ours, amount)] = sums.items()
    if theirs is not None and (currency != ours or theirs >= amount):
        return str(theirs), str(currency)
    return str(amount), ours


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
