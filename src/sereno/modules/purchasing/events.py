"""What happens to orders to suppliers."""

from __future__ import annotations

from sereno.commerce.records.purchasing import PURCHASE_ORDER
from sereno.sdk.plugin import event

for _name, _description in (
    ("purchase_order.drafted", "An order to a supplier was drafted; it waits to be approved."),
    ("purchase_order.approved", "An order to a supplier was approved and may go out."),
    ("purchase_order.sent", "The supplier was sent an order."),
    ("purchase_order.confirmed", "The supplier confirmed an order, or its date."),
    ("purchase_order.declined", "The supplier will not deliver an order, or not what was still to come of it."),
    ("purchase_order.chased", "The supplier was reminded of an order."),
    ("purchase_order.received", "Goods of an order came in and were put away: all, or a part (`event.status`)."),
    ("purchase_order.cancelled", "An order to a supplier was cancelled, or the rest of it given up."),
):
    event(_name, description=_description, data=PURCHASE_ORDER, supplies=frozenset[str]())
