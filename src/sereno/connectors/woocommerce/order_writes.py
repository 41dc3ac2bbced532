"""Changing orders in WooCommerce: what has a state is compared with it, what has none is marked and looked for.

A hold is the status `on-hold`, what was left of the shop is `completed`, tags are meta fields (WooCommerce has none).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sereno.connectors.reading import Reader
from sereno.connectors.woocommerce.client import Body, as_list, ask, changed_at, mark, meta, meta_of, tags
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    ChangeAddress,
    ChangeItems,
    HoldFulfillment,
    LineQuantity,
    NoteOrder,
    ReleaseFulfillment,
    TagOrder,
)

HELD_FROM = "_sereno_held_from"
CLOSED = frozenset({"completed", "cancelled", "refunded", "failed", "trash"})
_SIXTH = Decimal("0.000001")


def read(call: Call, order: str) -> Body:
    """The order as it is now, its amounts unrounded."""
    return ask(call.exchange, "GET", f"orders/{order}", query={"dp": 6})


def change(call: Call, order: str, body: Mapping[str, Any]) -> Written:
    return written(ask(call.exchange, "PUT", f"orders/{order}", body=body))


def written(order: Mapping[str, Any], **value: Any) -> Written:
    return Written({"status": order.get("status"), **value}, changed_at(order))


def tag(call: Call, write: TagOrder) -> Written:
    return change(call, write.order, tags(write.add, write.remove))


def note(call: Call, write: NoteOrder) -> Written:
    """An internal note that ends with a mark of ours, by which a second attempt knows it."""
    own = add_note(call, write.order, write.text, is_for_customer=False)
    return Written({"note": own})


def hold(call: Call, write: HoldFulfillment) -> Written:
    order = read(call, write.order)
    status = str(order.get("status"))
    if status == "on-hold" and meta_of(order).get(HELD_FROM):
        return written(order)
    if status in CLOSED:
        raise StoreRefused("order.closed", f"The order is {status} in WooCommerce: nothing is left to hold.")
    why = f"{write.reason}: {write.note}" if write.note else write.reason
    add_note(call, write.order, f"Held. {why}", is_for_customer=False)
    return change(call, write.order, {"status": "on-hold", **meta(HELD_FROM, status)})


def release(call: Call, write: ReleaseFulfillment) -> Written:
    """Back to the status it was held from. What waits for another reason (a bank transfer, say) is not touched."""
    order = read(call, write.order)
    before = meta_of(order).get(HELD_FROM)
    if order.get("status") != "on-hold":
        # A person moved it on: the mark goes, the status stays as they set it.
        return change(call, write.order, meta(HELD_FROM, None)) if before else written(order)
    if not before:
        raise StoreRefused(
            "order.not_held", "The order waits in WooCommerce for another reason than a hold of Sereno's."
        )
    if before == "on-hold":
        # It waited for something else already when Sereno's hold came on top, and still does.
        return change(call, write.order, meta(HELD_FROM, None))
    return change(call, write.order, {"status": before, **meta(HELD_FROM, None)})


def change_address(call: Call, write: ChangeAddress) -> Written:
    order = read(call, write.order)
    must_be_open(order)
    wanted = address(write.address)
    if all((order.get("shipping") or {}).get(name, "") == value for name, value in wanted.items()):
        return written(order)
    return change(call, write.order, {"shipping": wanted})


def address(record: Mapping[str, Any]) -> dict[str, str]:
    """A canonical address as WooCommerce writes it, all its fields: what is not said is emptied."""
    reader = Reader(record)
    first, last = reader.text("first_name"), reader.text("last_name")
    if not first and not last:
        first, _, last = (reader.text("name") or "").partition(" ")
    return {
        "first_name": first or "",
        "last_name": last or "",
        "company": reader.text("company") or "",
        "address_1": reader.text("line1") or "",
        "address_2": reader.text("line2") or "",
        "city": reader.text("city") or "",
        "state": reader.text("region_code", "region") or "",
        "postcode": reader.text("postal_code") or "",
        "country": reader.text("country") or "",
        "phone": reader.text("phone") or "",
    }


def change_items(call: Call, write: ChangeItems) -> Written:
    """WooCommerce keeps a line's total when only its quantity changes, so both are sent, in the old proportion. A new
    line is marked, and looked for from the second attempt on."""
    order = read(call, write.order)
    must_be_open(order)
    lines = {str(item.get("id")): item for item in as_list(order.get("line_items"))}
    own = mark(call.key)
    changes: list[Body] = []
    for number, wanted in enumerate(write.lines):
        if wanted.line:
            changes += _changed(lines, wanted)
        elif not any(meta_of(item).get("_sereno_line") == f"{own}:{number}" for item in lines.values()):
            changes.append(_new_line(call, wanted, f"{own}:{number}"))
    done = change(call, write.order, {"line_items": changes}) if changes else written(order)
    if write.note and (changes or call.attempt > 1):
        add_note(call, write.order, write.note, is_for_customer=write.notify)
    return done


def _changed(lines: Mapping[str, Body], wanted: LineQuantity) -> list[Body]:
    line = lines.get(wanted.line)
    if line is None:
        if wanted.quantity == 0:
            return []
        raise StoreRefused("line.gone", f"The order has no line {wanted.line} any more.")
    before = Decimal(str(line.get("quantity") or 0))
    if before == wanted.quantity:
        return []
    own = {"id": line.get("id"), "quantity": wanted.quantity}
    if wanted.quantity == 0 or before == 0:
        return [own]
    share = Decimal(wanted.quantity) / before
    return [own | {name: _text(Decimal(str(line.get(name) or 0)) * share) for name in ("subtotal", "total")}]


def _new_line(call: Call, wanted: LineQuantity, own: str) -> Body:
    product = ask(call.exchange, "GET", f"products/{wanted.variant}")
    parent = product.get("parent_id")
    ids = {"product_id": parent, "variation_id": product.get("id")} if parent else {"product_id": product.get("id")}
    return {**ids, "quantity": wanted.quantity, **meta("_sereno_line", own)}


def add_note(call: Call, order: str, text: str, *, is_for_customer: bool) -> str | None:
    """Put a note on the order, once. The mark is shown to staff only: a note to the customer is known by its text."""
    path, own = f"orders/{order}/notes", f"(Sereno {mark(call.key)})"
    wanted = text if is_for_customer else f"{text} {own}"
    if call.attempt > 1:
        kind = "customer" if is_for_customer else "internal"
        for found in as_list(ask(call.exchange, "GET", path, query={"type": kind})):
            said = Reader(found).plain("note") or ""
            if said == text if is_for_customer else said.endswith(own):
                return Reader(found).id("id")
    made = ask(call.exchange, "POST", path, body={"note": wanted, "customer_note": is_for_customer})
    return Reader(made).id("id")


def must_be_open(order: Mapping[str, Any]) -> None:
    if order.get("status") in CLOSED:
        raise StoreRefused(
            "order.closed", f"The order is {order.get('status')} in WooCommerce: it is not changed any more."
        )


def _text(amount: Decimal) -> str:
    return format(amount.quantize(_SIXTH, ROUND_HALF_UP).normalize(), "f")
