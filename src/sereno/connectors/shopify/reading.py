"""Reading Shopify back, page by page and one by one.

Invariant: a page is asked for in the order of change, so that a record changed meanwhile comes again on a later page
and none is passed over. What is nested deeper than a page may hold is fetched whole by its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sereno.connectors.reading import as_instant, iso
from sereno.connectors.shopify import shapes
from sereno.connectors.shopify.client import ask, gid, nodes, plain_id
from sereno.sdk.stores import Exchange, Item, Page, Reading, StoreRefused

_MONEY = "{ shopMoney { amount currencyCode } }"
_ADDRESS = """{
  firstName lastName name company address1 address2 city province provinceCode zip country countryCodeV2 phone
}"""
_LINE = f"""{{
  id sku title variantTitle quantity unfulfilledQuantity vendor requiresShipping isGiftCard
  product {{ id }}
  variant {{ id }}
  originalUnitPriceSet {_MONEY}
  discountAllocations {{ allocatedAmountSet {_MONEY} }}
  taxLines {{ priceSet {_MONEY} }}
  customAttributes {{ key value }}
}}"""
_PERSON = """
  id firstName lastName locale state tags numberOfOrders createdAt updatedAt
  amountSpent { amount currencyCode }
  defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt }
  defaultPhoneNumber { phoneNumber smsMarketingConsent { state optInLevel updatedAt } }
"""
_TRANSACTION = f"{{ id kind status gateway errorCode test processedAt createdAt amountSet {_MONEY} }}"
_MORE = "pageInfo { hasNextPage endCursor }"


_ORDER = f"""
  id name currencyCode test note tags sourceName discountCodes email phone customerLocale customerAcceptsMarketing
  cartToken checkoutToken clientIp statusPageUrl paymentGatewayNames displayFinancialStatus displayFulfillmentStatus
  processedAt createdAt cancelledAt cancelReason closedAt updatedAt
  totalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalDiscountsSet {_MONEY} totalTaxSet {_MONEY}
  totalShippingPriceSet {_MONEY}
  shippingLine {{ title }}
  customAttributes {{ key value }}
  customer {{ {_PERSON} }}
  billingAddress {_ADDRESS}
  shippingAddress {_ADDRESS}
"""


def bulk_orders(filter: str | None) -> str:
    """All orders of the filter, for a bulk operation: it knows no lists inside lists, so refunds come without lines."""
    where = f"(query: {json.dumps(filter)})" if filter else ""
    return f"""{{
  orders{where} {{
    edges {{
      node {{
        {_ORDER}
        transactions {_TRANSACTION}
        refunds {{ id note createdAt processedAt totalRefundedSet {_MONEY} }}
        fulfillments {{
          id status displayStatus createdAt updatedAt
          location {{ id }}
          trackingInfo {{ company number url }}
        }}
        lineItems {{ edges {{ node {_LINE} }} }}
      }}
    }}
  }}
}}"""


def _order_fields(lines: int, parts: int) -> str:
    """`lines` and `parts`: at most how many of each; there is a page after them where there are more."""
    return f"""
  {_ORDER}
  lineItems(first: {lines}) {{ nodes {_LINE} {_MORE} }}
  transactions(first: 10) {_TRANSACTION}
  refunds(first: {parts}) {{
    id note createdAt processedAt
    transactions(first: 5) {{ nodes {_TRANSACTION} }}
    refundLineItems(first: {parts}) {{
      nodes {{
        quantity restocked subtotalSet {_MONEY} totalTaxSet {_MONEY}
        lineItem {{ id sku title variantTitle quantity originalUnitPriceSet {_MONEY} }}
      }}
      {_MORE}
    }}
  }}
  fulfillments(first: {parts}) {{
    id status displayStatus createdAt updatedAt
    location {{ id }}
    trackingInfo(first: 5) {{ company number url }}
    fulfillmentLineItems(first: {parts}) {{ nodes {{ quantity lineItem {{ id sku title }} }} {_MORE} }}
  }}"""


_PRODUCT = """
  id title descriptionHtml handle productType vendor tags status publishedAt createdAt updatedAt
  featuredMedia { preview { image { url } } }
