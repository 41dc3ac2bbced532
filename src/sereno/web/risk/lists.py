"""Who is always blocked and who always allowed, with the reason, by whom, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.risk import services
from sereno.modules.risk.models import RiskEntry
from sereno.runtime.risk import reviewing
from sereno.runtime.risk.port import digest
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.paging import page_of, page_of_ends
from sereno.web.risk.words import KINDS, LISTS
from sereno.web.shell import render
from sereno.web.typed import keep_typed

DAYS = ("", "7", "30", "90", "365")


@require_GET
@staff()
def lists(request: StaffRequest) -> HttpResponse:
    shop, chosen = request.shop, request.GET.get("list", "")
    names = [chosen] if chosen in LISTS else list(LISTS)
    search = request.GET.get("q", "").strip()[:200]
    if search:
        page = page_of(request, _searched(shop.pk, names, search))
    else:
        page = page_of_ends(request, RiskEntry.objects.all(), [{"shop_id": shop.pk, "list": one} for one in names])
    context = {
        "section": "risk",
        "tab": "risk-lists",
        "page": page,
        "kinds": {code: str(said) for code, said in KINDS.items()},
        "lists": {code: str(said) for code, said in LISTS.items()},
        "until": [(days, _("For good") if not days else _days(int(days))) for days in DAYS],
        "selects": [("list", _("Both lists"), [(code, str(said)) for code, said in LISTS.items()], chosen)],
        "search": search,
        "is_filtered": bool(chosen in LISTS or search),
    }
    return render(request, "risk/lists.html", context)


@require_POST
@staff("work")
def add(request: StaffRequest) -> HttpResponse:
    kind, list_ = request.POST.get("kind", ""), request.POST.get("list", "")
    days, by = request.POST.get("days", ""), request.user.username
    until = datetime.now(UTC) + timedelta(days=int(days)) if days in DAYS and days else None
    try:
        marks = services.marks_in(kind, request.POST.get("values", "")[:100_000])
    except ValueError as wrong:
        said = _("Not added: %(what)s. Write one on each line, such as ana@example.com or 81.40.1.7.")
        messages.error(request, said % {"what": wrong})
        keep_typed(request, "risk-list")
        return back(request, "/risk/lists")
    reason = request.POST.get("reason", "").strip()[:500]
    done = carry_out(
        request,
        lambda: reviewing.put_on_list(request.shop.pk, list_, marks, by, reason=reason, until=until),
        "",
        form="risk-list",
    )
    if isinstance(done, int):
        said = ngettext("%(num)s entry is on the list.", "%(num)s entries are on the list.", done)
        messages.success(request, said % {"num": done})
    return back(request, "/risk/lists")


@require_POST
@staff("work")
def remove(request: StaffRequest) -> HttpResponse:
    ids = chosen_ids(request)
    done = carry_out(request, lambda: reviewing.take_off_list(request.shop.pk, ids, request.user.username), "")
    if done:
        messages.success(request, _("Taken off. Orders from now on are judged without it."))
    return redirect("risk-lists")


def _searched(shop_id: int, names: list[str], text: str) -> QuerySet[RiskEntry]:
    """What is looked for is the mark itself, of any kind that it can be, as orders are compared with it."""
    digests: set[str] = set()
    for kind in KINDS:
        try:
            digests |= {digest(mark) for mark in services.marks_in(kind, text)}
        except ValueError:
            continue
    return RiskEntry.objects.filter(shop=shop_id, digest__in=digests, list__in=names)


def _days(days: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", days) % {"num": days}
