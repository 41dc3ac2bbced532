"""Saying in Vendure that an order left.

A parcel of Vendure's carries no mark of ours, so it is known again by its tracking number, or by its lines and carrier.
"""

from __future__ import annotations

from typing import Any

from sereno.connectors.marks import answered_at
from sereno.connectors.vendure.admin import FAILED, ask, done
from sereno.connectors.vendure.paying import MOVE_PARCEL, Order, packed, read_order
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import FulfillOrder

_FULFILL = f"""mutation($input: FulfillOrderInput!) {{ addFulfillmentToOrder(input: $input) {{
  {FAILED} ... on Fulfillment {{ id state }} }} }}"""
_ALIVE = ("Created", "Pending", "Shipped", "Delivered")


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """Lines not given: all that is in no parcel yet, and parcels that wait. Vendure's manual handler keeps a tracking
    number and a carrier, no address to track at."""
    order = read_order(call, write.order)
    if parcel := _same(order, write, call.attempt):
        return _shipped(call, parcel)
    held = packed(order)
    asked = {item.line: item.quantity for item in write.lines}
    rest = {item["id"]: item["quantity"] - held.get(item["id"], 0) for item in order["lines"]}
    lines = asked or {id_: quantity for id_, quantity in rest.items() if quantity > 0}
    if not lines:
        waiting = [item for item in order["fulfillments"] or () if item["state"] in ("Created", "Pending")]
        for parcel in waiting[:-1]:
            _shipped(call, parcel)
        if waiting:
            return _shipped(call, waiting[-1])
        if held:
            return _shipped(call, [item for item in order["fulfillments"] if item["state"] in _ALIVE][-1])
        raise StoreRefused("order.nothing_to_ship", "There is nothing in this order that could ship.")
    arguments = [{"name": "method", "value": write.carrier}, {"name": "trackingCode", "value": write.tracking_number}]
    wanted = {
        "lines": [{"orderLineId": id_, "quantity": quantity} for id_, quantity in lines.items()],
        "handler": {"code": "manual-fulfillment", "arguments": arguments},
    }
    made = done(ask(call.exchange, _FULFILL, input=wanted).data["addFulfillmentToOrder"], "parcel")
    return _shipped(call, made)


def _same(order: Order, write: FulfillOrder, attempt: int) -> dict[str, Any] | None:
    """The parcel this write has made already."""
    lines = {item.line: item.quantity for item in write.lines}
    for parcel in order["fulfillments"] or ():
        if parcel["state"] not in _ALIVE:
            continue
        has_same_lines = not lines or lines == {item["orderLineId"]: item["quantity"] for item in parcel["lines"]}
        if write.tracking_number:
            is_same = parcel.get("trackingCode") == write.tracking_number
        else:
            is_same = attempt > 1 and bool(lines) and (parcel.get("method") or "") == write.carrier
        if is_same and has_same_lines:
            return parcel
    return None


def _shipped(call: Call, parcel: dict[str, Any]) -> Written:
    version = None
    if parcel["state"] in ("Created", "Pending"):
        answer = ask(call.exchange, MOVE_PARCEL, id=parcel["id"], state="Shipped")
        done(answer.data["transitionFulfillmentToState"], "parcel")
        version = answered_at(answer.headers)
    return Written({"fulfillment": parcel["id"], "status": "shipped"}, version)
