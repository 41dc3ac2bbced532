"""Lists page by key, not by offset: page 1,000 of a million rows costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first. `older` and `first` are query strings, None where there is no such page."""

    rows: list[Any]
    older: str | None
    first: str | None


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = SIZE) -> Page:
    """The page that `?before=ID` asks for. Anything but a number there means the first page."""
    before = request.GET.get("before", "")
    found = rows.order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(id__lt=int(before))
    taken = list(found[: size + 1])
    query = request.GET.copy()
    query.pop("before", None)
    first = f"?{query.urlencode()}" if before else None
    older = None
    if len(taken) > size:
        query["before"] = str(taken[size - 1].id)
        older = f"?{query.urlencode()}"
    return Page(taken[:size], older, first)
