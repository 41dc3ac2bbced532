"""Addresses that are never written to, why, and letting one be written to again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET, require_http_methods

from sereno.runtime.consenting import lift_suppression
from sereno.store.models import Consent, Suppression
from sereno.web.access import StaffRequest, staff
from sereno.web.paging import page_of
from sereno.web.shell import render

REASONS = {
    "bounce.permanent": mark("The mailbox does not exist"),
    "bounce.repeated": mark("Mail came back again and again"),
    "bounce.stopped": mark("Stopped it with the provider"),
    "complaint": mark("Marked as spam"),
    "unsubscribe": mark("Asked not to be written to"),
    "manual": mark("Put here by hand"),
}


@require_GET
@staff()
def suppressions(request: StaffRequest) -> HttpResponse:
    """Newest first, or those that begin as the search says; each with what the ledger says about marketing."""
    rows = Suppression.objects.filter(shop=request.shop)
    search = request.GET.get("q", "").strip().lower()[:254]
    if search:
        rows = rows.filter(address__startswith=search)
    page = page_of(request, rows)
    addresses = {row.address for row in page.rows}
    said: dict[tuple[str, str], bool] = {}
    lines = Consent.objects.filter(shop=request.shop, address__in=addresses, purpose="marketing").order_by("at", "id")
    for address, channel, granted in lines.values_list("address", "channel", "granted"):
        said[address, channel] = granted
    found = [(row, REASONS.get(row.reason, row.reason), said.get((row.address, row.channel))) for row in page.rows]
    context = {"section": "suppressions", "rows": found, "page": page, "search": search}
    return render(request, "outgoing/suppressions.html", context)


@require_http_methods(["GET", "POST"])
@staff("work")
def lift(request: StaffRequest, id: int) -> HttpResponse:
    """Asks whether the person agreed to marketing. POST `marketing=agreed` needs `said`, how and when; anything else
    leaves what the ledger says."""
    row = get_object_or_404(Suppression, shop=request.shop, pk=id)
    said = request.POST.get("said", "").strip()
    wants_marketing = request.POST.get("marketing") == "agreed"
    error = ""
    if wants_marketing and not said:
        error = _("Say how and when they agreed; it is kept as the proof.")
    if request.method == "GET" or error:
        held = Consent.objects.filter(
            shop=request.shop, address=row.address, channel=row.channel, purpose="marketing"
        ).order_by("-at", "-id")
        consent = held.values_list("granted", flat=True).first()
        context = {"section": "suppressions", "row": row, "why": REASONS.get(row.reason, row.reason)}
        context |= {"consent": consent, "error": error, "wants_marketing": wants_marketing}
        return render(request, "outgoing/lift.html", context, status=422 if error else 200)
    by = request.user.username
    try:
        agreed = said if wants_marketing else ""
        may_market = lift_suppression(request.shop.pk, row.address, row.channel, by, agreed=agreed)
    except LookupError:
        messages.error(request, _("That address is not on the list any more."))
        return redirect("suppressions")
    if may_market:
        done = _("%(address)s is written to again, marketing too.")
    else:
        done = _("%(address)s is written to again about their own orders. Marketing needs their consent.")
    messages.success(request, done % {"address": row.address})
    return redirect("suppressions")
