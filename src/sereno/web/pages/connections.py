"""Connections: the addresses stores send their webhooks to, and whether anything arrives there. API keys, too."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.store import keys as api_keys
from sereno.store.fields import from_micros
from sereno.store.models import ApiKey, Connection, Delivery
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_GET
@staff()
def connections(request: StaffRequest) -> HttpResponse:
    rows = list(request.shop.connection_set.order_by("name"))
    last = {row.pk: _last_delivery(row) for row in rows}
    context = {"section": "connections", "rows": rows, "last": last, "address": _address}
    return render(request, "connections/list.html", context)


@require_GET
@staff()
def connection(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Connection, shop=request.shop, name=name)
    recent = Delivery.objects.filter(connection=row).defer("body", "headers").order_by("-id")[:20]
    context = {"section": "connections", "connection": row, "address": _address(row), "recent": list(recent)}
    return render(request, "connections/one.html", context)


@require_http_methods(["GET", "POST"])
@staff("settings")
def keys(request: StaffRequest) -> HttpResponse:
    """The list of API keys; a new one is shown once, on the page that answers the form."""
    token = ""
    if request.method == "POST":
        name = request.POST.get("name", "").strip()[:100]
        scopes = "read write" if request.POST.get("scopes") == "write" else "read"
        if name:
            token = api_keys.issue(request.shop.pk, name, scopes, request.user.username)
        else:
            messages.error(request, _("Give the key a name, so that you know later what uses it."))
    rows = ApiKey.objects.filter(shop=request.shop).order_by("-id")
    return render(request, "connections/keys.html", {"section": "keys", "rows": rows, "token": token})


@require_POST
@staff("settings")
def revoke_key(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(ApiKey, shop=request.shop, pk=id, revoked_at=None)
    ApiKey.objects.filter(pk=row.pk).update(revoked_at=datetime.now(UTC))
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": row.name})
    return redirect("keys")


def _address(row: Connection) -> str:
    return f"{wiring().base_url}/hooks/{row.name}"


def _last_delivery(row: Connection) -> datetime | None:
    newest = Delivery.objects.filter(connection=row).aggregate(Max("id"))["id__max"]
    if newest is None:
        return None
    found = Delivery.objects.filter(pk=newest).values_list("received_at", flat=True).first()
    return from_micros(found) if isinstance(found, int) else found
