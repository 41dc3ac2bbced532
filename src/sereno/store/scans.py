"""How long lists are read newest first: along the primary key, or from a short list of ids; never by sorting a shop.

Told `shop_id = 7`, SQLite reads the shop's every row from some index and sorts them all to find the newest fifty.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

FEW = 1000


def of_shop(rows: QuerySet[Any], shop_id: int) -> QuerySet[Any]:
    """The shop's rows, to be read along the primary key: no index on the shop is used."""
    return rows.alias(in_shop=F("shop_id") + 0).filter(in_shop=shop_id)


def narrowed(rows: QuerySet[Any], by: QuerySet[Any], **condition: Any) -> QuerySet[Any]:
    """`rows` that are in `by`, which an index answers. When those are few, they are taken by id; when they are many,
    the primary key is read with `condition`, for then some are near."""
    few = list(by.order_by().values_list("id", flat=True)[:FEW])
    return rows.filter(id__in=few) if len(few) < FEW else rows.filter(**condition)
