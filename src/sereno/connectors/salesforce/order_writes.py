"""Changing orders in Salesforce: notes, holds, addresses, parcels and the end of an order.

Its interface moves no money, and makes neither parcels nor notes: what is missing is kept in attributes of the order,
written first, so that an attempt after a lost answer finds it. An order the warehouse has got already (exported) is
not changed here behind its back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from sereno.connectors.building import names_of
from sereno.connectors.marks import is_marked, mark, marked
from sereno.connectors.reading import Reader, iso
from sereno.connectors.salesforce import parcels
from sereno.connectors.salesforce.attributes import keep, path_of, read, written
from sereno.connectors.salesforce.client import Body, ask, segment
from sereno.connectors.salesforce.people import HOLD, NOTES, PARCELS
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    CancelOrder,
    ChangeAddress,
    FulfillOrder,
    HoldFulfillment,
    NoteOrder,
    ReleaseFulfillment,
)

LONGEST_NOTES = 4000
"""Characters Salesforce keeps in a text."""
_STATES = {"export": ("exportStatus", "export-status"), "confirmation": ("confirmationStatus", "confirmation-status")}
_HELD = {"export": "not_exported", "confirmation": "not_confirmed"}


def _order(call: Call, own: str) -> Body:
    return read(call.exchange, "order", own)


def _put(call: Call, own: str, part: str, body: Mapping[str, Any]) -> None:
    family, path, query = path_of(call.exchange, "order", own)
    ask(call.exchange, family, "PUT", f"{path}/{part}", query=query, body=body)


def _refuse_closed(order: Mapping[str, Any], what: str) -> None:
    """Raises StoreRefused for an order that is over, or in the warehouse's hands."""
    status = str(order.get("status") or "")
    if status in ("cancelled", "failed"):
        raise StoreRefused("order.closed", f"The order is {status} in Salesforce: {what}.")
    if order.get("shippingStatus") in ("shipped", "part_shipped"):
        raise StoreRefused("order.closed", f"The order has left already: {what}.")
    if order.get("exportStatus") == "exported":
        raise StoreRefused("order.exported", f"The order was handed to the warehouse: {what}; do it there.")


def note(call: Call, write: NoteOrder) -> Written:
    """A line below what is there, signed."""
    order = _order(call, write.order)
    return written("order", write.order, _noted(call, order, write.order, write.text))


def _noted(call: Call, order: Body, own: str, text: str) -> Body:
    held = str(order.get(NOTES) or "")
    if is_marked(held, call.key):
        return order
    wanted = "\n".join(part for part in (held, marked(text, call.key, 1000)) if part)
    if len(wanted) > LONGEST_NOTES:
        raise StoreRefused("note.full", "The order's notes are full: take old ones out of it in Business Manager.")
    return keep(call, "order", own, order, {NOTES: wanted})


# --- holding ----------------------------------------------------------------------------------------


def hold(call: Call, write: HoldFulfillment) -> Written:
    """Neither confirmed nor ready for export, so that no export takes it; what it was is kept."""
    order = _order(call, write.order)
    _refuse_closed(order, "nothing is left to hold")
    if not order.get(HOLD):
        reason = " ".join(part for part in ("On hold:", write.note, f"({write.reason})") if part)
        order = _noted(call, order, write.order, reason)
        was = {name: order.get(field) for name, (field, _part) in _STATES.items()}
        order = keep(call, "order", write.order, order, {HOLD: json.dumps(was, sort_keys=True)})
    return _with_states(call, write.order, order, _HELD)


def release(call: Call, write: ReleaseFulfillment) -> Written:
    """As it was before. What somebody set meanwhile stays."""
    order = _order(call, write.order)
    if not order.get(HOLD):
        return written("order", write.order, order)
    try:
        was = Reader(json.loads(str(order[HOLD])))
    except ValueError:
        was = Reader(None)
    wanted = {
        name: was.text(name) or (_HELD[name])
        for name, (field, _part) in _STATES.items()
        if order.get(field) == _HELD[name] and order.get("status") not in ("cancelled", "failed")
    }
    _with_states(call, write.order, order, wanted)
    order = _order(call, write.order)
    return written("order", write.order, keep(call, "order", write.order, order, {HOLD: None}))


def _with_states(call: Call, own: str, order: Body, wanted: Mapping[str, str]) -> Written:
    has_changed = False
    for name, value in wanted.items():
        field, part = _STATES[name]
        if order.get(field) != value:
            _put(call, own, part, {"status": value})
            has_changed = True
    return written("order", own, _order(call, own) if has_changed else order)


# --- the end of an order ----------------------------------------------------------------------------


