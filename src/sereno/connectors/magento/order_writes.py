"""Changing orders in Magento: holds, comments, addresses, parcels and captures. Orders have no tags there, and their
lines cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sereno.connectors.magento.client import Body, as_list, ask, changed_at, comment, is_marked, mark, search
from sereno.connectors.reading import Reader
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    CapturePayment,
    ChangeAddress,
    FulfillOrder,
    HoldFulfillment,
    NoteOrder,
    ReleaseFulfillment,
)

HELD = "holded"
CLOSED = frozenset({"complete", "closed", "canceled"})


def read(call: Call, order: str) -> Body:
    return ask(call.exchange, "GET", f"orders/{order}")


def written(order: Mapping[str, Any], **value: Any) -> Written:
    return Written({"state": order.get("state"), **value}, changed_at(order))


def do(call: Call, order: str, verb: str) -> Written:
    """`hold`, `unhold` or `cancel`: Magento answers true, or false for what it does not let be done."""
    if ask(call.exchange, "POST", f"orders/{order}/{verb}") is not True:
        raise StoreRefused("store.refused", f"Magento does not let this order do: {verb}.")
    return written(read(call, order))


def note(call: Call, write: NoteOrder) -> Written:
    add_comment(call, read(call, write.order), write.text)
    return Written({})


def add_comment(call: Call, order: Mapping[str, Any], text: str) -> None:
    """A comment for staff, once."""
    own = mark(call.key)
    if call.attempt > 1:
        found = as_list(ask(call.exchange, "GET", f"orders/{order['entity_id']}/comments").get("items"))
        if is_marked({"comments": found}, own):
            return
    say(call, order, text, own)


def say(call: Call, order: Mapping[str, Any], text: str, own: str) -> None:
    """A comment for staff, signed. The order's status goes with it: Magento would empty it otherwise."""
    more = {"is_customer_notified": 0, "parent_id": order["entity_id"], "status": order["status"]}
    body = {"statusHistory": {**comment(text, own), **more}}
    ask(call.exchange, "POST", f"orders/{order['entity_id']}/comments", body=body)


def hold(call: Call, write: HoldFulfillment) -> Written:
    order = read(call, write.order)
    if order.get("state") == HELD:
        return written(order)
    if order.get("state") in CLOSED:
        raise StoreRefused("order.closed", f"The order is {order.get('state')} in Magento: nothing is left to hold.")
    add_comment(call, order, f"Held. {write.reason}: {write.note}" if write.note else f"Held. {write.reason}")
    return do(call, write.order, "hold")


def release(call: Call, write: ReleaseFulfillment) -> Written:
    """Magento keeps what the order was before and gives that back."""
    order = read(call, write.order)
    return do(call, write.order, "unhold") if order.get("state") == HELD else written(order)


def change_address(call: Call, write: ChangeAddress) -> Written:
    order = read(call, write.order)
    if order.get("state") in CLOSED:
        raise StoreRefused("order.closed", f"The order is {order.get('state')} in Magento: it is not changed any more.")
    has: Body = {}
    for assignment in Reader(order).child("extension_attributes").children("shipping_assignments"):
        has = dict(assignment.child("shipping").child("address").data)
    if not has:
        raise StoreRefused("order.no_address", "The order has no shipping address: nothing of it is sent.")
    wanted = {**has, **address(write.address)}
    if wanted != has:
        ask(call.exchange, "PUT", f"orders/{write.order}", body={"entity": wanted})
    return written(read(call, write.order) if wanted != has else order)


def address(record: Mapping[str, Any]) -> Body:
    """A canonical address as Magento writes it. Magento needs a telephone and names: what is not said stays."""
    reader = Reader(record)
    first, last = reader.text("first_name"), reader.text("last_name")
    if not first and not last:
        first, _, last = (reader.text("name") or "").partition(" ")
    found = {
        "firstname": first,
        "lastname": last,
        "street": [part for part in (reader.text("line1"), reader.text("line2")) if part],
        "city": reader.text("city"),
        "postcode": reader.text("postal_code"),
        "country_id": reader.text("country"),
        "telephone": reader.text("phone"),
    }
    kept: Body = {name: value for name, value in found.items() if value}
    # What belongs to the old place must not stay with the new one.
    region = {"region": reader.text("region") or "", "region_code": reader.text("region_code") or "", "region_id": None}
    return {**kept, **region, "company": reader.text("company") or ""}


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """A shipment, with its tracking number in the same transaction."""
    order = read(call, write.order)
    own = mark(call.key)
    if call.attempt > 1:
        for shipment in search(call.exchange, "shipments", ("order_id", "eq", write.order)):
            if is_marked(shipment, own):
                return written(order, shipment=str(shipment.get("entity_id")))
    if order.get("state") in ("canceled", "closed", HELD):
        raise StoreRefused("order.closed", f"The order is {order.get('state')} in Magento: it must not be sent.")
    if not write.lines and all(_is_sent(item) for item in as_list(order.get("items"))):
        return written(order)
    body: Body = {"notify": write.notify, "appendComment": False, "comment": comment(write.tracking_url, own)}
    if write.lines:
        body["items"] = [{"order_item_id": int(one.line), "qty": one.quantity} for one in write.lines]
    if write.tracking_number:
        track = {"track_number": write.tracking_number, "title": write.carrier or "Carrier", "carrier_code": "custom"}
        body["tracks"] = [track]
    made = ask(call.exchange, "POST", f"order/{write.order}/ship", body=body)
    return written(read(call, write.order), shipment=str(made))


def _is_sent(item: Mapping[str, Any]) -> bool:
    reader = Reader(item)
    open_ = (reader.decimal("qty_ordered") or 0) - (reader.decimal("qty_shipped") or 0)
    gone = (reader.decimal("qty_canceled") or 0) + (reader.decimal("qty_refunded") or 0)
    return reader.boolean("is_virtual") is True or reader.id("parent_item_id") is not None or open_ - gone <= 0


def capture(call: Call, write: CapturePayment) -> Written:
    """An invoice that is captured, over all that is not invoiced yet. Magento captures lines, not amounts."""
    order = read(call, write.order)
    reader = Reader(order)
    total = reader.decimal("grand_total") or Decimal(0)
    rest = total - (reader.decimal("total_invoiced") or Decimal(0))
    if rest <= 0:
        return written(order)
    if order.get("state") in ("canceled", "closed"):
        raise StoreRefused("order.closed", f"The order is {order.get('state')} in Magento: nothing is captured.")
    if order.get("state") == HELD:
        raise StoreRefused("order.held", "The order is held: release it before its payment is taken.")
    if write.amount is not None and (write.amount.amount, write.amount.currency) != (
        rest,
        reader.text("order_currency_code"),
    ):
        raise StoreRefused("capture.partial", f"Magento takes all that is open ({rest}), not another amount.")
    body = {"capture": True, "notify": False, "appendComment": False, "comment": comment("Captured.", mark(call.key))}
    made = ask(call.exchange, "POST", f"order/{write.order}/invoice", body=body)
    return written(read(call, write.order), invoice=str(made))
