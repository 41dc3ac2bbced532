"""The list of what is counted, the scarcest first."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.modules.stock.models import StockItem
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.paging import SIZE, Page, page_to
from sereno.web.shell import render

LOW = 5
LAST = "\U0010ffff"


@require_GET
@staff()
def stock(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search, chosen = request.GET.get("q", "").strip(), request.GET.get("show", "")
    low = low_of(shop)
    rows = StockItem.objects.filter(shop=shop, available__isnull=False)
    if chosen == "out":
        rows = rows.filter(available__lte=0)
    elif chosen == "low":
        rows = rows.filter(available__lte=low)
    if search:
        # Ranges of an index know no case: as it was written, as SKUs usually are, and as names usually begin.
        names = {search, search.lower(), search[:1].upper() + search[1:]}
        begins = Q(item__in={search, search.upper(), search.lower()}) | Q(barcode=search)
        for name in names:
            begins |= Q(title__gte=name, title__lt=name + LAST)
        rows = rows.filter(begins)
    context = {
        "section": "stock",
        "page": _page(request, rows),
        "search": search,
        "is_filtered": bool(search or chosen),
        "low": low,
        "selects": (("show", _("All items"), (("out", _("Sold out")), ("low", _("Low, or sold out"))), chosen),),
    }
    return render(request, "stock/list.html", context)


def low_of(shop: Shop) -> int:
    """At how many an item is low: the shop's setting, as the alert has it."""
    held = (shop.settings or {}).get("low_stock_threshold")
    return int(held) if isinstance(held, int | float) and not isinstance(held, bool) else LOW


def _page(request: HttpRequest, rows: QuerySet[Any]) -> Page:
    """Along the index (shop, available, item): after `?before=AVAILABLE~ITEM`."""
    number, _tilde, item = request.GET.get("before", "").partition("~")
    is_first = not (item and number.lstrip("-").isascii() and number.lstrip("-").isdigit() and len(number) < 19)
    if not is_first:
        at = int(number)
        rows = rows.filter(available__gte=at).exclude(Q(available=at) & Q(item__lte=item))
    taken = list(rows.order_by("available", "item")[: SIZE + 1])
    if len(taken) <= SIZE:
        return page_to(request, taken, None, is_first=is_first)
    last = taken[SIZE - 1]
    return page_to(request, taken[:SIZE], f"{last.available}~{last.item}", is_first=is_first)
