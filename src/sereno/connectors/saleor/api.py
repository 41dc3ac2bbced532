"""What Sereno can do on a Saleor store. Holding back an order's parcels is nothing Saleor knows."""

from __future__ import annotations

from sereno.connectors.saleor import catalog_writes, metadata, order_writes, payment_writes
from sereno.connectors.saleor.graph import ask, found
from sereno.connectors.saleor.reads import SUBSCRIPTIONS, fetcher, reader
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Exchange, Probe, StoreApi

_NEEDED = {
    "MANAGE_ORDERS": "read, cancel, ship and note orders",
    "HANDLE_PAYMENTS": "refund and capture",
    "MANAGE_PRODUCTS": "set prices, texts and stock, publish, collect and tag products",
    "MANAGE_USERS": "read and tag customers",
    "MANAGE_DISCOUNTS": "make voucher codes",
    "MANAGE_CHECKOUTS": "hear of checkouts",
}
_PROBE = """query($slug: String!) { shop { name version } app { permissions { code } }
  channel(slug: $slug) { slug currencyCode } }"""


def probe(exchange: Exchange) -> Probe:
    slug = exchange.access.get("channel", "")
    data = ask(exchange, _PROBE, slug=slug).data
    channel = found(data.get("channel"), f"channel {slug}")
    held = {item["code"] for item in (data.get("app") or {}).get("permissions") or ()}
    lacking = [f"{code}: {what}" for code, what in _NEEDED.items() if code not in held]
    return Probe(data["shop"]["name"], channel["currencyCode"], str(data["shop"]["version"] or ""), lacking)


API = StoreApi(
    access=(
        Setting(
            "url", _("Address of the GraphQL API"), "url", True, _("For example https://shop.saleor.cloud/graphql/")
        ),
        Setting(
            "token", _("App token"), "secret", True, _("Extensions, your app, Tokens: shown once, when it is made.")
        ),
        Setting("channel", _("Channel"), "text", True, _("The channel's slug, for example default-channel.")),
    ),
    steps=(
        _("In Saleor's dashboard open Extensions and add an app for Sereno."),
        _("Give it the permissions for orders, payments, products, customers and discounts."),
        _("Make a token and enter it here, with the address of the API and the slug of the channel you sell in."),
    ),
    probe=probe,
    writes={
        writes.TagOrder: metadata.tag_order,
        writes.NoteOrder: order_writes.note_order,
        writes.CancelOrder: payment_writes.cancel,
        writes.RefundOrder: payment_writes.refund,
        writes.CapturePayment: payment_writes.capture,
        writes.ChangeAddress: order_writes.change_address,
        writes.ChangeItems: order_writes.change_items,
        writes.FulfillOrder: order_writes.fulfill,
        writes.CreateDraftOrder: order_writes.create_draft,
        writes.TagCustomer: metadata.tag_customer,
        writes.TagProduct: metadata.tag_product,
        writes.SetPrice: catalog_writes.set_price,
        writes.SetTexts: catalog_writes.set_texts,
        writes.PublishProduct: catalog_writes.publish,
        writes.CollectProduct: catalog_writes.collect,
        writes.SetStock: catalog_writes.set_stock,
        writes.SetMetafield: metadata.set_metafield,
        writes.CreateDiscountCode: catalog_writes.create_code,
    },
    reads={kind: reader(kind) for kind in ("order", "customer", "product", "stock_level")},
    fetch={kind: fetcher(kind) for kind in ("order", "customer", "product", "stock_level")},
    subscriptions=SUBSCRIPTIONS,
    per_second=5.0,
)
