"""Goods that move between the shop's places: proposed, sent, received."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.stock.models import StockTransfer
from sereno.runtime.stock import moving, places
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.paging import number_in, page_of, page_of_ends
from sereno.web.quantities import count_in, counts_in
from sereno.web.shell import render
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
    status, search = request.GET.get("status", ""), request.GET.get("q", "").strip()
    rows = StockTransfer.objects.filter(shop=shop)
    if search:
        rows = rows.filter(pk=number) if (number := number_in(search.lstrip("#"))) is not None else rows.none()
        page = page_of(request, rows.filter(status=status) if status in STATES else rows)
    else:
        only = ("status = %s", [status]) if status in STATES else None
        page = page_of_ends(request, rows, [{"shop_id": shop.pk}], only)
    known = places.places(shop.pk)
    names = {one.key: one.name or _("In the shop") for one in known}
    context = {
        "section": "stock",
        "page": page,
        "states": STATES,
        "name_of": lambda key: names.get(key, key or _("In the shop")),
        "places": [(one.key, names[one.key]) for one in known],
        "search": search,
        "selects": [("status", _("Any state"), [(key, word.label) for key, word in STATES.items()], status)],
        "is_filtered": bool(search or status),
        "key": uuid4().hex,
    }
    return render(request, "stock/transfers.html", context)


@require_POST
@staff("work")
def propose(request: StaffRequest) -> HttpResponse:
    """Lines of `SKU quantity`. The form's own key makes it once."""
    origin, destination = request.POST.get("origin", ""), request.POST.get("destination", "")
    by, key = request.user.username, request.POST.get("key", "")[:64]

    def put() -> int | None:
        known = {one.key for one in places.places(request.shop.pk)}
        if not {origin, destination} <= known:
            raise ValueError("choose where it leaves and where it goes")
        counts = counts_in(request.POST.get("lines", ""))
        uid = f"page:{key}" if key else None
        return moving.propose_transfer(request.shop.pk, origin, destination, counts, by, uid=uid)

    carry_out(request, put, _("Proposed. Send it when it leaves."), form="transfer-new")
    return back(request, "/stock/transfers")


@require_POST
@staff("work")
def step(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(StockTransfer, shop=request.shop, pk=id)
    wanted, by = request.POST.get("to", ""), request.user.username
    if wanted == "receive":
        carry_out(request, lambda: _receive(request, row, by), str(STEPS[wanted][1]), form=f"transfer:{id}")
    elif wanted in STEPS:
        doing, said = STEPS[wanted]
        carry_out(request, lambda: doing(row.shop_id, row.pk, by), str(said))
    else:
        raise Http404
    return back(request, "/stock/transfers")


def _receive(request: StaffRequest, row: StockTransfer, by: str) -> None:
    """All of it; or as many as the form says of each line."""
    given = {name[4:]: count_in(value) for name, value in request.POST.items() if name.startswith("sku:")}
    moving.receive_transfer(row.shop_id, row.pk, by, given or None)
