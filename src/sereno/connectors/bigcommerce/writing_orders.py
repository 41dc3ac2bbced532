"""Notes, holds, cancelling, payments and parcels of BigCommerce's orders.

Invariant: BigCommerce takes no idempotency keys. So what is asked for is compared with how things are; what adds up (a
refund, a parcel, new lines) carries a mark or is reckoned from how things stood before the first attempt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sereno.commerce.money import Money
from sereno.connectors.bigcommerce.client import (
    NAMESPACE,
    ask,
    ask_list,
    before,
    decimal,
    field_of,
    instant,
    known,
    mark,
    number,
    set_field,
)
from sereno.connectors.building import names_of
from sereno.connectors.marks import let_settle
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    CancelOrder,
    CapturePayment,
    ChangeAddress,
    ChangeItems,
    FulfillOrder,
    HoldFulfillment,
    NoteOrder,
    RefundOrder,
    ReleaseFulfillment,
)

HELD, CANCELLED, REFUNDED = 12, 5, 4
_HOLD = "hold"
"""The metafield that keeps the status an order had before it was held."""
_OVER = frozenset({2, 4, 5, 6, 10})
"""Statuses from which nothing leaves any more: shipped, refunded, cancelled, declined, completed."""


def _order(call: Call, order: str) -> dict[str, Any]:
    return known(call.exchange, f"/v2/orders/{number(order)}", "order")


def _put(call: Call, order: Mapping[str, Any], change: Mapping[str, Any], **value: Any) -> Written:
    found = ask(call.exchange, "PUT", f"/v2/orders/{order['id']}", change)
    return Written(value, instant(found.get("date_modified")))


def _as_it_is(order: Mapping[str, Any], **value: Any) -> Written:
    return Written(value, instant(order.get("date_modified")))


def note_order(call: Call, write: NoteOrder) -> Written:
    """In the staff's notes, below what is there. From the second attempt on a line that is there is ours."""
    order = _order(call, write.order)
    lines = str(order.get("staff_notes") or "").splitlines()
    ours = write.text.strip().splitlines()
    if not ours or lines[-len(ours) :] == ours or (call.attempt > 1 and ours[0] in lines):
        return _as_it_is(order)
    return _put(call, order, {"staff_notes": "\n".join([*lines, *ours])})


def hold_fulfillment(call: Call, write: HoldFulfillment) -> Written:
    """The status Manual Verification Required; the one before is kept on the order. BigCommerce has no reasons of a
    hold: they stand in the staff's notes."""
    order = _order(call, write.order)
    status = int(order["status_id"])
    if status == HELD:
        return _as_it_is(order)
    if status in _OVER:
        raise StoreRefused(
            "order.nothing_to_hold", f"Nothing of this order can be held any more: it is {order.get('status')}."
        )
    set_field(call.exchange, f"/v3/orders/{order['id']}", NAMESPACE, _HOLD, str(status))
    reason = " ".join(part for part in (write.note, f"({write.reason})") if part)
    notes = "\n".join(part for part in (str(order.get("staff_notes") or ""), f"On hold: {reason}") if part)
    return _put(call, order, {"status_id": HELD, "staff_notes": notes}, was=order.get("status"))


def release_fulfillment(call: Call, write: ReleaseFulfillment) -> Written:
    """Back to the status it had. An order somebody else put there by hand is released too, to Awaiting Fulfillment."""
    order = _order(call, write.order)
    if int(order["status_id"]) != HELD:
        return _as_it_is(order)
    kept = field_of(call.exchange, f"/v3/orders/{order['id']}", NAMESPACE, _HOLD)
    return _put(call, order, {"status_id": int(kept["value"]) if kept else 11})


def change_address(call: Call, write: ChangeAddress) -> Written:
    """Of the one parcel an order has; `order.many_addresses` where it goes to several places."""
    path = f"/v2/orders/{number(write.order)}/shipping_addresses"
    there = ask_list(call.exchange, path)
    if len(there) != 1:
        raise StoreRefused("order.many_addresses", "The order goes to several places, or to none: change it by hand.")
    found = ask(call.exchange, "PUT", f"{path}/{there[0]['id']}", address(write.address))
    return Written({"address_id": str(found.get("id") or there[0]["id"])})


def address(given: Mapping[str, Any]) -> dict[str, Any]:
    """As BigCommerce's orders have it, whole."""
    first, last = names_of(given)
    found = {
        "first_name": first,
        "last_name": last,
        "company": given.get("company"),
        "street_1": given.get("line1"),
        "street_2": given.get("line2"),
        "city": given.get("city"),
        "state": given.get("region"),
        "zip": given.get("postal_code"),
        "country": given.get("country_name"),
        "country_iso2": given.get("country"),
        "phone": given.get("phone"),
    }
    # A country may be named by its code alone; an empty name would be taken for one.
    return {name: value or "" for name, value in found.items() if name != "country" or value}


# --- money ------------------------------------------------------------------------------------------


