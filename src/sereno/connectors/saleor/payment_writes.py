"""Money of Saleor's orders: through transactions where the order has them, through the older payments otherwise.

Invariant: money is given back at most once per key. A refund of a transaction is a granted refund that bears the
write's mark in its reason, and is asked for once; for older payments an intent is written down first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.connectors.marks import is_marked, marked, wait_for_first
from sereno.connectors.reading import as_instant
from sereno.connectors.saleor.graph import ERRORS, ask, change, dec, found
from sereno.connectors.saleor.metadata import has_intent, is_still_to_do
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CancelOrder, CapturePayment, RefundOrder

ORDER = """query($id: ID!) { order(id: $id) {
  id number status updatedAt total { gross { amount currency } } totalRefunded { amount }
  channel { id slug currencyCode } privateMetadata { key value }
  lines { id quantity quantityFulfilled quantityToFulfill unitPrice { gross { amount } }
    allocations { quantity warehouse { id } } variant { id stocks { warehouse { id } } } }
  fulfillments { id status trackingNumber lines { quantity orderLine { id } } }
  shippingAddress { firstName lastName companyName streetAddress1 streetAddress2 city postalCode countryArea phone
    country { code } }
  transactions { id actions chargedAmount { amount } authorizedAmount { amount } chargePendingAmount { amount } }
  payments { id isActive actions capturedAmount { amount } availableRefundAmount { amount }
    availableCaptureAmount { amount } }
  grantedRefunds { id createdAt amount { amount } reason status transaction { id } }
} }"""
_GRANT = f"""mutation($id: ID!, $input: OrderGrantRefundCreateInput!) {{
  orderGrantRefundCreate(id: $id, input: $input) {{ grantedRefund {{ id status }} {ERRORS} }} }}"""
_PAY_BACK = f"""mutation($id: ID, $granted: ID!) {{
  transactionRequestRefundForGrantedRefund(id: $id, grantedRefundId: $granted) {{ transaction {{ id }} {ERRORS} }} }}"""
_ACT = f"""mutation($id: ID!, $action: TransactionActionEnum!, $amount: PositiveDecimal) {{
  transactionRequestAction(id: $id, actionType: $action, amount: $amount) {{ transaction {{ id }} {ERRORS} }} }}"""
_REFUND = f"""mutation($id: ID!, $amount: PositiveDecimal!) {{ orderRefund(id: $id, amount: $amount) {{
  order {{ id }} {ERRORS} }} }}"""
_CAPTURE = f"""mutation($id: ID!, $amount: PositiveDecimal!) {{ orderCapture(id: $id, amount: $amount) {{
  order {{ id }} {ERRORS} }} }}"""
_VOID = f"mutation($id: ID!) {{ orderVoid(id: $id) {{ order {{ id }} {ERRORS} }} }}"
_CANCEL = f"mutation($id: ID!) {{ orderCancel(id: $id) {{ order {{ id status updatedAt }} {ERRORS} }} }}"
_GONE = ("CANCELED", "REFUNDED", "REPLACED", "RETURNED", "REFUNDED_AND_RETURNED")

Order = dict[str, Any]


def read_order(call: Call, id: str) -> Order:
    return found(ask(call.exchange, ORDER, id=id).data.get("order"), f"order {id}")


# --- giving back ------------------------------------------------------------------------------------


def refund(call: Call, write: RefundOrder) -> Written:
    """Saleor leaves the shelves as they are when money is given back; what an app of the payment provider answers comes
    later, so `status` is what is known now."""
    order = read_order(call, write.order)
    currency = order["channel"]["currencyCode"]
    if write.amount is not None and write.amount.currency != currency:
        raise StoreRefused("refund.currency", f"The order was paid in {currency}.")
    wanted = write.amount.amount if write.amount is not None else _cost(order, write) if write.lines else None
    given = _give_back(call, order, wanted, write.note)
    if given is None:
        raise StoreRefused("refund.nothing_left", "Nothing of this order is left to be given back.")
    return Written({"order": order["id"], "amount": str(given)})


def _cost(order: Order, write: RefundOrder) -> Decimal:
    costs = {item["id"]: dec(item["unitPrice"]["gross"]) for item in order["lines"]}
    unknown = [item.line for item in write.lines if item.line not in costs]
    if unknown:
        raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
    return sum((costs[item.line] * item.quantity for item in write.lines), Decimal(0))


def _give_back(call: Call, order: Order, wanted: Decimal | None, note: str) -> Decimal | None:
    """How much has been given by this key when it is through; None where there was nothing to give. Without `wanted`
    all that is left."""
    if order["transactions"]:
        return _by_transactions(call, order, wanted, note)
    return _by_payments(call, order, wanted)


def _by_transactions(call: Call, order: Order, wanted: Decimal | None, note: str) -> Decimal | None:
    ours = [item for item in order["grantedRefunds"] if is_marked(item["reason"], call.key)]
    ours = [item for item in ours if item["status"] != "FAILURE"]
    given = sum((dec(item["amount"]) for item in ours), Decimal(0))
    left = {item["id"]: dec(item["chargedAmount"]) for item in order["transactions"]}
    for item in ours:
        if item["status"] == "NONE":
            # Granted, and the answer or the request after it was lost: it still lies in the transaction.
            wait_for_first(as_instant(item["createdAt"]) or call.now, call.now)
            own = (item["transaction"] or {}).get("id")
            change(call.exchange, _PAY_BACK, id=own, granted=item["id"])
            if own in left:
                left[own] -= dec(item["amount"])
    rest = sum((max(amount, Decimal(0)) for amount in left.values()), Decimal(0))
    more = rest if wanted is None else wanted - given
    if more > rest:
        raise StoreRefused("refund.too_much", f"No more than {rest} can be given back.")
    if more <= 0:
        return given or None
    for id_, amount in sorted(left.items(), key=lambda item: -item[1]):
        part = min(more, amount)
        if part > 0:
            _pay_back(call, order["id"], id_, part, note)
            more -= part
            given += part
    return given


def _pay_back(call: Call, order: str, transaction: str, amount: Decimal, note: str) -> None:
    wanted = {"amount": str(amount), "reason": marked(note, call.key), "transactionId": transaction}
    granted = change(call.exchange, _GRANT, id=order, input=wanted)["grantedRefund"]["id"]
    change(call.exchange, _PAY_BACK, id=transaction, granted=granted)


def _by_payments(call: Call, order: Order, wanted: Decimal | None) -> Decimal | None:
    rest = sum((dec(item["availableRefundAmount"]) for item in order["payments"] if item["isActive"]), Decimal(0))
    done_before = dec(order["totalRefunded"])
    amount = wanted if wanted is not None else rest
    if not has_intent(call, order):
        if amount > rest:
            raise StoreRefused("refund.too_much", f"No more than {rest} can be given back.")
        if amount <= 0:
            return None
    if is_still_to_do(call, order, done_before, amount):
        change(call.exchange, _REFUND, id=order["id"], amount=str(amount))
    return amount or done_before


# --- cancelling -------------------------------------------------------------------------------------


def cancel(call: Call, write: CancelOrder) -> Written:
    """Saleor cancels an order only whole, before anything of it has shipped, and puts its goods back."""
    order = read_order(call, write.order)
    if order["status"] == "CANCELED":
        return Written({"order": order["id"], "status": "canceled"})
    if any(item["status"] not in _GONE for item in order["fulfillments"]):
        raise StoreRefused("order.shipped", "Parts of it have shipped: Saleor cancels an order only whole.")
    if not write.restock:
        raise StoreRefused("order.restock_only", "Saleor puts what is cancelled back on the shelf: let it restock.")
    if write.refund:
        words = f"{write.reason}: {write.note}" if write.note else write.reason
        _give_back(call, order, None, words)
        _void(call, order)
    result = change(call.exchange, _CANCEL, id=order["id"])["order"]
    return Written({"order": order["id"], "status": str(result["status"]).lower()})


def _void(call: Call, order: Order) -> None:
    for item in order["transactions"]:
        if dec(item["authorizedAmount"]) > 0 and "CANCEL" in item["actions"]:
            change(call.exchange, _ACT, id=item["id"], action="CANCEL", amount=None)
    if any("VOID" in item["actions"] for item in order["payments"] if item["isActive"]):
        change(call.exchange, _VOID, id=order["id"])


# --- capturing --------------------------------------------------------------------------------------


def capture(call: Call, write: CapturePayment) -> Written:
    order = read_order(call, write.order)
    currency = order["channel"]["currencyCode"]
    if write.amount is not None and write.amount.currency != currency:
        raise StoreRefused("capture.currency", f"The order is in {currency}.")
    held = {item["id"]: dec(item["authorizedAmount"]) for item in order["transactions"]}
    older = [item for item in order["payments"] if item["isActive"]]
    rest = sum(held.values(), Decimal(0)) + sum((dec(item["availableCaptureAmount"]) for item in older), Decimal(0))
    taken = sum((dec(item["chargedAmount"]) for item in order["transactions"]), Decimal(0))
    taken += sum((dec(item["chargePendingAmount"]) for item in order["transactions"]), Decimal(0))
    taken += sum((dec(item["capturedAmount"]) for item in older), Decimal(0))
    if rest <= 0 and taken > 0:
        return Written({"order": order["id"], "amount": str(taken)})
    amount = write.amount.amount if write.amount is not None else rest
    if rest <= 0:
        raise StoreRefused("capture.nothing_authorized", "No payment of this order waits to be captured.")
    if not is_still_to_do(call, order, taken, amount):
        return Written({"order": order["id"], "amount": str(amount)})
    if amount > rest:
        raise StoreRefused("capture.too_much", f"No more than {rest} {currency} are authorized.")
    more = amount
    for id_, authorized in sorted(held.items(), key=lambda item: -item[1]):
        part = min(more, authorized)
        if part > 0:
            change(call.exchange, _ACT, id=id_, action="CHARGE", amount=str(part))
            more -= part
    if more > 0:
        change(call.exchange, _CAPTURE, id=order["id"], amount=str(more))
    return Written({"order": order["id"], "amount": str(amount)})
