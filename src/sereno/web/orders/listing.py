"""The list of orders, newest first by when they were placed; and those of one queue, warehouse or team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.modules.orders.models import Order, OrderStanding
from sereno.runtime.orders.finding import meant
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.counts import look
from sereno.web.orders.paging import page_by_placed
from sereno.web.orders.words import words_of
from sereno.web.paging import Page, page_of_ends
from sereno.web.shell import render
from sereno.web.words import Word

PLACES = ("queue", "warehouse", "team")
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """An order and what Sereno knows of it."""

    order: Order
    standing: OrderStanding | None
    words: list[Word]


@require_GET
@staff()
def orders(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search = request.GET.get("q", "").strip()
    chosen = {name: request.GET.get(name, "")[:100] for name in PLACES}
    place = next((name for name in PLACES if chosen[name]), None)
    if search:
        page = page_by_placed(request, Order.objects.filter(id__in=list(meant(shop.pk, search))).defer("data"))
    elif place is not None:
        page = _of_place(request, place, chosen[place])
    else:
        page = page_by_placed(request, Order.objects.filter(shop=shop).defer("data"))
    context = {
        "section": "orders",
        "page": page,
        "rows": told(shop, page.rows),
        "search": search,
        "selects": [(name, label, found, chosen[name]) for name, label, found in _places(shop)],
        "held": held_count(shop),
        "is_filtered": bool(search or place),
    }
    return render(request, "orders/list.html", context)


def told(shop: Shop, found: Iterable[Order]) -> list[Row]:
    """With where each stands, in one query for all."""
    rows = list(found)
    standings = {
        one.key: one for one in OrderStanding.objects.filter(shop=shop, key__in=[row.key for row in rows]).defer("data")
    }
    return [Row(row, standings.get(row.key), _words(row, standings.get(row.key))) for row in rows]


def held_count(shop: Shop) -> int:
    """Up to COUNTED."""
    return OrderStanding.objects.filter(shop=shop, is_held=True).order_by("held_at")[:COUNTED].count()


def _words(row: Order, standing: OrderStanding | None) -> list[Word]:
    is_held = bool(standing is not None and standing.is_held)
    return words_of(row.status, row.payment_status, row.fulfillment_status, is_held=is_held)


def _of_place(request: StaffRequest, name: str, value: str) -> Page:
    """The orders that were sent there, those first that were sent there last."""
    found = page_of_ends(request, OrderStanding.objects.defer("data"), [{"shop_id": request.shop.pk, name: value}])
    keys = [one.key for one in found.rows]
    held = {one.key: one for one in Order.objects.filter(shop=request.shop, key__in=keys).defer("data")}
    return Page([held[key] for key in keys if key in held], found.older, found.first)


def _places(shop: Shop) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The places orders were sent to, by kind; kinds without any are left out."""
    labels = {"queue": _("Every queue"), "warehouse": _("Every warehouse"), "team": _("Every team")}
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in PLACES}
    for kind, value in look("order_places", shop=shop.pk):
        found[kind].append((value, value))
    return [(name, labels[name], found[name]) for name in PLACES if found[name]]
