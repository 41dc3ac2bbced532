"""Purchase orders as they are kept: their rows, what facts say of them, and where their goods go.

Invariant: everything here runs in a transaction that holds the shop's lock on buying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sereno.commerce.money import Money
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.purchasing.suppliers import Supplier
from sereno.runtime.stock import moving
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

OPEN = ("draft", "approved", "sent", "confirmed", "partial")
"""Whose goods are still to come."""
SENT = ("sent", "confirmed", "partial")


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    sku: str
    supplier_sku: str
    title: str
    quantity: int
    received: int
    price: Decimal
    why: Mapping[str, Any]

    @property
    def left(self) -> int:
        return max(0, self.quantity - self.received)


@dataclass(frozen=True, slots=True)
class Order:
    """Instants are microseconds, None for what has not been."""

    id: int
    number: int
    supplier: int
    status: str
    currency: str
    total: str
    origin: str
    by: str
    note: str
    reference: str
    created_at: int
    approved_at: int | None
    approved_by: str
    sent_at: int | None
    confirmed_at: int | None
    expected_at: int | None
    chased_at: int | None
    chases: int
    closed_at: int | None
    changes: int


def find_order(tx: Transaction, shop_id: int, number: int) -> Order:
    """Raises LookupError."""
    row = tx.one("purchase_order", {"shop": shop_id, "number": number})
    if row is None:
        raise LookupError(f"there is no purchase order {number} in this shop")
    return Order(*row)


def find_lines(tx: Transaction, order: int) -> list[Line]:
    return [
        Line(id_, sku, theirs, title, quantity, received, Decimal(price), decode(why))
        for id_, sku, theirs, title, quantity, received, price, why in tx.all("purchase_lines", {"order": order})
    ]


def event_data(order: Order, supplier: Supplier | None) -> dict[str, Any]:
    """What a fact about an order says."""
    return {
        "id": str(order.number),
        "number": order.number,
        "supplier": supplier.code if supplier is not None else "",
        "supplier_name": supplier.name if supplier is not None else "",
        "status": order.status,
        "total": order.total,
        "currency": order.currency,
        "origin": order.origin,
        "reference": order.reference or None,
        "expected_at": _text(order.expected_at),
        "confirm_by": _text(_confirm_by(order, supplier)),
        "chases": order.chases,
    }


def _confirm_by(order: Order, supplier: Supplier | None) -> int | None:
    if order.sent_at is None or supplier is None:
        return None
    return order.sent_at + supplier.confirm_days * 86_400_000_000


def _text(at: int | None) -> str | None:
    return None if at is None else format_instant(from_micros(at))


def keep(tx: Transaction, before: Order, after: Order) -> None:
    tx.run(
        "change_purchase_order",
        {
            "id": before.id,
            "changes": before.changes,
            "status": after.status,
            "total": after.total,
            "note": after.note,
            "reference": after.reference,
            "approved_at": after.approved_at,
            "approved_by": after.approved_by,
            "sent_at": after.sent_at,
            "confirmed_at": after.confirmed_at,
            "expected_at": after.expected_at,
            "chased_at": after.chased_at,
            "chases": after.chases,
            "closed_at": after.closed_at,
        },
    )
    if (before.status in OPEN) != (after.status in OPEN):
        tx.run("close_purchase_lines", {"order": before.id, "is_open": after.status in OPEN})


def put_lines(tx: Transaction, lines: Sequence[Line]) -> None:
    if lines:
        tx.many("set_purchase_lines", [(one.id, one.quantity, one.received, str(one.price)) for one in lines])


def expect(tx: Transaction, shop_id: int, counts: Mapping[str, int], now: datetime) -> None:
    """So many more, or fewer, are on their way to where each is usually kept."""
    for place, lines in _by_place(tx, shop_id, counts).items():
        moving.expect(tx, shop_id, place, lines, to_micros(now))


def put_away(
    tx: Transaction, shop_id: int, number: int, came: Mapping[str, int], place: str, by: str, now: datetime
) -> None:
    """Into the stock: at the place named, else where each is usually kept."""
    for usual, lines in _by_place(tx, shop_id, came).items():
        if place and place != usual:
            # It was said to be on its way there.
            moving.expect(tx, shop_id, usual, {sku: -count for sku, count in lines.items()}, to_micros(now))
        moving.receive(tx, shop_id, place or usual, lines, f"PO-{number}", by, to_micros(now))


def _by_place(tx: Transaction, shop_id: int, counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """ "" where places are not told apart."""
    wanted = {sku: count for sku, count in counts.items() if count}
    usual = dict(tx.all("usual_places", {"shop": shop_id, "skus": sorted(wanted)})) if wanted else {}
    found: dict[str, dict[str, int]] = {}
    for sku, count in sorted(wanted.items()):
        found.setdefault(str(usual.get(sku, "")), {})[sku] = count
    return found


def tell(
    tx: Transaction, shop_id: int, fact: str, number: int, mark: str, data: Mapping[str, Any], now: datetime
) -> None:
    clean = {name: value for name, value in data.items() if value is not None}
    event = NewEvent(
        f"purchase_order:{number}:{fact}{mark}",
        f"purchase_order.{fact}",
        f"purchase_order:{number}",
        now,
        clean,
        {"purchase_order": str(number)},
    )
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])


def total_of(currency: str, lines: Sequence[Mapping[str, Any]]) -> str:
    total = sum((Decimal(str(one["price"])) * int(one["quantity"]) for one in lines), Decimal(0))
    return str(Money(total, currency).rounded().amount)
