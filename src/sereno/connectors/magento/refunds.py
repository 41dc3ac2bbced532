"""Giving money back and cancelling in Magento.

A credit memo carries the name of its effect in the same transaction, so one that was made is always found. But when
Magento dies between its payment provider and its own commit, it forgets the refund while the money has moved. So the
order is told beforehand what is meant; an attempt that finds that, and no credit memo, does not try again: it says that
a person must look at the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sereno.connectors.magento.client import Body, as_list, ask, comment, is_marked, mark, search
from sereno.connectors.magento.order_writes import HELD, do, read, say, written
from sereno.connectors.reading import Reader, as_instant
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import CancelOrder, RefundLine, RefundOrder

SETTLES = timedelta(minutes=5)
"""Longer than a web server and PHP let one request live."""


def refund(call: Call, write: RefundOrder) -> Written:
    order = read(call, write.order)
    currency = Reader(order).text("order_currency_code")
    if write.amount is not None and write.amount.currency != currency:
        raise StoreRefused("refund.currency", f"The order is in {currency}, the amount in {write.amount.currency}.")
    amount = None if write.amount is None else write.amount.rounded().amount
    memo = _give_back(call, order, amount, write.lines, write.notify, write.note)
    return written(read(call, write.order), credit_memo=memo)


def cancel(call: Call, write: CancelOrder) -> Written:
    """What is not invoiced is cancelled; what is paid is given back, and the order ends as `closed`."""
    order = read(call, write.order)
    if order.get("state") == "canceled":
        return written(order)
    if any((Reader(item).decimal("qty_shipped") or 0) > 0 for item in as_list(order.get("items"))):
        raise StoreRefused("order.fulfilled", "A part of the order has left: take it back as a return instead.")
    paid = Reader(order).decimal("total_paid") or Decimal(0)
    back = Reader(order).decimal("total_refunded") or Decimal(0)
    if paid > 0 and not write.refund:
        raise StoreRefused("cancel.paid", "Magento cancels a paid order only by giving the money back.")
    if paid <= 0 and not write.restock:
        raise StoreRefused("cancel.restocks", "Magento puts the goods of an unpaid order back when it is cancelled.")
    if order.get("state") == HELD:
        do(call, write.order, "unhold")
    why = f"{write.reason}: {write.note}" if write.note else write.reason
    if paid <= 0:
        return do(call, write.order, "cancel")
    memo = None
    if order.get("state") != "closed" and back < paid:
        lines = tuple(
            RefundLine(str(item.get("item_id")), int(Reader(item).decimal("qty_invoiced") or 0))
            for item in as_list(order.get("items"))
            if item.get("parent_item_id") is None
        )
        memo = _give_back(call, order, None, (), write.notify, why, restocked=lines if write.restock else ())
    return written(read(call, write.order), credit_memo=memo)


def _give_back(
    call: Call,
    order: Body,
    amount: Decimal | None,
    lines: tuple[RefundLine, ...],
    notify: bool,
    reason: str,
    restocked: tuple[RefundLine, ...] = (),
) -> str:
    """The credit memo's id. Without amount and lines all that is left, also the shipping."""
    own, order_id = mark(call.key), str(order["entity_id"])
    for memo in search(call.exchange, "creditmemos", ("order_id", "eq", order_id)):
        if is_marked(memo, own):
            return str(memo.get("entity_id"))
    _ask_about_earlier_attempt(call, order_id, own)
    invoice = _invoice(call, order_id, amount)
    body: Body = {"isOnline": True, "notify": notify, "appendComment": False, "comment": comment(reason, own)}
    if lines or amount is not None:
        body["items"] = [{"order_item_id": int(one.line), "qty": one.quantity} for one in lines]
        arguments: Body = {"shipping_amount": 0, "adjustment_positive": 0, "adjustment_negative": 0}
        if amount is not None and not lines:
            _same_as_base(order)
            # Every line with none of it: an empty list would give back all of them.
            body["items"] = [{"order_item_id": item.get("item_id"), "qty": 0} for item in as_list(order.get("items"))]
            arguments["adjustment_positive"] = str(amount)
        body["arguments"] = arguments
    back = [int(one.line) for one in (lines or restocked) if one.restock]
    if back:
        body.setdefault("arguments", {})["extension_attributes"] = {"return_to_stock_items": back}
    say(call, order, f"To be given back: {amount if amount is not None else 'what is left'}. {reason}".strip(), own)
    try:
        return str(ask(call.exchange, "POST", f"invoice/{invoice}/refund", body=body))
    except StoreRefused as error:
        say(call, order, f"Not given back. {error}", _refused(own))
        raise StoreRefused("refund.refused" if error.code == "store.refused" else error.code, str(error)) from error


def _refused(own: str) -> str:
    return own.replace(")", " refused)")


def _ask_about_earlier_attempt(call: Call, order_id: str, own: str) -> None:
    """Raises while an earlier attempt may still be running, and when what became of it cannot be known."""
    said = as_list(ask(call.exchange, "GET", f"orders/{order_id}/comments").get("items"))
    meant = [item for item in said if is_marked({"comments": [item]}, own)]
    refused = [item for item in said if is_marked({"comments": [item]}, _refused(own))]
    if len(meant) <= len(refused):
        return
    begun = max((at for item in meant if (at := as_instant(item.get("created_at"))) is not None), default=None)
    if begun is not None and call.now < begun + SETTLES:
        raise StoreBusy("an earlier request for this refund may still be running", begun + SETTLES - call.now)
    raise StoreRefused(
        "refund.unknown",
        "Magento gave no answer to a refund and has no credit memo of it: look at the payment provider whether the "
        "money has moved before you give it back by hand.",
    )


def _invoice(call: Call, order_id: str, amount: Decimal | None) -> str:
    """The invoice the money came in by."""
    paid = [
        one
        for one in search(call.exchange, "invoices", ("order_id", "eq", order_id))
        if Reader(one).integer("state") == 2
    ]
    if not paid:
        raise StoreRefused(
            "refund.not_paid", "The order has no paid invoice in Magento: there is nothing to give back."
        )
    online = [one for one in paid if one.get("transaction_id")]
    if not online:
        raise StoreRefused("refund.by_hand", "It was paid outside Magento: give it back by hand, with a credit memo.")
    fitting = [one for one in online if amount is None or _left(one) >= amount]
    if len(fitting) != 1 and (amount is None or not fitting):
        code, many = ("refund.split", "several invoices") if len(online) > 1 else ("refund.too_much", "an invoice")
        raise StoreRefused(code, f"The order was paid by {many} with {sum(map(_left, online))} left: do it in Magento.")
    return str(fitting[0].get("entity_id"))


def _left(invoice: Mapping[str, Any]) -> Decimal:
    reader = Reader(invoice)
    return (reader.decimal("base_grand_total", "grand_total") or Decimal(0)) - (
        reader.decimal("base_total_refunded") or Decimal(0)
    )


def _same_as_base(order: Mapping[str, Any]) -> None:
    if order.get("order_currency_code") != order.get("base_currency_code"):
        raise StoreRefused("refund.currency", "Magento gives back free amounts in its base currency only: name lines.")
