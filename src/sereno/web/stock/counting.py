"""Counting with a telephone: read a barcode, write the number, the next one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.stock.models import StockBalance, StockItem, StockMovement
from sereno.runtime.stock import moving, places
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.camera import CAMERA
from sereno.web.shell import render
from sereno.web.stock.one import names_of, place_name

LAST = 10


@require_GET
@staff("work")
def page(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    code, place = request.GET.get("code", "").strip()[:200], request.GET.get("place", "")[:200]
    found = _found(shop, code) if code else None
    names = names_of(shop)
    balances: list[StockBalance] = []
    if found is not None:
        balances = list(StockBalance.objects.filter(shop=shop, item=found.item).order_by("location"))
    keys = list(dict.fromkeys([*(one.location for one in balances), *names])) or [""]
    # Who counts at a place goes on there, also with what never was at it.
    chosen = place if "place" in request.GET and place in keys else keys[0]
    counts = StockMovement.objects.filter(shop=shop, kind="counted", reference="", by=request.user.username)
    context: dict[str, Any] = {
        "section": "stock",
        "code": code,
        "item": found,
        "here": next((one for one in balances if one.location == chosen), None),
        "chosen": chosen,
        "place": place,
        "places": [(key, place_name(names, key)) for key in keys],
        "typed_number": request.GET.get("there", "")[:12] if found else "",
        "counts": [(one, place_name(names, one.location)) for one in _last(counts)],
    }
    answer = render(request, "stock/count.html", context)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer


def _found(shop: Shop, code: str) -> StockItem | None:
    items = StockItem.objects.filter(shop=shop)
    return items.filter(item=code).first() or items.filter(barcode=code).order_by("barcode").first()


def _last(counts: Any) -> list[StockMovement]:
    """The last ones of this person, among the shop's newest lines."""
    newest = list(counts.order_by("-id")[:LAST])
    undone = StockMovement.objects.filter(
        shop_id=newest[0].shop_id if newest else 0,
        item__in={one.item for one in newest},
        reference__in=[f"undo:{one.pk}" for one in newest],
    )
    gone = set(undone.values_list("reference", flat=True)) if newest else set()
    return [one for one in newest if f"undo:{one.pk}" not in gone]


@require_POST
@staff("work")
def keep(request: StaffRequest) -> HttpResponse:
    item, place = request.POST.get("item", "")[:200], request.POST.get("place", "")[:200]
    given, by = request.POST.get("there", "").strip(), request.user.username

    def count() -> moving.Counted:
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise ValueError("how many there are is a whole number of 0 or more")
        return moving.count(request.shop.pk, item, place, int(given), by)

    done = carry_out(request, count, "")
    if done is None:
        return _to_page(code=item, place=place, there=given[:12])
    messages.success(
        request, _("%(item)s: %(before)s before, %(now)s now.") % {"item": item, "before": done.before, "now": done.now}
    )
    return _to_page(place=place)


@require_POST
@staff("work")
def barcode(request: StaffRequest) -> HttpResponse:
    """A barcode nobody knew: of which item it is. Then that item is counted."""
    code, item = request.POST.get("code", "").strip()[:200], request.POST.get("item", "").strip()[:200]
    place, by = request.POST.get("place", "")[:200], request.user.username
    row = _found(request.shop, item)
    name = row.item if row is not None else item
    done = carry_out(
        request,
        lambda: places.put_barcode(request.shop.pk, name, code, by),
        _("Kept. Reading it finds this item."),
        form="count-barcode",
    )
    return _to_page(code=code if done is None else name, place=place)


@require_POST
@staff("work")
def undo(request: StaffRequest) -> HttpResponse:
    given, by = request.POST.get("id", ""), request.user.username
    if given.isascii() and given.isdigit() and len(given) < 19:
        carry_out(request, lambda: moving.uncount(request.shop.pk, int(given), by), _("The count is taken back."))
    return _to_page(place=request.POST.get("place", "")[:200])


def _to_page(**query: str) -> HttpResponse:
    held = {name: value for name, value in query.items() if value}
    return redirect(f"/stock/count?{urlencode(held)}" if held else "/stock/count")
