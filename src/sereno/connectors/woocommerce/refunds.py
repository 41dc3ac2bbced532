"""Giving money back and cancelling in WooCommerce, whose refunds have no idempotency key.

Before a refund is asked for, the order itself is told what is meant: the amount, when, and which refunds it had. An
attempt that finds a refund of that amount which was not there before, and is not another effect's, takes it for its
own. One that finds none waits until the first request can no longer be on its way. So a lost answer never gives money
back twice, whether it was lost before, during or after the payment provider was called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sereno.connectors.currencies import digits_of
from sereno.connectors.reading import Reader, as_instant, iso
from sereno.connectors.reading import written as amount_text
from sereno.connectors.woocommerce.client import MARK, Body, as_list, ask, mark, meta, meta_of
from sereno.connectors.woocommerce.order_writes import add_note, change, read, written
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import CancelOrder, RefundLine, RefundOrder

MEANT = "_sereno_refund_"
SETTLES = timedelta(minutes=5)
"""Longer than a web server and PHP let one request live."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What an earlier attempt of an effect was about to do, and the refunds there were then."""

    amount: Decimal
    at: datetime
    before: frozenset[str]


def refund(call: Call, write: RefundOrder) -> Written:
    order = read(call, write.order)
    meant = _meant(order, call.key)
    lines = _lines(order, write.lines)
    if write.amount is not None:
        _same_currency(order, write.amount.currency)
        amount = write.amount.rounded().amount
    elif meant is not None:
        amount = meant.amount
    elif lines:
        amount = sum((_cost(item) for item in lines), Decimal(0))
    else:
        amount = left(order)
    return _give_back(call, order, amount, lines, reason=write.note)


def cancel(call: Call, write: CancelOrder) -> Written:
    """The money first, then the status, by which WooCommerce itself puts the goods back. Without putting them back
    only what was paid can be cancelled: it ends as `refunded`."""
    order = read(call, write.order)
    status = str(order.get("status"))
    if status == "completed":
        raise StoreRefused("order.fulfilled", "The order has left: take it back as a return instead.")
    is_paid = bool(order.get("date_paid"))
    gives_back = write.refund and is_paid and left(order) > 0
    if not write.restock and not (write.refund and is_paid):
        raise StoreRefused(
            "cancel.restocks", "WooCommerce puts the goods of an unpaid order back when it is cancelled."
        )
    value: dict[str, object] = {}
    if gives_back:
        value = dict(_give_back(call, order, left(order), [], reason=write.note or write.reason).value)
    if status != "cancelled":
        why = f"{write.reason}: {write.note}" if write.note else write.reason
        add_note(call, write.order, f"Cancelled. {why}", is_for_customer=False)
    if status == "cancelled" or not write.restock:
        return written(order, **value)
    done = change(call, write.order, {"status": "cancelled"})
    return Written({**value, **done.value}, done.version)


def left(order: Mapping[str, object]) -> Decimal:
    """What has not been given back of what the order cost."""
    back = sum((abs(_number(item, "total")) for item in as_list(order.get("refunds"))), Decimal(0))
    return max(_number(order, "total") - back, Decimal(0))


def _give_back(call: Call, order: Body, amount: Decimal, lines: list[Body], *, reason: str) -> Written:
    own, path = mark(call.key), f"orders/{order['id']}"
    meant = _meant(order, call.key)
    if meant is not None:
        if (found := _found(call, path, own, meant)) is not None:
            return written(order, refund=found, amount=str(meant.amount))
        if call.now < meant.at + SETTLES:
            raise StoreBusy("an earlier request for this refund may still be running", meant.at + SETTLES - call.now)
    if not order.get("date_paid"):
        raise StoreRefused("refund.not_paid", "The order is not paid in WooCommerce: there is nothing to give back.")
    digits = digits_of(str(order.get("currency")))
    if amount <= 0:
        raise StoreRefused("refund.nothing_left", "All of it has been given back already.")
    if amount > left(order).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):
        raise StoreRefused(
            "refund.too_much", f"Only {amount_text(left(order), digits)} of the order can be given back."
        )
    text = amount_text(amount, digits)
    if meant is None:
        before = ",".join(str(item.get("id")) for item in as_list(order.get("refunds")))
        ask(call.exchange, "PUT", path, body=meta(MEANT + own, f"{text} {iso(call.now)} {before}"))
    body: Body = {"amount": text, "reason": reason, "api_refund": True, "api_restock": True, **meta(MARK, own)}
    if lines:
        body["line_items"] = lines
    try:
        made = ask(call.exchange, "POST", f"{path}/refunds", body=body)
    except StoreRefused as error:
        raise StoreRefused("refund.refused" if error.code == "store.refused" else error.code, str(error)) from error
    after = ask(call.exchange, "GET", path)
    return written(after, refund=Reader(made).id("id"), amount=text)


def _meant(order: Mapping[str, object], key: str) -> Meant | None:
    said = meta_of(order).get(MEANT + mark(key))
    amount, at, before = [*(said if isinstance(said, str) else "").split(" "), "", "", ""][:3]
    instant = as_instant(at)
    return None if instant is None else Meant(Decimal(amount), instant, frozenset(before.split(",")) - {""})


def _found(call: Call, path: str, own: str, meant: Meant) -> str | None:
    """The refund an earlier attempt made, if it did: the one with our mark, else a new one of the amount with none."""
    listed = as_list(ask(call.exchange, "GET", f"{path}/refunds", query={"per_page": 100}))
    new = [item for item in listed if str(item.get("id")) not in meant.before]
    marked = [item for item in new if meta_of(item).get(MARK) == own]
    bare = [item for item in new if not meta_of(item).get(MARK) and abs(_number(item, "amount")) == meant.amount]
    return next((Reader(item).id("id") for item in [*marked, *bare]), None)


def _lines(order: Mapping[str, object], wanted: tuple[RefundLine, ...]) -> list[Body]:
    """The lines as a refund names them, with what they cost and their tax by rate; a line that is not put back has no
    quantity."""
    digits = digits_of(str(order.get("currency")))
    known = {str(item.get("id")): item for item in as_list(order.get("line_items"))}
    found: list[Body] = []
    for one in wanted:
        line = known.get(one.line)
        if line is None:
            raise StoreRefused("line.gone", f"The order has no line {one.line}.")
        quantity = _number(line, "quantity")
        if quantity <= 0 or one.quantity > quantity:
            raise StoreRefused("refund.too_much", f"The line {one.line} has {quantity} pieces, not {one.quantity}.")
        share = Decimal(one.quantity) / quantity
        taxes = [
            {"id": tax.get("id"), "refund_total": amount_text(_part(tax, "total", share, digits), digits)}
            for tax in as_list(line.get("taxes"))
        ]
        total = amount_text(_part(line, "total", share, digits), digits)
        found.append(
            {
                "id": line.get("id"),
                "quantity": one.quantity if one.restock else 0,
                "refund_total": total,
                "refund_tax": taxes,
            }
        )
    return found


def _cost(line: Body) -> Decimal:
    return sum((_number(tax, "refund_total") for tax in line["refund_tax"]), _number(line, "refund_total"))


def _part(record: Mapping[str, object], name: str, share: Decimal, digits: int) -> Decimal:
    return (_number(record, name) * share).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _same_currency(order: Mapping[str, object], currency: str) -> None:
    if order.get("currency") != currency:
        raise StoreRefused("refund.currency", f"The order is in {order.get('currency')}, the amount in {currency}.")


def _number(record: Mapping[str, object], name: str) -> Decimal:
    return Decimal(str(record.get(name) or 0))
