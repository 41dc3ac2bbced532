"""Runs: the list, one run's story, ending it; and why, or why not, somebody got something."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.engine.run import LIVE
from sereno.runtime import services
from sereno.store.models import Approval, Effect, EventLink, Flow, Run, RunTrace
from sereno.store.scans import RUN_STATUSES, of_shop, run_ends
from sereno.web import story, words
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.documents import text_of, title_of
from sereno.web.live.cards import cards_of
from sereno.web.live.gathering import card_of, runs_at
from sereno.web.live.laying import lay_run
from sereno.web.paging import number_in, page_of, page_of_ends
from sereno.web.search import runs_matching
from sereno.web.shell import render
from sereno.web.subjects import labels

STATUSES = ("live", *RUN_STATUSES)


@require_GET
@staff()
def runs(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    status, flow = request.GET.get("status", ""), request.GET.get("flow", "")
    search = request.GET.get("q", "").strip()
    flows = list(Flow.objects.filter(shop=shop).defer("draft").order_by("title"))
    rows = Run.objects.select_related("flow").defer("state", "flow__draft")
    # What Sereno finds out by itself would drown the shop's own flows; it is there when asked for.
    wanted = [one.pk for one in flows if (one.name == flow if flow else search or not one.is_derived)]
    states = sorted(LIVE) if status == "live" else [status] if status in STATUSES else list(RUN_STATUSES)
    step, version = request.GET.get("step", "")[:200], number_in(request.GET.get("version", ""))
    at = next((one for one in flows if one.name == flow), None) if step or version is not None else None
    if at is not None:
        page = page_of(request, rows.filter(id__in=runs_at(at, step, status, version)))
    elif search:
        found = of_shop(rows, shop.pk).filter(id__in=runs_matching(shop, search), flow__in=wanted, status__in=states)
        page = page_of(request, found)
    else:
        page = page_of_ends(request, rows, run_ends(wanted, states))
    context = {
        "section": "runs",
        "page": page,
        "labels": labels(shop, [row.subject for row in page.rows]),
        "status": status,
        "flow": flow,
        "search": search,
        "statuses_named": words.named("run", STATUSES),
        "flows": [(one.name, title_of(one)) for one in flows],
        "is_filtered": bool(status or flow or search),
        "card": card_of(at, step, version, is_looked_through=status == "passed") if at is not None and step else None,
        "version": version if at is not None else None,
    }
    return render(request, "runs/list.html", context)


@require_GET
@staff()
def run(request: StaffRequest, uid: str) -> HttpResponse:
    row = get_object_or_404(Run.objects.select_related("flow", "event"), shop=request.shop, uid=uid)
    lines = story.story(RunTrace.objects.filter(run=row).order_by("id"), request.shop.timezone)
    trigger, steps = cards_of(text_of(row.flow, row.version))
    effects = list(Effect.objects.filter(run=row).select_related("flow", "run").order_by("id")[:200])
    context = {
        "section": "runs",
        "run": row,
        "labels": labels(request.shop, [row.subject]),
        "is_live": row.status in LIVE,
        "lines": lines,
        "trigger": trigger,
        "steps": steps,
        "here": story.step_of(row.step) if row.status in LIVE else "",
        "passed": {line.step for line in lines if line.step},
        "overlay": lay_run(row, lines, effects, request.shop.timezone).cards,
        "effects": effects,
        "by_key": {effect.key: effect for effect in effects},
        "approvals": Approval.objects.filter(run=row).order_by("id"),
        "events": [link.event for link in _events_about(request.shop.pk, row.subject)],
    }
    return render(request, "runs/one.html", context)


def _events_about(shop_id: int, subject: str) -> QuerySet[EventLink]:
    links = EventLink.objects.filter(shop_id=shop_id, link=subject).order_by("-occurred_at")
    return links.select_related("event").defer("event__data")[:12]


@require_POST
@staff("work")
def end_run(request: StaffRequest, uid: str) -> HttpResponse:
    row = get_object_or_404(Run, shop=request.shop, uid=uid)
    reason = request.POST.get("reason", "").strip()[:200]
    carry_out(request, lambda: services.end_run(row.uid, request.user.username, reason), _("The run is ended."))
    return redirect("run", uid=uid)
