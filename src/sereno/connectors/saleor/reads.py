"""Reading Saleor's records back, and keeping its webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sereno.connectors.reading import as_instant, iso
from sereno.connectors.saleor.graph import ERRORS, ask, change
from sereno.sdk.stores import Exchange, Item, Page, Reading, StoreRefused, Subscription, Subscriptions

_MONEY = "gross { amount currency } net { amount } tax { amount }"
_ADDRESS = """firstName lastName companyName streetAddress1 streetAddress2 city postalCode countryArea phone
    country { code }"""
_PERSON = "id email firstName lastName languageCode updatedAt dateJoined"
ORDER = f"""id number status statusDisplay paymentStatus created updatedAt userEmail languageCodeEnum customerNote
  voucherCode shippingMethodName checkoutId channel {{ slug }} user {{ {_PERSON} }}
  total {{ {_MONEY} }} subtotal {{ {_MONEY} }} shippingPrice {{ {_MONEY} }}
  billingAddress {{ {_ADDRESS} }} shippingAddress {{ {_ADDRESS} }}
  lines {{ id productName variantName productSku quantity unitPrice {{ {_MONEY} }} totalPrice {{ {_MONEY} }}
    variant {{ id sku product {{ id name }} }} }}
  fulfillments {{ id status trackingNumber created }}"""
_STRUCK = "priorPrice { amount }"
"""Since Saleor 3.21."""
VARIANT = f"""id sku name trackInventory product {{ id }}
  channelListings {{ channel {{ slug }} price {{ amount currency }} {_STRUCK} }}"""
PRODUCT = f"""id name slug description created updatedAt category {{ name }}
  channelListings {{ channel {{ slug }} isPublished publishedAt }} variants {{ {VARIANT} }}"""
STOCK = """id sku product { id name } stocks { warehouse { id name } quantity quantityAllocated } updatedAt"""
_KINDS = {
    "order": ("order", "orders", ORDER, "OrderFilterInput", "order_read", "order"),
    "customer": ("user", "customers", _PERSON, "CustomerFilterInput", "customer_updated", "user"),
    "product": ("product", "products", PRODUCT, "ProductFilterInput", "product_updated", "product"),
    "stock_level": (
        "productVariant",
        "productVariants",
        STOCK,
        "ProductVariantFilterInput",
        "stock_read",
        "productVariant",
    ),
}
T = TypeVar("T")
_MOST = 100
"""Saleor gives no more at once."""


def reader(kind: str) -> Callable[[Exchange, Reading], Page]:
    _, many, fields, filter_, topic, name = _KINDS[kind]
    in_channel = ", channel: $channel" if kind in ("product", "stock_level") else ""
    variables = "$channel: String, " if in_channel else ""
    document = f"""query({variables}$first: Int!, $after: String, $filter: {filter_}) {{
  {many}(first: $first, after: $after, filter: $filter{in_channel}) {{
    totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {fields} }} }} }} }}"""

    def read(exchange: Exchange, reading: Reading) -> Page:
        range_ = {"gte": iso(reading.since)} if reading.since else {}
        if reading.until:
            range_["lte"] = iso(reading.until)
        given: dict[str, Any] = {"channel": exchange.access.get("channel")} if in_channel else {}
        given |= {"first": min(reading.size, _MOST), "after": reading.cursor}
        given["filter"] = {"updatedAt": range_} if range_ else None
        held = _known(lambda asked: ask(exchange, asked, **given).data[many], document)
        items = [_item(topic, name, _of_channel(exchange, kind, edge["node"])) for edge in held["edges"]]
        info = held["pageInfo"]
        return Page(items, info["endCursor"] if info["hasNextPage"] else None, held["totalCount"])

    return read


def fetcher(kind: str) -> Callable[[Exchange, str], Item | None]:
    one, _, fields, _, topic, name = _KINDS[kind]
    document = f"query($id: ID!) {{ {one}(id: $id) {{ {fields} }} }}"

    def fetch(exchange: Exchange, id: str) -> Item | None:
        node = _known(lambda asked: ask(exchange, asked, id=id).data.get(one), document)
        return _item(topic, name, _of_channel(exchange, kind, node)) if node else None

    return fetch


def _known(ask_with: Callable[[str], T], document: str) -> T:
    """Asks for the price struck through too, and again without it where Saleor does not know it yet."""
    try:
        return ask_with(document)
    except StoreRefused as error:
        if error.code != "store.refused" or _STRUCK not in document:
            raise
        return ask_with(document.replace(_STRUCK, ""))


def _of_channel(exchange: Exchange, kind: str, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A product says of which channel's prices and shop window is meant."""
    return {**node, "channel": exchange.access.get("channel")} if kind == "product" else node


