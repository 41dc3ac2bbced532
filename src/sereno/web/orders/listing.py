"""The list of orders, newest first by when they were placed."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.modules.orders.models import Order
from sereno.web.access import StaffRequest, staff
from sereno.web.orders.paging import page_by_placed
from sereno.web.shell import render


@require_GET
@staff()
def orders(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search = request.GET.get("q", "").strip()
    rows = Order.objects.filter(shop=shop).defer("data")
    if search:
        bare = search.lstrip("#")
        rows = rows.filter(Q(number__in=(bare, f"#{bare}")) | Q(email=search.lower()) | Q(key=search))
    context = {
        "section": "orders",
        "page": page_by_placed(request, rows),
        "search": search,
        "is_filtered": bool(search),
    }
    return render(request, "orders/list.html", context)
