"""Who answers questions in my place while I am away: one deputy, for a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.runtime import deputies
from sereno.store.models import Deputy, Membership
from sereno.web.access import StaffRequest, staff
from sereno.web.formats import zone_of
from sereno.web.shell import render


@require_http_methods(["GET", "POST"])
@staff("work")
def deputy(request: StaffRequest) -> HttpResponse:
    shop, me = request.shop, request.user.username.lower()
    zone = zone_of(shop.timezone)
    today = datetime.now(zone).date()
    others = Membership.objects.select_related("user").filter(shop=shop, user__is_active=True).exclude(role="viewer")
    names = [(one.user.username.lower(), one.user.first_name or one.user.username) for one in others.order_by("id")]
    names = [pair for pair in names if pair[0] != me]
    values = {"deputy": "", "since": today.isoformat(), "until": (today + timedelta(days=14)).isoformat()}
    error = ""
    if request.method == "POST":
        if request.POST.get("do") == "end":
            if deputies.end_deputy(shop.pk, me, by=request.user.username):
                messages.success(request, _("Questions come to you again."))
            return redirect("deputy")
        values = {name: request.POST.get(name, "").strip() for name in values}
        error = _problem(values, dict(names))
        if not error:
            since, until = (date.fromisoformat(values[name]) for name in ("since", "until"))
            begin = datetime.combine(since, time(), zone).astimezone(UTC)
            end = datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC)
            deputies.name_deputy(shop.pk, me, values["deputy"], begin, end, by=request.user.username)
            messages.success(request, _("Kept. Questions put to you go to your deputy in that time."))
            return redirect("deputy")
    found = Deputy.objects.filter(shop=shop)
    context = {
        "section": "account",
        "names": names,
        "values": values,
        "error": error,
        "mine": found.filter(person=me).first(),
        "stands_for": list(found.filter(deputy=me, until_at__gt=datetime.now(UTC)).order_by("since_at")),
        "last_day": lambda row: (row.until_at - timedelta(seconds=1)).astimezone(zone).date(),
        "first_day": lambda row: row.since_at.astimezone(zone).date(),
    }
    return render(request, "limits/deputy.html", context, status=422 if error else 200)


def _problem(values: dict[str, str], names: dict[str, str]) -> str:
    if values["deputy"] not in names:
        return _("Choose who answers in your place.")
    try:
        since, until = (date.fromisoformat(values[name]) for name in ("since", "until"))
    except ValueError:
        return _("Give both days, such as 2026-08-01.")
    return _("The last day comes after the first.") if until < since else ""
