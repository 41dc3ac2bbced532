"""The shop's places: what each is called, whether it sells, and which is taken from first; and new ones."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.stock import places
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.shell import render


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    shop = request.shop.pk
    context = {"section": "stock", "places": places.places(shop), "channels": places.channels_of(shop)}
    return render(request, "stock/places.html", context)


@require_POST
@staff("settings")
def add(request: StaffRequest) -> HttpResponse:
    name, sells, by = request.POST.get("name", ""), request.POST.get("sells") == "yes", request.user.username

    def put() -> str:
        more = {"rank": _rank(request), "channels": request.POST.getlist("channel")}
        return places.add_place(request.shop.pk, name, by, sells=sells, **more)

    carry_out(request, put, _("Added. Count what is there, or move goods to it."), form="place-new")
    return back(request, "/stock/places")


@require_POST
@staff("settings")
def change(request: StaffRequest) -> HttpResponse:
    """What a place is called, and whether it sells, and for whom."""
    key, name = request.POST.get("key", "")[:200], request.POST.get("name", "")
    sells, by = request.POST.get("sells") == "yes", request.user.username

    def put() -> None:
        more = {"rank": _rank(request), "channels": request.POST.getlist("channel")}
        places.name_place(request.shop.pk, key, name, by, sells=sells, **more)

    carry_out(request, put, _("Kept."), form=f"place:{key}")
    return back(request, "/stock/places")


@require_POST
@staff("settings")
def remove(request: StaffRequest) -> HttpResponse:
    key, by = request.POST.get("key", "")[:200], request.user.username
    carry_out(request, lambda: places.remove_place(request.shop.pk, key, by), _("Taken away."))
    return back(request, "/stock/places")


def _rank(request: StaffRequest) -> int:
    rank = request.POST.get("rank", "").strip()
    if not rank:
        return 100
    if not (rank.isascii() and rank.isdigit() and len(rank) < 6):
        raise ValueError("the order of a place is a whole number of 0 or more")
    return int(rank)
