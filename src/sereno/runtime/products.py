"""The live `Products` port: what is sold, as it is known now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.commerce.identity import stock_key, variant_key
from sereno.commerce.merging import parts
from sereno.runtime import namespaces
from sereno.runtime.records import Records
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction

_OF_PRODUCT = ("title", "url", "image_url", "status", "deleted_at", "published_at", "variants")
_SAID_BY_STOCK = ("available", "is_tracked")
MOST_VARIANTS = 20
"""Of a product that is asked for as a whole."""


class ProductLookup:
    """Reads three tables, each once, however many variants are asked for."""

    def __init__(self, database: Database, plugins: Plugins, shop_id: int) -> None:
        self._database = database
        self._plugins = plugins
        self._shop_id = shop_id

    def today(self, variants: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The variants by id or SKU, with their product's title, page and picture and with the stock counted last; a
        product by its id as its first variant that can be had; unknown ones are left out."""
        with self._database.read() as tx:
            records = self.records(tx)
            found = self._rows(records, "variant", variants)
            whole = self._rows(records, "product", [key for key in variants if key not in found])
            sold_as = {
                key: [name for one in parts(record.get("variants")) if (name := variant_key(one))][:MOST_VARIANTS]
                for key, record in whole.items()
            }
            found |= self._rows(records, "variant", [name for names in sold_as.values() for name in names])
            found |= self._by_sku(tx, records, [key for key in variants if key not in found and key not in whole])
            products = self._rows(
                records, "product", [str(record.get("product_id") or "") for record in found.values()]
            )
            counted = {key: stock_key({"variant_id": key, **record}) or key for key, record in found.items()}
            stock = self._rows(records, "stock_level", list(counted.values()))
        known = {
            key: _merged(products.get(str(record.get("product_id") or ""), {}), record, stock.get(counted[key], {}))
            for key, record in found.items()
        }
        for key, names in sold_as.items():
            known[key] = _best([known[name] for name in names if name in known]) or dict(whole[key])
        return {key: known[key] for key in variants if key in known}

    def elsewhere(self, product: str) -> tuple[Sequence[str], Sequence[str]]:
        with self._database.read() as tx:
            rows = tx.all("same_products", {"shop": self._shop_id, "product": product})
        own = namespaces.of(product)
        there: dict[str, dict[str, str]] = {}
        for key, sku in sorted(rows):
            if (store := namespaces.of(key)) != own:
                there.setdefault(store, {})[key] = sku
        unclear = {sku for held in there.values() if len(held) > 1 for sku in held.values()}
        return [next(iter(held)) for held in there.values() if len(held) == 1], sorted(unclear)

    def _by_sku(self, tx: Transaction, records: Records, skus: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """What people name by its SKU where the platform has ids; of several stores' the first one's."""
        if not skus:
            return {}
        rows = tx.all("products_of_skus", {"shop": self._shop_id, "keys": sorted(set(skus))})
        keys: dict[str, str] = {}
        for key, sku, _product in sorted(rows, key=lambda row: (namespaces.of(row[0]), row[0])):
            keys.setdefault(sku, key)
        held = self._rows(records, "variant", list(keys.values()))
        return {sku: held[key] for sku, key in keys.items() if key in held}

    def records(self, tx: Transaction) -> Records:
        return Records(self._plugins, tx, self._database.dialect)

    def _rows(self, records: Records, projection: str, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        wanted = {key for key in keys if key}
        for key in wanted:
            records.want_row(projection, self._shop_id, key)
        records.fetch()
        held = {key: records.row(projection, self._shop_id, key).record for key in wanted}
        return {key: record for key, record in held.items() if record is not None}


def _best(variants: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The first that can be had, else the first."""
    able = [one for one in variants if one.get("available") is None or one["available"] > 0 or not _is_counted(one)]
    return next(iter([*able, *variants]), None)


def _is_counted(variant: Mapping[str, Any]) -> bool:
    return variant.get("is_tracked") is not False and not variant.get("can_backorder")


def _merged(product: Mapping[str, Any], variant: Mapping[str, Any], stock: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: product.get(name) for name in _OF_PRODUCT}
    found |= {name: value for name, value in variant.items() if value is not None}
    return found | {name: stock[name] for name in _SAID_BY_STOCK if stock.get(name) is not None}
