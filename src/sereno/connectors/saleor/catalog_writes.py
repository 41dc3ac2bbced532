"""Prices, texts, stock, publication, collections and vouchers in Saleor, in the channel the connection names."""

from __future__ import annotations

from typing import Any

from sereno.connectors import wording
from sereno.connectors.marks import is_marked, marked
from sereno.connectors.reading import as_instant
from sereno.connectors.saleor import editorjs
from sereno.connectors.saleor.graph import ERRORS, ask, change, channel, dec, found
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CollectProduct, CreateDiscountCode, PublishProduct, SetPrice, SetStock, SetTexts

_PRICES = """query($id: ID!) { productVariant(id: $id) { id channelListings { channel { id }
  price { amount currency } } } }"""
_PRICE = f"""mutation($id: ID!, $input: [ProductVariantChannelListingAddInput!]!) {{
  productVariantChannelListingUpdate(id: $id, input: $input) {{ variant {{ id }} {ERRORS} }} }}"""
_STOCKS = """query($id: ID!) { productVariant(id: $id) { id trackInventory
  stocks { warehouse { id } quantity quantityAllocated } } }"""
_STOCK = """mutation($id: ID!, $stocks: [StockInput!]!) { productVariantStocksUpdate(variantId: $id, stocks: $stocks) {
  productVariant { id } errors { field message code } } }"""
_PUBLISH = f"""mutation($id: ID!, $input: ProductChannelListingUpdateInput!) {{
  productChannelListingUpdate(id: $id, input: $input) {{ product {{ id }} {ERRORS} }} }}"""
_TEXTS = "query($id: ID!) { product(id: $id) { id name description updatedAt } }"
_SAY = f"""mutation($id: ID!, $input: ProductInput!) {{ productUpdate(id: $id, input: $input) {{
  product {{ id updatedAt }} {ERRORS} }} }}"""
_COLLECTION = "query($slug: String!) { collection(slug: $slug) { id } }"
_PUT = f"""mutation($id: ID!, $products: [ID!]!) {{ collectionAddProducts(collectionId: $id, products: $products) {{
  collection {{ id }} {ERRORS} }} }}"""
_TAKE = f"""mutation($id: ID!, $products: [ID!]!) {{ collectionRemoveProducts(collectionId: $id, products: $products) {{
  collection {{ id }} {ERRORS} }} }}"""
_VOUCHERS = """query($code: String!) { vouchers(first: 20, filter: {search: $code}) { edges { node { id name
  codes(first: 20) { edges { node { code } } } channelListings { id } } } } }"""
_VOUCHER = f"mutation($input: VoucherInput!) {{ voucherCreate(input: $input) {{ voucher {{ id }} {ERRORS} }} }}"
_LISTING = f"""mutation($id: ID!, $input: VoucherChannelListingInput!) {{
  voucherChannelListingUpdate(id: $id, input: $input) {{ voucher {{ id }} {ERRORS} }} }}"""
_IS_COLLECTION = "Q29sbGVjdGlvbjo"
"""How Saleor's ids of collections begin."""


def set_price(call: Call, write: SetPrice) -> Written:
    """`compare_at` is Saleor's prior price, from version 3.21 on: before that there is none to be taken away."""
    if write.price is None and write.compare_at is None:
        raise StoreRefused("price.missing", "No price was given.")
    place = channel(call.exchange)
    for amount in (write.price, write.compare_at):
        if amount is not None and amount.currency != place["currencyCode"]:
            raise StoreRefused("price.currency", f"The channel {place['slug']} sells in {place['currencyCode']}.")
    wanted: dict[str, Any] = {"channelId": place["id"]}
    if write.price is not None:
        wanted["price"] = str(write.price.amount)
    else:
        held = found(ask(call.exchange, _PRICES, id=write.variant).data.get("productVariant"), "variant")
        listing = next((item for item in held["channelListings"] if item["channel"]["id"] == place["id"]), None)
        if listing is None or listing["price"] is None:
            raise StoreRefused("price.none", "The variant has no price in this channel yet.")
        wanted["price"] = str(dec(listing["price"]))
    if write.compare_at is not None:
        wanted["priorPrice"] = str(write.compare_at.amount) if write.compare_at else None
    try:
        change(call.exchange, _PRICE, id=write.variant, input=[wanted])
    except StoreRefused as error:
        if "priorPrice" not in str(error) or wanted.pop("priorPrice", None) is not None:
            raise
        change(call.exchange, _PRICE, id=write.variant, input=[wanted])
    return Written({"variant": write.variant})