"""
_VARIANT = """{
  id sku barcode title price compareAtPrice inventoryQuantity inventoryPolicy updatedAt
  selectedOptions { value }
  inventoryItem { id tracked requiresShipping measurement { weight { value unit } } }
}"""

PARTS = 2
"""Refunds, and parcels, of an order on a page; where there are as many, the order is fetched by its id."""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_order_fields(8, PARTS)} }}
    {_MORE}
  }}
}}"""
ORDER = f"query Order($id: ID!) {{ order(id: $id) {{ {_order_fields(36, 6)} }} }}"
ORDER_SLIM = f"query Order($id: ID!) {{ order(id: $id) {{ {_order_fields(20, 3)} }} }}"
"""For what Shopify finds too costly."""

LINES = f"""
query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: 60, after: $after) {{ nodes {_LINE} {_MORE} }} }}
}}"""
CUSTOMERS = f"""
query Customers($first: Int!, $after: String, $query: String) {{
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_PERSON} note defaultAddress {_ADDRESS} addressesV2(first: 5) {{ nodes {_ADDRESS} }} }}
    {_MORE}
  }}
}}"""
CUSTOMER = f"""
query Customer($id: ID!) {{
  customer(id: $id) {{ {_PERSON} note defaultAddress {_ADDRESS} addressesV2(first: 20) {{ nodes {_ADDRESS} }} }}
}}"""
PRODUCTS = f"""
query Products($first: Int!, $after: String, $query: String) {{
  products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_PRODUCT} variants(first: 10) {{ nodes {_VARIANT} {_MORE} }} }}
    {_MORE}
  }}
}}"""
PRODUCT = f"""
query Product($id: ID!, $after: String) {{
  product(id: $id) {{ {_PRODUCT} variants(first: 100, after: $after) {{ nodes {_VARIANT} {_MORE} }} }}
}}"""
_LEVEL = '{ updatedAt location { id } quantities(names: ["available"]) { name quantity } }'
STOCK = f"""
query Stock($first: Int!, $after: String, $query: String) {{
  inventoryItems(first: $first, after: $after, query: $query) {{
    nodes {{ id inventoryLevels(first: 5) {{ nodes {_LEVEL} {_MORE} }} }}
    {_MORE}
  }}
}}"""
LEVELS = f"""
query Levels($id: ID!, $after: String) {{
  inventoryItem(id: $id) {{ inventoryLevels(first: 100, after: $after) {{ nodes {_LEVEL} {_MORE} }} }}
}}"""

MOST = {"order": 4, "customer": 40, "product": 15, "stock_level": 50}
"""How many on a page: a query may cost 1,000 points, reckoned beforehand as if every list were full. These stay below
it even if every object counted one."""


def filter_of(reading: Reading) -> str | None:
    parts: list[str] = []
    if reading.since is not None:
        parts.append(f"updated_at:>='{iso(reading.since)}'")
    if reading.until is not None:
        parts.append(f"updated_at:<='{iso(reading.until)}'")
    return " AND ".join(parts) or None


def _asked(reading: Reading, kind: str) -> dict[str, Any]:
    return {"first": max(1, min(reading.size, MOST[kind])), "after": reading.cursor, "query": filter_of(reading)}


