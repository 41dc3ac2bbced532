"""Events: the list, and one event with its data, the delivery it came in, and what it caused."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from sereno.runtime.reading.seeing import MARK
from sereno.sdk.plugin import registry
from sereno.store.models import Event, EventLink, EventQueue, Run, Skip
from sereno.store.scans import event_ends, of_shop
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.paging import page_of, page_of_ends
from sereno.web.search import events_matching
from sereno.web.shell import render
from sereno.web.subjects import labels


@require_GET
@staff()
def events(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search, kind = request.GET.get("q", "").strip(), request.GET.get("type", "")
    connection = request.GET.get("connection", "")
    rows = Event.objects.select_related("connection").defer("data")
    connections = list(shop.connection_set.order_by("name"))
    chosen = [one.pk for one in connections if one.name == connection]
    if search:
        found = of_shop(rows, shop.pk).filter(id__in=events_matching(shop, search, connections))
        found = found.filter(type=kind) if kind else found
        page = page_of(request, found.filter(connection__in=chosen) if connection else found)
    elif kind:
        only = ("connection_id = %s", chosen or [0]) if connection else None
        page = page_of_ends(request, rows, [{"shop_id": shop.pk, "type": kind}], only)
    elif connection:
        page = page_of_ends(request, rows, [{"shop_id": shop.pk, "connection_id": one} for one in chosen])
    else:
        page = page_of_ends(request, rows, event_ends(shop.pk, [one.pk for one in connections]))
    context = {
        "section": "events",
        "page": page,
        "labels": labels(shop, [row.subject for row in page.rows]),
        "search": search,
        "kind": kind,
        "connection": connection,
        "kinds": [(name, name) for name in registry().event_names()],
        "connections": [(one.name, one.name) for one in connections],
        "is_filtered": bool(search or kind or connection),
        "deliveries_there": bool(connections),
    }
    return render(request, "events/list.html", context)


@require_GET
@staff()
def event(request: StaffRequest, id: int) -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(Event.objects.select_related("connection", "delivery"), shop=shop, pk=id)
    caused = Run.objects.filter(shop=shop, subject=row.subject, event_id=row.pk).select_related("flow").defer("state")
    around = (
        EventLink.objects.filter(shop=shop, link=row.subject)
        .exclude(event_id=row.pk)
        .order_by("-occurred_at")
        .select_related("event")[:8]
    )
    context = {
        "section": "events",
        "event": row,
        "labels": labels(shop, [row.subject, *(f"{kind}:{key}" for kind, key in row.refs.items())]),
        "is_queued": EventQueue.objects.filter(pk=row.pk).exists(),
        "runs": caused[:50],
        "skips": _skips(shop.pk, row),
        "around": [link.event for link in around],
        "late": _late(row),
    }
    return render(request, "events/one.html", context)


def _late(row: Event) -> str | None:
    """How long after it happened it was found, for what was read back and not received."""
    if row.delivery is None or MARK not in row.delivery.headers:
        return None
    return formats.between(row.occurred_at, row.received_at)


def _skips(shop_id: int, row: Event) -> list[Skip]:
    return list(
        Skip.objects.filter(shop_id=shop_id, subject=row.subject, event=row.pk)
        .select_related("flow")
        .order_by("id")[:50]
    )
