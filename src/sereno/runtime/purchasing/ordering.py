"""The life of a purchase order: drafted, approved, sent, confirmed, chased, received in part, closed or cancelled.

Invariant: each step is one transaction under the shop's lock, with the fact it makes and a line in the audit; a step
already made changes nothing. What is received lowers what is on order in the transaction that puts it into the stock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sereno.commerce.money import Money
from sereno.engine.durations import format_instant
from sereno.runtime import inbox, notices
from sereno.runtime.ports import SOURCE
from sereno.runtime.purchasing.suppliers import Supplier, offer_of, supplier_of
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stock import moving
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

OPEN = ("draft", "approved", "sent", "confirmed", "partial")
"""Whose goods are still to come."""
SENT = ("sent", "confirmed", "partial")
SEND = "purchasing.deliver_order"
FLOW = "purchase-orders"
HOST = notices.Host(FLOW, "Purchase orders")
"""What is sent to suppliers hangs on its runs."""
MOST_UNITS = 10_000_000


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


@dataclass(frozen=True, slots=True)
class Draft:
    """`lines` have `sku, supplier_sku, title, quantity, price, why`. `origin`: `reorder`, `person` or `flow`."""

    key: str
    supplier: int
    code: str
    currency: str
    origin: str
    by: str
    lines: Sequence[Mapping[str, Any]]
    note: str = ""


# --- making -----------------------------------------------------------------------------------------


def draft_in(tx: Transaction, shop_id: int, number: int, draft: Draft, now: datetime) -> int:
    """Under the shop's lock: the rows and the fact. Gives the row of the order. Raises ValueError when its key is
    taken."""
    total = _total(draft.currency, draft.lines)
    row = tx.one(
        "insert_purchase_order",
        {
            "shop": shop_id,
            "number": number,
            "key": draft.key,
            "supplier": draft.supplier,
            "currency": draft.currency,
            "total": total,
            "origin": draft.origin,
            "by": draft.by[:200],
            "note": storable(draft.note)[:1000],
            "now": to_micros(now),
        },
    )
    if row is None:
        raise ValueError(f"there is an order of {draft.key} already")
    lines = [
        (
            *(shop_id, row[0], one["sku"], one.get("supplier_sku", ""), one.get("title", ""), one["quantity"]),
            *(str(one["price"]), encode(one.get("why") or {})),
        )
        for one in draft.lines
    ]
    tx.many("insert_purchase_lines", lines)
    data = {
        "id": str(number),
        "number": number,
        "supplier": draft.code,
        "status": "draft",
        "total": total,
        "currency": draft.currency,
        "origin": draft.origin,
        "lines": len(draft.lines),
    }
    _tell(tx, shop_id, "drafted", number, "", data, now)
    return int(row[0])


def draft_order(
    shop_id: int,
    code: str,
    quantities: Mapping[str, int],
    by: str,
    *,
    key: str,
    note: str = "",
    origin: str = "person",
    database: Database | None = None,
) -> int:
    """An order of these SKUs by the supplier's price list. Gives its number; that of the one there is when `key` made
    one already. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        number, _turn = tx.one("lock_purchasing", {"shop": shop_id}) or (0, 0)
        made = tx.one("orders_of_key", {"shop": shop_id, "keys": [key]})
        if made is not None:
            return int(made[1])
        supplier = supplier_of(tx, shop_id, code)
        if supplier is None:
            raise LookupError(f"there is no supplier {code!r} in this shop")
        rows = tx.all("prices_of_skus", {"shop": shop_id, "skus": list(quantities)})
        offers = {row[1]: offer_of(row) for row in rows if row[0] == supplier.id}
        lines: list[dict[str, Any]] = []
        for sku, count in quantities.items():
            if sku not in offers:
                raise ValueError(f"{supplier.name} has no price for {sku}; put it on the price list first")
            if not 0 < count <= MOST_UNITS:
                raise ValueError(f"{sku}: how many is a whole number above 0")
            offer = offers[sku]
            what = {"sku": sku, "supplier_sku": offer.supplier_sku, "title": offer.title}
            lines.append({**what, "quantity": count, "price": str(offer.price_of(count))})
        if not lines:
            raise ValueError("an order has at least one line")
        now = staff.world.clock.now()
        number += 1
        draft = Draft(key[:200], supplier.id, supplier.code, supplier.currency, origin, by, lines, note)
        draft_in(tx, shop_id, number, draft, now)
        tx.run("set_purchase_number", {"shop": shop_id, "number": number})
        audit(tx, shop_id, to_micros(now), by, "purchase.drafted", f"PO-{number}", {"supplier": code})
        _wake(staff, tx)
    return number


