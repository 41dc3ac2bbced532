"""Pages along an index (shop, instant): an order read back late still stands where it was placed. Rows without the
instant come last."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sereno.store.fields import from_micros, to_micros
from sereno.web.paging import SIZE, Page, page_to


def page_by_placed(request: HttpRequest, rows: QuerySet[Any], size: int = SIZE, column: str = "placed_at") -> Page:
    """The page after `?before=MICROS-ID` (`0-ID` among those without a time); anything else there means the first."""
    at, _dash, id_ = request.GET.get("before", "").partition("-")
    is_first = not (at.isascii() and at.isdigit() and id_.isascii() and id_.isdigit() and len(at) < 18)
    before = None if is_first else int(id_[:18])
    taken: list[Any] = []
    if is_first or at != "0":
        found = rows.filter(**{f"{column}__isnull": False}).order_by(f"-{column}", "-id")
        if not is_first:
            moment = from_micros(int(at))
            found = found.filter(**{f"{column}__lte": moment}).exclude(Q(**{column: moment}) & Q(id__gte=before))
        taken = list(found[: size + 1])
    if len(taken) <= size:
        without = rows.filter(**{f"{column}__isnull": True}).order_by("-id")
        if at == "0" and before is not None:
            without = without.filter(id__lt=before)
        taken += without[: size + 1 - len(taken)]
    if len(taken) <= size:
        return page_to(request, taken, None, is_first=is_first)
    last = taken[size - 1]
    at_last = getattr(last, column)
    older = f"{to_micros(at_last) if at_last else 0}-{last.pk}"
    return page_to(request, taken[:size], older, is_first=is_first)
