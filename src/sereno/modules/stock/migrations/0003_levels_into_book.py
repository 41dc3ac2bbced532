"""What the first store's stock levels say becomes the book's first page."""

from __future__ import annotations

from math import floor
from typing import Any

from django.db import migrations

from sereno.commerce.merging import micros

MOST = 1000


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    levels = apps.get_model("stock", "StockLevel").objects.using(alias).order_by("id")
    item_of, balance_of = apps.get_model("stock", "StockItem"), apps.get_model("stock", "StockBalance")
    items: dict[tuple[int, str], Any] = {}
    balances: dict[tuple[int, str, str], Any] = {}
    for row in levels.iterator(chunk_size=MOST):
        data, name = row.data or {}, row.sku or row.variant_key
        places = data.get("locations") or ({"": row.available} if row.available is not None else {})
        if not name or "~" in row.key or not isinstance(places, dict):
            continue
        at = (row.shop_id, name)
        items[at] = item_of(
            shop_id=row.shop_id,
            item=name,
            title=row.title,
            variant=row.variant_key,
            product=data.get("product_id"),
            is_tracked=data.get("is_tracked"),
        )
        times = data.get("location_times") or {}
        for place, value in places.items():
            if isinstance(value, int | float):
                said_at = micros(times.get(place)) or row.seen_at
                balances[*at, place] = balance_of(
                    shop_id=row.shop_id,
                    item=name,
                    location=place,
                    on_hand=floor(value),
                    figure=floor(value),
                    figure_at=said_at,
                    changed_at=said_at,
                )
    for (shop, name, _), one in balances.items():
        held = items[shop, name]
        held.on_hand += one.on_hand
        held.available = (held.available or 0) + one.on_hand
        held.changed_at = one.changed_at
    item_of.objects.using(alias).bulk_create(items.values(), batch_size=MOST)
    balance_of.objects.using(alias).bulk_create(balances.values(), batch_size=MOST)


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_book")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