def _item(topic: str, name: str, node: Mapping[str, Any]) -> Item:
    return Item(topic, {name: node}, str(node.get("id") or ""), as_instant(node.get("updatedAt")))


# --- subscriptions ----------------------------------------------------------------------------------

_HOOKS = """query { app { id webhooks { id name isActive targetUrl asyncEvents { eventType } } } }"""
_HOOK = f"""mutation($input: WebhookCreateInput!) {{ webhookCreate(input: $input) {{
  webhook {{ id isActive }} {ERRORS} }} }}"""
_UNHOOK = f"mutation($id: ID!) {{ webhookDelete(id: $id) {{ {ERRORS} }} }}"
_REHOOK = f"""mutation($id: ID!, $input: WebhookUpdateInput!) {{ webhookUpdate(id: $id, input: $input) {{
  webhook {{ id isActive }} {ERRORS} }} }}"""
_CHECKOUT = f"""id token email languageCode created updatedAt channel {{ slug }} user {{ {_PERSON} }}
  totalPrice {{ {_MONEY} }} subtotalPrice {{ {_MONEY} }}
  lines {{ id quantity totalPrice {{ {_MONEY} }} variant {{ id sku name product {{ id name }} }} }}"""
_ASKED = {
    "ORDER_CREATED": ("OrderCreated", f"order {{ {ORDER} }}"),
    "ORDER_UPDATED": ("OrderUpdated", f"order {{ {ORDER} }}"),
    "ORDER_FULLY_PAID": ("OrderFullyPaid", f"order {{ {ORDER} }}"),
    "ORDER_CANCELLED": ("OrderCancelled", f"order {{ {ORDER} }}"),
    "ORDER_FULFILLED": ("OrderFulfilled", f"order {{ {ORDER} }}"),
    "ORDER_FULLY_REFUNDED": ("OrderFullyRefunded", f"order {{ {ORDER} }}"),
    "CHECKOUT_UPDATED": ("CheckoutUpdated", f"checkout {{ {_CHECKOUT} }}"),
    "CUSTOMER_CREATED": ("CustomerCreated", f"user {{ {_PERSON} }}"),
    "CUSTOMER_UPDATED": ("CustomerUpdated", f"user {{ {_PERSON} }}"),
    "PRODUCT_UPDATED": ("ProductUpdated", f"product(channel: %s) {{ channel {PRODUCT} }}"),
    "PRODUCT_VARIANT_UPDATED": ("ProductVariantUpdated", f"productVariant(channel: %s) {{ channel {VARIANT} }}"),
    "PRODUCT_VARIANT_STOCK_UPDATED": (
        "ProductVariantStockUpdated",
        "productVariant { id sku quantityAvailable product { id name } } warehouse { id name }",
    ),
}
"""What each webhook is to bring: the type of its event, and the fields; %s is the channel's slug."""


def _list(exchange: Exchange) -> Sequence[Subscription]:
    app = ask(exchange, _HOOKS).data.get("app")
    if not app:
        raise StoreRefused("store.key_refused", "The token is no app's: webhooks can be kept by an app only.")
    return [
        Subscription(hook["id"], event["eventType"], hook["targetUrl"], bool(hook["isActive"]))
        for hook in app["webhooks"] or ()
        for event in hook["asyncEvents"]
    ]


def _make(exchange: Exchange, topic: str, address: str, secret: str) -> Subscription:
    wanted = {
        "name": f"Sereno {topic}",
        "targetUrl": address,
        "asyncEvents": [topic],
        "isActive": True,
        "secretKey": secret,
    }
    query = subscription_query(topic, exchange.access.get("channel", ""))
    made = _known(lambda asked: change(exchange, _HOOK, input={**wanted, "query": asked})["webhook"], query)
    return Subscription(made["id"], topic, address, bool(made["isActive"]))


def subscription_query(topic: str, channel: str) -> str:
    type_, fields = _ASKED[topic]
    fields = fields.replace("%s", json.dumps(channel))
    return f"subscription {{ event {{ ... on {type_} {{ {fields} }} }} }}"


def _remove(exchange: Exchange, id: str) -> None:
    change(exchange, _UNHOOK, id=id)


def _repair(exchange: Exchange, held: Subscription, address: str, secret: str) -> Subscription:
    wanted = {"isActive": True, "targetUrl": address, "secretKey": secret}
    made = change(exchange, _REHOOK, id=held.id, input=wanted)["webhook"]
    return Subscription(held.id, held.topic, address, bool(made["isActive"]))


SUBSCRIPTIONS = Subscriptions(tuple(_ASKED), _list, _make, _remove, _repair)
