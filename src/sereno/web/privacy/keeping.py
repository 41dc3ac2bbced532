"""How long things are kept, what would go, and what the shop says about requests and consent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sereno.runtime.privacy import retention
from sereno.store.models import Shop
from sereno.store.trail import note
from sereno.web.access import StaffRequest, staff
from sereno.web.formats import number as number_words
from sereno.web.privacy.pages import delay_hours
from sereno.web.shell import render

LABELS: dict[str, tuple[str | Promise, str | Promise]] = {
    "deliveries": (mark("Deliveries as received"), mark("Days. Without them an old delivery cannot be read again.")),
    "skips": (mark("Starts that were refused"), mark("Days. Without them nobody knows why a flow did not start.")),
    "runs": (mark("Runs that are over"), mark("Days, with what they saw and sent; 90 at least.")),
    "events": (mark("Events"), mark("Days, of those no run is left of; 365 at least. Back-tests look no further.")),
    "visits": (
        mark("Single visits of your shop"),
        mark("Days; 31 at least. When they came first and last, and how often, stays with the customer."),
    ),
}
TEXTS = ("privacy_requests", "country", "double_opt_in")
NUMBERS = ("privacy_delay_hours", "books_years")


@require_http_methods(["GET", "POST"])
@staff("settings")
def keeping(request: StaffRequest) -> HttpResponse:
    """POST `do=look` counts what would go by the days typed; `do=save` keeps them."""
    days = retention.days_of(request.shop.settings)
    error, counts = "", dict[str, int]()
    if request.method == "POST":
        try:
            days = _typed(request.POST)
        except ValueError as problem:
            error = str(problem)
        else:
            if request.POST.get("do") == "save":
                _save(request, days)
                messages.success(request, _("Saved."))
                return redirect("privacy-keeping")
            counts = retention.preview(request.shop.pk, days, datetime.now(UTC))
    context = {
        "section": "privacy",
        "rules": [
            (name, label, help_, request.POST.get(name, days[name] or ""), _goes(counts, name))
            for name, (label, help_) in LABELS.items()
        ],
        "error": error,
        "settings": request.shop.settings,
        "delay": delay_hours(request.shop.settings),
    }
    return render(request, "privacy/keeping.html", context, status=422 if error else 200)


def _typed(data: Mapping[str, Any]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for rule in retention.RULES:
        text = str(data.get(rule.name, "")).strip()
        if not text:
            found[rule.name] = None
            continue
        if not text.isdecimal() or len(text) > 5 or int(text) < rule.at_least:
            what = {"what": LABELS[rule.name][0], "days": rule.at_least}
            raise ValueError(_("%(what)s: a number of days, %(days)s at least, or nothing for ever.") % what)
        found[rule.name] = int(text)
    return found


def _goes(counts: Mapping[str, int], name: str) -> str:
    if name not in counts:
        return ""
    count = counts[name]
    if count >= retention.COUNTED:
        return _("More than %(count)s rows would go.") % {"count": number_words(count)}
    said = ngettext("%(count)s row would go.", "%(count)s rows would go.", count)
    return said % {"count": number_words(count)}


def _save(request: StaffRequest, days: dict[str, int | None]) -> None:
    """The days by their own way, the rest as settings of the shop; each with a line in the trail."""
    by = request.user.username
    retention.set_days(request.shop.pk, days, by)
    typed = {name: request.POST.get(name, "").strip()[:100] for name in (*TEXTS, *NUMBERS)}
    with transaction.atomic():
        shop = Shop.objects.select_for_update().get(pk=request.shop.pk)
        before = {name: str(shop.settings.get(name, "")) for name in typed}
        if before == typed:
            return
        settings = {name: value for name, value in shop.settings.items() if name not in typed}
        shop.settings = {**settings, **{name: value for name, value in typed.items() if value}}
        shop.save(update_fields=["settings"])
        note(shop.pk, by, "shop.changed", shop.slug, before=before, after=typed)
