"""What Sereno can do in a Salesforce B2C Commerce site.

Refunds, captures, prices, changed lines, drafts and codes are not here: neither interface has them.
"""

from __future__ import annotations

from sereno.connectors.reading import Reader
from sereno.connectors.salesforce import attributes, catalog_writes, order_writes, reading
from sereno.connectors.salesforce.attributes import customer_list
from sereno.connectors.salesforce.client import (
    CATALOGS,
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    ask,
    ask_data,
    organization,
    segment,
    site,
)
from sereno.connectors.salesforce.settings import ACCESS, ACCESS_STEPS
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused

LACKING = {
    "customers": _("Customers: customers are neither read nor tagged"),
    "products": _("Products: products are neither read nor changed"),
    "catalogs": _("Catalogue: products cannot be put into categories"),
    "stock": _("Inventory list: stock is neither read nor set"),
}
_ONE = {"query": {"matchAllQuery": {}}, "limit": 1}


def probe(exchange: Exchange) -> Probe:
    """Each family is tried by reading one record of it; without orders the key is of no use."""
    newest = Reader(ask(exchange, ORDERS, "GET", "/orders", query={"siteId": site(exchange), "limit": 1}))
    currency = next((item.text("currency") for item in newest.children("data")), None)
    lacking = [LACKING[name] for name in LACKING if not _may(exchange, name)]
    return Probe(f"{site(exchange)} ({organization(exchange)[1]})", currency or "", "SCAPI v1", lacking)


def _may(exchange: Exchange, name: str) -> bool:
    try:
        _look(exchange, name)
    except StoreRefused as error:
        if error.code not in ("store.key_lacks", "store.not_found", "store.no_address"):
            raise
        return False
    return True


def _look(exchange: Exchange, name: str) -> None:
    access = exchange.access
    if name == "customers":
        path = f"/customer-lists/{segment(customer_list(exchange))}/customer-search"
        ask(exchange, CUSTOMERS, "POST", path, body=_ONE)
    elif name == "products":
        ask(exchange, PRODUCTS, "POST", "/product-search", query={"siteId": site(exchange)}, body=_ONE)
    elif name == "catalogs":
        if not access.get("catalog"):
            raise StoreRefused("store.no_address", "No catalogue was named.")
        ask(exchange, CATALOGS, "GET", f"/catalogs/{segment(access['catalog'].strip())}")
    else:
        if not access.get("inventory_list"):
            raise StoreRefused("store.no_address", "No inventory list was named.")
        path = f"/inventory_lists/{segment(access['inventory_list'].strip())}/product_inventory_records"
        ask_data(exchange, "GET", path, query={"count": 1})


STORE = StoreApi(
    access=ACCESS,
    steps=ACCESS_STEPS,
    probe=probe,
    writes={
        writes.TagOrder: attributes.tag_order,
        writes.NoteOrder: order_writes.note,
        writes.HoldFulfillment: order_writes.hold,
        writes.ReleaseFulfillment: order_writes.release,
        writes.CancelOrder: order_writes.cancel,
        writes.ChangeAddress: order_writes.change_address,
        writes.FulfillOrder: order_writes.fulfill,
        writes.TagCustomer: attributes.tag_customer,
        writes.TagProduct: attributes.tag_product,
        writes.SetTexts: catalog_writes.set_texts,
        writes.PublishProduct: catalog_writes.publish,
        writes.CollectProduct: catalog_writes.collect,
        writes.SetStock: catalog_writes.set_stock,
        writes.SetMetafield: attributes.set_metafield,
    },
    reads=reading.READS,
    fetch=reading.FETCH,
    per_second=4.0,
)
"""`per_second`: SCAPI names no number for these families; it sheds load, which is waited for."""
