"""What the store says of an order's money, beside what the payment providers say themselves. Pure.

Invariant: the two tell of the same money. It is never added up over both, and where they differ nobody is believed:
the difference is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sereno.commerce.merging import parts
from sereno.commerce.money import finite

Record = Mapping[str, Any]

STORE = ""
"""The side of what no provider said."""
NOT_MOVED = frozenset({"pending", "failed"})
TAKEN = frozenset({"captured", "refunded"})
OPEN = frozenset({"pending", "authorized", "failed", "voided"})
"""Of an order: no money is there, as far as the store knows."""
SETTLED = frozenset({"paid", "partially_refunded", "refunded"})
"""Of an order: all of the money was there."""


def by_side(told: object) -> dict[str, list[Record]]:
    """Payments or refunds by who told of them: a provider's name, or `STORE`."""
    found: dict[str, list[Record]] = {}
    for one in parts(told):
        found.setdefault(str(one.get("provider") or STORE), []).append(one)
    return found


def refunded(refunds: object) -> Decimal | None:
    """How much has gone back: what the side says that knows of most. None when nobody says how much."""
    sums = [found for told in by_side(refunds).values() if (found := _moved(told)) is not None]
    return max(sums, default=None)


def failures(payments: object) -> int:
    """How many attempts failed, by the side that knows of most."""
    return max((sum(one.get("status") == "failed" for one in told) for told in by_side(payments).values()), default=0)


@dataclass(frozen=True, slots=True)
class Difference:
    """`code` is stable; `store` and `there` are amounts in the order's currency as each side has them."""

    code: str
    provider: str
    store: Decimal
    there: Decimal


def differences(order: Record) -> list[Difference]:
    """Where a provider says other than the store of the money of an order; none where no provider spoke of it, or where
    what is on record does not tell. Test payments and other currencies are left out.

    `payments.not_noted`: it was paid there, and the store waits for it. `payments.not_taken`: the store has it as paid
    by that provider, who took nothing. `payments.too_much`: more was taken, and not given back, than the total (which
    some platforms lower when goods come back). `payments.too_little`: less was.
    `refunds.not_noted`: more went back there than the store knows. `refunds.not_given`: less.
    """
    payments = by_side(order.get("payments"))
    own, own_refunds = payments.pop(STORE, []), by_side(order.get("refunds"))
    found: list[Difference] = []
    for provider, told in sorted(payments.items()):
        counted = [one for one in told if _counts(one, order)]
        if counted:
            found += _of_payments(order, provider, counted, own)
            found += _of_refunds(order, provider, counted, own, own_refunds)
    return found


def _of_payments(order: Record, provider: str, told: Sequence[Record], own: Sequence[Record]) -> list[Difference]:
    total, status = finite(order.get("total")), order.get("payment_status")
    if total is None or status is None:
        return []
    taken = _sum(one.get("amount") for one in told if one.get("status") in TAKEN)
    is_alone = _is_alone(order, provider, own)
    if taken and status in OPEN:
        return [Difference("payments.not_noted", provider, Decimal(0), taken)]
    if not taken and status in SETTLED and is_alone and not any(one.get("status") == "pending" for one in told):
        return [Difference("payments.not_taken", provider, total, taken)]
    back = _sum(one.get("amount_refunded") for one in told)
    if taken - back > total:
        return [Difference("payments.too_much", provider, total, taken)]
    if taken and taken < total and status in SETTLED and is_alone:
        return [Difference("payments.too_little", provider, total, taken)]
    return []


def _of_refunds(
    order: Record,
    provider: str,
    told: Sequence[Record],
    own: Sequence[Record],
    refunds: Mapping[str, Sequence[Record]],
) -> list[Difference]:
    """The charge says how much went back in all; refunds that are told one by one may be fewer."""
    listed = _moved(refunds.get(provider, ())) or Decimal(0)
    there = max(_sum(one.get("amount_refunded") for one in told), listed)
    total = finite(order.get("total")) or Decimal(0)
    here = _moved(refunds.get(STORE, ()))
    if order.get("payment_status") == "refunded":
        here = max(here or Decimal(0), total)
    elif here is None:
        here = Decimal(0)
    if there > here:
        return [Difference("refunds.not_noted", provider, here, there)]
    taken = _sum(one.get("amount") for one in told if one.get("status") in TAKEN)
    if there < min(here, taken) and _is_alone(order, provider, own):
        return [Difference("refunds.not_given", provider, here, there)]
    return []


def _is_alone(order: Record, provider: str, own: Sequence[Record]) -> bool:
    """Whether by all that the store says the order was paid by this provider and nobody else."""
    methods = [str(one.get("method") or "") for one in own if one.get("status") in TAKEN] or [
        str(order.get("payment_method") or "")
    ]
    return all(provider in method.lower() for method in methods)


def _counts(one: Record, order: Record) -> bool:
    return one.get("is_test") is not True and one.get("currency") in (None, order.get("currency"))


def _moved(told: Sequence[Record]) -> Decimal | None:
    amounts = [
        amount
        for one in told
        if one.get("status") not in NOT_MOVED and (amount := finite(one.get("amount"))) is not None
    ]
    return sum(amounts, Decimal(0)) if amounts else None


def _sum(amounts: Any) -> Decimal:
    return sum((amount for one in amounts if (amount := finite(one)) is not None), Decimal(0))
