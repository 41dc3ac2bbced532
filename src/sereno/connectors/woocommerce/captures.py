"""Taking authorized payments in WooCommerce, which leaves that to each payment plugin: WooPayments has an address for
it, the Stripe plugin does it when the order goes on. Others must be captured by hand.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.connectors.reading import Reader
from sereno.connectors.woocommerce.client import ask, meta_of
from sereno.connectors.woocommerce.order_writes import CLOSED, HELD_FROM, change, read, written
from sereno.connectors.woocommerce.orders import STRIPE, WOOPAYMENTS
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CapturePayment


def capture(call: Call, write: CapturePayment) -> Written:
    order = read(call, write.order)
    meta = meta_of(order)
    if meta.get(WOOPAYMENTS) == "succeeded" or meta.get(STRIPE) == "yes":
        return written(order)
    if WOOPAYMENTS not in meta and STRIPE not in meta:
        if order.get("date_paid"):
            return written(order)
        method = Reader(order).plain("payment_method_title", "payment_method") or "this way of paying"
        raise StoreRefused(
            "capture.by_plugin", f"{method} takes no payments over WooCommerce's interface: do it by hand."
        )
    _must_be_possible(order, meta, write)
    if WOOPAYMENTS in meta:
        body = {"payment_intent_id": meta.get("_intent_id")}
        try:
            ask(call.exchange, "POST", f"payments/orders/{write.order}/capture_authorization", body=body)
        except StoreRefused as error:
            # A first request that was slow may have taken it meanwhile.
            if meta_of(read(call, write.order)).get(WOOPAYMENTS) != "succeeded":
                raise StoreRefused("capture.refused", str(error)) from error
        return written(read(call, write.order))
    done = change(call, write.order, {"status": "processing"})
    if meta_of(read(call, write.order)).get(STRIPE) != "yes":
        raise StoreRefused(
            "capture.refused", "Stripe did not take the payment: the order's notes in WooCommerce say why."
        )
    return done


def _must_be_possible(order: dict[str, Any], meta: dict[str, Any], write: CapturePayment) -> None:
    if order.get("status") in CLOSED:
        raise StoreRefused("order.closed", f"The order is {order.get('status')} in WooCommerce: nothing is taken.")
    if meta.get(HELD_FROM):
        raise StoreRefused("order.held", "The order is held: release it before its payment is taken.")
    total = Decimal(str(order.get("total") or 0))
    if write.amount is not None and (write.amount.amount, write.amount.currency) != (total, order.get("currency")):
        raise StoreRefused("capture.partial", f"WooCommerce takes the whole order ({total}), not another amount.")
