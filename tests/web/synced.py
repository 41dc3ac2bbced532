"""A shop that sells the same things in a store and has a system of its own for products, which differ in a price."""

from __future__ import annotations

from typing import Any

from seeding import NOW

from sereno.modules.catalog.models import Difference, Product, SyncRule, Variant
from sereno.runtime.staff import open_staff
from sereno.runtime.stores.finding import seal_access
from sereno.runtime.syncing import services
from sereno.runtime.syncing.comparing import Comparer
from sereno.runtime.syncing.services import Rule
from sereno.store.models import Connection, Shop

PIM = "house-pim"
KEY = {"url": "https://shop.example/write", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


def make_stores(
    shop: Shop, *skus: str, store: str = "lantern-store", prefix: str = "", price: str = "16.00", **texts: str
) -> None:
    """A store (else the connection that is there, whose ids have no prefix) may be written to, and sells each of these
    for 10; the other connection says this price and these texts."""
    for name, namespace in ((store, prefix), (PIM, "pim")):
        settings = {"namespace": namespace} if namespace else {}
        made = {"kind": "generic", "secrets": "", "settings": settings, "created_at": NOW}
        Connection.objects.get_or_create(shop=shop, name=name, defaults=made)
    Connection.objects.filter(shop=shop, name=store).update(access=seal_access(KEY))
    for sku in skus or ("LAMP",):
        make_item(shop, sku, f"{prefix}~" if prefix else "", price="10.00", title=f"The {sku}")
        make_item(shop, sku, "pim~", price=price, **{"title": f"The {sku}", **texts})


def make_item(shop: Shop, sku: str, prefix: str, *, price: str, title: str, **texts: str) -> None:
    key = f"{prefix}{sku.lower()}"
    made = {"shop": shop, "key": key, "version": 1, "seen_at": NOW}
    product = {"id": key, "title": title, "status": "active", "currency": "EUR", **texts}
    variant = {"variant_id": key, "product_id": key, "sku": sku, "price": price, "currency": "EUR", "title": title}
    Product.objects.create(**made, title=title, status="active", data=product)
    Variant.objects.create(**made, product_key=key, sku=sku, price=price, currency="EUR", data=variant)


def make_rule(shop: Shop, field: str = "price", **more: Any) -> None:
    """As a person sets it; the catalogue is compared by it."""
    services.set_rule(shop.pk, Rule(field, PIM, "leader", **more), by="ana@example.com")
    compare()


def compare() -> None:
    """As a worker does when there is something to compare."""
    comparer = Comparer(open_staff(None).world)
    while comparer.run(is_idle=True):
        pass


def difference(sku: str = "LAMP") -> Difference:
    return Difference.objects.get(item=sku)


def rule_of(field: str = "price") -> SyncRule:
    return SyncRule.objects.get(field=field)
