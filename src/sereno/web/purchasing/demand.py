"""What is expected to be sold, how far that can be trusted, and when each thing is to be ordered again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.commerce.purchasing import Demand, Levels, Position
from sereno.modules.purchasing.models import DemandForecast, ForecastJob, PurchaseLine, ReorderRule, SupplierPrice
from sereno.runtime.purchasing import reordering, suppliers
from sereno.runtime.purchasing.port import ask_forecast
from sereno.runtime.staff import open_staff
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.purchasing.plot import place_of, plot
from sereno.web.purchasing.words import BASES, FEASTS, METHODS, STATES
from sereno.web.shell import render

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a SKU stands: None for what is not known."""

    position: Position | None
    levels: Levels | None
    days_left: float | None
    lead_days: float | None

    @property
    def is_due(self) -> bool:
        return self.levels is not None and self.position is not None and self.position.total <= self.levels.point


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search = request.GET.get("q", "").strip()
    rows = DemandForecast.objects.filter(shop=shop).defer("history", "sums", "accuracy")
    if search:
        rows = rows.filter(Q(sku__istartswith=search) | Q(title__istartswith=search))
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    found = list(rows.order_by("-weekly", "id")[start : start + SHOWN + 1])
    shown = found[:SHOWN]
    standings = _standings(shop, [row.sku for row in shown])
    query = request.GET.copy()
    query["after"] = str(start + SHOWN)
    context = {
        "section": "demand",
        "rows": [(row, standings.get(row.sku)) for row in shown],
        "methods": METHODS,
        "search": search,
        "older": f"?{query.urlencode()}" if len(found) > SHOWN else None,
        "first": reverse("demand") if start else None,
        "job": ForecastJob.objects.filter(shop=shop).order_by("-id").first(),
    }
    return render(request, "purchasing/demand.html", context)


@require_GET
@staff()
def item(request: StaffRequest) -> HttpResponse:
    shop, sku = request.shop, request.GET.get("sku", "")
    if not sku:
        return redirect("demand")
    row = DemandForecast.objects.filter(shop=shop, sku=sku).first()
    offers = list(SupplierPrice.objects.filter(shop=shop, sku=sku).select_related("supplier").order_by("rank", "id"))
    if row is None and not offers:
        raise Http404
    lines = PurchaseLine.objects.filter(shop=shop, sku=sku).select_related("order", "order__supplier").order_by("-id")
    context = {
        "section": "demand",
        "sku": sku,
        "row": row,
        "title": (row.title if row else "") or next((one.title for one in offers if one.title), sku),
        "plot": plot(row.first_day, row.history, row.mean, row.sums) if row else None,
        "known": _known(row) if row else [],
        "method": METHODS.get(row.method, row.method) if row else "",
        "standing": _standings(shop, [sku]).get(sku),
        "demand": Demand(row.mean, row.sums) if row else None,
        "offers": offers,
        "rule": ReorderRule.objects.filter(shop=shop, sku=sku).first(),
        "lines": list(lines[:20]),
        "states": STATES,
    }
    return render(request, "purchasing/item.html", context)


@dataclass(frozen=True, slots=True)
class KnownDay:
    """`x` is where it stands in the plot."""

    name: str
    on: date
    effect: float
    basis: str
    x: float


def _known(row: DemandForecast) -> list[KnownDay]:
    """The known days within the plot."""
    found: list[KnownDay] = []
    for one in row.days:
        on, code = date.fromisoformat(one["on"]), str(one["code"])
        x = place_of(row.begins_on, len(row.history), on)
        if x is not None:
            name = str(FEASTS.get(code) or code.removeprefix("own:"))
            found.append(KnownDay(name, on, float(one["effect"]), str(BASES.get(one["basis"], "")), x))
    return found


@require_POST
@staff("work")
def forecast(request: StaffRequest) -> HttpResponse:
    if ask_forecast(request.shop.pk, request.user.username):
        messages.success(request, _("Forecasts are being made anew in the background. Come back in a minute."))
    else:
        messages.info(request, _("Forecasts are being made already."))
    return redirect("demand")


@require_POST
@staff("work")
def rule(request: StaffRequest) -> HttpResponse:
    """What holds for one SKU over the shop's own rule."""
    sku = request.POST.get("sku", "")

    def kept() -> None:
        service = request.POST.get("service", "").strip().replace(",", ".").rstrip("% ")
        values: dict[str, Any] = {
            "is_on": request.POST.get("is_on") == "yes",
            "least": _whole(request.POST.get("least", "")),
            "most": _whole(request.POST.get("most", "")),
            "service": _share(service),
        }
        suppliers.put_rule(request.shop.pk, sku, request.user.username, **values)

    carry_out(request, kept, _("Kept. The next look goes by it."), form=f"rule:{sku}")
    return redirect(f"{reverse('demand-item')}?{urlencode({'sku': sku})}")


def _standings(shop: Shop, skus: list[str]) -> dict[str, Standing]:
    """Of some SKUs, in a fixed number of queries."""
    if not skus:
        return {}
    desk = open_staff()
    with desk.database.read() as tx:
        facts = desk.world.shops.find(tx, shop.pk).facts
        basis = reordering.read_basis(tx, facts, reordering.terms_of(facts), skus)
        position = reordering.positions(tx, shop.pk, skus)
    found: dict[str, Standing] = {}
    for sku in skus:
        here = position(sku)
        levels = basis.levels(sku) if sku in basis.offers else None
        demand = basis.demands.get(sku)
        per_day = demand.expected(28) / 28 if demand is not None else 0.0
        left = max(0.0, here.total) / per_day if here is not None and per_day > 0 else None
        lead = basis.lead(basis.offers[sku][0]).mean if sku in basis.offers else None
        found[sku] = Standing(here, levels, left, lead)
    return found


def _whole(text: str) -> int | None:
    cleaned = text.strip()
    if not cleaned:
        return None
    if not (cleaned.isascii() and cleaned.isdigit()) or len(cleaned) > 8:
        raise ValueError(_("How many is a whole number, not %(text)s.") % {"text": cleaned[:20]})
    return int(cleaned)


def _share(text: str) -> float | None:
    """Of a percentage, `95`."""
    if not text:
        return None
    try:
        return float(text) / 100
    except ValueError:
        raise ValueError(_("The service is a percentage, such as 95.")) from None
