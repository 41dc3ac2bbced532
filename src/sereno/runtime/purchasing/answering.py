"""What a supplier answers to an order: yes, yes but, or no; by its own link, by its system, or noted by the shop.

Invariant: the link gives a right to one order and nothing else; an answer given twice changes nothing. What a supplier
cannot deliver counts as on order no more in the same transaction, and is not asked of it again for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sereno.runtime.purchasing.ordering import take_step
from sereno.runtime.purchasing.orders import OPEN, SENT, Line, Order, expect, put_lines, total_of
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros
from sereno.store.sealing import TokenInvalid, seal, unseal

PURPOSE = "purchase"
REFUSED = timedelta(days=14)
"""How long a supplier is not asked again, by itself, for what it could not deliver."""
ANSWERABLE = ("approved", *SENT)


def answer_link(secret: str, base_url: str, shop_id: int, number: int) -> str:
    """The address by which the supplier of an order answers it, without an account."""
    return f"{base_url.rstrip('/')}/supply/{seal(secret, PURPOSE, [shop_id, number])}"


def order_of_link(secret: str, token: str) -> tuple[int, int]:
    """Shop and number. Raises TokenInvalid."""
    match unseal(secret, PURPOSE, token):
        case [int(shop_id), int(number)]:
            return shop_id, number
        case _:
            raise TokenInvalid("this link is not one of ours")


def confirm(
    shop_id: int,
    number: int,
    by: str,
    *,
    expected_at: datetime | None = None,
    reference: str = "",
    quantities: Mapping[str, int] | None = None,
    reason: str = "",
    database: Database | None = None,
) -> bool:
    """The supplier said yes: when, under which number of its own, and how many where it cannot deliver all; what it
    delivers fewer of is not asked of it again for `REFUSED`. False when nothing of it was new. Raises LookupError,
    ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status not in ("approved", *SENT):
            raise ValueError("only an order that was sent can be confirmed")
        changed = [
            replace(line, quantity=max(line.received, count))
            for line in lines
            if (count := (quantities or {}).get(line.sku)) is not None and 0 <= count < line.quantity
        ]
        put_lines(tx, changed)
        _refused(tx, shop_id, order, {line.sku: reason for line in changed}, now)
        fewer = {one.sku: one.quantity - line.quantity for one in changed for line in lines if line.id == one.id}
        expect(tx, shop_id, fewer, now)
        after = {line.sku: line for line in lines} | {line.sku: line for line in changed}
        total = total_of(
            order.currency, [{"quantity": one.quantity, "price": str(one.price)} for one in after.values()]
        )
        at = to_micros(now)
        found = replace(
            order,
            status="confirmed" if order.status in ("approved", "sent") else order.status,
            sent_at=order.sent_at or at,
            confirmed_at=order.confirmed_at or at,
            expected_at=to_micros(expected_at) if expected_at is not None else order.expected_at,
            reference=storable(reference.strip())[:100] or order.reference,
            total=total,
        )
        return None if found == order and not changed else found

    says = _said(reason)
    return take_step(
        shop_id, number, by, "purchase.confirmed", step, database, fact="confirmed", details=says, says=says
    ).was_changed


def decline(shop_id: int, number: int, by: str, *, reason: str = "", database: Database | None = None) -> bool:
    """The supplier will not deliver, or not what is still to come. False when the order was closed already. Raises
    LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status not in OPEN:
            return None
        if order.status == "draft":
            raise ValueError("only an order that was sent can be declined")
        left = {line.sku: line.left for line in lines if line.left}
        expect(tx, shop_id, {sku: -count for sku, count in left.items()}, now)
        _refused(tx, shop_id, order, dict.fromkeys(left, reason), now)
        status = "received" if order.status == "partial" else "cancelled"
        return replace(order, status=status, closed_at=to_micros(now))

    says = _said(reason)
    return take_step(
        shop_id, number, by, "purchase.declined", step, database, fact="declined", details=says, says=says
    ).was_changed


def _said(reason: str) -> dict[str, str]:
    return {"reason": storable(reason.strip())[:500]} if reason.strip() else {}


def _refused(tx: Transaction, shop_id: int, order: Order, skus: Mapping[str, str], now: datetime) -> None:
    until = to_micros(now + REFUSED)
    rows = [
        (shop_id, order.supplier, sku, storable(reason.strip())[:500], until) for sku, reason in sorted(skus.items())
    ]
    if rows:
        tx.many("put_refusals", rows)
