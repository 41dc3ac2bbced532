"""Changing products, their texts, prices, stock and meta fields in WooCommerce. A variation is reached through its
product."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import Reader
from sereno.connectors.woocommerce.client import Body, as_list, ask, changed_at, meta
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CollectProduct, PublishProduct, SetMetafield, SetPrice, SetStock, SetTexts, TagProduct


def set_price(call: Call, write: SetPrice) -> Written:
    """WooCommerce has a regular price, and a sale price where something is struck through. A sale that is planned, or
    over, is left; one that is asked for holds from now on."""
    if write.price is None and write.compare_at is None:
        raise StoreRefused("price.missing", "No price was given.")
    own = Reader(ask(call.exchange, "GET", "data/currencies/current")).text("code")
    for amount in (write.price, write.compare_at):
        if amount is not None and amount.currency != own:
            raise StoreRefused("price.currency", f"The shop sells in {own}, the price is in {amount.currency}.")
    path, item = find(call, write.variant or write.product, write.product)
    wanted = _prices(item, write)
    if len(wanted) == 2 and all(_same(item.get(name), value) for name, value in wanted.items()):
        return _written(item)
    return _written(ask(call.exchange, "PUT", path, body=wanted))


def set_stock(call: Call, write: SetStock) -> Written:
    """Counting is switched on where it was off: a figure says that the item is counted."""
    path, item = find(call, write.variant, write.product)
    if item.get("manage_stock") == "parent":
        raise StoreRefused(
            "stock.by_parent", "The shop counts this item with its product: count each variation instead."
        )
    has = item.get("stock_quantity") if item.get("manage_stock") else None
    if has == write.available:
        return _written(item)
    if write.expected is not None and has != write.expected:
        raise StoreRefused("stock.changed", f"The store has {has}, not {write.expected}.")
    return _written(ask(call.exchange, "PUT", path, body={"manage_stock": True, "stock_quantity": write.available}))


def _prices(item: Body, write: SetPrice) -> dict[str, str]:
    has = {name: str(item.get(name) or "") for name in ("price", "regular_price", "sale_price")}
    paid = write.price.text if write.price is not None else has["price"]
    price = Decimal(paid or 0)
    if write.compare_at is not None:
        regular = write.compare_at.text
    else:
        regular = has["regular_price"] if item.get("on_sale") else ""
    if regular and Decimal(regular) > price:
        wanted = {"regular_price": regular, "sale_price": paid}
        dates = ("date_on_sale_from", "date_on_sale_to")
        return wanted if item.get("on_sale") else {**wanted, **{name: "" for name in dates if item.get(name)}}
    is_planned = write.compare_at is None and not item.get("on_sale") and Decimal(has["sale_price"] or price) < price
    return {"regular_price": paid, "sale_price": has["sale_price"] if is_planned else ""}


def set_texts(call: Call, write: SetTexts) -> Written:
    """The short description is left as it is, and so is the product's address."""
    body = wording.asked(write, "name", "description")
    return _written(ask(call.exchange, "PUT", f"products/{write.product}", body=body))


def publish(call: Call, write: PublishProduct) -> Written:
    body = {"status": "publish" if write.is_published else "draft"}
    return _written(ask(call.exchange, "PUT", f"products/{write.product}", body=body))


def tag(call: Call, write: TagProduct) -> Written:
    item = ask(call.exchange, "GET", f"products/{write.product}")
    has = as_list(item.get("tags"))
    gone = {name.casefold() for name in write.remove}
    kept = [one for one in has if (Reader(one).plain("name") or "").casefold() not in gone]
    names = {(Reader(one).plain("name") or "").casefold() for one in kept}
    new = [name for name in write.add if name.casefold() not in names]
    if not new and len(kept) == len(has):
        return _written(item)
    ids = [one.get("id") for one in kept] + [_tag_id(call, name) for name in new]
    body = {"tags": [{"id": own} for own in ids]}
    return _written(ask(call.exchange, "PUT", f"products/{write.product}", body=body))


def _tag_id(call: Call, name: str) -> Any:
    found = as_list(ask(call.exchange, "GET", "products/tags", query={"search": name, "per_page": 100}))
    for one in found:
        if (Reader(one).plain("name") or "").casefold() == name.casefold():
            return one.get("id")
    return ask(call.exchange, "POST", "products/tags", body={"name": name}).get("id")


def collect(call: Call, write: CollectProduct) -> Written:
    """Into a category, or out of it: by its id or its slug. A product in none gets WooCommerce's default one."""
    own = _category(call, write.collection)
    item = ask(call.exchange, "GET", f"products/{write.product}")
    has = [str(one.get("id")) for one in as_list(item.get("categories"))]
    if (own in has) == write.is_in:
        return _written(item)
    ids = [*has, own] if write.is_in else [one for one in has if one != own]
    body = {"categories": [{"id": int(one)} for one in ids]}
    return _written(ask(call.exchange, "PUT", f"products/{write.product}", body=body))


def _category(call: Call, collection: str) -> str:
    if collection.isascii() and collection.isdigit():
        return collection
    found = as_list(ask(call.exchange, "GET", "products/categories", query={"slug": collection}))
    if not found:
        raise StoreRefused("collection.gone", f"The shop has no category {collection!r}.")
    return str(found[0].get("id"))


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """A meta field `<namespace>_<name>`."""
    body = meta(f"{write.namespace}_{write.name}" if write.namespace else write.name, write.value)
    if write.of == "variant":
        path, _item = find(call, write.key, "")
    else:
        path = f"{write.of}s/{write.key}"
    return _written(ask(call.exchange, "PUT", path, body=body))


def find(call: Call, variant: str, product: str) -> tuple[str, Body]:
    """The address and the record of a variant: a product without variations is its own."""
    if product and product != variant:
        path = f"products/{product}/variations/{variant}"
        return path, ask(call.exchange, "GET", path)
    item = ask(call.exchange, "GET", f"products/{variant}")
    if item.get("type") == "variation" and item.get("parent_id"):
        return f"products/{item['parent_id']}/variations/{variant}", item
    return f"products/{variant}", item


def _written(item: Mapping[str, Any]) -> Written:
    return Written({"id": str(item.get("id"))}, changed_at(item))


def _same(has: object, wanted: str) -> bool:
    return (str(has or "") == "") == (wanted == "") and Decimal(str(has or 0)) == Decimal(wanted or 0)