# --- steps ------------------------------------------------------------------------------------------


def change_lines(
    shop_id: int, number: int, quantities: Mapping[str, int], by: str, *, database: Database | None = None
) -> None:
    """Of a draft: how many of each SKU; 0 takes the line out. Raises LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order:
        if order.status != "draft":
            raise ValueError("only a draft can be changed; cancel this order and draft another")
        kept: list[Line] = []
        rows = tx.all("prices_of_skus", {"shop": shop_id, "skus": list(quantities)})
        offers = {row[1]: offer_of(row) for row in rows if row[0] == order.supplier}
        for line in lines:
            count = quantities.get(line.sku, line.quantity)
            if not 0 <= count <= MOST_UNITS:
                raise ValueError(f"{line.sku}: how many is a whole number, not below 0")
            if count:
                # Another quantity may have another price.
                is_priced = count != line.quantity and line.sku in offers
                price = offers[line.sku].price_of(count) if is_priced else line.price
                kept.append(replace(line, quantity=count, price=price))
        if not kept:
            raise ValueError("an order has at least one line; cancel it instead")
        gone = [line.sku for line in lines if line.sku not in {one.sku for one in kept}]
        tx.run("drop_purchase_lines", {"order": order.id, "skus": gone})
        _put_lines(tx, kept)
        total = _total(order.currency, [{"quantity": one.quantity, "price": str(one.price)} for one in kept])
        return replace(order, total=total)

    _step(shop_id, number, by, "purchase.changed", step, database, details={"quantities": dict(quantities)})


def approve(shop_id: int, number: int, by: str, *, send: bool = True, database: Database | None = None) -> str:
    """Let it go out. With `send` it is put into the outbox in the same transaction, but for a supplier that is written
    to by hand. An order approved already is left as it is. Gives the status. Raises LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status != "draft":
            if order.status == "cancelled":
                raise ValueError("this order was cancelled")
            return None
        at = to_micros(now)
        _expect(tx, shop_id, {line.sku: line.left for line in lines}, now)
        if send:
            post(staff, tx, shop_id, order, "order", now)
        return replace(order, status="approved", approved_at=at, approved_by=by[:200])

    staff = open_staff(database)
    return _step(shop_id, number, by, "purchase.approved", step, database, fact="approved").status


def post(staff: Staff, tx: Transaction, shop_id: int, order: Order, kind: str, now: datetime) -> bool:
    """Put the order, or a reminder of it (`chase`), into the outbox. False for a supplier written to by hand."""
    supplier = supplier_of(tx, shop_id, order.supplier)
    if supplier is None or supplier.send_by == "hand":
        return False
    subject = f"purchase_order:{order.number}"
    flow, run = notices.host_run(tx, shop_id, HOST, "purchase-{row}", subject, now)
    key = f"po:{shop_id}:{order.number}:{kind}" + (f":{order.chases}" if kind == "chase" else f":{order.changes}")
    config = {"number": order.number, "kind": kind}
    row = notices.mail_row(key, shop_id, flow, run, SEND, subject, config, now)
    if supplier.send_by == "api":
        row = (*row[:13], f"supplier:{supplier.code}"[:100], *row[14:])
    tx.many("copy_effects", [row])
    _wake(staff, tx)
    return True