def cancel(call: Call, write: CancelOrder) -> Written:
    """Salesforce gives back what was reserved and the coupons. It moves no money: what is paid is refused, unless the
    step gives none back. Whether the customer is written to is the shop's own."""
    order = _order(call, write.order)
    if order.get("status") == "cancelled":
        return written("order", write.order, order)
    _refuse_closed(order, "it is not cancelled any more")
    if write.refund and order.get("paymentStatus") in ("paid", "part_paid"):
        raise StoreRefused(
            "refund.by_hand", "The order is paid, and Salesforce moves no money: give it back at the payment provider."
        )
    if write.note:
        with suppress(StoreRefused):
            # A shop that keeps no notes may cancel all the same.
            _noted(call, order, write.order, f"Cancelled ({write.reason}): {write.note}")
    _put(call, write.order, "status", {"status": "cancelled"})
    return written("order", write.order, _order(call, write.order))


def change_address(call: Call, write: ChangeAddress) -> Written:
    """Of the one parcel an order has; `order.many_addresses` where it goes to several places."""
    order = _order(call, write.order)
    _refuse_closed(order, "its address is not changed any more")
    shipments = Reader(order).children("shipments")
    if len(shipments) != 1:
        raise StoreRefused("order.many_addresses", "The order goes to several places, or to none: change it by hand.")
    wanted = address(write.address)
    has = shipments[0].child("shippingAddress").data
    if {name: has.get(name) for name in _ADDRESS} == {name: wanted.get(name) for name in _ADDRESS}:
        return written("order", write.order, order)
    own = shipments[0].text("shipmentId") or "me"
    _put(call, write.order, f"shipments/{segment(own)}/shipping-address", wanted)
    return written("order", write.order, _order(call, write.order))


_ADDRESS = {
    "companyName": "company",
    "address1": "line1",
    "address2": "line2",
    "city": "city",
    "postalCode": "postal_code",
    "countryCode": "country",
    "phone": "phone",
}


def address(given: Mapping[str, Any]) -> Body:
    """A canonical address as Salesforce writes it, whole: it replaces what was there."""
    first, last = names_of(given)
    found = {theirs: given.get(ours) for theirs, ours in _ADDRESS.items()}
    found |= {"firstName": first, "lastName": last, "stateCode": given.get("region_code") or given.get("region")}
    found["fullName"] = given.get("name") or " ".join(part for part in (first, last) if part)
    return {name: str(value) for name, value in found.items() if value}


# --- parcels ----------------------------------------------------------------------------------------


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """The parcel is kept on the order, then its status says how much has left. Raises `order.on_hold`,
    `order.nothing_to_send`, `order.line_unknown`."""
    order, own = _order(call, write.order), mark(call.key)
    sent = parcels.kept(order)
    if not any(one.get("mark") == own for one in sent):
        _may_leave(order)
        lines = _lines(order, sent, write)
        if not lines and not write.lines:
            return written("order", write.order, order)
        parcel = {
            "mark": own,
            "at": iso(call.now),
            "carrier": write.carrier,
            "number": write.tracking_number,
            "url": write.tracking_url,
            "lines": lines,
        }
        sent = [*sent, {name: value for name, value in parcel.items() if value}]
        order = keep(call, "order", write.order, order, {PARCELS: parcels.written_down(sent)})
    status = "part_shipped" if _left(order, sent) else "shipped"
    if order.get("shippingStatus") not in (status, "shipped"):
        _put(call, write.order, "shipping-status", {"status": status})
        order = _order(call, write.order)
    return written("order", write.order, order, fulfillment=f"{write.order}:{own}")


def _may_leave(order: Mapping[str, Any]) -> None:
    if order.get(HOLD):
        raise StoreRefused("order.on_hold", "The order is on hold: release it before it is sent.")
    if order.get("status") in ("cancelled", "failed", "created"):
        raise StoreRefused("order.closed", f"The order is {order.get('status')} in Salesforce: it must not be sent.")


def _left(order: Mapping[str, Any], sent: parcels.Kept) -> dict[str, Decimal]:
    """What is not in one of our parcels yet, by line."""
    left = {
        own: item.decimal("quantity") or Decimal(0)
        for item in Reader(order).children("productItems")
        if (own := item.id("itemId"))
    }
    for parcel in map(Reader, sent):
        for line in parcel.children("lines"):
            own = line.id("id")
            if own in left:
                left[own] -= line.decimal("quantity") or 0
    return {own: count for own, count in left.items() if count > 0}


def _lines(order: Mapping[str, Any], sent: parcels.Kept, write: FulfillOrder) -> list[dict[str, Any]]:
    is_gone = order.get("shippingStatus") == "shipped"
    left = {} if is_gone else _left(order, sent)
    if not write.lines:
        return [{"id": own, "quantity": float(n) if n % 1 else int(n)} for own, n in left.items()]
    known = {item.id("itemId") for item in Reader(order).children("productItems")}
    for one in write.lines:
        if one.line not in known:
            raise StoreRefused("order.line_unknown", f"The order has no line {one.line}.")
        if one.quantity > left.get(one.line, 0):
            raise StoreRefused("order.nothing_to_send", "The order has less left to send than that.")
    return [{"id": one.line, "quantity": one.quantity} for one in write.lines if one.quantity > 0]
