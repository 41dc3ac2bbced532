"""The demo's own system for products, where its prices and texts are made: most of what it says the stores say too, and
a few things they do not, so that product sync has something to show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.connector import NewEvent
from sereno.site.demo.catalogue import BY_SKU

NAME, NAMESPACE = "azahar-pim", "pim"
SKUS = (
    "AZ-VEL", "AZ-JAB", "AZ-TUR", "AZ-DEL", "AZ-SAL", "AZ-VIN", "AZ-FUE", "AZ-ABA", "AZ-CAN", "AZ-MOR", "AZ-CUC",
    "AZ-TOA",
)  # fmt: skip
"""Things without variants; the others the demo keeps in its store alone."""
OTHER: dict[str, dict[str, str]] = {
    "AZ-VEL": {"price": "19.50"},
    "AZ-CUC": {"price": "22.90"},
    # A slip of the finger: so far no price moves by itself.
    "AZ-JAB": {"price": "120.00"},
    "AZ-TUR": {"title": "Turrón blando de Jijona, tableta de 300 g"},
    "AZ-DEL": {"description": "<p>Delantal a rayas, con bolsillo. Hecho a mano en Úbeda, en series cortas.</p>"},
}  # fmt: skip
FIELDS = ("price", "title", "description")


def come(shop_id: int, database: Any, end: datetime) -> None:
    """The connection, and what it says of its products."""
    import secrets

    from sereno.runtime import services
    from sereno.runtime.namespaces import told_apart
    from sereno.sdk.plugin import registry
    from sereno.store.models import Connection
    from sereno.store.secrets import encrypt

    settings = {"namespace": NAMESPACE}
    row = Connection.objects.create(
        shop_id=shop_id,
        name=NAME,
        kind="generic",
        secrets=encrypt([secrets.token_urlsafe(24)]),
        settings=settings,
        created_at=end - timedelta(days=30),
    )
    events = told_apart(registry(), list(_products(end - timedelta(hours=3))), settings)
    services.insert_events(shop_id, row.pk, NAME, events, database=database)


def lead(shop_id: int, by: str) -> None:
    """It leads prices and texts; a worker compares the catalogue when the demo is served."""
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.services import Rule

    for field in FIELDS:
        services.set_rule(shop_id, Rule(field, NAME, "leader", (), 30), by=by)


def _products(at: datetime) -> Iterator[NewEvent]:
    for number, sku in enumerate(SKUS, 1):
        item, other, key = BY_SKU[sku], OTHER.get(sku, {}), f"p-{number}"
        told = format_instant(at + timedelta(minutes=number))
        variant = {
            "variant_id": f"v-{number}",
            "product_id": key,
            "sku": sku,
            "price": other.get("price", f"{item.price / 100:.2f}"),
            "currency": "EUR",
            "updated_at": told,
        }
        data = {
            "id": key,
            "title": other.get("title", item.title),
            "description": other.get("description", f"{item.title}. Hecho a mano, en series cortas."),
            "status": "active",
            "currency": "EUR",
            "variants": [variant],
            "updated_at": told,
        }
        refs = {"product": key, "sku": sku}
        yield NewEvent(f"pim|{key}", "product.updated", f"product:{key}", at, data, refs)
