"""Flows: the list, reading one, its YAML and versions, writing and publishing, pausing and resuming."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import services
from sereno.sdk.templates import shipped_flow, shipped_flows
from sereno.store.models import Flow
from sereno.web import counts, words
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.documents import text_of
from sereno.web.highlight import yaml_lines
from sereno.web.live.reading import head_of
from sereno.web.shell import render

STATUSES = ("live", "shadow", "paused", "draft")


@require_GET
@staff()
def flows(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    status, search = request.GET.get("status", ""), request.GET.get("q", "").strip()
    rows = Flow.objects.filter(shop=shop).defer("draft").order_by("is_derived", "title")
    everything = list(rows)
    if status in STATUSES:
        rows = rows.filter(status=status)
    if search:
        rows = rows.filter(title__icontains=search) | rows.filter(name__icontains=search)
    context = {
        "section": "flows",
        "rows": list(rows),
        "numbers": counts.flow_numbers(shop, everything),
        "status": status,
        "search": search,
        "statuses_named": words.named("flow", STATUSES),
        "ready": _ready({flow.name for flow in everything}),
        "has_any": bool(everything),
    }
    return render(request, "flows/list.html", context)


def _ready(installed: set[str]) -> list[Any]:
    """Flows that ship with Sereno and are not in this shop yet."""
    return [flow for flow in shipped_flows() if flow.name not in installed]


@require_POST
@staff("flows")
def install(request: StaffRequest) -> HttpResponse:
    """Put a shipped flow into the shop as a draft."""

    name = request.POST.get("name", "")
    flow = shipped_flow(name)
    if flow is None:
        messages.error(request, _("There is no ready-made flow of that name."))
        return redirect("flows")
    said = _("“%(title)s” is in your shop as a draft. Read it, then publish it.") % {"title": flow.title}
    carry_out(request, lambda: services.save_draft(request.shop.pk, flow.text, request.user.username), said)
    return redirect("flow", name=name)


@require_GET
@staff()
def flow_yaml(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    wanted = request.GET.get("version", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else row.version
    text = text_of(row, number)
    context = {**head_of(row), "view": "yaml", "number": number, "text": text, "lines": yaml_lines(text)}
    return render(request, "flows/yaml.html", context)


@require_POST
@staff("flows")
def flow_status(request: StaffRequest, name: str) -> HttpResponse:

    row = get_object_or_404(Flow, shop=request.shop, name=name)
    status = request.POST.get("status", "")
    said = {
        "live": _("The flow is live."),
        "paused": _("The flow is paused: no run starts, and runs under way stand still until it is live again."),
        "shadow": _("The flow is in shadow: it decides and records, and sends nothing."),
    }.get(status)
    if said is None or row.version is None:
        messages.error(request, _("Publish the flow first; then it can be paused or put in shadow."))
    else:
        carry_out(request, lambda: services.set_status(request.shop.pk, row.name, status, request.user.username), said)
    return redirect("flow", name=name)


@require_POST
@staff("flows")
def start_by_hand(request: StaffRequest, name: str) -> HttpResponse:

    row = get_object_or_404(Flow, shop=request.shop, name=name)
    subject = request.POST.get("subject", "").strip()[:200]
    said = _("Asked for a run about %(subject)s. It appears here in a moment.") % {"subject": subject}
    carry_out(request, lambda: services.start_by_hand(request.shop.pk, row.name, subject, request.user.username), said)
    return redirect("flow", name=name)
