"""Refunds and captures of Shopify's orders.

Invariant: an amount is given back or taken once. A refund carries Shopify's own idempotency key and a mark in its note
that outlives the key; a capture reckons from what could be captured before its first attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.commerce.money import Money
from sereno.connectors.marks import let_settle
from sereno.connectors.reading import as_instant
from sereno.connectors.shopify.client import (
    amount,
    ask,
    gid,
    known,
    mark,
    money,
    nodes,
    plain_id,
    presented,
    token,
    told,
)
from sereno.connectors.shopify.intent import KEPT, SETTLES, before
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CapturePayment, RefundLine, RefundOrder

_SUGGEST = """
query Refundable($id: ID!, $lines: [RefundLineItemInput!], $whole: Boolean!) {
  order(id: $id) {
    id
    updatedAt
    presentmentCurrencyCode
    refunds(first: 60) { id note totalRefundedSet { presentmentMoney { amount currencyCode } } }
    lineItems(first: 100) { nodes { id unfulfilledQuantity refundableQuantity } }
    fulfillmentOrders(first: 10) { nodes { assignedLocation { location { id } } } }
    suggestedRefund(refundLineItems: $lines, suggestFullRefund: $whole, refundShipping: $whole) {
      amountSet { presentmentMoney { amount currencyCode } }
      maximumRefundableSet { presentmentMoney { amount currencyCode } }
      shipping { amountSet { presentmentMoney { amount currencyCode } } }
      refundLineItems { quantity lineItem { id } }
      suggestedTransactions {
        gateway
        parentTransaction { id }
        amountSet { presentmentMoney { amount currencyCode } }
        maximumRefundableSet { presentmentMoney { amount currencyCode } }
      }
    }
  }
}"""
_REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id updatedAt totalRefundedSet { presentmentMoney { amount currencyCode } } }
    order { updatedAt }
    userErrors { field message }
  }
}"""


def refund_order(call: Call, write: RefundOrder) -> Written:
    """An amount, lines, or all that is left. Raises `refund.too_much` where less is left, `refund.nothing` where
    nothing is, `refund.currency` for an amount of another currency than the customer paid in."""
    wanted = [_line(one) for one in write.lines]
    is_whole = write.amount is None and not wanted
    given = {
        "id": gid("Order", write.order),
        "lines": [{"lineItemId": one["lineItemId"], "quantity": one["quantity"]} for one in wanted],
        "whole": is_whole or not wanted,
    }
    order = known(ask(call.exchange, _SUGGEST, given).get("order"), "order")
    if done := next((one for one in order["refunds"] if mark(call) in (one.get("note") or "")), None):
        return _refunded(done, order)
    suggested: dict[str, Any] = order.get("suggestedRefund") or {}
    left, own = presented(suggested.get("maximumRefundableSet")), str(order["presentmentCurrencyCode"])
    if write.amount is not None and write.amount.currency != own:
        raise StoreRefused("refund.currency", f"The customer paid in {own}, not in {write.amount.currency}.")
    total = write.amount or presented(suggested.get("amountSet"))
    if not total.amount > 0:
        raise StoreRefused("refund.nothing", "Nothing is left to give back on this order.")
    if total > left:
        raise StoreRefused("refund.too_much", f"Only {left} of this order can still be given back, not {total}.")
    whole_lines = [
        {"lineItemId": one["lineItem"]["id"], "quantity": one["quantity"], "restock": True}
        for one in suggested.get("refundLineItems") or []
        if is_whole
    ]
    refund: dict[str, Any] = {
        "orderId": order["id"],
        "currency": own,
        "note": " ".join(part for part in (write.note, f"[{mark(call)}]") if part),
        "notify": write.notify,
        "refundLineItems": _restocked(wanted or whole_lines, order),
        "transactions": _transactions(order["id"], suggested, total),
    }
    shipping = presented(suggested["shipping"]["amountSet"]) if is_whole and suggested.get("shipping") else None
    if shipping is not None and shipping.amount > 0:
        refund["shipping"] = {"fullRefund": True}
    data = ask(call.exchange, _REFUND, {"input": refund, "key": token(call, "refund")})
    payload = told(data, "refundCreate")
    return _refunded(payload.get("refund") or {}, payload.get("order") or order)


def _line(line: RefundLine) -> dict[str, Any]:
    return {"lineItemId": gid("LineItem", line.line), "quantity": line.quantity, "restock": line.restock}


