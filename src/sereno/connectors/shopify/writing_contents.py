"""What is in Shopify's orders, and what leaves: changing lines, sending parcels, draft orders.

Invariant: quantities are reckoned from how things stood before the first attempt (see `intent`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sereno.connectors.marks import let_settle
from sereno.connectors.reading import as_instant
from sereno.connectors.shopify.client import amount, ask, gid, known, mark, nodes, plain_id, told
from sereno.connectors.shopify.intent import KEPT, SETTLES, before
from sereno.connectors.shopify.writing_orders import mailing_address
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import ChangeItems, CreateDraftOrder, FulfillOrder

_LINES = f"""
query Lines($id: ID!, $mark: String!) {{
  order(id: $id) {{
    id
    updatedAt
    merchantEditable
    merchantEditableErrors
    lineItems(first: 250) {{ nodes {{ id currentQuantity variant {{ id }} }} }}
    {KEPT}
  }}
}}"""
_BEGIN = """
mutation Begin($id: ID!) {
  orderEditBegin(id: $id) {
    calculatedOrder { id lineItems(first: 250) { nodes { id quantity } } }
    userErrors { field message }
  }
}"""
_QUANTITY = """
mutation Quantity($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) {
    calculatedLineItem { id quantity }
    userErrors { field message }
  }
}"""
_ADD = """
mutation Add($id: ID!, $variant: ID!, $quantity: Int!) {
  orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: true) {
    calculatedLineItem { id quantity }
    userErrors { field message }
  }
}"""
_COMMIT = """
mutation Commit($id: ID!, $notify: Boolean!, $note: String) {
  orderEditCommit(id: $id, notifyCustomer: $notify, staffNote: $note) {
    order { id updatedAt currentTotalPriceSet { presentmentMoney { amount currencyCode } } }
    userErrors { field message }
  }
}"""


def change_items(call: Call, write: ChangeItems) -> Written:
    """All changes in one edit, committed at once: half an edit is no edit. Raises `order.not_editable`."""
    given = {"id": gid("Order", write.order), "mark": mark(call)}
    order = known(ask(call.exchange, _LINES, given).get("order"), "order")
    lines = nodes(order.get("lineItems"))
    quantities = {plain_id(one["id"]): int(one["currentQuantity"]) for one in lines}
    named = {one.line for one in write.lines}
    variants: dict[str, int] = defaultdict(int)
    for one in lines:
        if plain_id(one["id"]) not in named:
            variants[plain_id((one.get("variant") or {}).get("id"))] += int(one["currentQuantity"])
    first = before(call, order, {"variants": dict(variants)})
    sets = {one.line: one.quantity for one in write.lines if one.line and quantities.get(one.line) != one.quantity}
    if unknown := [line for line in sets if line not in quantities]:
        raise StoreRefused("order.line_unknown", f"The order has no line {', '.join(unknown)}.")
    adds: dict[str, int] = defaultdict(int)
    for one in write.lines:
        if one.variant and not one.line:
            adds[one.variant] += one.quantity
    moved = {variant: variants.get(variant, 0) - int(first["variants"].get(variant, 0)) for variant in adds}
    adds = defaultdict(int, {variant: count - moved[variant] for variant, count in adds.items()})
    if not sets and not any(count > 0 for count in adds.values()):
        return Written({}, as_instant(order.get("updatedAt")))
    if not order.get("merchantEditable"):
        why = "; ".join(order.get("merchantEditableErrors") or []) or "it was sent or cancelled"
        raise StoreRefused("order.not_editable", f"The order can no longer be changed: {why}.")
    return _edit(call, write, order["id"], sets, adds)


def _edit(call: Call, write: ChangeItems, order: str, sets: Mapping[str, int], adds: Mapping[str, int]) -> Written:
    begun = told(ask(call.exchange, _BEGIN, {"id": order}), "orderEditBegin")["calculatedOrder"]
    by_line = {plain_id(one["id"]): one["id"] for one in nodes(begun["lineItems"])}
    for line, quantity in sets.items():
        if line not in by_line:
            raise StoreRefused("order.line_unknown", f"The order's line {line} cannot be changed any more.")
        change = {"id": begun["id"], "line": by_line[line], "quantity": quantity}
        told(ask(call.exchange, _QUANTITY, change), "orderEditSetQuantity")
    for variant, count in adds.items():
        if count > 0:
            change = {"id": begun["id"], "variant": gid("ProductVariant", variant), "quantity": count}
            told(ask(call.exchange, _ADD, change), "orderEditAddVariant")
    end = {"id": begun["id"], "notify": write.notify, "note": write.note or None}
    changed = told(ask(call.exchange, _COMMIT, end), "orderEditCommit").get("order") or {}
    total: dict[str, Any] = (changed.get("currentTotalPriceSet") or {}).get("presentmentMoney") or {}
    value = {"total": total.get("amount"), "currency": total.get("currencyCode")}
    return Written({name: one for name, one in value.items() if one}, as_instant(changed.get("updatedAt")))


# --- sending ----------------------------------------------------------------------------------------

_OPEN_PARTS = f"""
query OpenParts($id: ID!, $mark: String!) {{
  order(id: $id) {{
    id
    updatedAt
    fulfillments(first: 20) {{ id status }}
    fulfillmentOrders(first: 20) {{
      nodes {{
        id
        status
        assignedLocation {{ location {{ id }} }}
        lineItems(first: 100) {{ nodes {{ id remainingQuantity lineItem {{ id }} }} }}
      }}
    }}
    {KEPT}
  }}
}}"""
_FULFILL = """
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status order { updatedAt } }
    userErrors { field message }
  }
}"""
_OPEN = ("OPEN", "IN_PROGRESS")
_STANDING = (*_OPEN, "ON_HOLD", "SCHEDULED")
"""Parts of which something may still leave."""


def fulfill_order(call: Call, write: FulfillOrder) -> Written:
    """One parcel per place the order leaves from. Raises `order.on_hold` where it is held, `order.nothing_to_send`
    where nothing is open and nothing was sent."""
    given = {"id": gid("Order", write.order), "mark": mark(call)}
    order = known(ask(call.exchange, _OPEN_PARTS, given).get("order"), "order")
    parts = nodes(order.get("fulfillmentOrders"))
    left: dict[str, int] = defaultdict(int)
    for part in parts:
        for line in nodes(part.get("lineItems")) if part["status"] in _STANDING else ():
            left[plain_id(line["lineItem"]["id"])] += int(line["remainingQuantity"])
    order_first = before(call, order, {"left": dict(left)})
    first = order_first["left"]
    # What is still to be sent of each line: what was asked for, less what has gone since the first attempt.
    wanted = {one.line: one.quantity for one in write.lines} or {line: int(count) for line, count in first.items()}
    wanted = {line: count - (int(first.get(line, 0)) - left[line]) for line, count in wanted.items()}
    sent: list[str] = []
    at = order.get("updatedAt")
    places: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in parts:
        if part["status"] in _OPEN and (lines := _take(part, wanted)):
            place = ((part.get("assignedLocation") or {}).get("location") or {}).get("id") or ""
            places[place].append({"fulfillmentOrderId": part["id"], "fulfillmentOrderLineItems": lines})
    if places:
        let_settle(call, order_first, SETTLES)
    if any(count > 0 for count in wanted.values()):
        if any(part["status"] == "ON_HOLD" for part in parts):
            raise StoreRefused("order.on_hold", "The order is on hold: release it before it is sent.")
        raise StoreRefused("order.nothing_to_send", "The order has less left to send than that.")
    for lines in places.values():
        data = ask(call.exchange, _FULFILL, {"fulfillment": _parcel(write, lines)})
        made: dict[str, Any] = told(data, "fulfillmentCreate").get("fulfillment") or {}
        sent.append(plain_id(made.get("id")))
        at = (made.get("order") or {}).get("updatedAt") or at
    if not sent and not order.get("fulfillments"):
        raise StoreRefused("order.nothing_to_send", "Nothing of this order is left to send.")
    return Written({"fulfillments": sent}, as_instant(at))


def _take(part: Mapping[str, Any], wanted: dict[str, int]) -> list[dict[str, Any]]:
    """What of the part's lines is wanted; counts `wanted` down."""
    found: list[dict[str, Any]] = []
    for line in nodes(part.get("lineItems")):
        own = plain_id(line["lineItem"]["id"])
        count = min(wanted.get(own, 0), int(line["remainingQuantity"]))
        if count > 0:
            wanted[own] -= count
            found.append({"id": line["id"], "quantity": count})
    return found


