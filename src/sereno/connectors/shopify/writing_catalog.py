"""Prices, texts, publishing, collections, stock, metafields and discount codes on Shopify.

Invariant: all but the making of a code set a value that is the same however often it is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors import wording
from sereno.connectors.reading import as_decimal, as_instant
from sereno.connectors.shopify.client import amount, ask, gid, known, mark, nodes, plain_id, token, told, wrong_codes
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    CollectProduct,
    CreateDiscountCode,
    PublishProduct,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
)

_VARIANT = """
query Variant($id: ID!) {
  shop { currencyCode }
  productVariant(id: $id) { id price compareAtPrice updatedAt product { id } }
}"""
_PRICE = """
mutation Price($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) {
    product { updatedAt }
    productVariants { id price compareAtPrice }
    userErrors { code field message }
  }
}"""


def set_price(call: Call, write: SetPrice) -> Written:
    """In the shop's own currency; prices of other markets follow it by the shop's rules. Raises `price.currency`."""
    data = ask(call.exchange, _VARIANT, {"id": gid("ProductVariant", write.variant)})
    variant = known(data.get("productVariant"), "variant")
    own = (data.get("shop") or {}).get("currencyCode")
    given = {"id": variant["id"]}
    before = {"price": variant.get("price"), "compare_at_price": variant.get("compareAtPrice")}
    for name, value in (("price", write.price), ("compareAtPrice", write.compare_at)):
        if value is None:
            continue
        if value.currency != own:
            raise StoreRefused("price.currency", f"The shop's prices are in {own}, not in {value.currency}.")
        is_cleared = name == "compareAtPrice" and not value.amount
        wanted = None if is_cleared else amount(value)
        if as_decimal(variant.get(name)) != as_decimal(wanted):
            given[name] = wanted
    if len(given) == 1:
        return Written({"before": before}, as_instant(variant.get("updatedAt")))
    asked = {"product": variant["product"]["id"], "variants": [given]}
    payload = told(ask(call.exchange, _PRICE, asked), "productVariantsBulkUpdate")
    return Written({"before": before}, as_instant((payload.get("product") or {}).get("updatedAt")))


# --- showing ----------------------------------------------------------------------------------------

_SHOWN = """
query Shown($id: ID!) {
  product(id: $id) { id status updatedAt resourcePublicationsCount(onlyPublished: true) { count } }
}"""
_UPDATE = """
mutation UpdateProduct($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id status updatedAt } userErrors { field message } }
}"""
_TEXTS = """
query Texts($id: ID!) { product(id: $id) { id title descriptionHtml updatedAt } }"""
_CHANNELS = "query Channels { publications(first: 50) { nodes { id } } }"
_PUBLISH = """
mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) {
    publishable { resourcePublicationsCount(onlyPublished: true) { count } }
    userErrors { field message }
  }
}"""


def publish_product(call: Call, write: PublishProduct) -> Written:
    """Hidden is a draft: it keeps the channels it is published on, so that showing it undoes hiding exactly. What is on
    no channel when shown goes on all of them."""
    product = known(ask(call.exchange, _SHOWN, {"id": gid("Product", write.product)}).get("product"), "product")
    at, was = product.get("updatedAt"), str(product["status"])
    is_shown = was in ("ACTIVE", "UNLISTED")
    if is_shown != write.is_published and not (was == "ARCHIVED" and not write.is_published):
        wanted = {"id": product["id"], "status": "ACTIVE" if write.is_published else "DRAFT"}
        payload = told(ask(call.exchange, _UPDATE, {"product": wanted}), "productUpdate")
        at = (payload.get("product") or {}).get("updatedAt") or at
    count = (product.get("resourcePublicationsCount") or {}).get("count") or 0
    if write.is_published and not count:
        channels = [{"publicationId": one["id"]} for one in nodes(ask(call.exchange, _CHANNELS).get("publications"))]
        told(ask(call.exchange, _PUBLISH, {"id": product["id"], "input": channels}), "publishablePublish")
    return Written({"was": was.lower()}, as_instant(at))


def set_texts(call: Call, write: SetTexts) -> Written:
    """In the shop's own language; the handle stays as it is, and with it the product's address."""
    wanted = wording.asked(write, "title", "descriptionHtml")
    product = known(ask(call.exchange, _TEXTS, {"id": gid("Product", write.product)}).get("product"), "product")
    if not (change := wording.differing(product, wanted)):
        return Written({"product_id": plain_id(product["id"])}, as_instant(product.get("updatedAt")))
    payload = told(ask(call.exchange, _UPDATE, {"product": {"id": product["id"], **change}}), "productUpdate")
    at = (payload.get("product") or {}).get("updatedAt")
    return Written({"product_id": plain_id(product["id"])}, as_instant(at))


# --- collections ------------------------------------------------------------------------------------

_COLLECTION = """
query Collection($of: CollectionIdentifierInput!, $product: ID!) {
  collectionByIdentifier(identifier: $of) { id hasProduct(id: $product) }
}"""


def collect_product(call: Call, write: CollectProduct) -> Written:
    """Collections whose products Shopify finds by rules cannot be changed by hand: Shopify says so."""
    own, product = write.collection, gid("Product", write.product)
    of = {"id": gid("Collection", own)} if own.isdigit() or own.startswith("gid://") else {"handle": own}
    found = ask(call.exchange, _COLLECTION, {"of": of, "product": product}).get("collectionByIdentifier")
    collection = known(found, "collection")
    if bool(collection.get("hasProduct")) == write.is_in:
        return Written({"collection_id": plain_id(collection["id"])})
    name = "collectionsToJoin" if write.is_in else "collectionsToLeave"
    wanted = {"id": product, name: [collection["id"]]}
    payload = told(ask(call.exchange, _UPDATE, {"product": wanted}), "productUpdate")
    at = (payload.get("product") or {}).get("updatedAt")
    return Written({"collection_id": plain_id(collection["id"])}, as_instant(at))


# --- stock ------------------------------------------------------------------------------------------

_OF_VARIANT = """
query Counted($id: ID!) {
  productVariant(id: $id) {
    inventoryItem { id tracked inventoryLevels(first: 2) { nodes { location { id } } } }
  }
}"""
_OF_ITEM = """
query CountedItem($id: ID!) {
  inventoryItem(id: $id) { id tracked inventoryLevels(first: 2) { nodes { location { id } } } }
}"""
_STOCK = """
mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { createdAt changes { name delta quantityAfterChange } }
    userErrors { code field message }
  }
}"""


def set_stock(call: Call, write: SetStock) -> Written:
    """Raises `stock.changed` where the figure is no longer the expected one, `stock.location_missing` where the shop
    counts it at several places and none is named."""
    item, location = write.inventory_item and gid("InventoryItem", write.inventory_item), write.location
    if not item or not location:
        item, place = _place(call, write)
        location = location or place
    count: dict[str, Any] = {
        "inventoryItemId": item,
        "locationId": gid("Location", location),
        "quantity": write.available,
        "changeFromQuantity": write.expected,
    }
    given = {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"sereno://write/{mark(call)}",
        "quantities": [count],
    }
    data = ask(call.exchange, _STOCK, {"input": given, "key": token(call, "stock")})
    group: dict[str, Any] = told(data, "inventorySetQuantities").get("inventoryAdjustmentGroup") or {}
    value = {"available": write.available, "location_id": plain_id(location)}
    return Written(value, as_instant(group.get("createdAt")))


def _place(call: Call, write: SetStock) -> tuple[str, str]:
    """The inventory item, and the one place it is counted at."""
    if write.inventory_item:
        found = ask(call.exchange, _OF_ITEM, {"id": gid("InventoryItem", write.inventory_item)}).get("inventoryItem")
    else:
        variant = ask(call.exchange, _OF_VARIANT, {"id": gid("ProductVariant", write.variant)}).get("productVariant")
        found = known(variant, "variant").get("inventoryItem")
    item = known(found, "variant")
    if not item.get("tracked"):
        raise StoreRefused("stock.not_tracked", "Shopify does not count this variant: switch on “Track quantity”.")
    places = nodes(item.get("inventoryLevels"))
    if len(places) != 1 and not write.location:
        raise StoreRefused(
            "stock.location_missing", "The shop counts it at several places, or at none: say at which location."
        )
    return item["id"], places[0]["location"]["id"] if places else ""


# --- metafields -------------------------------------------------------------------------------------

_KINDS = {"order": "Order", "customer": "Customer", "product": "Product", "variant": "ProductVariant"}
_METAFIELD = """
mutation Metafield($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { id updatedAt } userErrors { code field message } }
}"""


def set_metafield(call: Call, write: SetMetafield) -> Written:
    field = {
        "ownerId": gid(_KINDS[write.of], write.key),
        "namespace": write.namespace,
        "key": write.name,
        "type": write.type,
        "value": write.value,
    }
    payload = told(ask(call.exchange, _METAFIELD, {"metafields": [field]}), "metafieldsSet")
    made = next(iter(payload.get("metafields") or []), {})
    return Written({"metafield_id": plain_id(made.get("id"))}, as_instant(made.get("updatedAt")))


# --- discount codes ---------------------------------------------------------------------------------

_BASIC = """
mutation Code($discount: DiscountCodeBasicInput!) {
  made: discountCodeBasicCreate(basicCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { code field message }
  }
}"""
_SHIPPING = """
mutation ShippingCode($discount: DiscountCodeFreeShippingInput!) {
  made: discountCodeFreeShippingCreate(freeShippingCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { code field message }
  }
}"""
_CODE = """
query Code($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      ... on DiscountCodeBasic { tags }
      ... on DiscountCodeFreeShipping { tags }
    }
  }
}"""


def create_discount_code(call: Call, write: CreateDiscountCode) -> Written:
    """A code that is there already is ours if it carries our tag; else `discount.taken`. Raises `discount.no_customer`:
    Shopify keeps codes for accounts, and an address is none."""
    if write.customer.startswith("email:"):
        raise StoreRefused("discount.no_customer", "Shopify keeps a code for an account: this customer has none.")
    document = _SHIPPING if write.kind == "free_shipping" else _BASIC
    data = ask(call.exchange, document, {"discount": _discount(call, write)})
    if wrong_codes(data, "made") & {"TAKEN", "DUPLICATE"}:
        found: dict[str, Any] = ask(call.exchange, _CODE, {"code": write.code}).get("codeDiscountNodeByCode") or {}
        if mark(call) not in ((found.get("codeDiscount") or {}).get("tags") or []):
            raise StoreRefused("discount.taken", f"The shop has a code {write.code} already.")
        return Written({"code": write.code, "discount_id": plain_id(found.get("id"))})
    node: dict[str, Any] = told(data, "made").get("codeDiscountNode") or {}
    return Written({"code": write.code, "discount_id": plain_id(node.get("id"))})


def _discount(call: Call, write: CreateDiscountCode) -> Mapping[str, Any]:
    given: dict[str, Any] = {
        "title": write.code,
        "code": write.code,
        "tags": [mark(call)],
        "startsAt": (write.starts_at or call.now).isoformat(),
        "endsAt": write.ends_at.isoformat() if write.ends_at else None,
        "usageLimit": write.most_uses,
        "appliesOncePerCustomer": write.is_once_per_customer,
        "context": {"customers": {"add": [gid("Customer", write.customer)]}} if write.customer else {"all": "ALL"},
    }
    if write.minimum is not None:
        given["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": amount(write.minimum)}}
    if write.kind == "free_shipping":
        return {**given, "destination": {"all": True}}
    if write.kind == "percentage":
        value: dict[str, Any] = {"percentage": float(write.value / 100)}
    else:
        value = {"discountAmount": {"amount": str(write.value), "appliesOnEachItem": False}}
    items: dict[str, Any] = {"all": True}
    if write.variant:
        items = {"products": {"productVariantsToAdd": [gid("ProductVariant", write.variant)]}}
    return {**given, "customerGets": {"items": items, "value": value}}
