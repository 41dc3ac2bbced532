"""Pages of orders along the index (shop, placed_at): an order read back late still stands where it was placed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sereno.store.fields import from_micros, to_micros
from sereno.web.paging import SIZE, Page


def page_by_placed(request: HttpRequest, rows: QuerySet[Any], size: int = SIZE) -> Page:
    """The page after `?before=MICROS-ID`; anything else there means the first. Orders that nobody said the time of
    are left out."""
    at, _dash, id_ = request.GET.get("before", "").partition("-")
    found = rows.filter(placed_at__isnull=False).order_by("-placed_at", "-id")
    is_first = not (at.isascii() and at.isdigit() and id_.isascii() and id_.isdigit() and len(at) < 18)
    if not is_first:
        moment = from_micros(int(at))
        found = found.filter(placed_at__lte=moment).exclude(Q(placed_at=moment) & Q(id__gte=int(id_[:18])))
    taken = list(found[: size + 1])
    query = request.GET.copy()
    query.pop("before", None)
    first = None if is_first else f"?{query.urlencode()}"
    if len(taken) <= size:
        return Page(taken, None, first)
    last = taken[size - 1]
    query["before"] = f"{to_micros(last.placed_at)}-{last.pk}"
    return Page(taken[:size], f"?{query.urlencode()}", first)
