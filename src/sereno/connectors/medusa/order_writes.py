"""Tags, notes, parcels, addresses, items and drafts of Medusa's orders; tags of customers; fields of any record.

An order's tags and notes are metadata, each under a key of its own; a customer's tags are customer groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.marks import is_marked, mark, marked
from sereno.connectors.medusa.client import add_metadata, drop, get, metadata_of, one, post
from sereno.connectors.medusa.payment_writes import Order, read_order, version
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import (
    ChangeAddress,
    ChangeItems,
    CreateDraftOrder,
    FulfillOrder,
    NoteOrder,
    SetMetafield,
    TagCustomer,
    TagOrder,
)

MARK = "sereno"
"""The metadata key under which what Sereno made bears its mark."""
_ADDRESS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "address_1": "line1",
    "address_2": "line2",
    "city": "city",
    "province": "region",
    "postal_code": "postal_code",
    "phone": "phone",
}


def address_input(address: Mapping[str, Any]) -> dict[str, str]:
    """A canonical address as Medusa takes it, whole; countries are small letters."""
    first, _, last = str(address.get("name") or "").partition(" ")
    held = {**address, "first_name": address.get("first_name") or first, "last_name": address.get("last_name") or last}
    found = {theirs: str(held.get(ours) or "") for theirs, ours in _ADDRESS.items()}
    return {**found, "country_code": str(address.get("country") or "").lower()}


# --- metadata ---------------------------------------------------------------------------------------


def tag_order(call: Call, write: TagOrder) -> Written:
    order = one(get(call.exchange, f"orders/{write.order}", fields="id,metadata,updated_at"), "order")
    held = metadata_of(order)
    changed: dict[str, Any] = {f"tag.{tag}": "true" for tag in write.add}
    changed |= {f"tag.{tag}": "" for tag in write.remove if tag not in write.add and f"tag.{tag}" in held}
    add_metadata(call.exchange, f"orders/{write.order}", order, changed)
    return Written({"order": write.order})


def note_order(call: Call, write: NoteOrder) -> Written:
    """Medusa's orders have no notes."""
    order = one(get(call.exchange, f"orders/{write.order}", fields="id,metadata"), "order")
    add_metadata(call.exchange, f"orders/{write.order}", order, {f"note.{mark(call.key)}": write.text})
    return Written({"order": write.order})


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """An empty value takes it away."""
    name = f"{write.namespace}.{write.name}"
    if write.of == "variant":
        found = get(call.exchange, "product-variants", id=write.key, fields="id,product_id,metadata")["variants"]
        if not found:
            raise StoreRefused("store.not_found", f"Medusa has no variant {write.key}.")
        path, record = f"products/{found[0]['product_id']}/variants/{write.key}", found[0]
    else:
        path = f"{write.of}s/{write.key}"
        record = one(get(call.exchange, path, fields="id,metadata"), write.of)
    if write.value or name in metadata_of(record):
        add_metadata(call.exchange, path, record, {name: write.value})
    return Written({write.of: write.key})


def tag_customer(call: Call, write: TagCustomer) -> Written:
    customer = one(get(call.exchange, f"customers/{write.customer}", fields="id,*groups"), "customer")
    held = {item["name"]: item["id"] for item in customer.get("groups") or ()}
    wanted = [tag for tag in dict.fromkeys(write.add) if tag not in held]
    add = [_group(call, tag) for tag in wanted]
    remove = [id_ for name, id_ in held.items() if name in write.remove and name not in write.add]
    if add or remove:
        post(call.exchange, f"customers/{write.customer}/customer-groups", {"add": add, "remove": remove})
    return Written({"customer": write.customer})


def _group(call: Call, name: str) -> str:
    found = get(call.exchange, "customer-groups", name=name, fields="id,name", limit=10)["customer_groups"]
    for item in found:
        if item["name"] == name:
            return str(item["id"])
    return str(one(post(call.exchange, "customer-groups", {"name": name}), "customer_group")["id"])


# --- parcels ----------------------------------------------------------------------------------------


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """A parcel is made with the write's mark, then shipped with its label. With nothing open, a parcel that waits is
    shipped."""
    order = read_order(call, write.order)
    alive = [item for item in order.get("fulfillments") or () if not item.get("canceled_at")]
    parcel = next((item for item in alive if metadata_of(item).get(MARK) == mark(call.key)), None)
    if parcel is None:
        known = {item["id"]: item for item in order.get("items") or ()}
        asked = {item.line: item.quantity for item in write.lines}
        if unknown := [id_ for id_ in asked if id_ not in known]:
            raise StoreRefused("store.not_found", f"The order has no line {unknown[0]}.")
        lines = asked or {id_: rest for id_, item in known.items() if (rest := _open(item)) > 0}
        if lines:
            parcel = _packed(call, order, lines, write)
        else:
            parcel = next((item for item in alive if not item.get("shipped_at")), None) or next(iter(alive[-1:]), None)
    if parcel is None:
        raise StoreRefused("order.nothing_to_ship", "There is nothing in this order that could ship.")
    if not parcel.get("shipped_at"):
        _ship(call, order, parcel, write)
    return Written({"fulfillment": parcel["id"], "status": "shipped"})


