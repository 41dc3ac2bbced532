"""Orders that came before they were counted are counted: by the customer they are of, each once."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db import migrations

from sereno.commerce.ordering import placed_of, together

MOST = 500
UNCOUNTED = ("cancelled", "deleted")


def count(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    orders = apps.get_model("orders", "Order").objects.using(alias).exclude(customer_key=None).exclude(placed_at=None)
    rows = orders.order_by("shop_id", "customer_key", "id").values_list(
        "shop_id", "customer_key", "key", "placed_at", "status"
    )
    people: dict[tuple[int, str], dict[str, str]] = {}
    for at, theirs in groupby(rows.iterator(chunk_size=MOST), key=lambda row: (row[0], row[1])):
        seen = ((key, "" if status in UNCOUNTED else placed.isoformat()) for _, _, key, placed, status in theirs)
        people[at] = together({}, dict(seen))
        if len(people) >= MOST:
            _write(apps, alias, people)
            people.clear()
    _write(apps, alias, people)


def _write(apps: Any, alias: str, people: dict[tuple[int, str], dict[str, str]]) -> None:
    customers = apps.get_model("customers", "Customer").objects.using(alias)
    shops, keys = {shop for shop, _ in people}, {key for _, key in people}
    changed: list[Any] = []
    for row in customers.filter(shop_id__in=shops, key__in=keys):
        seen = people.get((row.shop_id, row.key))
        if not seen:
            continue
        placed = placed_of(seen, row.data.get("order_count"))
        row.data = {**row.data, "orders_seen": seen, "orders_placed": placed}
        row.order_count = placed
        changed.append(row)
    customers.bulk_update(changed, ["data", "order_count"], batch_size=MOST)


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_pauses"), ("orders", "0001_initial")]
    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
