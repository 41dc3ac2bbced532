"""Changing a Zoho Commerce store: what is sent, prices, texts, what is shown, and stock.

All of it is compared first, so that an attempt after a lost answer finds that it was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sereno.connectors import wording
from sereno.connectors.marks import mark
from sereno.connectors.reading import Reader, as_instant
from sereno.connectors.zohocommerce import records
from sereno.connectors.zohocommerce.client import Body, ask, ask_inventory, currency, segment
from sereno.connectors.zohocommerce.reading import read_order, read_product, read_variant
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import FulfillOrder, PublishProduct, SetPrice, SetStock, SetTexts


def _written(record: Mapping[str, Any], **value: Any) -> Written:
    changed = records.instant(Reader(record), "last_modified_time")
    return Written(value, as_instant(changed))


def _today(call: Call, reader: Reader, *names: str) -> date:
    """The day it is where the record's times are written."""
    return call.now.astimezone(records.zone_of(reader, *names)).date()


# --- orders -----------------------------------------------------------------------------------------


def fulfill(call: Call, write: FulfillOrder) -> Written:
    """As a whole, with a carrier and a number, as Zoho wants it. Whether the customer is written to is the store's own
    setting."""
    order = read_order(call.exchange, write.order)
    reader, parcel = Reader(order), f"{write.order}:shipment"
    if records.order(reader).get("fulfillment_status") == "fulfilled":
        if write.tracking_number and reader.text("tracking_number") != write.tracking_number:
            raise StoreRefused("order.fulfilled", "The order has left already, in another parcel.")
        return _written(order, order=write.order, fulfillment=parcel)
    _may_leave(reader, write)
    day = max(_today(call, reader, "created_time", "last_modified_time").isoformat(), reader.text("date") or "")
    wanted = {
        "shipment_date": day,
        "tracking_number": write.tracking_number,
        "carrier": write.carrier,
        "tracking_url": write.tracking_url,
    }
    path = f"/salesorders/{segment(write.order)}/shipmentorders/shipped"
    body = {name: value for name, value in wanted.items() if value}
    ask(call.exchange, "POST", path, body=body)
    return _written(read_order(call.exchange, write.order), order=write.order, fulfillment=parcel)


def _may_leave(order: Reader, write: FulfillOrder) -> None:
    said = order.text("order_status") or ""
    if said == "onhold":
        raise StoreRefused("order.on_hold", "The order is on hold in Zoho: release it there before it is sent.")
    if said in ("draft", "cancelled", "void", "declined"):
        raise StoreRefused("order.closed", f"The order is {said} in Zoho: it must not be sent.")
    if not write.tracking_number or not write.carrier:
        raise StoreRefused("fulfillment.no_tracking", "Zoho wants the carrier and the tracking number of what is sent.")
    left = {
        item.id("line_item_id"): (item.decimal("quantity") or 0) - (item.decimal("quantity_shipped") or 0)
        for item in order.children("line_items")
    }
    for one in write.lines:
        if one.line not in left:
            raise StoreRefused("order.line_unknown", f"The order has no line {one.line}.")
    asked = {one.line: Decimal(one.quantity) for one in write.lines}
    if asked and any(asked.get(own or "", 0) != count for own, count in left.items()):
        raise StoreRefused("fulfillment.partial", "Zoho sends an order only as a whole.")


# --- the catalogue ----------------------------------------------------------------------------------


def _change_product(call: Call, product: Body, own: str, body: Body) -> Written:
    if not body:
        return _written(product, product=own)
    done = Reader(ask(call.exchange, "PUT", f"/products/{segment(own)}", body=body)).child("product")
    return _written(done.data, product=own)


def set_texts(call: Call, write: SetTexts) -> Written:
    """Its name and its long description."""
    wanted = wording.asked(write, "name", "product_description")
    product = read_product(call.exchange, write.product)
    return _change_product(call, product, write.product, dict(wording.differing(product, wanted)))


def publish(call: Call, write: PublishProduct) -> Written:
    product = read_product(call.exchange, write.product)
    is_so = Reader(product).boolean("show_in_storefront") == write.is_published
    return _change_product(call, product, write.product, {} if is_so else {"show_in_storefront": write.is_published})


def set_price(call: Call, write: SetPrice) -> Written:
    """The rate; what is struck through is the label rate there."""
    wanted = {name: one for name, one in (("rate", write.price), ("label_rate", write.compare_at)) if one is not None}
    if not wanted:
        raise StoreRefused("price.missing", "No price was given.")
    for amount in wanted.values():
        if amount.currency != currency(call.exchange):
            has = currency(call.exchange)
            raise StoreRefused("price.currency", f"The store sells in {has}, the price is in {amount.currency}.")
    own = write.variant or _only_variant(call, write.product)
    variant = _known_variant(call, own)
    held = Reader(variant)
    body = {
        name: float(amount.text)
        for name, amount in wanted.items()
        if (held.decimal(name) or Decimal(0)) != Decimal(amount.text)
    }
    if body:
        ask(call.exchange, "PUT", f"/variants/{segment(own)}", body=body)
        variant = _known_variant(call, own)
    return _written(variant, variant=own)


def _only_variant(call: Call, product: str) -> str:
    found = Reader(read_product(call.exchange, product)).children("variants")
    own = found[0].id("variant_id") if len(found) == 1 else None
    if own is None:
        raise StoreRefused("variant.gone", "The product has several variants, or none: say which.")
    return own


def _known_variant(call: Call, own: str) -> Body:
    try:
        return read_variant(call.exchange, own)
    except StoreRefused as error:
        if error.code == "store.not_found":
            raise StoreRefused("variant.gone", "Zoho does not have this variant any more.") from error
        raise


def set_stock(call: Call, write: SetStock) -> Written:
    """By an adjustment of Zoho Inventory's, which keeps the stock of Commerce: it takes a difference, so the figure is
    looked at right before."""
    if write.location:
        raise StoreRefused("stock.which_location", "Stock is set for the store as a whole here: leave the place out.")
    variant = _known_variant(call, write.variant)
    reader = Reader(variant)
    count = reader.decimal("available_stock", "actual_available_stock")
    if count is None:
        raise StoreRefused("stock.untracked", "Zoho does not count this variant.")
    if count == write.available:
        return _written(variant, variant=write.variant, available=write.available)
    if write.expected is not None and count != write.expected:
        raise StoreRefused("stock.changed", f"There are {count} now, not {write.expected}.")
    difference = write.available - count
    line = {"item_id": write.variant, "quantity_adjusted": float(difference) if difference % 1 else int(difference)}
    body = {
        "date": _today(call, reader, "last_modified_time").isoformat(),
        "reason": "Set by a flow",
        "reference_number": mark(call.key),
        "adjustment_type": "quantity",
        "line_items": [line],
    }
    ask_inventory(call.exchange, "POST", "/inventoryadjustments", body=body)
    return _written(variant, variant=write.variant, available=write.available)