def _parcel(write: FulfillOrder, lines: list[dict[str, Any]]) -> dict[str, Any]:
    tracking = {"number": write.tracking_number, "company": write.carrier, "url": write.tracking_url}
    tracking = {name: value for name, value in tracking.items() if value}
    parcel = {"lineItemsByFulfillmentOrder": lines, "notifyCustomer": write.notify}
    return {**parcel, "trackingInfo": tracking} if tracking else parcel


# --- drafts -----------------------------------------------------------------------------------------

_NEWEST = """
query Newest {
  draftOrders(first: 50, sortKey: ID, reverse: true) { nodes { id name invoiceUrl tags updatedAt } }
}"""
_DRAFT = """
mutation Draft($input: DraftOrderInput!) {
  draftOrderCreate(input: $input) { draftOrder { id name invoiceUrl updatedAt } userErrors { field message } }
}"""


def create_draft_order(call: Call, write: CreateDraftOrder) -> Written:
    """Marked with a tag: from the second attempt on the newest 50 drafts are looked through for it."""
    if call.attempt > 1:
        for one in nodes(ask(call.exchange, _NEWEST).get("draftOrders")):
            if mark(call) in (one.get("tags") or []):
                return _drafted(one)
    lines = [{"variantId": gid("ProductVariant", one.variant), "quantity": one.quantity} for one in write.lines]
    given: dict[str, Any] = {"lineItems": lines, "tags": [*write.tags, mark(call)]}
    if write.customer:
        given["purchasingEntity"] = {"customerId": gid("Customer", write.customer)}
    if write.email:
        given["email"] = write.email
    if write.note:
        given["note"] = write.note
    if write.address:
        given["shippingAddress"] = mailing_address(write.address)
    if write.discount is not None:
        value = amount(write.discount)
        given["appliedDiscount"] = {
            "valueType": "FIXED_AMOUNT",
            "value": float(value),
            "amountWithCurrency": {"amount": value, "currencyCode": write.discount.currency},
        }
    draft = told(ask(call.exchange, _DRAFT, {"input": given}), "draftOrderCreate").get("draftOrder") or {}
    return _drafted(draft)


def _drafted(draft: Mapping[str, Any]) -> Written:
    value = {"draft_id": plain_id(draft.get("id")), "number": draft.get("name"), "url": draft.get("invoiceUrl")}
    return Written(value, as_instant(draft.get("updatedAt")))
