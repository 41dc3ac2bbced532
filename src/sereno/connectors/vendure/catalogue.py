"""Prices, texts, stock, publication and collections in Vendure. All of them say what shall be, so a second attempt
changes nothing; what can be sold is what is on hand less what is allocated to orders."""

from __future__ import annotations

import json
from typing import Any

from sereno.connectors import wording
from sereno.connectors.marks import answered_at
from sereno.connectors.vendure.admin import ask
from sereno.connectors.vendure.orders import HUNDREDTHS
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CollectProduct, PublishProduct, SetPrice, SetStock, SetTexts

_VARIANT = """query($id: ID!) { productVariant(id: $id) { id sku trackInventory
  prices { currencyCode price } stockLevels { stockLocationId stockOnHand stockAllocated } } }"""
_UPDATE = "mutation($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id updatedAt } }"
_PRODUCT = "query($id: ID!) { product(id: $id) { id enabled } }"
_SHOW = "mutation($input: UpdateProductInput!) { updateProduct(input: $input) { id enabled } }"
_TEXTS = """query($id: ID!) { activeChannel { defaultLanguageCode }
  product(id: $id) { id translations { languageCode name slug description } } }"""
_FILTERS = "filters { code args { name value } }"
_BY_ID = f"query($id: ID!) {{ collection(id: $id) {{ id slug {_FILTERS} }} }}"
_BY_SLUG = f"query($slug: String!) {{ collection(slug: $slug) {{ id slug {_FILTERS} }} }}"
_FILTER = "mutation($input: UpdateCollectionInput!) { updateCollection(input: $input) { id } }"
_LISTED = "product-id-filter"
_WORDS = ("name", "slug", "description")


def _variant(call: Call, id: str) -> dict[str, Any]:
    found = ask(call.exchange, _VARIANT, id=id).data["productVariant"]
    if not found:
        raise StoreRefused("store.not_found", f"Vendure has no variant {id}.")
    return found


def set_price(call: Call, write: SetPrice) -> Written:
    """In the shop's own terms: with tax where the channel's prices include it."""
    if write.compare_at is not None and write.compare_at:
        raise StoreRefused("price.no_compare_at", "Vendure has no price struck through: use a promotion.")
    if write.price is None:
        return Written({"variant": write.variant})
    held = _variant(call, write.variant)
    wanted = {"currencyCode": write.price.currency, "price": write.price.to_minor(HUNDREDTHS)}
    if wanted in held["prices"]:
        return Written({"variant": write.variant})
    answer = ask(call.exchange, _UPDATE, input=[{"id": write.variant, "prices": [wanted]}])
    return Written({"variant": write.variant}, answered_at(answer.headers))


def set_stock(call: Call, write: SetStock) -> Written:
    """Without a location: the first one, which is Vendure's own default."""
    held = _variant(call, write.variant)
    if held["trackInventory"] == "FALSE":
        raise StoreRefused("stock.untracked", "Vendure does not count the stock of this variant.")
    levels = {item["stockLocationId"]: item for item in held["stockLevels"]}
    location = write.location or next(iter(levels), "")
    if not location:
        # Nothing was ever counted: the figure without a place goes to the default one.
        answer = ask(call.exchange, _UPDATE, input=[{"id": write.variant, "stockOnHand": write.available}])
        return Written({"variant": write.variant, "available": write.available}, answered_at(answer.headers))
    level = levels.get(location) or {"stockOnHand": 0, "stockAllocated": 0}
    now = level["stockOnHand"] - level["stockAllocated"]
    if now == write.available:
        return Written({"variant": write.variant, "location": location, "available": now})
    if write.expected is not None and now != write.expected:
        raise StoreRefused("stock.changed", f"There are {now} now, not {write.expected}.")
    wanted = {"stockLocationId": location, "stockOnHand": write.available + level["stockAllocated"]}
    answer = ask(call.exchange, _UPDATE, input=[{"id": write.variant, "stockLevels": [wanted]}])
    value = {"variant": write.variant, "location": location, "available": write.available, "before": now}
    return Written(value, answered_at(answer.headers))


def set_texts(call: Call, write: SetTexts) -> Written:
    """In the channel's default language; the words of other languages are not sent and so stay. A product that has
    none in that language yet gets them, at the address it has in another."""
    wanted = wording.asked(write, "name", "description")
    data = ask(call.exchange, _TEXTS, id=write.product).data
    held, language = data["product"], data["activeChannel"]["defaultLanguageCode"]
    if not held:
        raise StoreRefused("store.not_found", f"Vendure has no product {write.product}.")
    words = {item["languageCode"]: item for item in held["translations"]}
    own = words.get(language)
    if not (change := wording.differing(own or {}, wanted)):
        return Written({"product": write.product, "language": language})
    if own is None:
        other: dict[str, Any] = next(iter(words.values()), {})
        change = {**{name: other.get(name) or "" for name in _WORDS}, **change}
    wish = {"id": write.product, "translations": [{"languageCode": language, **change}]}
    answer = ask(call.exchange, _SHOW, input=wish)
    return Written({"product": write.product, "language": language}, answered_at(answer.headers))


def publish(call: Call, write: PublishProduct) -> Written:
    held = ask(call.exchange, _PRODUCT, id=write.product).data["product"]
    if not held:
        raise StoreRefused("store.not_found", f"Vendure has no product {write.product}.")
    if held["enabled"] == write.is_published:
        return Written({"product": write.product})
    answer = ask(call.exchange, _SHOW, input={"id": write.product, "enabled": write.is_published})
    return Written({"product": write.product}, answered_at(answer.headers))


def collect(call: Call, write: CollectProduct) -> Written:
    """A collection holds what its filters find: the product goes into, or out of, the filter that lists products. What
    is in by another filter cannot be taken out."""
    found = None
    if write.collection.isascii() and write.collection.isdigit():
        found = ask(call.exchange, _BY_ID, id=write.collection).data["collection"]
    found = found or ask(call.exchange, _BY_SLUG, slug=write.collection).data["collection"]
    if not found:
        raise StoreRefused("store.not_found", f"Vendure has no collection {write.collection}.")
    filters = [{"code": item["code"], "arguments": item["args"]} for item in found["filters"]]
    listing = next((item for item in filters if item["code"] == _LISTED), None)
    listed = _listed(listing)
    if (write.product in listed) == write.is_in:
        return Written({"product": write.product, "collection": found["id"]})
    listed = [*listed, write.product] if write.is_in else [id_ for id_ in listed if id_ != write.product]
    others = [item for item in filters if item is not listing]
    if listed:
        # Beside others it adds to what they find; alone it is what there is.
        arguments = [
            {"name": "productIds", "value": json.dumps(listed)},
            {"name": "combineWithAnd", "value": "false" if others else "true"},
        ]
        others.append({"code": _LISTED, "arguments": arguments})
    answer = ask(call.exchange, _FILTER, input={"id": found["id"], "filters": others})
    return Written({"product": write.product, "collection": found["id"]}, answered_at(answer.headers))


def _listed(listing: dict[str, Any] | None) -> list[str]:
    for item in (listing or {}).get("arguments", ()):
        if item["name"] == "productIds":
            return [str(id_) for id_ in json.loads(item["value"] or "[]")]
    return []
