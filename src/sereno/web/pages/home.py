"""The overview: what came in, what is under way, what waits, and whether anybody is on watch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.store.fields import to_micros
from sereno.store.models import ConnectionBudget, Event, Flow
from sereno.store.scans import event_ends, newest
from sereno.web import counts, formats
from sereno.web.access import StaffRequest, staff
from sereno.web.counts import FlowNumbers
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.watching.pages import open_alerts

MOST_FLOWS = 15


@require_GET
@staff()
def home(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    every = list(Flow.objects.filter(shop=shop, is_derived=False).defer("draft").order_by("title"))
    on_duty = [flow for flow in every if flow.status != "draft"]
    numbers = counts.flow_numbers(shop, on_duty)
    flows = _busiest(on_duty, numbers)
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
        "left": len(on_duty) - len(flows),
        "numbers": numbers,
        "queue": counts_now.queue,
        "connections": len(connections),
        "alerts": [held for held in open_alerts(shop) if held[0].status == "open"],
        "paused": ConnectionBudget.objects.filter(shop=shop, paused_until__gt=_now()).order_by("connection"),
    }
    return render(request, "home.html", context)


def _busiest(flows: list[Flow], numbers: Mapping[int, FlowNumbers]) -> list[Flow]:
    """Those that do most, live before shadow where they do as much; no more than fit one look."""

    def rank(flow: Flow) -> tuple[int, bool, str]:
        found = numbers[flow.pk]
        return -(found.spark.total + found.live), flow.status == "shadow", str(flow.title)

    return sorted(flows, key=rank)[:MOST_FLOWS]


def _now() -> int:
    return to_micros(datetime.now(UTC))
