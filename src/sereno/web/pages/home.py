"""The overview: what came in, what is under way, what waits, and whether anybody is on watch."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.store.fields import to_micros
from sereno.store.models import ConnectionBudget, Event, Flow
from sereno.store.scans import event_ends, newest
from sereno.web import counts, formats
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.watching.pages import open_alerts


@require_GET
@staff()
def home(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    every = list(Flow.objects.filter(shop=shop, is_derived=False).defer("draft").order_by("title"))
    flows = sorted((flow for flow in every if flow.status != "draft"), key=lambda flow: flow.status == "shadow")
    connections = list(shop.connection_set.values_list("id", flat=True))
    ids = newest(Event, event_ends(shop.pk, connections), 9).ids
    held = Event.objects.defer("data").in_bulk(ids)
    events = [held[id_] for id_ in ids if id_ in held]
    counts_now = counts.counts_of(shop, [flow.pk for flow in every])
    context = {
        "section": "home",
        "clock_now": formats.hour(datetime.now(UTC), shop.timezone),
        "counts": counts_now,
        "events": events,
        "labels": labels(shop, [event.subject for event in events]),
        "flows": flows,
        "numbers": counts.flow_numbers(shop, flows),
        "queue": counts_now.queue,
        "connections": len(connections),
        "alerts": [held for held in open_alerts(shop) if held[0].status == "open"],
        "paused": ConnectionBudget.objects.filter(shop=shop, paused_until__gt=_now()).order_by("connection"),
    }
    return render(request, "home.html", context)


def _now() -> int:
    return to_micros(datetime.now(UTC))
