"""Connections: the addresses stores send their webhooks to, and whether anything arrives there."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from sereno.store.fields import from_micros
from sereno.store.models import Connection, Delivery
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


def _address(row: Connection) -> str:
    return f"{wiring().base_url}/hooks/{row.name}"


def _last_delivery(row: Connection) -> datetime | None:
    newest = Delivery.objects.filter(connection=row).aggregate(Max("id"))["id__max"]
    if newest is None:
        return None
    found = Delivery.objects.filter(pk=newest).values_list("received_at", flat=True).first()
    return from_micros(found) if isinstance(found, int) else found