def _open(item: Mapping[str, Any]) -> int:
    done = (item.get("detail") or {}).get("fulfilled_quantity") or 0
    return int(item.get("quantity") or 0) - int(done)


def _packed(call: Call, order: Order, lines: Mapping[str, int], write: FulfillOrder) -> dict[str, Any]:
    body = {
        "items": [{"id": id_, "quantity": quantity} for id_, quantity in lines.items()],
        "no_notification": not write.notify,
        "metadata": {MARK: mark(call.key), **({"carrier": write.carrier} if write.carrier else {})},
    }
    post(call.exchange, f"orders/{order['id']}/fulfillments", body)
    again = read_order(call, write.order)
    for item in again.get("fulfillments") or ():
        if metadata_of(item).get(MARK) == mark(call.key):
            return item
    raise StoreBusy("Medusa has not got the parcel it made yet")


def _ship(call: Call, order: Order, parcel: Mapping[str, Any], write: FulfillOrder) -> None:
    lines = [{"id": item["line_item_id"], "quantity": item["quantity"]} for item in parcel.get("items") or ()]
    body: dict[str, Any] = {"items": lines, "no_notification": not write.notify}
    if write.tracking_number:
        # "#" is Medusa's own word for no address.
        label = {"tracking_number": write.tracking_number, "tracking_url": write.tracking_url or "#", "label_url": "#"}
        body["labels"] = [label]
    post(call.exchange, f"orders/{order['id']}/fulfillments/{parcel['id']}/shipments", body)


# --- changing ---------------------------------------------------------------------------------------


def change_address(call: Call, write: ChangeAddress) -> Written:
    """Medusa changes no order's country."""
    body = {"shipping_address": address_input(write.address)}
    found = one(post(call.exchange, f"orders/{write.order}", body), "order")
    return Written({"order": write.order}, version(found))


def change_items(call: Call, write: ChangeItems) -> Written:
    """By an order edit with the write's mark: one that was begun and left is thrown away and made anew. What the order
    then costs more or less is settled by people."""
    path = f"order-edits/{write.order}"
    edits = get(call.exchange, f"orders/{write.order}/changes", change_type="edit")["order_changes"]
    ours = [item for item in edits if is_marked(item.get("internal_note"), call.key)]
    if any(item["status"] == "confirmed" for item in ours):
        return Written({"order": write.order})
    if any(item["status"] in ("pending", "requested") for item in edits if item not in ours):
        raise StoreBusy("the order is being changed in Medusa")
    if any(item["status"] in ("pending", "requested") for item in ours):
        drop(call.exchange, path)
    note = {"order_id": write.order, "internal_note": marked(write.note, call.key)}
    post(call.exchange, "order-edits", note)
    try:
        _edit(call, path, write)
    except StoreRefused:
        drop(call.exchange, path)
        raise
    post(call.exchange, f"{path}/confirm")
    return Written({"order": write.order})


def _edit(call: Call, path: str, write: ChangeItems) -> None:
    added = [{"variant_id": item.variant, "quantity": item.quantity} for item in write.lines if not item.line]
    if added:
        post(call.exchange, f"{path}/items", {"items": added})
    for item in write.lines:
        if item.line:
            post(call.exchange, f"{path}/items/item/{item.line}", {"quantity": item.quantity})


def create_draft(call: Call, write: CreateDraftOrder) -> Written:
    """In the region that has the address's country, else in the first one."""
    if write.discount is not None:
        raise StoreRefused("draft.no_discount", "Medusa gives drafts no discount by amount: use a promotion.")
    if call.attempt > 1:
        query = {"fields": "id,display_id,metadata", "order": "-created_at", "limit": 50}
        for item in get(call.exchange, "draft-orders", **query)["draft_orders"]:
            if metadata_of(item).get(MARK) == mark(call.key):
                return Written({"order": item["id"], "number": str(item.get("display_id") or "")})
    metadata = {MARK: mark(call.key), **{f"tag.{tag}": "true" for tag in write.tags}}
    if write.note:
        metadata["note"] = write.note
    body: dict[str, Any] = {
        "region_id": _region(call, str(write.address.get("country") or "").lower()),
        "items": [{"variant_id": item.variant, "quantity": item.quantity} for item in write.lines],
        "metadata": metadata,
    }
    if write.customer and not write.customer.startswith("email:"):
        body["customer_id"] = write.customer
    if email := write.email or (write.customer.removeprefix("email:") if "@" in write.customer else ""):
        body["email"] = email
    if write.address:
        body["shipping_address"] = body["billing_address"] = address_input(write.address)
    made = one(post(call.exchange, "draft-orders", body), "draft_order")
    return Written({"order": made["id"], "number": str(made.get("display_id") or "")})


def _region(call: Call, country: str) -> str:
    regions = get(call.exchange, "regions", fields="id,currency_code,*countries", limit=100)["regions"]
    for region in regions:
        if any(item.get("iso_2") == country for item in region.get("countries") or ()):
            return str(region["id"])
    if not regions:
        raise StoreRefused("draft.no_region", "Medusa has no region: make one under Settings, Regions.")
    return str(regions[0]["id"])
