"""Cancelling, refunding and capturing in Vendure.

Invariant: money is given back at most once per key. Every refund bears the write's mark in its reason; what marked
refunds have given already is taken off what is still to be given, on every attempt. Money moves before lines are
cancelled, because a cancelled line no longer says what it cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sereno.commerce.money import Money
from sereno.connectors.marks import answered_at, is_marked, marked, wait_for_first
from sereno.connectors.vendure.admin import FAILED, ask, done
from sereno.connectors.vendure.noting import add_note, notes
from sereno.connectors.vendure.orders import HUNDREDTHS
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import CancelOrder, CapturePayment, RefundOrder

ORDER = """query($id: ID!) { order(id: $id) {
  id code state active currencyCode nextStates
  lines { id quantity proratedUnitPriceWithTax productVariant { id } }
  payments { id state amount refunds { id state total reason } }
  fulfillments { id state method trackingCode lines { orderLineId quantity } }
  shippingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
  modifications { id note isSettled priceChange }
} }"""
_CANCELLATIONS = """query($id: ID!) { order(id: $id) {
  history(options: {filter: {type: {eq: "ORDER_CANCELLATION"}}, take: 100}) { items { id data } }
} }"""
_CANCEL = (
    f"mutation($input: CancelOrderInput!) {{ cancelOrder(input: $input) {{ {FAILED} ... on Order {{ id state }} }} }}"
)
_REFUND = f"""mutation($input: RefundOrderInput!) {{ refundOrder(input: $input) {{
  {FAILED} ... on Refund {{ id state total }} }} }}"""
_VOID = f"mutation($id: ID!) {{ cancelPayment(id: $id) {{ {FAILED} ... on Payment {{ id state }} }} }}"
_SETTLE = f"mutation($id: ID!) {{ settlePayment(id: $id) {{ {FAILED} ... on Payment {{ id state }} }} }}"
MOVE_PARCEL = f"""mutation($id: ID!, $state: String!) {{ transitionFulfillmentToState(id: $id, state: $state) {{
  {FAILED} ... on Fulfillment {{ id state }} ... on FulfillmentStateTransitionError {{ transitionError }} }} }}"""

_BEING_CHANGED = ("Modifying", "ArrangingAdditionalPayment")
Order = dict[str, Any]


def read_order(call: Call, id: str) -> Order:
    """Raises StoreRefused when Vendure has no such order."""
    found = ask(call.exchange, ORDER, id=id).data.get("order")
    if not found:
        raise StoreRefused("store.not_found", f"Vendure has no order {id}.")
    return found


def gone(order: Order) -> dict[str, int]:
    """How many of each line have left the house."""
    return _in_parcels(order, ("Shipped", "Delivered"))


def packed(order: Order) -> dict[str, int]:
    """How many of each line are in a parcel, whether it left or not."""
    return _in_parcels(order, ("Created", "Pending", "Shipped", "Delivered"))


def _in_parcels(order: Order, states: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for parcel in order["fulfillments"] or ():
        if parcel["state"] in states:
            for item in parcel["lines"]:
                found[item["orderLineId"]] = found.get(item["orderLineId"], 0) + item["quantity"]
    return found


# --- cancelling -------------------------------------------------------------------------------------


def cancel(call: Call, write: CancelOrder) -> Written:
    """What has shipped stays; an order of which all has shipped is refused. A cancelled order is left as it is."""
    order = read_order(call, write.order)
    purse = Purse.of(order, call.key)
    value = {"order": order["id"], "status": order["state"], "refunds": list(purse.refunds)}
    if order["state"] == "Cancelled" or (call.attempt > 1 and _has_cancelled(call, write.order)):
        return Written(value)
    if order["state"] in _BEING_CHANGED:
        raise StoreBusy("the order is being changed in Vendure")
    if not write.restock and not order["active"]:
        raise StoreRefused("order.restock_only", "Vendure puts what is cancelled back on the shelf: let it restock.")
    left = gone(order)
    open_lines = [
        {"orderLineId": item["id"], "quantity": open_}
        for item in order["lines"]
        if (open_ := item["quantity"] - left.get(item["id"], 0)) > 0
    ]
    if not open_lines and not order["active"]:
        raise StoreRefused("order.shipped", "All of it has shipped: it can be returned, not cancelled.")
    if write.refund:
        value["refunds"] += _give_back_for_cancelling(call, order, purse, open_lines if left else None, _words(write))
    for parcel in order["fulfillments"] or ():
        if parcel["state"] in ("Created", "Pending"):
            moved = ask(call.exchange, MOVE_PARCEL, id=parcel["id"], state="Cancelled").data
            done(moved["transitionFulfillmentToState"], "parcel")
    wanted: dict[str, Any] = {"orderId": order["id"], "reason": marked(_words(write), call.key)}
    wanted["cancelShipping"] = not left
    if left:
        wanted["lines"] = open_lines
    answer = ask(call.exchange, _CANCEL, input=wanted)
    result = done(answer.data["cancelOrder"], "order")
    return Written({**value, "status": result["state"]}, answered_at(answer.headers))


def _words(write: CancelOrder) -> str:
    return f"{write.reason}: {write.note}" if write.note else write.reason


def _has_cancelled(call: Call, id: str) -> bool:
    found = ask(call.exchange, _CANCELLATIONS, id=id).data["order"]["history"]["items"]
    return any(is_marked((item.get("data") or {}).get("reason"), call.key) for item in found)


def _give_back_for_cancelling(
    call: Call, order: Order, purse: Purse, lines: list[dict[str, Any]] | None, note: str
) -> list[dict[str, Any]]:
    """All that was paid, or what these `lines` cost. What was only authorized is voided with the whole order."""
    if lines is not None:
        costs = {item["id"]: item["proratedUnitPriceWithTax"] for item in order["lines"]}
        wanted = sum(costs[item["orderLineId"]] * item["quantity"] for item in lines)
        return _give_back(call, order, purse, min(wanted - purse.given, purse.left), note)
    for payment in order["payments"] or ():
        if payment["state"] == "Authorized":
            done(ask(call.exchange, _VOID, id=payment["id"]).data["cancelPayment"], "payment")
    return _give_back(call, order, purse, purse.left, note)


# --- refunding --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purse:
    """What of an order's payments can still be given back, in hundredths: per payment, in all, and what refunds of this
    key have (`given`, and the `refunds` themselves)."""

    payments: tuple[tuple[str, int], ...]
    left: int
    given: int
    refunds: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, order: Order, key: str) -> Purse:
        rest: list[tuple[str, int]] = []
        ours: list[dict[str, Any]] = []
        given = 0
        for payment in order["payments"] or ():
            refunds = [item for item in payment["refunds"] if item["state"] != "Failed"]
            marked_ = [item for item in refunds if is_marked(item.get("reason"), key)]
            given += sum(item["total"] for item in marked_)
            ours += [_told(item) for item in marked_]
            if payment["state"] == "Settled":
                rest.append((payment["id"], payment["amount"] - sum(item["total"] for item in refunds)))
        return cls(tuple(rest), sum(max(amount, 0) for _, amount in rest), given, tuple(ours))


def _told(refund: dict[str, Any]) -> dict[str, Any]:
    return {"id": refund["id"], "status": str(refund["state"]).lower()}


def refund(call: Call, write: RefundOrder) -> Written:
    """A payment method that gives nothing back by itself leaves the refund pending until somebody settles it: `status`
    says so. Lines that are to be restocked are cancelled in Vendure, which is how it takes goods back."""
    order = read_order(call, write.order)
    purse = Purse.of(order, call.key)
    wanted = _wanted(order, purse, write)
    given = list(purse.refunds)
    if wanted > purse.left:
        currency = order["currencyCode"]
        most, asked = (Money.from_minor(units, currency, HUNDREDTHS) for units in (purse.left, wanted))
        raise StoreRefused("refund.too_much", f"{asked} is asked for, and no more than {most} can be given back.")
    if wanted > 0:
        given += _give_back(call, order, purse, wanted, write.note)
    elif not purse.given:
        raise StoreRefused("refund.nothing_left", "Nothing of this order is left to be given back.")
    version = _restock(call, order, write)
    value = {"order": order["id"], "refunds": given, "status": _status(given)}
    return Written(value, version)


def _wanted(order: Order, purse: Purse, write: RefundOrder) -> int:
    """What is still to be given, in hundredths."""
    if write.amount is not None:
        if write.amount.currency != order["currencyCode"]:
            raise StoreRefused("refund.currency", f"The order was paid in {order['currencyCode']}.")
        return write.amount.to_minor(HUNDREDTHS) - purse.given
    if write.lines:
        costs = {item["id"]: item["proratedUnitPriceWithTax"] for item in order["lines"]}
        unknown = [item.line for item in write.lines if item.line not in costs]
        if unknown:
            raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
        return sum(costs[item.line] * item.quantity for item in write.lines) - purse.given
    return purse.left


def _give_back(call: Call, order: Order, purse: Purse, wanted: int, note: str) -> list[dict[str, Any]]:
    """From one payment after another, largest first, so that most refunds are one."""
    made: list[dict[str, Any]] = []
    if wanted > 0:
        _announce(call, order, wanted)
    for id_, left in sorted(purse.payments, key=lambda item: -item[1]):
        amount = min(wanted, left)
        if amount <= 0:
            continue
        asked = {"paymentId": id_, "amount": amount, "reason": marked(note, call.key)}
        # The deprecated fields are still required by how Vendure reckons; an amount overrides them.
        asked |= {"lines": [], "shipping": 0, "adjustment": 0}
        result = done(ask(call.exchange, _REFUND, input=asked).data["refundOrder"], "refund")
        made.append(_told(result))
        wanted -= amount
    return made


def _announce(call: Call, order: Order, wanted: int) -> None:
    """Notes in the order what is about to be given back, before a payment provider is asked: a later attempt that finds
    no refund waits until the first request is surely over."""
    if call.attempt > 1:
        for held in notes(call.exchange, order["id"]):
            if is_marked(held.text, call.key):
                wait_for_first(held.at or call.now, call.now)
                return
    amount = Money.from_minor(wanted, order["currencyCode"], HUNDREDTHS)
    add_note(call, order["id"], marked(f"Giving back {amount}", call.key))


def _status(given: list[dict[str, Any]]) -> str:
    return "pending" if any(item["status"] == "pending" for item in given) else "settled"


def _restock(call: Call, order: Order, write: RefundOrder) -> Any:
    lines = [{"orderLineId": item.line, "quantity": item.quantity} for item in write.lines if item.restock]
    if not lines or _has_cancelled(call, write.order):
        return None
    wanted = {"orderId": order["id"], "lines": lines, "reason": marked(write.note, call.key), "cancelShipping": False}
    answer = ask(call.exchange, _CANCEL, input=wanted)
    done(answer.data["cancelOrder"], "order's lines")
    return answered_at(answer.headers)


# --- capturing --------------------------------------------------------------------------------------


def capture(call: Call, write: CapturePayment) -> Written:
    """All that is authorized; Vendure takes no part of a payment."""
    order = read_order(call, write.order)
    open_ = [item for item in order["payments"] or () if item["state"] == "Authorized"]
    if not open_:
        if any(item["state"] == "Settled" for item in order["payments"] or ()):
            return Written({"order": order["id"], "status": "settled"})
        raise StoreRefused("capture.nothing_authorized", "No payment of this order waits to be captured.")
    if write.amount is not None:
        whole = Money.from_minor(sum(item["amount"] for item in open_), order["currencyCode"], HUNDREDTHS)
        if write.amount.currency != whole.currency or write.amount.amount != whole.amount:
            raise StoreRefused("capture.partial", f"Vendure captures a payment whole: {whole}, not {write.amount}.")
    version = None
    for item in open_:
        answer = ask(call.exchange, _SETTLE, id=item["id"])
        done(answer.data["settlePayment"], "payment")
        version = answered_at(answer.headers)
    return Written({"order": order["id"], "status": "settled"}, version)
