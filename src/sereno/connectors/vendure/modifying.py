"""Changing placed orders in Vendure, and drafting new ones.

A placed order is changed in the state `Modifying` and put back into the state it came from; each modification bears
the write's mark in its note. A draft bears it in its first note, so that a second attempt goes on with the same draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.money import Money
from sereno.connectors.marks import answered_at, is_marked, marked
from sereno.connectors.vendure.admin import FAILED, ask, done
from sereno.connectors.vendure.noting import add_note
from sereno.connectors.vendure.orders import HUNDREDTHS
from sereno.connectors.vendure.paying import Order, Purse, read_order
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import ChangeAddress, ChangeItems, CreateDraftOrder

_MOVE = f"""mutation($id: ID!, $state: String!) {{ transitionOrderToState(id: $id, state: $state) {{
  {FAILED} ... on Order {{ id state }} ... on OrderStateTransitionError {{ transitionError }} }} }}"""
_MODIFY = f"""mutation($input: ModifyOrderInput!) {{ modifyOrder(input: $input) {{
  {FAILED} ... on Order {{ id state totalWithTax }} }} }}"""
_TOTAL = "query($id: ID!) { order(id: $id) { id totalWithTax } }"
_STATES = """query($id: ID!) { order(id: $id) { id
  history(options: {filter: {type: {eq: "ORDER_STATE_TRANSITION"}}, sort: {createdAt: DESC}, take: 10}) {
    items { id data } } } }"""
_ADDRESS = {
    "fullName": "name",
    "company": "company",
    "streetLine1": "line1",
    "streetLine2": "line2",
    "city": "city",
    "province": "region",
    "postalCode": "postal_code",
    "countryCode": "country",
    "phoneNumber": "phone",
}


def address_input(address: Mapping[str, Any]) -> dict[str, str]:
    """A canonical address as Vendure takes it, whole: what is not known is emptied."""
    held = dict(address)
    if not held.get("name"):
        held["name"] = " ".join(str(held[part]) for part in ("first_name", "last_name") if held.get(part))
    return {theirs: str(held.get(ours) or "") for theirs, ours in _ADDRESS.items()}


def change_address(call: Call, write: ChangeAddress) -> Written:
    order = read_order(call, write.order)
    wanted = address_input(write.address)
    held = order["shippingAddress"] or {}
    if order["state"] != "Modifying" and all((held.get(name) or "") == value for name, value in wanted.items()):
        return Written({"order": order["id"]})
    return _modify(call, order, {"updateShippingAddress": wanted})


def change_items(call: Call, write: ChangeItems) -> Written:
    """What the order then costs less is given back; what it costs more is left to be paid (`due`), and the order waits
    in the state ArrangingAdditionalPayment."""
    order = read_order(call, write.order)
    known = {item["id"] for item in order["lines"]}
    if unknown := [item.line for item in write.lines if item.line and item.line not in known]:
        raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
    adjusted = [{"orderLineId": item.line, "quantity": item.quantity} for item in write.lines if item.line]
    added = [{"productVariantId": item.variant, "quantity": item.quantity} for item in write.lines if not item.line]
    return _modify(call, order, {"adjustOrderLines": adjusted, "addItems": added}, write.note)


def _modify(call: Call, order: Order, changes: dict[str, Any], note: str = "") -> Written:
    id_ = order["id"]
    made = next((item for item in order["modifications"] if is_marked(item.get("note"), call.key)), None)
    due = max(made["priceChange"], 0) if made and not made["isSettled"] else 0
    if made and order["state"] != "Modifying":
        return Written(_value(order, due))
    if order["state"] == "Modifying":
        if call.attempt == 1:
            raise StoreBusy("the order is being changed in Vendure")
        before = _state_before(call, id_)
    else:
        before = order["state"]
        if "Modifying" not in order["nextStates"]:
            raise StoreRefused("order.state", f"Vendure changes no order that is {before}.")
        done(ask(call.exchange, _MOVE, id=id_, state="Modifying").data["transitionOrderToState"], "order")
    if not made:
        try:
            due = _carry_out(call, order, changes, note)
        except StoreRefused:
            # It must not stay where nobody can ship it.
            ask(call.exchange, _MOVE, id=id_, state=before)
            raise
    after = "ArrangingAdditionalPayment" if due > 0 else before
    answer = ask(call.exchange, _MOVE, id=id_, state=after)
    done(answer.data["transitionOrderToState"], "order")
    return Written(_value(order, due), answered_at(answer.headers))


def _value(order: Order, due: int) -> dict[str, Any]:
    amount = Money.from_minor(due, order["currencyCode"], HUNDREDTHS)
    return {"order": order["id"], **({"due": amount.text} if due > 0 else {})}


def _carry_out(call: Call, order: Order, changes: dict[str, Any], note: str) -> int:
    """Gives what is still to be paid, in hundredths. A trial says the new total, so that what is too much is given back
    in the same step."""
    wanted: dict[str, Any] = {"orderId": order["id"], "note": marked(note, call.key), **changes}
    before = ask(call.exchange, _TOTAL, id=order["id"]).data["order"]["totalWithTax"]
    tried = done(ask(call.exchange, _MODIFY, input={**wanted, "dryRun": True}).data["modifyOrder"], "order")
    less = before - tried["totalWithTax"]
    if less > 0:
        purse = Purse.of(order, call.key)
        wanted["refunds"] = _refunds(purse, less, marked(note, call.key))
    made = done(ask(call.exchange, _MODIFY, input={**wanted, "dryRun": False}).data["modifyOrder"], "order")
    return max(made["totalWithTax"] - before, 0)


def _refunds(purse: Purse, amount: int, reason: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for id_, left in sorted(purse.payments, key=lambda item: -item[1]):
        part = min(amount, left)
        if part > 0:
            found.append({"paymentId": id_, "amount": part, "reason": reason})
            amount -= part
    return found


def _state_before(call: Call, id: str) -> str:
    """The state the order was in before it was opened for changes."""
    items = ask(call.exchange, _STATES, id=id).data["order"]["history"]["items"]
    for item in items:
        if (item.get("data") or {}).get("to") == "Modifying":
            return str(item["data"]["from"])
    raise StoreRefused("order.state", "Vendure does not say in which state the order was before it was changed.")


# --- drafts -----------------------------------------------------------------------------------------

_DRAFTS = """query { orders(options: {filter: {state: {eq: "Draft"}}, sort: {createdAt: DESC}, take: 50}) { items { id
  code lines { id quantity productVariant { id } }
  history(options: {filter: {type: {eq: "ORDER_NOTE"}}, take: 5}) { items { id data } } } } }"""
_DRAFT = "mutation { createDraftOrder { id code } }"
_ADD = f"""mutation($id: ID!, $input: AddItemToDraftOrderInput!) {{ addItemToDraftOrder(orderId: $id, input: $input) {{
  {FAILED} ... on Order {{ id }} }} }}"""
_WHOSE = f"""mutation($id: ID!, $customer: ID, $input: CreateCustomerInput) {{
  setCustomerForDraftOrder(orderId: $id, customerId: $customer, input: $input) {{
    {FAILED} ... on Order {{ id }} }} }}"""
_WHERE = """mutation($id: ID!, $input: CreateAddressInput!) {
  setDraftOrderShippingAddress(orderId: $id, input: $input) { id } }"""


def create_draft(call: Call, write: CreateDraftOrder) -> Written:
    """Tags are in its note; a discount of an amount is nothing Vendure gives a draft."""
    if write.discount is not None:
        raise StoreRefused("draft.no_discount", "Vendure gives drafts no discount by amount: use a coupon code.")
    draft = _draft_of(call) if call.attempt > 1 else None
    if draft is None:
        draft = {**ask(call.exchange, _DRAFT).data["createDraftOrder"], "lines": []}
        words = " ".join([write.note, *(f"#{tag}" for tag in write.tags)])
        add_note(call, draft["id"], marked(words, call.key, most=5000))
    held = {item["productVariant"]["id"] for item in draft["lines"]}
    for item in write.lines:
        if item.variant not in held:
            wanted = {"productVariantId": item.variant, "quantity": item.quantity}
            done(ask(call.exchange, _ADD, id=draft["id"], input=wanted).data["addItemToDraftOrder"], "variant")
    person = _person(write)
    if person:
        result = ask(call.exchange, _WHOSE, id=draft["id"], **person).data["setCustomerForDraftOrder"]
        done(result, "customer")
    if write.address:
        ask(call.exchange, _WHERE, id=draft["id"], input=address_input(write.address))
    return Written({"order": draft["id"], "number": draft["code"]})


def _draft_of(call: Call) -> dict[str, Any] | None:
    for item in ask(call.exchange, _DRAFTS).data["orders"]["items"]:
        if any(is_marked((note.get("data") or {}).get("note"), call.key) for note in item["history"]["items"]):
            return item
    return None


def _person(write: CreateDraftOrder) -> dict[str, Any]:
    if write.customer and not write.customer.startswith("email:"):
        return {"customer": write.customer}
    email = write.email or write.customer.removeprefix("email:")
    if not email:
        return {}
    first, _, last = str(write.address.get("name") or "").partition(" ")
    names = {"firstName": write.address.get("first_name") or first, "lastName": write.address.get("last_name") or last}
    return {"input": {"emailAddress": email, **{name: value or "" for name, value in names.items()}}}
