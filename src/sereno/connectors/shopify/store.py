"""What can be done on Shopify itself, and what has to be given for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.connectors.shopify import (
    bulk,
    granting,
    reading,
    site,
    writing_catalog,
    writing_contents,
    writing_orders,
    writing_payments,
)
from sereno.connectors.shopify.client import VERSION, ask, gid, nodes, told
from sereno.connectors.shopify.settings import GUIDE
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused, Subscription, Subscriptions

SCOPES = {
    "read_orders": _("read_orders: orders cannot be read back"),
    "read_all_orders": _("read_all_orders: orders older than 60 days cannot be read back"),
    "write_orders": _("write_orders: orders cannot be tagged, noted, cancelled, refunded or captured"),
    "write_order_edits": _("write_order_edits: the items of an order cannot be changed"),
    "write_merchant_managed_fulfillment_orders": _(
        "write_merchant_managed_fulfillment_orders: orders cannot be held, released or sent"
    ),
    "write_draft_orders": _("write_draft_orders: draft orders cannot be made"),
    "read_customers": _("read_customers: customers cannot be read back"),
    "write_customers": _("write_customers: customers cannot be tagged"),
    "read_products": _("read_products: products cannot be read back"),
    "write_products": _("write_products: products, prices and collections cannot be changed"),
    "write_publications": _("write_publications: products cannot be put on sales channels"),
    "read_locations": _("read_locations: stock cannot be told by location"),
    "read_inventory": _("read_inventory: stock cannot be read back"),
    "write_inventory": _("write_inventory: stock cannot be set"),
    "write_discounts": _("write_discounts: discount codes cannot be made"),
    "write_content": _("write_content: posts and pages cannot be written"),
    "write_themes": _("write_themes: themes cannot be changed (files also need an exemption that Shopify gives)"),
}
"""What the app's key should allow, and what cannot be done without it."""

_SHOP = """
query Shop {
  shop { name myshopifyDomain currencyCode }
  currentAppInstallation { accessScopes { handle } }
}"""


def probe(exchange: Exchange) -> Probe:
    data = ask(exchange, _SHOP)
    shop: dict[str, Any] = data["shop"]
    held = {one["handle"] for one in (data.get("currentAppInstallation") or {}).get("accessScopes") or []}
    # Whoever may write may read.
    held |= {f"read_{name.removeprefix('write_')}" for name in held if name.startswith("write_")}
    lacking = [text for scope, text in SCOPES.items() if scope not in held]
    return Probe(f"{shop['name']} ({shop['myshopifyDomain']})", shop["currencyCode"], VERSION, lacking)


# --- subscriptions ----------------------------------------------------------------------------------

_LIST = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 250, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}"""
_MAKE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}"""
_REMOVE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""
WATCHED = (*GUIDE.topics, "orders/risk_assessment_changed")
"""What an app can have; the last is not offered to those who set webhooks by hand."""
_TOPICS = {topic.replace("/", "_").upper(): topic for topic in WATCHED}


def _list(exchange: Exchange) -> Sequence[Subscription]:
    """Those this app made: Shopify shows an app no others, and none made by hand in the admin."""
    found: list[Subscription] = []
    after: str | None = None
    while True:
        page: dict[str, Any] = ask(exchange, _LIST, {"after": after}).get("webhookSubscriptions") or {}
        found += [_subscription(one) for one in nodes(page)]
        more: dict[str, Any] = page.get("pageInfo") or {}
        if not more.get("hasNextPage"):
            return found
        after = more["endCursor"]


def _subscription(one: dict[str, Any]) -> Subscription:
    topic = str(one["topic"])
    return Subscription(one["id"], _TOPICS.get(topic, topic.lower()), one["uri"])


def _make(exchange: Exchange, topic: str, address: str, secret: str) -> Subscription:
    """Shopify signs with the app's client secret, whatever `secret` is. One that is there already is given back."""
    asked = {"topic": topic.replace("/", "_").upper(), "subscription": {"uri": address, "format": "JSON"}}
    try:
        made = told(ask(exchange, _MAKE, asked), "webhookSubscriptionCreate")
    except StoreRefused:
        there = next((one for one in _list(exchange) if (one.topic, one.address) == (topic, address)), None)
        if there is None:
            raise
        return there
    return _subscription(made["webhookSubscription"])


def _remove(exchange: Exchange, id: str) -> None:
    told(ask(exchange, _REMOVE, {"id": gid("WebhookSubscription", id)}), "webhookSubscriptionDelete")


# --- the store --------------------------------------------------------------------------------------

STORE = StoreApi(
    access=(
        Setting("shop", _("Shop address"), "text", True, _("Such as my-shop.myshopify.com")),
        Setting(
            "client_id",
            _("Client ID"),
            "text",
            False,
            _("Of your app in the Dev Dashboard. Leave it empty if you have an access token."),
        ),
        Setting("client_secret", _("Client secret"), "secret", False, _("It signs the webhooks as well.")),
        Setting(
            "token",
            _("Access token"),
            "secret",
            False,
            _("Only of a custom app made in the shop's admin before 2026."),
            begins="shpat_",
        ),
    ),
    steps=(
        _("In Shopify's Dev Dashboard create an app for your own shop."),
        _("Give its version the scopes of the next line, release it and install it in the shop."),
        ", ".join(SCOPES),
        _("Copy the client ID and the client secret from the app's settings and paste them here."),
        _("Use the same client secret as this connection's signing secret: Shopify signs the app's webhooks with it."),
    ),
    probe=probe,
    grant=granting.grant(SCOPES),
    writes={
        writes.TagOrder: writing_orders.tag_order,
        writes.NoteOrder: writing_orders.note_order,
        writes.HoldFulfillment: writing_orders.hold_fulfillment,
        writes.ReleaseFulfillment: writing_orders.release_fulfillment,
        writes.CancelOrder: writing_orders.cancel_order,
        writes.ChangeAddress: writing_orders.change_address,
        writes.TagCustomer: writing_orders.tag_customer,
        writes.TagProduct: writing_orders.tag_product,
        writes.RefundOrder: writing_payments.refund_order,
        writes.CapturePayment: writing_payments.capture_payment,
        writes.ChangeItems: writing_contents.change_items,
        writes.FulfillOrder: writing_contents.fulfill_order,
        writes.CreateDraftOrder: writing_contents.create_draft_order,
        writes.SetPrice: writing_catalog.set_price,
        writes.SetTexts: writing_catalog.set_texts,
        writes.PublishProduct: writing_catalog.publish_product,
        writes.CollectProduct: writing_catalog.collect_product,
        writes.SetStock: writing_catalog.set_stock,
        writes.SetMetafield: writing_catalog.set_metafield,
        writes.CreateDiscountCode: writing_catalog.create_discount_code,
        writes.WritePost: site.POSTS.write,
        writes.WritePage: site.PAGES.write,
        writes.SetThemeFile: site.FILES.write,
        writes.PublishTheme: site.THEME.write,
    },
    looks={
        "post": site.POSTS.look,
        "page": site.PAGES.look,
        "theme_file": site.FILES.look,
        "theme": site.THEME.look,
    },
    reads={**reading.READS, "order": bulk.read_history},
    fetch=reading.FETCH,
    subscriptions=Subscriptions(WATCHED, _list, _make, _remove),
    per_second=5.0,
)
"""`per_second`: a plain shop's bucket gains 100 points a second, and a write costs 10 to 30."""
