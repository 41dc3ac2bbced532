"""One request: asking for it, its proof, saying yes, taking it back, fetching what was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.privacy import asking
from sereno.store.fields import to_micros
from sereno.store.models import PrivacyRequest
from sereno.store.secrets import encrypt
from sereno.store.trail import note
from sereno.web.access import StaffRequest, staff
from sereno.web.privacy.pages import delay_hours, line
from sereno.web.privacy.words import PLACES, STAGES
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_POST
@staff("settings")
def ask(request: StaffRequest) -> HttpResponse:
    """`kind` export or erase, `about` whom. An erasure waits as long as the shop says, and can be taken back."""
    about = request.POST.get("about", "").strip()[:254]
    kind = asking.ERASE if request.POST.get("kind") == "erase" else asking.EXPORT
    delay = timedelta(hours=delay_hours(request.shop.settings)) if kind == asking.ERASE else timedelta()
    try:
        id_ = asking.ask(request.shop.pk, kind, [about], request.user.username, delay=delay)
    except ValueError:
        messages.error(request, _("Say whom it is about: an address, a telephone number or a customer's id."))
        return redirect("privacy")
    return redirect("privacy-request", id_)


@require_GET
@staff("work")
def request_page(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(PrivacyRequest.objects.defer("work"), shop=request.shop, pk=id)
    report: dict[str, Any] = row.report
    now = datetime.now(UTC)
    has_file = row.file is not None and row.file_until is not None and row.file_until > now
    context = {
        "section": "privacy",
        **line(row),
        "report": report,
        "stage": STAGES.get(row.stage, ""),
        "places": [
            (PLACES.get(place, place), counts.get("before"), counts.get("after"))
            for place, counts in report.get("places", {}).items()
        ],
        "has_file": has_file,
        "link": _link(row) if has_file and "settings" in request.can else "",
    }
    return render(request, "privacy/one.html", context)


@require_POST
@staff("settings")
def act(request: StaffRequest, id: int) -> HttpResponse:
    """`do`: agree (now) or cancel."""
    row = get_object_or_404(PrivacyRequest.objects.only("id"), shop=request.shop, pk=id)
    by = request.user.username
    try:
        if request.POST.get("do") == "cancel":
            asking.cancel(request.shop.pk, row.pk, by)
            messages.success(request, _("Taken back. Nothing was done."))
        else:
            asking.agree(request.shop.pk, row.pk, by)
            messages.success(request, _("It begins within seconds."))
    except LookupError:
        messages.error(request, _("It has begun already, or is over: see below."))
    return redirect("privacy-request", row.pk)


@require_POST
@staff("settings")
def file(request: StaffRequest, id: int) -> HttpResponse:
    """The export, once."""
    row = get_object_or_404(PrivacyRequest, shop=request.shop, pk=id)
    answer = taken(row, request.user.username)
    if answer is None:
        messages.error(request, _("The file was fetched already, or its time is over. Ask for it anew."))
        return redirect("privacy-request", row.pk)
    return answer


def taken(row: PrivacyRequest, by: str) -> HttpResponse | None:
    """The file as an answer, and it is gone; None when it was gone before."""
    held = row.file
    now = datetime.now(UTC)
    if held is None or row.file_until is None or row.file_until <= now:
        return None
    with transaction.atomic():
        if not PrivacyRequest.objects.filter(pk=row.pk, file__isnull=False).update(file=None):
            return None
        note(row.shop_id, by, "privacy.file_fetched", str(row.pk))
    answer = HttpResponse(bytes(held), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="personal-data-{row.pk}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def _link(row: PrivacyRequest) -> str:
    until = to_micros(row.file_until) if row.file_until is not None else 0
    path = reverse("handover", args=(encrypt([str(row.pk), str(until), "handover"]),))
    return f"{wiring().base_url}{path}"
