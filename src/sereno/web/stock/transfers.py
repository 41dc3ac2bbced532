"""Goods that move between the shop's places: proposed, sent, received."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.stock.models import StockLocation, StockTransfer
from sereno.runtime.stock import moving
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.paging import page_of
from sereno.web.shell import render
from sereno.web.stock.one import names_of, place_name
from sereno.web.words import Word

STATES: dict[str, Word] = {
    "proposed": Word(mark("Proposed"), "circle-dot", "lamp"),
    "sent": Word(mark("On its way"), "send", "info"),
    "received": Word(mark("Arrived"), "circle-check", "ok"),
    "cancelled": Word(mark("Called off"), "ban", "idle"),
}
STEPS: dict[str, tuple[Callable[..., None], str | Promise]] = {
    "send": (moving.send_transfer, mark("It is on its way.")),
    "receive": (moving.receive_transfer, mark("It has arrived, and can be sold there.")),
    "cancel": (moving.cancel_transfer, mark("It is called off. What had left is back.")),
}


@require_GET
@staff()
def transfers(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    page = page_of(request, StockTransfer.objects.filter(shop=shop))
    names = names_of(shop)
    context = {
        "section": "stock",
        "page": page,
        "states": STATES,
        "name_of": lambda key: place_name(names, key),
        "places": [(one.key, one.name) for one in StockLocation.objects.filter(shop=shop).order_by("rank", "name")],
    }
    return render(request, "stock/transfers.html", context)


@require_POST
@staff("work")
def propose(request: StaffRequest) -> HttpResponse:
    origin, destination = request.POST.get("origin", ""), request.POST.get("destination", "")
    item, number = request.POST.get("item", "").strip()[:200], request.POST.get("quantity", "").strip()
    by = request.user.username

    def put() -> int | None:
        if not item or not (number.isascii() and number.isdigit() and len(number) < 10):
            raise ValueError("a transfer needs at least one item, and 1 or more of each")
        return moving.propose_transfer(request.shop.pk, origin, destination, {item: int(number)}, by)

    carry_out(request, put, _("Proposed. Send it when it leaves."))
    return back(request, "/stock/transfers")


@require_POST
@staff("work")
def step(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(StockTransfer, shop=request.shop, pk=id)
    wanted = request.POST.get("to", "")
    if wanted not in STEPS:
        raise Http404
    doing, said = STEPS[wanted]
    carry_out(request, lambda: doing(row.shop_id, row.pk, request.user.username), str(said))
    return back(request, "/stock/transfers")