def refund_order(call: Call, write: RefundOrder) -> Written:
    """By a quote, which says to where money can go back. BigCommerce puts nothing back on the shelf with a refund.
    Raises `refund.too_much`, `refund.nothing`, `refund.currency`, `refund.no_way`."""
    order = _order(call, write.order)
    return _refund(call, order, write)


def _refund(call: Call, order: Mapping[str, Any], write: RefundOrder) -> Written:
    path = f"/v3/orders/{order['id']}/payment_actions"
    for one in ask_list(call.exchange, f"{path}/refunds"):
        texts = [one.get("reason"), *(item.get("reason") for item in one.get("items") or [])]
        if any(mark(call) in (text or "") for text in texts):
            return _refunded(one, order)
    let_settle(call, before(call, str(order["id"]), {}))
    reason = " ".join(part for part in (write.note, f"[{mark(call)}]") if part)[:1000]
    items = _items(order, write, reason)
    quote: dict[str, Any] = ask(call.exchange, "POST", f"{path}/refund_quotes", {"items": items}).get("data") or {}
    total = decimal(quote.get("total_refund_amount"))
    if total <= 0:
        raise StoreRefused("refund.nothing", "Nothing is left to give back on this order.")
    way = _way(quote.get("refund_methods") or [])
    payments = [
        {
            "provider_id": one["provider_id"],
            "amount": float(decimal(one["amount"])),
            "offline": bool(one.get("offline")),
        }
        for one in way
    ]
    made = ask(call.exchange, "POST", f"{path}/refunds", {"items": items, "payments": payments}).get("data") or {}
    declined = next((one for one in made.get("payments") or [] if one.get("is_declined")), None)
    if declined is not None:
        raise StoreRefused("refund.declined", f"The payment provider declined: {declined.get('declined_message')}")
    return _refunded(made, order)


def _currency(order: Mapping[str, Any]) -> str:
    return str(order.get("default_currency_code") or order.get("currency_code") or "")


def _items(order: Mapping[str, Any], write: RefundOrder, reason: str) -> list[dict[str, Any]]:
    if write.lines and write.amount is None:
        return [
            {"item_type": "PRODUCT", "item_id": number(one.line), "quantity": one.quantity, "reason": reason}
            for one in write.lines
        ]
    left = decimal(order.get("total_inc_tax")) - decimal(order.get("refunded_amount"))
    wanted = left
    if write.amount is not None:
        own = _currency(order)
        if write.amount.currency != own:
            raise StoreRefused("refund.currency", f"The customer paid in {own}, not in {write.amount.currency}.")
        wanted = write.amount.rounded().amount
    if wanted <= 0:
        raise StoreRefused("refund.nothing", "Nothing is left to give back on this order.")
    if wanted > left:
        raise StoreRefused("refund.too_much", f"Only {left} of this order can still be given back, not {wanted}.")
    return [{"item_type": "ORDER", "item_id": order["id"], "amount": float(wanted), "reason": reason}]


def _way(ways: Sequence[Sequence[Mapping[str, Any]]]) -> Sequence[Mapping[str, Any]]:
    """To where it came from, online; else what BigCommerce offers first. Never as store credit while there is another
    way: the customer did not ask for that."""
    paid = [way for way in ways if all(one["provider_id"] not in ("storecredit", "custom") for one in way)]
    online = [way for way in paid if not any(one.get("offline") for one in way)]
    for found in (online, paid, ways):
        if found:
            return found[0]
    raise StoreRefused("refund.no_way", "BigCommerce offers no way to give money back on this order.")


def _refunded(refund: Mapping[str, Any], order: Mapping[str, Any]) -> Written:
    amount = str(refund.get("total_amount") or "")
    return Written({"refund_id": str(refund.get("id") or ""), "amount": amount, "currency": _currency(order)})


def capture_payment(call: Call, write: CapturePayment) -> Written:
    """All that was authorized: BigCommerce takes no part of it. It takes the money in the background."""
    order = _order(call, write.order)
    status = str(order.get("payment_status") or "")
    total = Money(decimal(order.get("total_inc_tax")), _currency(order))
    if write.amount is not None and write.amount.rounded() != total.rounded():
        raise StoreRefused("capture.whole_only", f"BigCommerce takes all of {total.rounded()} at once, or nothing.")
    if status == "authorized":
        ask(call.exchange, "POST", f"/v3/orders/{order['id']}/payment_actions/capture", {})
    elif status not in ("capture pending", "captured"):
        raise StoreRefused("capture.nothing", "No payment of this order waits to be taken.")
    return Written({"amount": str(total.rounded().amount), "currency": total.currency})


