"""What Sereno can do in a Zoho Commerce store.

Its interface has no tags, notes or holds of orders, and refunds nothing. Cancelling is left out: how it is done is not
documented.
"""

from __future__ import annotations

from collections.abc import Callable

from sereno.connectors.zohocommerce import reading, writing
from sereno.connectors.zohocommerce.client import ask, ask_inventory, currency, organization
from sereno.connectors.zohocommerce.settings import ACCESS, ACCESS_STEPS
from sereno.sdk import writes
from sereno.sdk.config import mark as _
from sereno.sdk.stores import Exchange, Probe, StoreApi, StoreRefused

_FEW = {"page": 1, "per_page": 10}
PRODUCTS = _("Items: products, prices and stock cannot be read or changed")
STOCK = _("Item adjustments of Zoho Inventory: stock cannot be set")


def probe(exchange: Exchange) -> Probe:
    """Each scope is tried by reading; without orders the key is of no use."""
    ask(exchange, "GET", "/salesorders", query={**reading.NEWEST, **_FEW})
    lacking: list[str] = []
    if not _may(lambda: ask(exchange, "GET", "/products", query={**reading.NEWEST, **_FEW})):
        lacking.append(PRODUCTS)
    if not _may(lambda: ask_inventory(exchange, "GET", "/inventoryadjustments", query=_FEW)):
        lacking.append(STOCK)
    return Probe(f"Zoho Commerce {organization(exchange)}", currency(exchange), "v1", lacking)


def _may(look: Callable[[], object]) -> bool:
    try:
        look()
    except StoreRefused as error:
        if error.code not in ("store.key_lacks", "store.not_found", "store.key_refused"):
            raise
        return False
    return True


STORE = StoreApi(
    access=ACCESS,
    steps=ACCESS_STEPS,
    probe=probe,
    writes={
        writes.FulfillOrder: writing.fulfill,
        writes.SetPrice: writing.set_price,
        writes.SetTexts: writing.set_texts,
        writes.PublishProduct: writing.publish,
        writes.SetStock: writing.set_stock,
    },
    reads=reading.READS,
    fetch=reading.FETCH,
    per_second=1.5,
    poll_every=600,
)
"""`per_second`, `poll_every`: Zoho takes a hundred calls a minute of an organisation, and a thousand or so a day on its
smallest plans; a reading takes three at least. Orders are told of by webhooks meanwhile."""
