"""The life of a purchase order: drafted, approved, sent, chased, received in part, closed or cancelled. What its
supplier answers is in `answering`.

Invariant: each step is one transaction under the shop's lock, with the fact it makes and a line in the audit; a step
already made changes nothing. What is received lowers what is on order in the transaction that puts it into the stock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime import notices
from sereno.runtime.purchasing.orders import (
    OPEN,
    SENT,
    Line,
    Order,
    event_data,
    expect,
    find_lines,
    find_order,
    keep,
    put_away,
    put_lines,
    tell,
    total_of,
)
from sereno.runtime.purchasing.suppliers import offer_of, supplier_of
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, storable, to_micros

SEND = "purchasing.deliver_order"
FLOW = "purchase-orders"
HOST = notices.Host(FLOW, "Purchase orders")
"""What is sent to suppliers hangs on its runs."""
MOST_UNITS = 10_000_000


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
    total = total_of(draft.currency, draft.lines)
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
    tell(tx, shop_id, "drafted", number, "", data, now)
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
        put_lines(tx, kept)
        total = total_of(order.currency, [{"quantity": one.quantity, "price": str(one.price)} for one in kept])
        return replace(order, total=total)

    take_step(shop_id, number, by, "purchase.changed", step, database, details={"quantities": dict(quantities)})


def approve(shop_id: int, number: int, by: str, *, send: bool = True, database: Database | None = None) -> str:
    """Let it go out. With `send` it is put into the outbox in the same transaction, but for a supplier that is written
    to by hand. An order approved already is left as it is. Gives the status. Raises LookupError, ValueError."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status != "draft":
            if order.status == "cancelled":
                raise ValueError("this order was cancelled")
            return None
        at = to_micros(now)
        expect(tx, shop_id, {line.sku: line.left for line in lines}, now)
        if send:
            post(staff, tx, shop_id, order, "order", now)
        return replace(order, status="approved", approved_at=at, approved_by=by[:200])

    staff = open_staff(database)
    return take_step(shop_id, number, by, "purchase.approved", step, database, fact="approved").status


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
    take_step(shop_id, number, by, "purchase.sent_again", step, database)


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

    return take_step(shop_id, number, by, "purchase.sent", step, database, fact="sent").was_changed


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
    return take_step(shop_id, number, by, "purchase.chased", step, database, fact="chased").was_changed


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
        put_away(tx, shop_id, number, came, place, by, now)
        after = [replace(line, received=line.received + came.get(line.sku, 0)) for line in lines]
        put_lines(tx, after)
        is_all = all(line.left == 0 for line in after)
        closed = to_micros(now) if is_all else None
        return replace(order, status="received" if is_all else "partial", sent_at=sent, closed_at=closed)

    details = {"counts": dict(counts), "place": place}
    return take_step(shop_id, number, by, "purchase.received", step, database, fact="received", details=details).status


def cancel(shop_id: int, number: int, by: str, *, reason: str = "", database: Database | None = None) -> bool:
    """Nothing more of it is to come. Of an order received in part the rest is given up, which closes it. False when it
    was closed already."""

    def step(tx: Transaction, order: Order, lines: list[Line], now: datetime) -> Order | None:
        if order.status not in OPEN:
            return None
        if order.status != "draft":
            expect(tx, shop_id, {line.sku: -line.left for line in lines}, now)
        status = "received" if order.status == "partial" else "cancelled"
        return replace(order, status=status, closed_at=to_micros(now))

    details = {"reason": reason[:500]}
    return take_step(
        shop_id, number, by, "purchase.cancelled", step, database, fact="cancelled", details=details
    ).was_changed


# --- inside -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stepped:
    status: str
    was_changed: bool


def take_step(
    shop_id: int,
    number: int,
    by: str,
    what: str,
    step: Callable[[Transaction, Order, list[Line], datetime], Order | None],
    database: Database | None,
    *,
    fact: str = "",
    details: Mapping[str, Any] | None = None,
    says: Mapping[str, Any] | None = None,
) -> Stepped:
    """One step under the shop's lock, with the fact it makes. A step that gives None changes nothing. `says` goes into
    the fact. Raises LookupError, and what the step raises."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.one("lock_purchasing", {"shop": shop_id})
        order = find_order(tx, shop_id, number)
        now = staff.world.clock.now()
        after = step(tx, order, find_lines(tx, order.id), now)
        if after is None:
            return Stepped(order.status, False)
        keep(tx, order, after)
        if fact:
            supplier = supplier_of(tx, shop_id, order.supplier)
            data = {**event_data(after, supplier), **(says or {})}
            tell(tx, shop_id, fact, number, f":{order.changes}", data, now)
            _wake(staff, tx)
        audit(tx, shop_id, to_micros(now), by, what, f"PO-{number}", dict(details or {}))
    return Stepped(after.status, True)


def _wake(staff: Staff, tx: Transaction) -> None:
    if staff.database.dialect == "postgresql":
        tx.all("notify")
