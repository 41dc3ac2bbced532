"""Changing the catalogue and stock in Salesforce.

Prices stand in price books, which neither interface changes: they come by import there. Stock stands in the inventory
lists of the instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader
from sereno.connectors.salesforce.attributes import changed_at, read
from sereno.connectors.salesforce.client import CATALOGS, PRODUCTS, Body, ask, ask_data, segment, site
from sereno.sdk.stores import Call, StoreRefused, Written, if_there
from sereno.sdk.writes import CollectProduct, PublishProduct, SetStock, SetTexts

ALL = "default"
"""Salesforce's name of what holds for every site and every language that has nothing of its own."""


def _patch(call: Call, own: str, body: Body) -> Written:
    done = ask(call.exchange, PRODUCTS, "PATCH", f"/products/{segment(own)}", body=body)
    return Written({"product": own}, changed_at(done))


def _map(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(Reader(record).child(name).data)


def publish(call: Call, write: PublishProduct) -> Written:
    """Its flag for this site; other sites keep theirs. When it is shown from and until stays as it is."""
    product, own = read(call.exchange, "product", write.product), site(call.exchange)
    flags = _map(product, "onlineFlag")
    if flags.get(own, flags.get(ALL)) == write.is_published:
        return Written({"product": write.product}, changed_at(product))
    return _patch(call, write.product, {"onlineFlag": {**flags, own: write.is_published}})


def set_texts(call: Call, write: SetTexts) -> Written:
    """Those of all languages that have none of their own; the others are sent as they are."""
    wanted = wording.asked(write, "name", "longDescription")
    product = read(call.exchange, "product", write.product)
    names, descriptions = _map(product, "name"), _map(product, "longDescription")
    held = {"name": names.get(ALL), "longDescription": Reader(descriptions.get(ALL)).raw("source", "markup")}
    body: Body = dict(wording.differing(held, wanted))
    if "name" in body:
        body["name"] = {**names, ALL: body["name"]}
    if "longDescription" in body:
        text = {"markup": body["longDescription"], "source": body["longDescription"]}
        body["longDescription"] = {**descriptions, ALL: text}
    return _patch(call, write.product, body) if body else Written({"product": write.product}, changed_at(product))


def collect(call: Call, write: CollectProduct) -> Written:
    """Into a category of the storefront's catalogue, or out of it."""
    catalog = call.exchange.access.get("catalog", "").strip()
    if not catalog:
        raise StoreRefused("collection.no_catalog", "Give the storefront catalogue's id with the key of the store.")
    category = f"/catalogs/{segment(catalog)}/categories/{segment(write.collection)}"
    path = f"{category}/products/{segment(write.product)}"
    is_in = if_there(lambda: ask(call.exchange, CATALOGS, "GET", path)) is not None
    if write.is_in and not is_in:
        body = {"catalogId": catalog, "categoryId": write.collection, "productId": write.product}
        try:
            ask(call.exchange, CATALOGS, "PUT", path, body=body)
        except StoreRefused as error:
            if error.code == "store.not_found":
                raise StoreRefused("collection.gone", f"The catalogue has no category {write.collection!r}.") from error
            raise
    elif is_in and not write.is_in:
        ask(call.exchange, CATALOGS, "DELETE", path)
    return Written({"product": write.product, "category": write.collection})


def set_stock(call: Call, write: SetStock) -> Written:
    """The allocation is set anew: what it counts from begins again, and what is on order, and what may be sold before
    it is there, is reckoned in. Raises `stock.changed`, `stock.untracked`, `stock.below_zero`."""
    shelf = write.location or call.exchange.access.get("inventory_list", "").strip()
    if not shelf:
        raise StoreRefused("stock.which_location", "Give the id of the inventory list with the key of the store.")
    own = write.variant or write.sku
    path = f"/inventory_lists/{segment(shelf)}/product_inventory_records/{segment(own)}"
    found = if_there(lambda: ask_data(call.exchange, "GET", path))
    if found is None:
        raise StoreRefused("stock.untracked", f"The inventory list {shelf} does not count {own}.")
    record = Reader(found)
    if record.boolean("perpetual_flag"):
        raise StoreRefused("stock.untracked", f"{own} is always there by its inventory record: nothing is counted.")
    now = record.decimal("ats") or Decimal(0)
    value = {"variant": own, "inventory_list": shelf}
    if now == write.available:
        return Written({**value, "available": write.available})
    if write.expected is not None and now != write.expected:
        raise StoreRefused("stock.changed", f"There are {now} now, not {write.expected}.")
    before = Decimal(0)
    if record.text("pre_order_back_order_handling") in ("preorder", "backorder"):
        before = record.decimal("pre_order_back_order_allocation") or Decimal(0)
    stock = record.decimal("stock_level")
    on_order = Decimal(0) if stock is None else max(stock + before - now, Decimal(0))
    amount = write.available - before + on_order
    if amount < 0:
        raise StoreRefused("stock.below_zero", "Salesforce allocates no less than nothing.")
    body = {"allocation": {"amount": float(amount) if amount % 1 else int(amount)}}
    done = Reader(ask_data(call.exchange, "PATCH", path, body=body))
    return Written({**value, "available": done.number("ats") if done.has("ats") else write.available})