def _restocked(lines: Sequence[Mapping[str, Any]], order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each line with how it goes back on the shelf: what never left is cancelled, what did is returned."""
    unsent = {one["id"]: int(one["unfulfilledQuantity"]) for one in nodes(order.get("lineItems"))}
    places = [(one.get("assignedLocation") or {}).get("location") for one in nodes(order.get("fulfillmentOrders"))]
    place = next((one["id"] for one in places if one), None)
    found: list[dict[str, Any]] = []
    for line in lines:
        one = {"lineItemId": line["lineItemId"], "quantity": line["quantity"]}
        if not line["restock"] or place is None:
            found.append({**one, "restockType": "NO_RESTOCK"})
        else:
            kind = "CANCEL" if unsent.get(line["lineItemId"], 0) >= line["quantity"] else "RETURN"
            found.append({**one, "restockType": kind, "locationId": place})
    return found


def _transactions(order: str, suggested: Mapping[str, Any], total: Money) -> list[dict[str, Any]]:
    """The total spread over the payments it came from, each as far as it goes."""
    found: list[dict[str, Any]] = []
    left = total
    for one in suggested.get("suggestedTransactions") or []:
        room = presented(one.get("maximumRefundableSet") or one.get("amountSet"))
        share = min(room, left)
        if share.amount > 0:
            parent = (one.get("parentTransaction") or {}).get("id")
            found.append(
                {
                    "orderId": order,
                    "gateway": one.get("gateway") or "manual",
                    "kind": "REFUND",
                    "amount": amount(share),
                    "parentId": parent,
                }
            )
            left = left - share
    if left.amount > 0:
        raise StoreRefused("refund.too_much", f"The order's payments cover {total - left} of the {total} to give back.")
    return found


def _refunded(refund: Mapping[str, Any], order: Mapping[str, Any]) -> Written:
    total = presented(refund.get("totalRefundedSet"))
    value = {"refund_id": plain_id(refund.get("id")), "amount": amount(total), "currency": total.currency}
    return Written(value, as_instant(order.get("updatedAt")))


# --- capturing --------------------------------------------------------------------------------------

_CAPTURABLE = f"""
query Capturable($id: ID!, $mark: String!) {{
  order(id: $id) {{
    id
    updatedAt
    totalCapturableSet {{ presentmentMoney {{ amount currencyCode }} }}
    transactions(first: 100) {{
      id
      kind
      status
      amountSet {{ presentmentMoney {{ amount currencyCode }} }}
      totalUnsettledSet {{ presentmentMoney {{ amount currencyCode }} }}
      parentTransaction {{ id }}
    }}
    {KEPT}
  }}
}}"""
_CAPTURE = """
mutation Capture($input: OrderCaptureInput!) {
  orderCapture(input: $input) {
    transaction { id status errorCode processedAt order { updatedAt } }
    userErrors { field message }
  }
}"""


def capture_payment(call: Call, write: CapturePayment) -> Written:
    """Over as many authorizations as it takes. Raises `capture.too_much` where less was authorized, `capture.nothing`
    where nothing is left to take and nothing was taken."""
    given = {"id": gid("Order", write.order), "mark": mark(call)}
    order = known(ask(call.exchange, _CAPTURABLE, given).get("order"), "order")
    now = presented(order["totalCapturableSet"])
    if write.amount is not None and write.amount.currency != now.currency:
        raise StoreRefused("capture.currency", f"The customer pays in {now.currency}, not in {write.amount.currency}.")
    first = before(call, order, {"amount": str(now.amount), "currency": now.currency})
    at_first = money({"amount": first["amount"], "currencyCode": first["currency"]})
    wanted = write.amount or at_first
    if wanted > at_first:
        raise StoreRefused("capture.too_much", f"Only {at_first} was authorized and not taken yet, not {wanted}.")
    left = wanted - (at_first - now)
    if left.amount > 0:
        let_settle(call, first, SETTLES)
    taken: list[str] = []
    if not wanted.amount > 0 and not _was_taken(order):
        raise StoreRefused("capture.nothing", "No payment of this order waits to be taken.")
    at = order.get("updatedAt")
    for one in order["transactions"]:
        room = presented(one.get("totalUnsettledSet") or one["amountSet"])
        if one["kind"] not in ("AUTHORIZATION", "EMV_AUTHORIZATION") or one["status"] != "SUCCESS":
            continue
        share = min(room, left)
        if share.amount > 0:
            data = ask(call.exchange, _CAPTURE, {"input": _capture(order["id"], one["id"], share)})
            made: dict[str, Any] = told(data, "orderCapture").get("transaction") or {}
            if made.get("status") in ("FAILURE", "ERROR"):
                raise StoreRefused("capture.failed", f"The payment could not be taken: {made.get('errorCode')}")
            taken.append(plain_id(made.get("id")))
            at = (made.get("order") or {}).get("updatedAt") or at
            left = left - share
    return Written({"captures": taken, "amount": amount(wanted), "currency": wanted.currency}, as_instant(at))


def _capture(order: str, parent: str, share: Money) -> dict[str, Any]:
    return {"id": order, "parentTransactionId": parent, "amount": amount(share), "currency": share.currency}


def _was_taken(order: Mapping[str, Any]) -> bool:
    return any(one["kind"] in ("CAPTURE", "SALE") and one["status"] == "SUCCESS" for one in order["transactions"])
