"""What can be done in a WooCommerce shop itself, over its REST interface v3."""

from __future__ import annotations

from typing import Any

from sereno.connectors.reading import Reader
from sereno.connectors.woocommerce import (
    captures,
    catalog_writes,
    client,
    order_writes,
    parcels,
    people_writes,
    reads,
    refunds,
    site,
)
from sereno.connectors.woocommerce.client import Body, as_list, ask, send
from sereno.connectors.woocommerce.granting import GRANT
from sereno.connectors.woocommerce.settings import ACCESS, ACCESS_STEPS, GUIDE
from sereno.sdk import writes
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused, Subscription, Subscriptions, if_there


def probe(exchange: Exchange) -> Probe:
    """The key is tried for reading, and for writing by a list of changes that is empty."""
    currency = Reader(ask(exchange, "GET", "data/currencies/current")).text("code") or ""
    lacking: list[str] = []
    try:
        ask(exchange, "POST", "orders/batch", body={})
    except StoreRefused as error:
        if error.code != "store.key_refused":
            raise
        lacking.append("Write permission: nothing can be changed. Make a key with Read/Write.")
    status: Any = {}
    try:
        status = ask(exchange, "GET", "system_status", query={"_fields": "environment,settings"})
    except StoreRefused:
        lacking.append("The key's user is no shop manager: webhooks cannot be watched.")
    shop = Reader(status).child("environment")
    return Probe(shop.text("home_url", "site_url") or "", currency, shop.text("version") or "", lacking)


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    """WordPress's own interface takes an application password, WooCommerce's its key."""
    return site.sign(exchange, request) or client.sign(exchange, request)


def _list(exchange: Exchange) -> list[Subscription]:
    found: list[Subscription] = []
    for page in range(1, 11):
        answer = send(exchange, "GET", "webhooks", query={"status": "all", "per_page": 100, "page": page})
        some = as_list(answer.body)
        found += [_subscription(one) for one in some]
        if len(some) < 100:
            break
    return found


def _make(exchange: Exchange, topic: str, address: str, secret: str) -> Subscription:
    body = {"name": f"Sereno: {topic}", "topic": topic, "delivery_url": address, "secret": secret, "status": "active"}
    return _subscription(ask(exchange, "POST", "webhooks", body=body))


def _remove(exchange: Exchange, own: str) -> None:
    if_there(lambda: ask(exchange, "DELETE", f"webhooks/{own}", query={"force": "true"}))


def _repair(exchange: Exchange, subscription: Subscription, address: str, secret: str) -> Subscription:
    """Switched on again: WooCommerce switches a webhook off after failures in a row, and counts anew then."""
    body = {"status": "active", "delivery_url": address, "secret": secret}
    return _subscription(ask(exchange, "PUT", f"webhooks/{subscription.id}", body=body))


def _subscription(record: Body) -> Subscription:
    reader = Reader(record)
    return Subscription(
        reader.id("id") or "",
        reader.text("topic") or "",
        reader.text("delivery_url") or "",
        reader.text("status") == "active",
    )


STORE = StoreApi(
    access=ACCESS,
    steps=ACCESS_STEPS,
    probe=probe,
    writes={
        writes.TagOrder: order_writes.tag,
        writes.NoteOrder: order_writes.note,
        writes.HoldFulfillment: order_writes.hold,
        writes.ReleaseFulfillment: order_writes.release,
        writes.CancelOrder: refunds.cancel,
        writes.RefundOrder: refunds.refund,
        writes.CapturePayment: captures.capture,
        writes.ChangeAddress: order_writes.change_address,
        writes.ChangeItems: order_writes.change_items,
        writes.FulfillOrder: parcels.fulfill,
        writes.CreateDraftOrder: people_writes.create_draft,
        writes.TagCustomer: people_writes.tag,
        writes.TagProduct: catalog_writes.tag,
        writes.SetPrice: catalog_writes.set_price,
        writes.SetTexts: catalog_writes.set_texts,
        writes.PublishProduct: catalog_writes.publish,
        writes.CollectProduct: catalog_writes.collect,
        writes.SetStock: catalog_writes.set_stock,
        writes.SetMetafield: catalog_writes.set_metafield,
        writes.CreateDiscountCode: people_writes.create_code,
        writes.WritePost: site.POSTS.write,
        writes.WritePage: site.PAGES.write,
        writes.SetThemeFile: site.FILES.write,
    },
    looks={"post": site.POSTS.look, "page": site.PAGES.look, "theme_file": site.FILES.look},
    grant=GRANT,
    reads={"order": reads.orders, "customer": reads.customers, "product": reads.products},
    fetch={
        "order": reads.fetcher("orders", "order.read"),
        "customer": reads.fetcher("customers", "customer.read"),
        "product": reads.fetcher("products", "product.read"),
        "variant": reads.fetcher("products", "product.read"),
    },
    subscriptions=Subscriptions(GUIDE.topics, _list, _make, _remove, _repair),
    per_second=3.0,
    sign=sign,
)
