"""Deliveries: every webhook and file line as it came, what became of it, and replaying those that failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import services
from sereno.store.models import Delivery
from sereno.web import words
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.paging import page_of_ends
from sereno.web.shell import render

STATUSES = ("pending", "done", "ignored", "failed")


@require_GET
@staff()
def deliveries(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    status, connection = request.GET.get("status", ""), request.GET.get("connection", "")
    search = request.GET.get("q", "").strip()
    connections = list(shop.connection_set.order_by("name"))
    rows = Delivery.objects.select_related("connection").defer("body", "headers")
    ends: list[dict[str, Any]] = [{"connection_id": one.pk} for one in connections if connection in ("", one.name)]
    if status == "failed":
        ends = [{**end, "status": status} for end in ends]
    context = {
        "section": "deliveries",
        "page": page_of_ends(request, rows, ends, _only(status, search)),
        "status": status,
        "connection": connection,
        "search": search,
        "statuses_named": words.named("delivery", STATUSES),
        "connections": [(one.name, one.name) for one in connections],
        "is_filtered": bool(status or connection or search),
    }
    return render(request, "deliveries/list.html", context)


def _only(status: str, search: str) -> tuple[str, list[str]] | None:
    """What no index answers. Few deliveries have failed, and those have an index of their own."""
    parts, values = [], []
    if status in STATUSES and status != "failed":
        parts.append("status = %s")
        values.append(status)
    if search:
        parts.append("LOWER(topic) LIKE %s ESCAPE '!'")
        values.append(f"%{''.join(f'!{sign}' if sign in '!%_' else sign for sign in search.lower())}%")
    return (" AND ".join(parts), values) if parts else None


@require_POST
@staff("work")
def replay_deliveries(request: StaffRequest) -> HttpResponse:
    """Map the ticked deliveries again; those of other shops are left alone."""
    ids = list(
        Delivery.objects.filter(connection__shop=request.shop, pk__in=chosen_ids(request)).values_list("id", flat=True)
    )
    if not ids:
        carry_out(request, _nothing_chosen, "")
        return back(request, "/deliveries")
    said = ngettext("%(num)s delivery is read again.", "%(num)s deliveries are read again.", len(ids)) % {
        "num": len(ids)
    }
    carry_out(request, lambda: services.replay_deliveries(ids, request.user.username), said)
    return back(request, "/deliveries")


def _nothing_chosen() -> None:
    raise ValueError(_("Nothing was ticked. Tick the rows to replay, then press the button."))
