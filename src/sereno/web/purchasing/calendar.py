"""The days people buy for: those of the country, and the shop's own events, which teach what the next one brings."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sereno.modules.purchasing.demand import feasts
from sereno.modules.purchasing.models import DemandEvent, ForecastJob
from sereno.runtime.purchasing import events
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.purchasing.words import FEASTS
from sereno.web.shell import render

AHEAD = timedelta(days=365)


@require_http_methods(["GET", "POST"])
@staff()
def calendar(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _put(request)
    shop = request.shop
    countries = _countries(shop)
    today = timezone.now().date()
    kept_in: dict[tuple[date, str], list[str]] = {}
    for country in countries or [""]:
        for year in (today.year, today.year + 1):
            for code, day in feasts.of_year(country, year):
                if today <= day <= today + AHEAD:
                    kept_in.setdefault((day, code), []).append(country)
    context = {
        "section": "demand",
        "events": list(DemandEvent.objects.filter(shop=shop).order_by("-first_day", "name")),
        "feasts": [
            (day, FEASTS[code], ", ".join(where) if len(where) < len(countries) else "")
            for (day, code), where in sorted(kept_in.items())
        ],
        "country": ", ".join(countries),
    }
    return render(request, "purchasing/calendar.html", context)


def _countries(shop: Shop) -> list[str]:
    """Those the newest forecast counted with: the shop's setting, else those that orders go to."""
    said = str((shop.settings or {}).get("country") or "").upper()
    if said:
        return [said]
    job = ForecastJob.objects.filter(shop=shop).order_by("-id").first()
    return [one for one in str((job.facts if job else {}).get("country") or "").split(", ") if one]


@staff("work")
def _put(request: StaffRequest) -> HttpResponse:
    said = request.POST

    def put() -> None:
        first = _day(said.get("first", ""))
        last = _day(said.get("last", "")) if said.get("last", "").strip() else first
        events.put_event(
            request.shop.pk, said.get("name", ""), first, last, request.user.username, lift=_lift(said.get("lift", ""))
        )

    carry_out(request, put, _("Kept. The next forecast goes by it."), form="demand-event")
    return redirect("demand-calendar")


@require_POST
@staff("work")
def drop(request: StaffRequest) -> HttpResponse:
    number = request.POST.get("event", "")

    def dropped() -> None:
        events.drop_event(request.shop.pk, int(number) if number.isascii() and number.isdigit() else 0,
                          request.user.username)  # fmt: skip

    carry_out(request, dropped, _("Taken away. The next forecast goes without it."))
    return redirect("demand-calendar")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(_("A day is written as 2026-11-27.")) from None


def _lift(text: str) -> float | None:
    """Of a percentage, `30` or `-20`."""
    cleaned = text.strip().replace(",", ".").rstrip("% ")
    if not cleaned:
        return None
    try:
        return float(cleaned) / 100
    except ValueError:
        raise ValueError(_("What is expected is a percentage, such as 30.")) from None
