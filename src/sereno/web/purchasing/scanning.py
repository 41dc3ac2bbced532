"""Receiving with a telephone: read a barcode, say how many came, the next one. The order's own form does the rest."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder
from sereno.modules.stock.models import StockItem
from sereno.runtime.stock import places
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.camera import CAMERA
from sereno.web.shell import render

RECEIVABLE = ("approved", "sent", "confirmed", "partial")
SAME = 50
"""Items of one barcode that are looked through."""


@require_GET
@staff("work")
def page(request: StaffRequest, number: int) -> HttpResponse:
    shop = request.shop
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier"), shop=shop, number=number)
    code, place = request.GET.get("code", "").strip()[:200], request.GET.get("place", "")[:200]
    lines = list(PurchaseLine.objects.filter(order=order).order_by("id"))
    line = _line(shop, lines, code) if code else None
    items = {one.item: one.pk for one in StockItem.objects.filter(shop=shop, item__in=[one.sku for one in lines])}
    context = {
        "section": "purchases",
        "order": order,
        "lines": [(one, max(0, one.quantity - one.received)) for one in lines],
        "line": line,
        "left": max(0, line.quantity - line.received) if line else 0,
        "code": code,
        "place": place,
        "may_receive": order.status in RECEIVABLE,
        "unknown": [(items[one.sku], one.title or one.sku) for one in lines if one.sku in items],
        "places": [(one.key, one.name or _("In the shop")) for one in places.places(shop.pk)],
        "key": uuid4().hex,
    }
    answer = render(request, "purchasing/scan.html", context)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer


def _line(shop: Shop, lines: list[PurchaseLine], code: str) -> PurchaseLine | None:
    """By our SKU, the supplier's, or the barcode of the item."""
    for line in lines:
        if code in (line.sku, line.supplier_sku):
            return line
    named = {line.sku: line for line in lines}
    found = StockItem.objects.filter(shop=shop, barcode=code).order_by("barcode").values_list("item", flat=True)
    return next((named[item] for item in found[:SAME] if item in named), None)
