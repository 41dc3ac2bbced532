"""Tags, notes, holds, cancelling and addresses of Shopify's orders.

Invariant: what is asked for is compared with how things are, and only the difference is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.connectors.building import names_of
from sereno.connectors.reading import as_instant
from sereno.connectors.shopify.client import ask, gid, known, mark, nodes, told
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import (
    CancelOrder,
    ChangeAddress,
    HoldFulfillment,
    NoteOrder,
    ReleaseFulfillment,
    TagCustomer,
    TagOrder,
    TagProduct,
)

HOLD = "sereno"
"""The handle of our holds: an app may put one of a handle on each part of an order."""

_TAGS = """
mutation Tags($id: ID!, $add: [String!]!, $remove: [String!]!, $adds: Boolean!, $removes: Boolean!) {
  tagsAdd(id: $id, tags: $add) @include(if: $adds) { node { ...Changed } userErrors { field message } }
  tagsRemove(id: $id, tags: $remove) @include(if: $removes) { node { ...Changed } userErrors { field message } }
}
fragment Changed on Node {
  id
  ... on Order { updatedAt }
  ... on Customer { updatedAt }
  ... on Product { updatedAt }
}"""


def _tag(call: Call, id: str, add: Sequence[str], remove: Sequence[str]) -> Written:
    if not add and not remove:
        return Written()
    given = {"id": id, "add": list(add), "remove": list(remove), "adds": bool(add), "removes": bool(remove)}
    data = ask(call.exchange, _TAGS, given)
    node: dict[str, Any] = {}
    for name in ("tagsAdd", "tagsRemove"):
        if name in data:
            node = told(data, name).get("node") or node
    return Written({"added": list(add), "removed": list(remove)}, as_instant(node.get("updatedAt")))


def tag_order(call: Call, write: TagOrder) -> Written:
    return _tag(call, gid("Order", write.order), write.add, write.remove)


def tag_customer(call: Call, write: TagCustomer) -> Written:
    return _tag(call, gid("Customer", write.customer), write.add, write.remove)


def tag_product(call: Call, write: TagProduct) -> Written:
    return _tag(call, gid("Product", write.product), write.add, write.remove)


_NOTE = "query Note($id: ID!) { order(id: $id) { id note updatedAt } }"
_UPDATE = """
mutation Update($input: OrderInput!) {
  orderUpdate(input: $input) { order { id note updatedAt } userErrors { field message } }
}"""


def note_order(call: Call, write: NoteOrder) -> Written:
    """Shopify keeps one note: the line goes below what is there. From the second attempt on a line that is there is
    ours."""
    order = known(ask(call.exchange, _NOTE, {"id": gid("Order", write.order)}).get("order"), "order")
    lines = str(order.get("note") or "").splitlines()
    ours = write.text.strip().splitlines()
    if not ours or (lines[-len(ours) :] == ours) or (call.attempt > 1 and ours[0] in lines):
        return Written({}, as_instant(order.get("updatedAt")))
    return _update(call, {"id": order["id"], "note": "\n".join([*lines, *ours])})


def _update(call: Call, given: Mapping[str, Any]) -> Written:
    order = told(ask(call.exchange, _UPDATE, {"input": given}), "orderUpdate").get("order") or {}
    return Written({}, as_instant(order.get("updatedAt")))


def change_address(call: Call, write: ChangeAddress) -> Written:
    return _update(call, {"id": gid("Order", write.order), "shippingAddress": mailing_address(write.address)})


def mailing_address(address: Mapping[str, Any]) -> dict[str, Any]:
    """Shopify's `MailingAddressInput`, whole: what the canonical address lacks is cleared."""
    first, last = names_of(address)
    given = {
        "firstName": first,
        "lastName": last,
        "company": address.get("company"),
        "address1": address.get("line1"),
        "address2": address.get("line2"),
        "city": address.get("city"),
        "zip": address.get("postal_code"),
        "countryCode": address.get("country"),
        "phone": address.get("phone"),
    }
    if region := address.get("region_code"):
        given["provinceCode"] = region
    else:
        given["province"] = address.get("region")
    return {name: value or None for name, value in given.items()}


# --- holding ----------------------------------------------------------------------------------------

_PARTS = """
query Parts($id: ID!) {
  order(id: $id) {
    id
    updatedAt
    fulfillmentOrders(first: 50) {
      nodes { id status fulfillmentHolds { id handle heldByRequestingApp } }
    }
  }
}"""
_PUT_HOLD = """
mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id }
    fulfillmentOrder { id status order { updatedAt } }
    userErrors { code field message }
  }
}"""
_TAKE_HOLD = """
mutation Release($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
    fulfillmentOrder { id status order { updatedAt } }
    userErrors { code field message }
  }
}"""
_REASONS = {
    "payment": "AWAITING_PAYMENT",
    "fraud": "HIGH_RISK_OF_FRAUD",
    "risk": "HIGH_RISK_OF_FRAUD",
    "address": "INCORRECT_ADDRESS",
    "stock": "INVENTORY_OUT_OF_STOCK",
    "inventory": "INVENTORY_OUT_OF_STOCK",
}


