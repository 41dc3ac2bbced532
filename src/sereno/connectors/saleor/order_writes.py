"""Notes, parcels, addresses, items and drafts of Saleor's orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.marks import is_marked, mark, marked
from sereno.connectors.saleor.graph import ERRORS, ask, change, channel, found
from sereno.connectors.saleor.metadata import TAG
from sereno.connectors.saleor.payment_writes import Order, read_order
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import ChangeAddress, ChangeItems, CreateDraftOrder, FulfillOrder, NoteOrder

_EVENTS = "query($id: ID!) { order(id: $id) { id events { type message } } }"
_NOTE = f"""mutation($id: ID!, $input: OrderNoteInput!) {{ orderNoteAdd(order: $id, input: $input) {{
  order {{ id }} {ERRORS} }} }}"""
_FULFILL = f"""mutation($id: ID!, $input: OrderFulfillInput!) {{ orderFulfill(order: $id, input: $input) {{
  fulfillments {{ id status }} {ERRORS} }} }}"""
_APPROVE = f"""mutation($id: ID!, $notify: Boolean!) {{ orderFulfillmentApprove(id: $id, notifyCustomer: $notify) {{
  fulfillment {{ id status }} {ERRORS} }} }}"""
_UPDATE = f"""mutation($id: ID!, $input: OrderUpdateInput!) {{ orderUpdate(id: $id, input: $input) {{
  order {{ id }} {ERRORS} }} }}"""
_LINE = f"""mutation($id: ID!, $input: OrderLineInput!) {{ orderLineUpdate(id: $id, input: $input) {{
  order {{ id }} {ERRORS} }} }}"""
_DROP = f"mutation($id: ID!) {{ orderLineDelete(id: $id) {{ order {{ id }} {ERRORS} }} }}"
_ADD = f"""mutation($id: ID!, $input: [OrderLineCreateInput!]!) {{ orderLinesCreate(id: $id, input: $input) {{
  order {{ id }} {ERRORS} }} }}"""
_DRAFT = f"""mutation($input: DraftOrderCreateInput!) {{ draftOrderCreate(input: $input) {{
  order {{ id number }} {ERRORS} }} }}"""
_BY_REFERENCE = """query($reference: String!) { order(externalReference: $reference) { id number
  discounts { id } events { type message } } }"""
_DISCOUNT = f"""mutation($id: ID!, $input: OrderDiscountCommonInput!) {{
  orderDiscountAdd(orderId: $id, input: $input) {{ order {{ id }} {ERRORS} }} }}"""
_ADDRESS = {
    "companyName": "company",
    "streetAddress1": "line1",
    "streetAddress2": "line2",
    "city": "city",
    "postalCode": "postal_code",
    "country": "country",
    "countryArea": "region",
    "phone": "phone",
}
_ALIVE = ("FULFILLED", "WAITING_FOR_APPROVAL")


def address_input(address: Mapping[str, Any]) -> dict[str, str]:
    """A canonical address as Saleor takes it, whole; a name in one piece is parted after its first word."""
    first, _, last = str(address.get("name") or "").partition(" ")
    names = {"firstName": address.get("first_name") or first, "lastName": address.get("last_name") or last}
    return {**names, **{theirs: str(address.get(ours) or "") for theirs, ours in _ADDRESS.items()}}


def note_order(call: Call, write: NoteOrder) -> Written:
    if call.attempt > 1:
        held = found(ask(call.exchange, _EVENTS, id=write.order).data.get("order"), f"order {write.order}")
        if any(is_marked(item.get("message"), call.key) for item in held["events"]):
            return Written({"order": write.order})
    change(call.exchange, _NOTE, id=write.order, input={"message": marked(write.text, call.key, most=5000)})
    return Written({"order": write.order})


# --- parcels ----------------------------------------------------------------------------------------


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """From the warehouses its goods are promised from. A shop that approves parcels has them approved."""
    order = read_order(call, write.order)
    if parcel := _same(order, write, call.attempt):
        return _approved(call, parcel, write)
    known = {item["id"]: item for item in order["lines"]}
    asked = {item.line: item.quantity for item in write.lines}
    if unknown := [id_ for id_ in asked if id_ not in known]:
        raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
    wanted = asked or {id_: item["quantityToFulfill"] for id_, item in known.items() if item["quantityToFulfill"] > 0}
    alive = [item for item in order["fulfillments"] if item["status"] in _ALIVE]
    if not wanted:
        if not alive:
            raise StoreRefused("order.nothing_to_ship", "There is nothing in this order that could ship.")
        return _approved(call, alive[-1], write)
    lines = [{"orderLineId": id_, "stocks": _stocks(known[id_], quantity)} for id_, quantity in wanted.items()]
    asked_for: dict[str, Any] = {"lines": lines, "notifyCustomer": write.notify}
    if write.tracking_number:
        asked_for["trackingNumber"] = write.tracking_number
    made = change(call.exchange, _FULFILL, id=order["id"], input=asked_for)["fulfillments"]
    written = Written({"order": order["id"]})
    for parcel in made:
        written = _approved(call, parcel, write)
    return written


def _same(order: Order, write: FulfillOrder, attempt: int) -> dict[str, Any] | None:
    """The parcel this write has made already: by its tracking number, else by its lines."""
    lines = {item.line: item.quantity for item in write.lines}
    for parcel in order["fulfillments"]:
        if parcel["status"] not in _ALIVE:
            continue
        has_same_lines = not lines or lines == {item["orderLine"]["id"]: item["quantity"] for item in parcel["lines"]}
        if write.tracking_number:
            is_same = parcel["trackingNumber"] == write.tracking_number
        else:
            is_same = attempt > 1 and bool(lines)
        if is_same and has_same_lines:
            return parcel
    return None


def _stocks(line: Mapping[str, Any], quantity: int) -> list[dict[str, Any]]:
    """Where so many of a line come from: what is allocated first, the rest from the first warehouse that keeps it."""
    rest, stocks = quantity, dict[str, int]()
    for item in line["allocations"] or ():
        part = min(rest, item["quantity"])
        if part > 0:
            stocks[item["warehouse"]["id"]] = stocks.get(item["warehouse"]["id"], 0) + part
            rest -= part
    if rest > 0:
        places = [item["warehouse"]["id"] for item in (line["variant"] or {}).get("stocks") or ()]
        place = next(iter([*stocks, *places]), None)
        if place is None:
            raise StoreRefused("stock.no_warehouse", "No warehouse keeps this item: add one in Saleor.")
        stocks[place] = stocks.get(place, 0) + rest
    return [{"warehouse": place, "quantity": count} for place, count in stocks.items()]


def _approved(call: Call, parcel: Mapping[str, Any], write: FulfillOrder) -> Written:
    if parcel["status"] == "WAITING_FOR_APPROVAL":
        change(call.exchange, _APPROVE, id=parcel["id"], notify=write.notify)
    return Written({"fulfillment": parcel["id"], "status": "fulfilled"})


# --- changing ---------------------------------------------------------------------------------------


def change_address(call: Call, write: ChangeAddress) -> Written:
    change(call.exchange, _UPDATE, id=write.order, input={"shippingAddress": address_input(write.address)})
    return Written({"order": write.order})


def change_items(call: Call, write: ChangeItems) -> Written:
    """Saleor changes only orders that are not confirmed yet. Quantities are set, so a second attempt changes nothing;
    a variant that is in the order already is set too, not added to."""
    order = read_order(call, write.order)
    if order["status"] not in ("UNCONFIRMED", "DRAFT"):
        raise StoreRefused("order.not_editable", "Saleor changes items only of orders that are not confirmed yet.")
    known = {item["id"]: item["quantity"] for item in order["lines"]}
    by_variant = {item["variant"]["id"]: item["id"] for item in order["lines"] if item["variant"]}
    for item in write.lines:
        line = item.line or by_variant.get(item.variant, "")
        if line and line not in known:
            if item.quantity == 0:
                continue
            raise StoreRefused("store.not_found", f"The order has no line {line}.")
        if not line:
            wanted = [{"variantId": item.variant, "quantity": item.quantity}]
            change(call.exchange, _ADD, id=order["id"], input=wanted)
        elif item.quantity == 0:
            change(call.exchange, _DROP, id=line)
        elif known[line] != item.quantity:
            change(call.exchange, _LINE, id=line, input={"quantity": item.quantity})
    return Written({"order": order["id"]})


def create_draft(call: Call, write: CreateDraftOrder) -> Written:
    """The mark is the draft's external reference, of which Saleor takes each only once."""
    reference = mark(call.key)
    draft = ask(call.exchange, _BY_REFERENCE, reference=reference).data.get("order") if call.attempt > 1 else None
    if draft is None:
        draft = change(call.exchange, _DRAFT, input=_draft_input(call, write, reference))["order"]
    if write.discount is not None and not draft.get("discounts"):
        wanted = {"valueType": "FIXED", "value": str(write.discount.amount), "reason": reference}
        change(call.exchange, _DISCOUNT, id=draft["id"], input=wanted)
    if write.note and not any(is_marked(item.get("message"), call.key) for item in draft.get("events") or ()):
        change(call.exchange, _NOTE, id=draft["id"], input={"message": marked(write.note, call.key, most=5000)})
    return Written({"order": draft["id"], "number": draft["number"]})


def _draft_input(call: Call, write: CreateDraftOrder, reference: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "channelId": channel(call.exchange)["id"],
        "externalReference": reference,
        "lines": [{"variantId": item.variant, "quantity": item.quantity} for item in write.lines],
        "privateMetadata": [{"key": f"{TAG}{tag}", "value": "true"} for tag in write.tags],
    }
    if write.customer and not write.customer.startswith("email:"):
        wanted["user"] = write.customer
    elif email := write.email or write.customer.removeprefix("email:"):
        wanted["userEmail"] = email
    if write.address:
        wanted["shippingAddress"] = wanted["billingAddress"] = address_input(write.address)
    return wanted