def cancel_order(call: Call, write: CancelOrder) -> Written:
    """Money first, then the status: a cancelled order has been dealt with. Whether stock goes back and the customer is
    written to is a setting of the shop's."""
    order = _order(call, write.order)
    if int(order["status_id"]) == CANCELLED:
        return _as_it_is(order)
    if int(order["status_id"]) in (2, 10):
        raise StoreRefused("order.not_cancelled", "The order has left already: it can be refunded, not cancelled.")
    status = str(order.get("payment_status") or "")
    if write.refund and status == "authorized":
        ask(call.exchange, "POST", f"/v3/orders/{order['id']}/payment_actions/void", {})
    elif write.refund and status in ("captured", "partially refunded", "capture pending"):
        _refund(call, order, RefundOrder(write.order, note=write.note))
    notes = [str(order.get("staff_notes") or ""), f"Cancelled ({write.reason}): {write.note}" if write.note else ""]
    change: dict[str, Any] = {"status_id": CANCELLED}
    if notes[1]:
        change["staff_notes"] = "\n".join(one for one in notes if one)
    return _put(call, order, change)


# --- lines and parcels ------------------------------------------------------------------------------


def change_items(call: Call, write: ChangeItems) -> Written:
    """One change of the order: BigCommerce reckons anew, and clears discounts of the lines that change."""
    order = _order(call, write.order)
    if int(order["status_id"]) in _OVER:
        raise StoreRefused("order.not_editable", f"The order can no longer be changed: it is {order.get('status')}.")
    lines = {str(one["id"]): one for one in ask_list(call.exchange, f"/v2/orders/{order['id']}/products")}
    named = {one.line for one in write.lines}
    have: dict[str, int] = defaultdict(int)
    for own, one in lines.items():
        have[str(one["variant_id"])] += 0 if own in named else int(one["quantity"])
    first = before(call, write.order, {"variants": dict(have)})["variants"]
    changes: list[dict[str, Any]] = []
    for one in write.lines:
        if one.line and one.line not in lines:
            raise StoreRefused("order.line_unknown", f"The order has no line {one.line}.")
        if one.line and int(lines[one.line]["quantity"]) != one.quantity:
            changes.append({"id": number(one.line), "quantity": one.quantity})
    adds: dict[str, int] = defaultdict(int)
    for one in write.lines:
        if one.variant and not one.line:
            adds[one.variant] += one.quantity
    for variant, count in adds.items():
        left = count - (have[variant] - int(first.get(variant, 0)))
        if left > 0:
            changes.append({**_product(call, variant), "quantity": left})
    return _put(call, order, {"products": changes}) if changes else _as_it_is(order)


def _product(call: Call, variant: str) -> dict[str, Any]:
    """A variant as orders name it: its product, and the options that make it."""
    found = ask_list(call.exchange, "/v3/catalog/variants", {"id:in": number(variant)})
    if not found:
        raise StoreRefused("variant.gone", "BigCommerce does not have this variant any more.")
    options = [{"id": one["option_id"], "value": str(one["id"])} for one in found[0].get("option_values") or []]
    return {"product_id": found[0]["product_id"], "product_options": options}


def fulfill_order(call: Call, write: FulfillOrder) -> Written:
    """One shipment per address. Raises `order.on_hold`, `order.nothing_to_send`."""
    order = _order(call, write.order)
    if int(order["status_id"]) == HELD:
        raise StoreRefused("order.on_hold", "The order is on hold: release it before it is sent.")
    path = f"/v2/orders/{order['id']}"
    products = [one for one in ask_list(call.exchange, f"{path}/products") if one.get("type") != "digital"]
    left = {str(one["id"]): int(one["quantity"]) - int(one.get("quantity_shipped") or 0) for one in products}
    first: dict[str, int] = before(call, write.order, {"left": left})["left"]
    wanted = {one.line: one.quantity for one in write.lines} or dict(first)
    places: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in products:
        own = str(one["id"])
        count = wanted.pop(own, 0) - (int(first.get(own, 0)) - left[own])
        if count > left[own]:
            raise StoreRefused("order.nothing_to_send", "The order has less left to send than that.")
        if count > 0:
            places[int(one["order_address_id"])].append({"order_product_id": one["id"], "quantity": count})
    if any(count > 0 for count in wanted.values()) or (not places and not _were_sent(first, left)):
        raise StoreRefused("order.nothing_to_send", "Nothing like that is left to send of this order.")
    sent: list[str] = []
    for place, items in places.items():
        shipment = {"order_address_id": place, "items": items, **_tracking(write)}
        sent.append(str(ask(call.exchange, "POST", f"{path}/shipments", shipment).get("id") or ""))
    return Written({"fulfillments": sent})


def _were_sent(first: Mapping[str, int], left: Mapping[str, int]) -> bool:
    return any(int(count) > left.get(line, 0) for line, count in first.items())


_PROVIDERS = frozenset({"auspost", "canadapost", "endicia", "fedex", "royalmail", "ups", "usps"})
"""Carriers BigCommerce knows by name; any other stands as text."""


def _tracking(write: FulfillOrder) -> dict[str, Any]:
    provider = write.carrier.lower().replace(" ", "")
    found = {
        "shipping_provider": provider if provider in _PROVIDERS else "",
        "tracking_number": write.tracking_number[:50],
        "shipping_method": write.carrier,
        "tracking_link": write.tracking_url[:500],
    }
    return {name: value for name, value in found.items() if value}
