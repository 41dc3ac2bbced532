"""Lists page by key, not by offset: page 1,000 of a million rows costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from sereno.store.scans import End, newest

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first. `older` and `first` are query strings, None where there is no such page."""

    rows: list[Any]
    older: str | None
    first: str | None


def number_in(text: str) -> int | None:
    """The number a query parameter holds; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = SIZE) -> Page:
    """The page that `?before=ID` asks for. Anything but a number there means the first page."""
    before = _before(request)
    found = rows.order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    taken = list(found[: size + 1])
    return page_to(request, taken[:size], taken[size - 1].id if len(taken) > size else None)


def page_of_ends(
    request: HttpRequest,
    rows: QuerySet[Any],
    ends: Sequence[End],
    only: tuple[str, Sequence[Any]] | None = None,
    size: int = SIZE,
) -> Page:
    """As `page_of`, for a table too long to walk through: read at the ends of an index (see `store.scans.newest`)."""
    found = newest(rows.model, ends, size, before=_before(request), only=only)
    held = rows.in_bulk(found.ids) if found.ids else {}
    return page_to(request, [held[id_] for id_ in found.ids if id_ in held], found.older)


def _before(request: HttpRequest) -> int | None:
    before = request.GET.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None


def page_to(request: HttpRequest, rows: list[Any], older: int | str | None, *, is_first: bool | None = None) -> Page:
    """The page with these rows, to be followed by `?before=OLDER` (None: it is the last). `is_first` where what stands
    in `before` now is not enough to tell."""
    query = request.GET.copy()
    held = query.pop("before", None)
    is_first = not held if is_first is None else is_first
    first = None if is_first else f"?{query.urlencode()}"
    if older is not None:
        query["before"] = str(older)
    return Page(rows, f"?{query.urlencode()}" if older is not None else None, first)
