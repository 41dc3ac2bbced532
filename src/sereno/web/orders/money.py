"""An order's payments and refunds by who told of them, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.commerce.merging import micros
from sereno.commerce.payments import STORE, by_side, differences
from sereno.modules.orders.money_words import money_advice, money_sentence
from sereno.store.fields import from_micros

MOST = 20
"""Rows of one side; an order of more is looked at in the store."""
STATES = {
    "pending": mark("Pending"),
    "authorized": mark("Authorized"),
    "captured": mark("Taken"),
    "failed": mark("Failed"),
    "voided": mark("Given up"),
    "refunded": mark("Given back"),
    "completed": mark("Given back"),
}


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` with its `currency`; `is_back` for money that went back to the customer."""

    what: str
    how: str
    amount: str
    currency: str
    at: datetime | None
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    who: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """`differences`: (what is so, what to do)."""

    sides: tuple[Side, ...]
    differences: tuple[tuple[str, str], ...]


def money_of(order: Mapping[str, Any]) -> OrderMoney:
    """The store first, then each provider."""
    payments, refunds = by_side(order.get("payments")), by_side(order.get("refunds"))
    currency = str(order.get("currency") or "")
    sides = [
        Side(
            _("The store") if side == STORE else side.capitalize(),
            tuple(
                [_movement(one, currency, is_back=False) for one in payments.get(side, ())]
                + [_movement(one, currency, is_back=True) for one in refunds.get(side, ())]
            )[:MOST],
        )
        for side in sorted({*payments, *refunds})
    ]
    said = tuple((money_sentence(one, currency), money_advice(one)) for one in differences(order))
    return OrderMoney(tuple(sides), said)


def _movement(one: Mapping[str, Any], currency: str, *, is_back: bool) -> Movement:
    state = str(one.get("status") or ("completed" if is_back else ""))
    at = micros(one.get("created_at") or one.get("updated_at"))
    return Movement(
        str(STATES.get(state, state)),
        str(one.get("method") or one.get("reason") or ""),
        str(one.get("amount") or ""),
        str(one.get("currency") or currency),
        None if at is None else from_micros(at),
        is_back,
    )
