"""The overview: what came in, what is under way, what waits, and whether anybody is on watch."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.store.models import ConnectionBudget, Event, EventQueue, Flow
from sereno.store.scans import of_shop
from sereno.web import counts
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.subjects import labels


@require_GET
@staff()
def home(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    flows = list(Flow.objects.filter(shop=shop, is_derived=False).exclude(status="draft").order_by("title"))
    connections = shop.connection_set.count()
    events = list(of_shop(Event.objects.defer("data"), shop.pk).order_by("-id")[:9])
    context = {
        "section": "home",
        "counts": counts.counts_of(shop),
        "events": events,
        "labels": labels(shop, [event.subject for event in events]),
        "flows": flows,
        "numbers": counts.flow_numbers(shop, flows),
        "queue": EventQueue.objects.count(),
        "connections": connections,
        "paused": ConnectionBudget.objects.filter(shop=shop, paused_until__gt=_now()).order_by("connection"),
    }
    return render(request, "home.html", context)


def _now() -> int:
    from datetime import UTC, datetime

    from sereno.store.fields import to_micros

    return to_micros(datetime.now(UTC))
