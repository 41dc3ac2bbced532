"""What waits for a person: failed effects and deliveries, open approvals, paused flows."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import services
from sereno.store.models import Approval, Delivery, Effect, Event, Flow
from sereno.web.access import StaffRequest, may_answer, staff
from sereno.web.actions import back, carry_out
from sereno.web.shell import render
from sereno.web.subjects import labels

SHOWN = 100


@require_GET
@staff()
def attention(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    connections = shop.connection_set.all()
    approvals = list(
        Approval.objects.filter(shop=shop, status="open").select_related("run", "run__flow").order_by("id")[:SHOWN]
    )
    effects = list(
        Effect.objects.filter(shop=shop, status="failed").select_related("flow", "run").order_by("-id")[:SHOWN]
    )
    context = {
        "section": "attention",
        "labels": labels(shop, [*(one.run.subject for one in approvals), *(one.subject for one in effects)]),
        "approvals": approvals,
        "effects": effects,
        "deliveries": Delivery.objects.filter(connection__in=connections, status="failed")
        .select_related("connection")
        .defer("body", "headers")
        .order_by("-id")[:SHOWN],
        "events": Event.objects.filter(shop=shop, error__isnull=False).defer("data").order_by("-id")[:SHOWN],
        "paused": Flow.objects.filter(shop=shop, status="paused").order_by("title"),
        "shown": SHOWN,
    }
    return render(request, "attention/list.html", context)


@require_POST
@staff("work")
def decide(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Approval, shop=request.shop, pk=id)
    if not may_answer(request, row.by):
        raise PermissionDenied
    approved = request.POST.get("answer") == "yes"
    note = request.POST.get("note", "").strip()[:500]
    said = _("Approved. The run goes on.") if approved else _("Refused. The run takes its other branch.")
    carry_out(request, lambda: services.decide_approval(row.pk, approved, request.user.username, note), said)
    return back(request, "/attention")
