"""What Sereno can do on a Medusa store. Holding back an order's parcels is nothing Medusa knows."""

from __future__ import annotations

from sereno.connectors.medusa import catalog_writes, order_writes, payment_writes
from sereno.connectors.medusa.client import own_store, sign
from sereno.connectors.medusa.reads import fetcher, reader
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Exchange, Probe, StoreApi


def probe(exchange: Exchange) -> Probe:
    """A secret key may do all that an administrator may."""
    name, currency = own_store(exchange)
    return Probe(name, currency.upper())


API = StoreApi(
    access=(
        Setting("url", _("Address of the backend"), "url", True, _("For example https://api.shop.example")),
        Setting("api_key", _("Secret API key"), "secret", True, _("It is shown once, when it is made."), begins="sk_"),
    ),
    steps=(
        _("In Medusa's admin open Settings, Secret API Keys, and make one for Sereno."),
        _("Enter it here, with the address the admin itself talks to, without /admin."),
    ),
    probe=probe,
    writes={
        writes.TagOrder: order_writes.tag_order,
        writes.NoteOrder: order_writes.note_order,
        writes.CancelOrder: payment_writes.cancel,
        writes.RefundOrder: payment_writes.refund,
        writes.CapturePayment: payment_writes.capture,
        writes.ChangeAddress: order_writes.change_address,
        writes.ChangeItems: order_writes.change_items,
        writes.FulfillOrder: order_writes.fulfill,
        writes.CreateDraftOrder: order_writes.create_draft,
        writes.TagCustomer: order_writes.tag_customer,
        writes.TagProduct: catalog_writes.tag_product,
        writes.SetPrice: catalog_writes.set_price,
        writes.SetTexts: catalog_writes.set_texts,
        writes.PublishProduct: catalog_writes.publish,
        writes.CollectProduct: catalog_writes.collect,
        writes.SetStock: catalog_writes.set_stock,
        writes.SetMetafield: order_writes.set_metafield,
        writes.CreateDiscountCode: catalog_writes.create_code,
    },
    reads={kind: reader(kind) for kind in ("order", "customer", "product", "stock_level")},
    fetch={kind: fetcher(kind) for kind in ("order", "customer", "product", "stock_level")},
    per_second=10.0,
    sign=sign,
)
