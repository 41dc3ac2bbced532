"""What people spent, added up from their orders where their platform says nothing of it, or nothing yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from sereno.modules.orders.models import Order
from sereno.store.models import Shop

MOST = 2000
UNCOUNTED = ("cancelled", "deleted")


class Bought(NamedTuple):
    """Of an order what tells it from others, and what it came to."""

    customer_key: str
    currency: str | None
    total: str | None
    status: str | None
    id: int
    key: str
    number: str | None
    placed_at: datetime | None


def bought_by(shop: Shop, keys: Collection[str]) -> list[Bought]:
    """Orders of these people, in no order. One query."""
    orders = Order.objects.filter(shop=shop, customer_key__in=list(keys)).order_by() if keys else Order.objects.none()
    return [Bought(*row) for row in orders.values_list(*Bought._fields)[:MOST]]


def spent_of(orders: Iterable[Bought]) -> dict[str, dict[str, Decimal]]:
    """By customer and currency, from those of the orders that were not cancelled."""
    found: dict[str, dict[str, Decimal]] = {}
    for key, currency, total, status, *_ in orders:
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