def hold_fulfillment(call: Call, write: HoldFulfillment) -> Written:
    """Every part of the order that has not begun to leave. Raises `order.nothing_to_hold` where all has left or is
    cancelled."""
    order = _parts(call, write.order)
    reason = next((found for word, found in _REASONS.items() if word in write.reason.lower()), "OTHER")
    note = " ".join(part for part in (write.note, f"({write.reason})" if reason == "OTHER" else "") if part)
    held: list[str] = []
    at = order.get("updatedAt")
    for part in nodes(order.get("fulfillmentOrders")):
        if _ours(part):
            held.append(part["id"])
        elif part["status"] in ("OPEN", "SCHEDULED", "ON_HOLD"):
            hold = {"handle": HOLD, "externalId": mark(call), "reason": reason, "reasonNotes": note or None}
            data = ask(call.exchange, _PUT_HOLD, {"id": part["id"], "hold": hold})
            payload = told(data, "fulfillmentOrderHold")
            at = _changed(payload, at)
            held.append(part["id"])
    if not held:
        raise StoreRefused(
            "order.nothing_to_hold", "Nothing of this order can be held any more: it is under way, sent or cancelled."
        )
    return Written({"held": len(held)}, as_instant(at))


def release_fulfillment(call: Call, write: ReleaseFulfillment) -> Written:
    """Takes our own holds off and leaves those of others."""
    order = _parts(call, write.order)
    at = order.get("updatedAt")
    released = 0
    for part in nodes(order.get("fulfillmentOrders")):
        if ours := _ours(part):
            data = ask(call.exchange, _TAKE_HOLD, {"id": part["id"], "holds": ours})
            at = _changed(told(data, "fulfillmentOrderReleaseHold"), at)
            released += 1
    return Written({"released": released}, as_instant(at))


def _parts(call: Call, order: str) -> dict[str, Any]:
    return known(ask(call.exchange, _PARTS, {"id": gid("Order", order)}).get("order"), "order")


def _ours(part: Mapping[str, Any]) -> list[str]:
    holds: list[dict[str, Any]] = part.get("fulfillmentHolds") or []
    return [hold["id"] for hold in holds if hold.get("heldByRequestingApp") and hold.get("handle") == HOLD]


def _changed(payload: Mapping[str, Any], at: Any) -> Any:
    part: dict[str, Any] = payload.get("fulfillmentOrder") or {}
    return (part.get("order") or {}).get("updatedAt") or at


# --- cancelling -------------------------------------------------------------------------------------

_CANCELLED = "query Cancelled($id: ID!) { order(id: $id) { id cancelledAt updatedAt } }"
_CANCEL = """
mutation Cancel($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $notify: Boolean!, $note: String,
    $refund: OrderCancelRefundMethodInput) {
  orderCancel(orderId: $id, reason: $reason, restock: $restock, notifyCustomer: $notify, staffNote: $note,
      refundMethod: $refund) {
    jobResult { id done errors { code message } order { cancelledAt updatedAt } }
    orderCancelUserErrors { code field message }
  }
}"""


def cancel_order(call: Call, write: CancelOrder) -> Written:
    """Shopify cancels in the background: until it says the order is cancelled this is StoreBusy, and the next attempt
    looks first."""
    order = known(ask(call.exchange, _CANCELLED, {"id": gid("Order", write.order)}).get("order"), "order")
    if order.get("cancelledAt"):
        return Written({"cancelled_at": order["cancelledAt"]}, as_instant(order.get("updatedAt")))
    given = {
        "id": order["id"],
        "reason": write.reason.upper(),
        "restock": write.restock,
        "notify": write.notify,
        "note": write.note[:255] or None,
        "refund": {"originalPaymentMethodsRefund": write.refund},
    }
    data = ask(call.exchange, _CANCEL, given)
    job: dict[str, Any] = told(data, "orderCancel", "orderCancelUserErrors").get("jobResult") or {}
    if wrong := job.get("errors"):
        raise StoreRefused("order.not_cancelled", f"Shopify did not cancel it: {wrong[0].get('message')}")
    order = job.get("order") or {}
    if not order.get("cancelledAt"):
        raise StoreBusy("Shopify is cancelling the order")
    return Written({"cancelled_at": order["cancelledAt"]}, as_instant(order.get("updatedAt")))
