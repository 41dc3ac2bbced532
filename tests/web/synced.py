"""A shop that sells the same things in a store and has a system of its own for products, with what differs."""

from __future__ import annotations

from typing import Any

from seeding import NOW

from sereno.modules.catalog.models import Difference, Product, SyncRule, Variant
from sereno.store.models import Connection, Shop

PIM = "house-pim"


def make_stores(shop: Shop, *skus: str) -> None:
    """The connection that is there (its ids have no prefix) and a second one, both with these things."""
    Connection.objects.create(
        shop=shop, name=PIM, kind="generic", secrets="", settings={"namespace": "pim"}, created_at=NOW
    )
    for sku in skus or ("LAMP",):
        for prefix in ("", "pim~"):
            key = f"{prefix}{sku.lower()}"
            made = {"shop": shop, "key": key, "version": 1, "seen_at": NOW}
            product = {"id": key, "title": f"The {sku}", "status": "active", "currency": "EUR"}
            variant = {"variant_id": key, "product_id": key, "sku": sku, "price": "10.00", "currency": "EUR"}
            Product.objects.create(**made, title=product["title"], status="active", data=product)
            Variant.objects.create(
                **made, product_key=key, sku=sku, price="10.00", currency="EUR", data={**variant, **product, "id": None}
            )


def make_rule(shop: Shop, field: str = "price", **more: Any) -> SyncRule:
    given = {"leader": PIM, "conflict": "leader", "compared_at": NOW, "changed_at": NOW}
    return SyncRule.objects.create(shop=shop, field=field, **{**given, **more})


def make_difference(shop: Shop, sku: str = "LAMP", **more: Any) -> Difference:
    """The store says 10 where 12 should be."""
    given = {
        "field": "price",
        "connection": "lantern-store",
        "product": sku.lower(),
        "variant": sku.lower(),
        "title": f"The {sku}",
        "source": PIM,
        "own": "10.00",
        "own_digest": f"own-{sku}",
        "target": "12.00",
        "target_digest": f"target-{sku}",
        "currency": "EUR",
        "change_percent": 20.0,
        "state": "held",
        "reason": "price.too_far",
        "since": NOW,
        "changed_at": NOW,
    }
    return Difference.objects.create(shop=shop, item=sku, **{**given, **more})
