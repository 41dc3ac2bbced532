"""Money of Medusa's orders.

Invariant: money is given back at most once per key. A refund bears the write's mark in its note; what marked refunds
have given is taken off what is still to be given. A capture bears no note, so an intent is left in the order first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sereno.connectors.marks import has_happened, intent, is_marked, mark, marked, wait_for_first
from sereno.connectors.medusa.client import add_metadata, dec, get, metadata_of, number, one, post
from sereno.connectors.reading import as_instant, iso
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CancelOrder, CapturePayment, RefundOrder

Order = dict[str, Any]
FIELDS = "*fulfillments,*fulfillments.items,*fulfillments.labels"


def read_order(call: Call, id: str) -> Order:
    return one(get(call.exchange, f"orders/{id}", fields=FIELDS), "order")


def payments(order: Order) -> list[dict[str, Any]]:
    return [item for group in order.get("payment_collections") or () for item in group.get("payments") or ()]


def version(order: Mapping[str, Any]) -> Any:
    return as_instant(order.get("updated_at"))


@dataclass(frozen=True, slots=True)
class Purse:
    """What of each payment can still be given back, in all, and what refunds of this key have given."""

    left: tuple[tuple[str, Decimal], ...]
    rest: Decimal
    given: Decimal

    @classmethod
    def of(cls, order: Order, key: str) -> Purse:
        left: list[tuple[str, Decimal]] = []
        given = Decimal(0)
        for payment in payments(order):
            refunds = payment.get("refunds") or ()
            captured = sum((dec(item.get("amount")) for item in payment.get("captures") or ()), Decimal(0))
            refunded = sum((dec(item.get("amount")) for item in refunds), Decimal(0))
            given += sum((dec(item["amount"]) for item in refunds if is_marked(item.get("note"), key)), Decimal(0))
            left.append((payment["id"], captured - refunded))
        return cls(tuple(left), sum((max(amount, Decimal(0)) for _, amount in left), Decimal(0)), given)


def refund(call: Call, write: RefundOrder) -> Written:
    """The shelves stay as they are: goods that come back are a return of Medusa's own."""
    order = read_order(call, write.order)
    currency = str(order.get("currency_code") or "").upper()
    if write.amount is not None and write.amount.currency != currency:
        raise StoreRefused("refund.currency", f"The order was paid in {currency}.")
    purse = Purse.of(order, call.key)
    if write.amount is not None:
        wanted = write.amount.amount - purse.given
    elif write.lines:
        wanted = _cost(order, write) - purse.given
    else:
        wanted = purse.rest
    if wanted > purse.rest:
        raise StoreRefused("refund.too_much", f"No more than {purse.rest} {currency} can be given back.")
    if wanted <= 0 and not purse.given:
        raise StoreRefused("refund.nothing_left", "Nothing of this order is left to be given back.")
    given = purse.given + max(wanted, Decimal(0))
    if wanted > 0:
        _announce(call, order)
    for id_, left in sorted(purse.left, key=lambda item: -item[1]):
        part = min(wanted, left)
        if part > 0:
            post(
                call.exchange, f"payments/{id_}/refund", {"amount": number(part), "note": marked(write.note, call.key)}
            )
            wanted -= part
    return Written({"order": order["id"], "amount": str(given)})


def _announce(call: Call, order: Order) -> None:
    """Says in the order when the first request began; a later attempt that finds no refund waits until it is over."""
    name = f"refund.{mark(call.key)}"
    if held := metadata_of(order).get(name):
        wait_for_first(as_instant(held) or call.now, call.now)
    else:
        add_metadata(call.exchange, f"orders/{order['id']}", order, {name: iso(call.now)})


def _cost(order: Order, write: RefundOrder) -> Decimal:
    """With tax, as the lines were sold; rounded to what can be paid by the provider."""
    costs = {item["id"]: dec(item.get("total")) / dec(item.get("quantity") or 1) for item in order.get("items") or ()}
    if unknown := [item.line for item in write.lines if item.line not in costs]:
        raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
    cost = sum((costs[item.line] * item.quantity for item in write.lines), Decimal(0))
    return cost.quantize(Decimal("0.01"))


def capture(call: Call, write: CapturePayment) -> Written:
    order = read_order(call, write.order)
    currency = str(order.get("currency_code") or "").upper()
    if write.amount is not None and write.amount.currency != currency:
        raise StoreRefused("capture.currency", f"The order is in {currency}.")
    rest: list[tuple[str, Decimal]] = []
    taken = Decimal(0)
    for payment in payments(order):
        captured = sum((dec(item.get("amount")) for item in payment.get("captures") or ()), Decimal(0))
        taken += captured
        if not payment.get("canceled_at"):
            rest.append((payment["id"], dec(payment.get("amount")) - captured))
    open_ = sum((max(amount, Decimal(0)) for _, amount in rest), Decimal(0))
    held = metadata_of(order).get(mark(call.key))
    amount = write.amount.amount if write.amount is not None else open_ or taken
    done = Written({"order": order["id"], "amount": str(amount)})
    if (held is not None and has_happened(str(held), taken, call.now)) or (open_ <= 0 < taken):
        return done
    if open_ <= 0:
        raise StoreRefused("capture.nothing_authorized", "No payment of this order waits to be captured.")
    if amount > open_:
        raise StoreRefused("capture.too_much", f"No more than {open_} {currency} are authorized.")
    if held is None:
        add_metadata(call.exchange, f"orders/{order['id']}", order, {mark(call.key): intent(taken, amount, call.now)})
    more = amount
    for id_, left in sorted(rest, key=lambda item: -item[1]):
        part = min(more, left)
        if part > 0:
            post(call.exchange, f"payments/{id_}/capture", {"amount": number(part)})
            more -= part
    return done


def cancel(call: Call, write: CancelOrder) -> Written:
    """Medusa gives back what was paid and voids what was not, whenever an order is cancelled; parcels that have not
    left are cancelled first."""
    order = read_order(call, write.order)
    if order.get("canceled_at") or order.get("status") == "canceled":
        return Written({"order": order["id"], "status": "canceled"})
    if not write.refund and any(payment.get("captures") for payment in payments(order)):
        raise StoreRefused("order.refund_always", "Medusa gives the money back when it cancels: let it refund.")
    if not write.restock:
        raise StoreRefused("order.restock_only", "Medusa puts what is cancelled back on the shelf: let it restock.")
    alive = [item for item in order.get("fulfillments") or () if not item.get("canceled_at")]
    if any(item.get("shipped_at") or item.get("delivered_at") for item in alive):
        raise StoreRefused("order.shipped", "Parts of it have shipped: Medusa cancels an order only whole.")
    words = f"{write.reason}: {write.note}" if write.note else write.reason
    add_metadata(call.exchange, f"orders/{order['id']}", order, {"cancel_reason": words})
    for item in alive:
        body = {"no_notification": not write.notify}
        post(call.exchange, f"orders/{order['id']}/fulfillments/{item['id']}/cancel", body)
    found = one(post(call.exchange, f"orders/{order['id']}/cancel"), "order")
    return Written({"order": order["id"], "status": str(found.get("status") or "canceled")}, version(found))
