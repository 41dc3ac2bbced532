"""What can be done in a Magento shop itself, over its REST interface.

Tags, drafts and changes of an order's lines are not here: Magento Open Source has none of them.
"""

from __future__ import annotations

from sereno.connectors.magento import catalog_writes, order_writes, readback, refunds, site
from sereno.connectors.magento.client import as_list, ask, criteria, sign
from sereno.connectors.magento.settings import ACCESS, ACCESS_STEPS
from sereno.connectors.reading import Reader
from sereno.sdk import writes
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused

NEEDED = {
    "orders": "Sales: orders are neither read nor changed.",
    "products": "Catalog, Products: prices and visibility cannot be set.",
    "customers/search": "Customers: customers are not read.",
    "inventory/source-items": "Stores, Inventory: stock is neither read nor set.",
    "cmsPage/search": "Content, Pages and Blocks: neither can be written.",
    "salesRules/search": "Marketing, Cart Price Rules: no discount codes can be made.",
}


def probe(exchange: Exchange) -> Probe:
    """Each resource an integration needs is tried by reading one record of it."""
    configs = as_list(ask(exchange, "GET", "store/storeConfigs"))
    lacking: list[str] = []
    for path, what in NEEDED.items():
        try:
            ask(exchange, "GET", path, query=criteria((), size=1))
        except StoreRefused as error:
            if error.code not in ("store.key_refused", "store.not_found"):
                raise
            lacking.append(what)
    first = Reader(configs[0] if configs else None)
    return Probe(first.text("base_url") or "", first.text("base_currency_code") or "", "", lacking)


STORE = StoreApi(
    access=ACCESS,
    steps=ACCESS_STEPS,
    probe=probe,
    writes={
        writes.NoteOrder: order_writes.note,
        writes.HoldFulfillment: order_writes.hold,
        writes.ReleaseFulfillment: order_writes.release,
        writes.CancelOrder: refunds.cancel,
        writes.RefundOrder: refunds.refund,
        writes.CapturePayment: order_writes.capture,
        writes.ChangeAddress: order_writes.change_address,
        writes.FulfillOrder: order_writes.fulfill,
        writes.SetPrice: catalog_writes.set_price,
        writes.SetTexts: catalog_writes.set_texts,
        writes.PublishProduct: catalog_writes.publish,
        writes.CollectProduct: catalog_writes.collect,
        writes.SetStock: catalog_writes.set_stock,
        writes.SetMetafield: catalog_writes.set_metafield,
        writes.CreateDiscountCode: catalog_writes.create_code,
        writes.WritePage: site.PAGES.write,
        writes.SetThemeFile: site.BLOCKS.write,
    },
    looks={"page": site.PAGES.look, "theme_file": site.BLOCKS.look},
    reads={
        "order": readback.reader("orders", "orders"),
        "customer": readback.reader("customers/search", "customers"),
        "product": readback.reader("products", "products"),
        "stock_level": readback.stock_levels,
        "shipment": readback.reader("shipments", "shipments"),
        "refund": readback.reader("creditmemos", "creditmemos"),
    },
    fetch={
        "order": readback.fetcher("orders", "orders"),
        "customer": readback.fetcher("customers", "customers"),
        "product": readback.product,
        "variant": readback.product,
    },
    per_second=4.0,
    sign=sign,
)
