"""Puts what a batch changed of products into the queue of what is to be compared, for shops that compare anything.

Invariant: in the transaction that projects the batch, so that no change is missed; one statement where nobody compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sereno.commerce.identity import text
from sereno.runtime.records import Held
from sereno.store.database import Transaction

Row = tuple[tuple[int, str], Held]


def note_changed(tx: Transaction, changed: Mapping[str, Sequence[Row]]) -> None:
    """From the products and variants that a batch changed. A variant that has another SKU since changes both items."""
    products, variants = changed.get("product", ()), changed.get("variant", ())
    if not products and not variants:
        return
    shops = sorted({at[0] for rows in (products, variants) for at, _ in rows})
    comparing = {row[0] for row in tx.all("syncing_shops", {"shops": shops})}
    if not comparing:
        return
    rows: set[tuple[int, str, str]] = set()
    for (shop, _key), held in variants:
        if shop in comparing:
            skus = (held.sku_before, text((held.record or {}).get("sku")))
            rows |= {(shop, "item", sku) for sku in skus if sku}
            held.sku_before = None
    rows |= {(shop, "product", key) for (shop, key), _ in products if shop in comparing}
    if rows:
        tx.many("put_to_compare", sorted(rows))
