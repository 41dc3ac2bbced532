"""One delivery: its bytes as they came, whether the signature fits, and what became of it: events, and the runs they
began."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.store.models import Delivery, Event, Run
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.connecting import verifying, words
from sereno.web.connecting.health import is_deleted, title_of_connection
from sereno.web.shell import render
from sereno.web.subjects import labels

MOST = 200
SHOWN = 200_000
"""Characters of the body."""


@require_GET
@staff()
def delivery(request: StaffRequest, id: int) -> HttpResponse:
    rows = Delivery.objects.select_related("connection")
    row = get_object_or_404(rows, connection__shop=request.shop, pk=id)
    events = list(Event.objects.filter(shop=request.shop, delivery=row).defer("data").order_by("id")[:MOST])
    subjects = sorted({event.subject for event in events})
    begun = Run.objects.filter(shop=request.shop, subject__in=subjects, event_id__in=[event.pk for event in events])
    label, icon, tone = words.SIGNED[verifying.signed_by(row.connection, row)]
    text = formats.bytes_text(row.body)
    context = {
        "section": "deliveries",
        "delivery": row,
        "title": title_of_connection(row.connection),
        "is_gone": is_deleted(row.connection),
        "body": text[:SHOWN],
        "is_cut": len(text) > SHOWN,
        "size": len(row.body),
        "headers": verifying.shown_headers(row.headers),
        "signed": {"label": _(label), "icon": icon, "tone": tone},
        "events": events,
        "runs": list(begun.select_related("flow").defer("state", "flow__draft").order_by("-id")[:MOST]),
        "labels": labels(request.shop, subjects),
    }
    return render(request, "connecting/delivery.html", context)
