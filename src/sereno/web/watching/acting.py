"""What a person says on the pages of the watch. POST first, back to the page after."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sereno.runtime.watching import deciding
from sereno.store.models import Membership, WatchSeries
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out

SNOOZES = {"1h": timedelta(hours=1), "8h": timedelta(hours=8), "1d": timedelta(days=1), "7d": timedelta(days=7)}
HEARS: dict[str, deciding.Hears] = {"all": "all", "critical": "critical", "none": "none"}


@require_POST
@staff("work")
def act(request: StaffRequest, alert: int) -> HttpResponse:
    shop, by, doing = request.shop.pk, request.user.username, request.POST.get("do", "")
    if doing == "acknowledge":
        said = _("You see to it: there are no more mails about it until it is over.")
        carry_out(request, lambda: deciding.acknowledge(shop, alert, by), said)
    elif doing.partition(":")[0] == "snooze" and doing.partition(":")[2] in SNOOZES:
        until = datetime.now(UTC) + SNOOZES[doing.partition(":")[2]]
        carry_out(request, lambda: deciding.snooze(shop, alert, until, by), _("It will be quiet until then."))
    elif doing == "open":
        carry_out(request, lambda: deciding.reopen(shop, alert, by), _("It is open again."))
    elif doing == "settle":
        carry_out(
            request, lambda: deciding.settle(shop, alert, by), _("It counts as over. If it goes on, it comes back.")
        )
    elif doing == "normal":
        said = _("Noted: from now on it rings only after a silence half as long again.")
        carry_out(request, lambda: deciding.is_normal(shop, alert, by), said)
    else:
        messages.error(request, _("That is not possible now."))
    return back(request, "/watch")


@require_POST
@staff("work")
def change(request: StaffRequest, series: int) -> HttpResponse:
    """Watch it or not, and how patiently."""
    row = get_object_or_404(WatchSeries, shop=request.shop, pk=series)
    is_ignored = row.is_ignored
    if "watch" in request.POST:
        is_ignored = request.POST["watch"] == "no"
    try:
        tolerance = float(request.POST.get("tolerance", row.tolerance))
    except ValueError:
        tolerance = -1.0
    shop, by = request.shop.pk, request.user.username
    carry_out(
        request,
        lambda: deciding.change_series(shop, series, by, is_ignored=is_ignored, tolerance=tolerance),
        _("It is not watched any more.") if is_ignored and not row.is_ignored else _("Changed."),
    )
    return redirect("watch-series", series)


@require_POST
@staff("work")
def pause(request: StaffRequest) -> HttpResponse:
    """Closing days, by the days of the shop; or take some away."""
    shop, by, given = request.shop, request.user.username, request.POST
    if remove := given.get("remove", ""):
        if not (remove.isascii() and remove.isdigit() and len(remove) < 19):
            raise Http404
        carry_out(request, lambda: deciding.remove_pause(shop.pk, int(remove), by), _("Those days count again."))
        return redirect("watch-settings")
    first, last = _day(given.get("from", "")), _day(given.get("to", "") or given.get("from", ""))
    if first is None or last is None:
        messages.error(request, _("Give the first and the last day."))
        return redirect("watch-settings")
    zone = ZoneInfo(shop.timezone)
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    note = given.get("note", "").strip()
    carry_out(
        request,
        lambda: deciding.add_pause(shop.pk, begin.astimezone(UTC), end.astimezone(UTC), note, by),
        _("On those days nobody misses anything."),
    )
    return redirect("watch-settings")


@require_POST
@staff()
def hears(request: StaffRequest) -> HttpResponse:
    """Everybody says for themselves what they hear; who may set up the shop says it for all."""
    shop, given = request.shop, request.POST
    user = given.get("user", "")
    member = get_object_or_404(Membership.objects.select_related("user"), shop=shop, user_id=_number(user) or 0)
    if member.user_id != request.user.pk and "settings" not in request.can:
        messages.error(request, _("Only an owner or operator says that for others."))
        return redirect("watch-settings")
    begin, end = _number(given.get("quiet_from", "")), _number(given.get("quiet_until", ""))
    quiet = (begin, end) if begin is not None and end is not None and begin != end else None
    wanted = HEARS.get(given.get("hears", ""), "all")
    username, by = member.user.username, request.user.username
    carry_out(
        request,
        lambda: deciding.set_listener(shop.pk, member.user_id, username, wanted, quiet, by),
        _("Changed."),
    )
    return redirect("watch-settings")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: Any) -> int | None:
    held = str(text)
    return int(held) if held.isascii() and held.isdigit() and len(held) < 19 else None
