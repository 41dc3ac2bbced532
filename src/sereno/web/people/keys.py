"""API keys: made with a name, scopes and an end, shown once, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_http_methods, require_POST

from sereno.store import keys as api_keys
from sereno.store.models import ApiKey
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render

EXPLAINED = {
    "read": mark("Read events, runs, effects and flows, with customers hidden. Every key may."),
    "events:write": mark("Put events in."),
    "flows:write": mark("Write, publish and pause flows; messages, too."),
    "work": mark("Approve, try again, start and end runs. Sees customers."),
    "settings": mark("Connections, people, keys and the shop. Give it to few."),
}
LASTS = {"": 0, "30": 30, "90": 90, "365": 365}
"""Days by the form's choice; 0 is for ever."""


@require_http_methods(["GET", "POST"])
@staff("settings")
def keys(request: StaffRequest) -> HttpResponse:
    """The list; a new key is shown once, on the page that answers the form."""
    token, error = "", ""
    chosen = [scope for scope in api_keys.SCOPES if scope in request.POST.getlist("scopes")]
    name, lasts = request.POST.get("name", "").strip()[:100], request.POST.get("lasts", "90")
    if request.method == "POST":
        if name:
            days = LASTS.get(lasts, 90)
            end = datetime.now(UTC) + timedelta(days=days) if days else None
            by = request.user.username
            token = api_keys.issue(request.shop.pk, name, " ".join(chosen) or "read", by, expires_at=end)
            name, chosen = "", []
        else:
            error = _("Give the key a name, so that you know later what uses it.")
    context = {
        "section": "keys",
        "rows": list(ApiKey.objects.filter(shop=request.shop).order_by("-id")),
        "token": token,
        "error": error,
        "name": name,
        "chosen": chosen,
        "explained": EXPLAINED,
        "lasts": [("30", _("30 days")), ("90", _("90 days")), ("365", _("A year")), ("", _("For ever"))],
        "lasts_chosen": lasts,
        "now": datetime.now(UTC),
    }
    return render(request, "people/keys.html", context, status=422 if error else 200)


@require_POST
@staff("settings")
def revoke(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(ApiKey, shop=request.shop, pk=id, revoked_at=None)
    api_keys.revoke(row, request.user.username)
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": row.name})
    return redirect("keys")