def set_stock(call: Call, write: SetStock) -> Written:
    """What can be sold is what a warehouse has less what it has promised. Without a location: the only warehouse that
    keeps the variant."""
    held = found(ask(call.exchange, _STOCKS, id=write.variant).data.get("productVariant"), f"variant {write.variant}")
    stocks = {item["warehouse"]["id"]: item for item in held["stocks"] or ()}
    if not write.location and len(stocks) != 1:
        raise StoreRefused("stock.which_warehouse", f"{len(stocks)} warehouses keep it: name one by its id.")
    place = write.location or next(iter(stocks))
    level = stocks.get(place) or {"quantity": 0, "quantityAllocated": 0}
    now = level["quantity"] - level["quantityAllocated"]
    if now == write.available and place in stocks:
        return Written({"variant": write.variant, "location": place, "available": now})
    if write.expected is not None and now != write.expected:
        raise StoreRefused("stock.changed", f"There are {now} now, not {write.expected}.")
    wanted = [{"warehouse": place, "quantity": write.available + level["quantityAllocated"]}]
    change(call.exchange, _STOCK, id=write.variant, stocks=wanted)
    return Written({"variant": write.variant, "location": place, "available": write.available})


def set_texts(call: Call, write: SetTexts) -> Written:
    """In the shop's own language, not its translations. The description as blocks of Editor.js."""
    wanted = wording.asked(write, "name", "description")
    held = found(ask(call.exchange, _TEXTS, id=write.product).data.get("product"), f"product {write.product}")
    update: dict[str, Any] = dict(wording.differing(held, wanted))
    if "description" in update:
        document = editorjs.to_document(wanted["description"])
        if editorjs.to_html(document) == editorjs.to_html(held.get("description")):
            del update["description"]
        else:
            update["description"] = document
    if not update:
        return Written({"product": write.product}, as_instant(held.get("updatedAt")))
    done = change(call.exchange, _SAY, id=write.product, input=update)
    return Written({"product": write.product}, as_instant((done.get("product") or {}).get("updatedAt")))


def publish(call: Call, write: PublishProduct) -> Written:
    wanted = {"channelId": channel(call.exchange)["id"], "isPublished": write.is_published}
    change(call.exchange, _PUBLISH, id=write.product, input={"updateChannels": [wanted]})
    return Written({"product": write.product})


def collect(call: Call, write: CollectProduct) -> Written:
    own = write.collection
    if not own.startswith(_IS_COLLECTION):
        own = found(ask(call.exchange, _COLLECTION, slug=own).data.get("collection"), f"collection {own}")["id"]
    change(call.exchange, _PUT if write.is_in else _TAKE, id=own, products=[write.product])
    return Written({"product": write.product, "collection": own})


def create_code(call: Call, write: CreateDiscountCode) -> Written:
    """A voucher of one code; its name bears the mark. Saleor binds no voucher to one customer."""
    if write.customer:
        raise StoreRefused("discount.no_customer", "Saleor binds no voucher to one customer: send it to them alone.")
    place = channel(call.exchange)
    for currency in (write.currency, write.minimum.currency if write.minimum else ""):
        if currency and currency != place["currencyCode"]:
            raise StoreRefused("discount.currency", f"The channel {place['slug']} sells in {place['currencyCode']}.")
    own = _voucher_of(call, write)
    if own is None:
        wanted = {
            "name": marked(write.code, call.key),
            "addCodes": [write.code],
            "type": "SHIPPING" if write.kind == "free_shipping" else "ENTIRE_ORDER",
            "discountValueType": "FIXED" if write.kind == "fixed" else "PERCENTAGE",
            "usageLimit": write.most_uses,
            "applyOncePerCustomer": write.is_once_per_customer,
        }
        times = {"startDate": write.starts_at, "endDate": write.ends_at}
        wanted |= {name: at.isoformat() for name, at in times.items() if at is not None}
        own = change(call.exchange, _VOUCHER, input=wanted)["voucher"]["id"]
    value = "100" if write.kind == "free_shipping" else format(write.value, "f")
    listing = {"channelId": place["id"], "discountValue": value}
    listing["minAmountSpent"] = str(write.minimum.amount) if write.minimum else None
    change(call.exchange, _LISTING, id=own, input={"addChannels": [listing]})
    return Written({"code": write.code, "discount": own})


def _voucher_of(call: Call, write: CreateDiscountCode) -> str | None:
    """The voucher this write has made already. Raises StoreRefused when another has the code."""
    for edge in ask(call.exchange, _VOUCHERS, code=write.code).data["vouchers"]["edges"]:
        node = edge["node"]
        if any(item["node"]["code"] == write.code for item in node["codes"]["edges"]):
            if is_marked(node["name"], call.key):
                return str(node["id"])
            raise StoreRefused("discount.code_taken", f"Saleor has a voucher with the code {write.code} already.")
    return None