def send_again(shop_id: int, number: int, by: str, *, database: Database | None = None) -> None:
    """Put an approved order into the outbox once more. Raises LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order:
        if order.status not in ("approved", *SENT):
            raise ValueError("approve the order first" if order.status == "draft" else "this order is closed")
        if not post(staff, tx, shop_id, replace(order, changes=order.changes + 1), "order", now):
            raise ValueError("this supplier is written to by hand; say so when you have sent it")
        return order

    staff = open_staff(database)
    _step(shop_id, number, by, "purchase.sent_again", step, database)


def mark_sent(shop_id: int, number: int, by: str, *, database: Database | None = None) -> bool:
    """The supplier has it. False when that was known."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status == "draft":
            raise ValueError("approve the order first")
        if order.status != "approved":
            return None
        supplier = supplier_of(tx, shop_id, order.supplier)
        due = now + timedelta(days=supplier.lead_days if supplier is not None else 14)
        return replace(order, status="sent", sent_at=to_micros(now), expected_at=order.expected_at or to_micros(due))

    return _step(shop_id, number, by, "purchase.sent", step, database, fact="sent").was_changed


def confirm(
    shop_id: int,
    number: int,
    by: str,
    *,
    expected_at: datetime | None = None,
    reference: str = "",
    quantities: Mapping[str, int] | None = None,
    database: Database | None = None,
) -> bool:
    """The supplier said yes: when, under which number of its own, and how many where it cannot deliver all. False when
    nothing of it was new. Raises LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status not in ("approved", *SENT):
            raise ValueError("only an order that was sent can be confirmed")
        changed = [
            replace(line, quantity=max(line.received, count))
            for line in lines
            if (count := (quantities or {}).get(line.sku)) is not None and 0 <= count < line.quantity
        ]
        _put_lines(tx, changed)
        fewer = {one.sku: one.quantity - line.quantity for one in changed for line in lines if line.id == one.id}
        _expect(tx, shop_id, fewer, now)
        after = {line.sku: line for line in lines} | {line.sku: line for line in changed}
        total = _total(order.currency, [{"quantity": one.quantity, "price": str(one.price)} for one in after.values()])
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

    return _step(shop_id, number, by, "purchase.confirmed", step, database, fact="confirmed").was_changed


def chase(shop_id: int, number: int, by: str, *, key: str = "", database: Database | None = None) -> bool:
    """Remind the supplier of an order it has not confirmed or delivered. Not more than once a day, whoever asks. False
    when there is nothing to remind of."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        lately = order.chased_at is not None and from_micros(order.chased_at) > now - timedelta(hours=20)
        if order.status not in SENT or lately:
            return None
        found = replace(order, chased_at=to_micros(now), chases=order.chases + 1)
        return found if post(staff, tx, shop_id, found, "chase", now) else None

    staff = open_staff(database)
    return _step(shop_id, number, by, "purchase.chased", step, database, fact="chased").was_changed


