"""Saying that an order left, or a part of it: as a fulfillment where WooCommerce keeps such (10.1, switched on), else
with the plugin Shipment Tracking, else as a note. Then the order is completed, of which the customer is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from sereno.connectors.reading import Reader
from sereno.connectors.woocommerce.client import MARK, Body, as_list, ask, mark, meta_of
from sereno.connectors.woocommerce.order_writes import add_note, change, read, written
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import FulfillOrder, LineQuantity


def fulfill(call: Call, write: FulfillOrder) -> Written:
    order = read(call, write.order)
    is_part = bool(write.lines) and not _is_whole(order, write.lines)
    status = str(order.get("status"))
    if status in ("cancelled", "refunded", "failed", "trash"):
        raise StoreRefused("order.closed", f"The order is {status} in WooCommerce: it must not be sent.")
    parcel = None
    if is_part or write.tracking_number:
        parcel = _fulfillment(call, order, write)
    if parcel is None and is_part:
        raise StoreRefused(
            "fulfillment.partial",
            "This WooCommerce cannot send a part of an order: switch its fulfillments on, or send it whole.",
        )
    if parcel is None and write.tracking_number:
        parcel = _tracking(call, write)
    if is_part or status == "completed":
        return written(order, parcel=parcel)
    done = change(call, write.order, {"status": "completed"})
    return Written({**done.value, "parcel": parcel}, done.version)


def _is_whole(order: Mapping[str, object], lines: tuple[LineQuantity, ...]) -> bool:
    given = {item.line: item.quantity for item in lines}
    ordered = as_list(order.get("line_items"))
    return all(given.get(str(item.get("id")), 0) >= (item.get("quantity") or 0) for item in ordered)


def _fulfillment(call: Call, order: Body, write: FulfillOrder) -> str | None:
    """The fulfillment's id; None where WooCommerce keeps none."""
    path, own = f"orders/{write.order}/fulfillments", mark(call.key)
    try:
        known = as_list(ask(call.exchange, "GET", path))
    except StoreRefused as error:
        if error.code == "store.no_route":
            return None
        raise
    for found in known:
        if meta_of(found).get(MARK) == own:
            return Reader(found).id("id", "fulfillment_id")
    ordered = [(str(item.get("id")), item.get("quantity")) for item in as_list(order.get("line_items"))]
    lines = [(one.line, one.quantity) for one in write.lines] or ordered
    named = {
        "_items": [{"item_id": int(line), "qty": quantity} for line, quantity in lines if quantity],
        "_tracking_number": write.tracking_number,
        "_tracking_url": write.tracking_url,
        "_shipment_provider": "other",
        "_provider_name": write.carrier,
        MARK: own,
    }
    body = {
        "status": "fulfilled",
        "is_fulfilled": True,
        "notify_customer": write.notify,
        # Without an id of 0 WooCommerce passes over a field.
        "meta_data": [{"id": 0, "key": key, "value": value} for key, value in named.items() if value],
    }
    return Reader(ask(call.exchange, "POST", path, body=body)).id("id", "fulfillment_id")


def _tracking(call: Call, write: FulfillOrder) -> str | None:
    path = f"orders/{write.order}/shipment-trackings"
    try:
        for found in as_list(ask(call.exchange, "GET", path)):
            if found.get("tracking_number") == write.tracking_number:
                return Reader(found).text("tracking_id")
        body = {
            "custom_tracking_provider": write.carrier,
            "custom_tracking_link": write.tracking_url,
            "tracking_number": write.tracking_number,
            "date_shipped": call.now.date().isoformat(),
        }
        return Reader(ask(call.exchange, "POST", path, body=body)).text("tracking_id")
    except StoreRefused as error:
        if error.code != "store.no_route":
            raise
    said = " ".join(part for part in (write.carrier, write.tracking_number, write.tracking_url) if part)
    add_note(call, write.order, said, is_for_customer=write.notify)
    return None
