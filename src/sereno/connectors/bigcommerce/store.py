"""What can be done on BigCommerce itself, and what has to be given for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.connectors.bigcommerce import reading, site, writing_catalog, writing_orders
from sereno.connectors.bigcommerce.client import ask, ask_list, number
from sereno.connectors.bigcommerce.settings import GUIDE, OWN_HEADER
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused, Subscription, Subscriptions, if_there

LOOKS = (
    ("/v2/orders", {"limit": 1}, _("Orders: orders cannot be read, held, cancelled or sent")),
    (
        "/v3/orders/payment_actions/refunds",
        {"limit": 1},
        _("Order Transactions: no refunds, no captures"),
    ),
    ("/v3/customers", {"limit": 1}, _("Customers: customers cannot be read back")),
    ("/v3/catalog/products", {"limit": 1}, _("Products: products, prices and stock cannot be read or changed")),
    ("/v3/inventory/items", {"limit": 1}, _("Store Inventory: stock cannot be told by location")),
    ("/v2/coupons", {"limit": 1}, _("Marketing: discount codes cannot be made")),
    ("/v2/blog/posts", {"limit": 1}, _("Content: posts and pages cannot be written")),
    ("/v3/hooks", {"limit": 1}, _("Information & settings: webhooks cannot be made and watched")),
)
"""BigCommerce does not say what a key may do; whether it may look is tried."""


def probe(exchange: Exchange) -> Probe:
    store = ask(exchange, "GET", "/v2/store")
    lacking: list[str] = []
    for path, query, text in LOOKS:
        try:
            ask_list(exchange, path, query)
        except StoreRefused as error:
            if error.code != "store.key_refused":
                raise
            lacking.append(text)
    name = f"{store.get('name')} ({store.get('domain')})"
    return Probe(name, str(store.get("currency") or ""), "v2, v3", lacking)


# --- subscriptions ----------------------------------------------------------------------------------


def _list(exchange: Exchange) -> Sequence[Subscription]:
    """Those of this API account: BigCommerce shows no others."""
    found: list[Subscription] = []
    page = 1
    while True:
        answer = ask(exchange, "GET", "/v3/hooks", query={"page": page, "limit": 250})
        found += [_subscription(one) for one in answer.get("data") or []]
        said: dict[str, Any] = (answer.get("meta") or {}).get("pagination") or {}
        if page >= int(said.get("total_pages") or 0):
            return found
        page += 1


def _subscription(one: dict[str, Any]) -> Subscription:
    return Subscription(str(one["id"]), one["scope"], one["destination"], bool(one.get("is_active")))


def _body(topic: str, address: str, secret: str) -> dict[str, Any]:
    return {"scope": topic, "destination": address, "is_active": True, "headers": {OWN_HEADER: secret}}


def _make(exchange: Exchange, topic: str, address: str, secret: str) -> Subscription:
    """Notices of it carry the secret in a header of ours. One that is there already is switched on and given back."""
    there = next((one for one in _list(exchange) if (one.topic, one.address) == (topic, address)), None)
    if there is not None:
        return there if there.is_active else _repair(exchange, there, address, secret)
    made = ask(exchange, "POST", "/v3/hooks", _body(topic, address, secret))
    return _subscription(made["data"])


def _remove(exchange: Exchange, id: str) -> None:
    if_there(lambda: ask(exchange, "DELETE", f"/v3/hooks/{number(id)}"))


def _repair(exchange: Exchange, one: Subscription, address: str, secret: str) -> Subscription:
    found = ask(exchange, "PUT", f"/v3/hooks/{number(one.id)}", _body(one.topic, address, secret))
    return _subscription(found["data"])


# --- the store --------------------------------------------------------------------------------------

STORE = StoreApi(
    access=(
        Setting("api_path", _("API path"), "text", True, _("Such as https://api.bigcommerce.com/stores/abc123/v3/")),
        Setting("token", _("Access token"), "secret", True, _("BigCommerce shows it once, when the account is made.")),
    ),
    steps=(
        _("In BigCommerce open Settings, Store-level API accounts, and press “Create API account”."),
        _("Let it modify orders, order transactions, products, customers, content, marketing, inventory and settings."),
        _("Copy the API path and the access token from the box that follows: the token is not shown again."),
    ),
    probe=probe,
    writes={
        writes.NoteOrder: writing_orders.note_order,
        writes.HoldFulfillment: writing_orders.hold_fulfillment,
        writes.ReleaseFulfillment: writing_orders.release_fulfillment,
        writes.CancelOrder: writing_orders.cancel_order,
        writes.RefundOrder: writing_orders.refund_order,
        writes.CapturePayment: writing_orders.capture_payment,
        writes.ChangeAddress: writing_orders.change_address,
        writes.ChangeItems: writing_orders.change_items,
        writes.FulfillOrder: writing_orders.fulfill_order,
        writes.CreateDraftOrder: writing_catalog.create_draft_order,
        writes.SetPrice: writing_catalog.set_price,
        writes.SetTexts: writing_catalog.set_texts,
        writes.PublishProduct: writing_catalog.publish_product,
        writes.CollectProduct: writing_catalog.collect_product,
        writes.SetStock: writing_catalog.set_stock,
        writes.SetMetafield: writing_catalog.set_metafield,
        writes.CreateDiscountCode: writing_catalog.create_discount_code,
        writes.WritePost: site.POSTS.write,
        writes.WritePage: site.PAGES.write,
    },
    looks={"post": site.POSTS.look, "page": site.PAGES.look},
    reads=reading.READS,
    fetch=reading.FETCH,
    subscriptions=Subscriptions(GUIDE.topics, _list, _make, _remove, _repair),
    per_second=5.0,
)
"""`per_second`: the smallest plan takes 150 requests in 30 seconds. Tags are not in it: BigCommerce has none."""