def receive(
    shop_id: int,
    number: int,
    counts: Mapping[str, int],
    by: str,
    *,
    key: str,
    place: str = "",
    database: Database | None = None,
) -> str:
    """Goods came in: how many of each SKU, to be put away at `place`. Once for each `key`. The stock hears of each line
    in the same transaction. More than was ordered is taken too. Gives the order's status. Raises LookupError,
    ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status in ("draft", "cancelled"):
            raise ValueError("nothing can be received for an order that was not sent")
        named = {line.sku: line for line in lines}
        wrong = [sku for sku, count in counts.items() if sku not in named or not 0 <= count <= MOST_UNITS]
        if wrong:
            raise ValueError(f"{wrong[0]} is not on this order, or the count is not a whole number")
        came = {sku: count for sku, count in counts.items() if count}
        if not came:
            raise ValueError("say how many came of at least one line")
        before = tx.one("receipts_of_order", {"order": order.id}) or (0,)
        sent = order.sent_at or order.approved_at
        days = (to_micros(now) - sent) / 86_400_000_000 if sent is not None else None
        values = {"shop": shop_id, "order": order.id, "supplier": order.supplier, "key": key[:200]}
        values |= {"place": place[:200], "by": by[:200], "now": to_micros(now), "days": days}
        row = tx.one("insert_receipt", {**values, "is_first": before[0] == 0})
        if row is None:
            return None
        tx.many("insert_receipt_lines", [(shop_id, row[0], sku, count) for sku, count in sorted(came.items())])
        _put_away(tx, shop_id, number, came, place, by, now)
        after = [replace(line, received=line.received + came.get(line.sku, 0)) for line in lines]
        _put_lines(tx, after)
        is_all = all(line.left == 0 for line in after)
        closed = to_micros(now) if is_all else None
        return replace(order, status="received" if is_all else "partial", sent_at=sent, closed_at=closed)

    details = {"counts": dict(counts), "place": place}
    return _step(shop_id, number, by, "purchase.received", step, database, fact="received", details=details).status


def cancel(shop_id: int, number: int, by: str, *, reason: str = "", database: Database | None = None) -> bool:
    """Nothing more of it is to come. Of an order received in part the rest is given up, which closes it. False when it
    was closed already."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status not in OPEN:
            return None
        if order.status != "draft":
            _expect(tx, shop_id, {line.sku: -line.left for line in lines}, now)
        status = "received" if order.status == "partial" else "cancelled"
        return replace(order, status=status, closed_at=to_micros(now))

    details = {"reason": reason[:500]}
    return _step(
        shop_id, number, by, "purchase.cancelled", step, database, fact="cancelled", details=details
    ).was_changed


# --- inside -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stepped:
    status: str
    was_changed: bool


def _step(
    shop_id: int,
    number: int,
    by: str,
    what: str,
    step: Callable[[Transaction, Order, list[Line], datetime], Order | None],
    database: Database | None,
    *,
    fact: str = "",
    details: Mapping[str, Any] | None = None,
) -> Stepped:
    """One step under the shop's lock. A step that gives None changes nothing."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.one("lock_purchasing", {"shop": shop_id})
        order = find_order(tx, shop_id, number)
        now = staff.world.clock.now()
        after = step(tx, order, find_lines(tx, order.id), now)
        if after is None:
            return Stepped(order.status, False)
        _keep(tx, order, after)
        if fact:
            supplier = supplier_of(tx, shop_id, order.supplier)
            _tell(tx, shop_id, fact, number, f":{order.changes}", event_data(after, supplier, fact), now)
            _wake(staff, tx)
        audit(tx, shop_id, to_micros(now), by, what, f"PO-{number}", dict(details or {}))
    return Stepped(after.status, True)


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


def event_data(order: Order, supplier: Supplier | None, fact: str) -> dict[str, Any]:
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
        "chases": order.chases,
    }


def _text(at: int | None) -> str | None:
    return None if at is None else format_instant(from_micros(at))


def _keep(tx: Transaction, before: Order, after: Order) -> None:
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


def _put_lines(tx: Transaction, lines: Sequence[Line]) -> None:
    if lines:
        tx.many("set_purchase_lines", [(one.id, one.quantity, one.received, str(one.price)) for one in lines])


def _expect(tx: Transaction, shop_id: int, counts: Mapping[str, int], now: datetime) -> None:
    """So many more, or fewer, are on their way to where each is usually kept."""
    for place, lines in _by_place(tx, shop_id, counts).items():
        moving.expect(tx, shop_id, place, lines, to_micros(now))


def _put_away(
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


def _tell(
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


def _total(currency: str, lines: Sequence[Mapping[str, Any]]) -> str:
    total = sum((Decimal(str(one["price"])) * int(one["quantity"]) for one in lines), Decimal(0))
    return str(Money(total, currency).rounded().amount)


def _wake(staff: Staff, tx: Transaction) -> None:
    if staff.database.dialect == "postgresql":
        tx.all("notify")