def _ask_page(exchange: Exchange, document: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """With half as many on the page, and half of that, where Shopify finds it too costly."""
    given = dict(asked)
    while True:
        try:
            return ask(exchange, document, given)
        except StoreRefused as error:
            if error.code != "store.too_costly" or given["first"] <= 1:
                raise
            given["first"] //= 2


def _next(connection: Mapping[str, Any]) -> str | None:
    more: dict[str, Any] = connection.get("pageInfo") or {}
    return more.get("endCursor") if more.get("hasNextPage") else None


def _has_more(*connections: Mapping[str, Any] | None) -> bool:
    return any((one or {}).get("pageInfo", {}).get("hasNextPage") for one in connections)


def _is_cut(order: Mapping[str, Any]) -> bool:
    refunds, parcels = nodes(order.get("refunds")), nodes(order.get("fulfillments"))
    inner = [one.get("refundLineItems") for one in refunds] + [one.get("fulfillmentLineItems") for one in parcels]
    return _has_more(order.get("lineItems"), *inner) or len(refunds) >= PARTS or len(parcels) >= PARTS


def read_orders(exchange: Exchange, reading: Reading) -> Page:
    found: dict[str, Any] = _ask_page(exchange, ORDERS, _asked(reading, "order"))["orders"]
    items: list[Item] = []
    for one in nodes(found):
        whole = fetch_order(exchange, plain_id(one["id"])) if _is_cut(one) else order_item(one)
        if whole is not None:
            items.append(whole)
    return Page(items, _next(found))


def order_item(one: Mapping[str, Any]) -> Item:
    return Item("orders/read", shapes.order(one), plain_id(one["id"]), as_instant(one.get("updatedAt")))


def fetch_order(exchange: Exchange, id: str) -> Item | None:
    try:
        data = ask(exchange, ORDER, {"id": gid("Order", id)})
    except StoreRefused as error:
        if error.code != "store.too_costly":
            raise
        data = ask(exchange, ORDER_SLIM, {"id": gid("Order", id)})
    one: dict[str, Any] | None = data.get("order")
    if one is None:
        return None
    lines: dict[str, Any] = one.get("lineItems") or {}
    while after := _next(lines):
        more: dict[str, Any] = ask(exchange, LINES, {"id": one["id"], "after": after}).get("order") or {}
        lines = more.get("lineItems") or {}
        one["lineItems"]["nodes"] += nodes(lines)
    return order_item(one)


def read_customers(exchange: Exchange, reading: Reading) -> Page:
    found: dict[str, Any] = _ask_page(exchange, CUSTOMERS, _asked(reading, "customer"))["customers"]
    return Page([customer_item(one) for one in nodes(found)], _next(found))


def customer_item(one: Mapping[str, Any]) -> Item:
    body = shapes.customer(one) or {}
    return Item("customers/read", body, plain_id(one["id"]), as_instant(one.get("updatedAt")))


def fetch_customer(exchange: Exchange, id: str) -> Item | None:
    one = ask(exchange, CUSTOMER, {"id": gid("Customer", id)}).get("customer")
    return customer_item(one) if one else None


def read_products(exchange: Exchange, reading: Reading) -> Page:
    found: dict[str, Any] = _ask_page(exchange, PRODUCTS, _asked(reading, "product"))["products"]
    items: list[Item] = []
    for one in nodes(found):
        whole = fetch_product(exchange, plain_id(one["id"])) if _has_more(one.get("variants")) else product_item(one)
        if whole is not None:
            items.append(whole)
    return Page(items, _next(found))


def product_item(one: Mapping[str, Any]) -> Item:
    return Item("products/read", shapes.product(one), plain_id(one["id"]), as_instant(one.get("updatedAt")))


def fetch_product(exchange: Exchange, id: str) -> Item | None:
    given = {"id": gid("Product", id), "after": None}
    one: dict[str, Any] | None = ask(exchange, PRODUCT, given).get("product")
    if one is None:
        return None
    variants: dict[str, Any] = one.get("variants") or {}
    while after := _next(variants):
        more: dict[str, Any] = ask(exchange, PRODUCT, {**given, "after": after}).get("product") or {}
        variants = more.get("variants") or {}
        one["variants"]["nodes"] += nodes(variants)
    return product_item(one)


def read_stock(exchange: Exchange, reading: Reading) -> Page:
    """Every level of the items of the page. Of items the query knows when they changed, not of levels: so all are
    read, whatever `since` says."""
    asked = _asked(Reading(None, None, reading.cursor, reading.size), "stock_level")
    found: dict[str, Any] = _ask_page(exchange, STOCK, asked)["inventoryItems"]
    items: list[Item] = []
    for one in nodes(found):
        for level in _levels(exchange, one):
            body = shapes.stock_level(one, level)
            name = f"{body['inventory_item_id']}:{body['location_id']}"
            items.append(Item("inventory_levels/update", body, name, as_instant(body["updated_at"])))
    return Page(items, _next(found))


def _levels(exchange: Exchange, item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """At all places, also where they are more than a page holds."""
    levels: dict[str, Any] = item.get("inventoryLevels") or {}
    found = list(nodes(levels))
    while after := _next(levels):
        more: dict[str, Any] = ask(exchange, LEVELS, {"id": item["id"], "after": after}).get("inventoryItem") or {}
        levels = more.get("inventoryLevels") or {}
        found += nodes(levels)
    return found


READS: dict[str, Callable[[Exchange, Reading], Page]] = {
    "order": read_orders,
    "customer": read_customers,
    "product": read_products,
    "stock_level": read_stock,
}
FETCH: dict[str, Callable[[Exchange, str], Item | None]] = {
    "order": fetch_order,
    "customer": fetch_customer,
    "product": fetch_product,
}
