"""Effects: everything flows did or will do to the world, and replaying what failed."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import attending, services
from sereno.sdk.plugin import registry
from sereno.store.models import Effect, Flow
from sereno.store.scans import effect_ends
from sereno.web import words
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.desk.attention import said_of
from sereno.web.documents import title_of
from sereno.web.live.gathering import card_of, failed_effects_at
from sereno.web.paging import page_of, page_of_ends
from sereno.web.search import runs_matching
from sereno.web.shell import render
from sereno.web.subjects import labels

STATUSES = ("pending", "running", "done", "failed", "shadow", "cancelled")


@require_GET
@staff()
def effects(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    status, action = request.GET.get("status", ""), request.GET.get("action", "")
    flow, search = request.GET.get("flow", ""), request.GET.get("q", "").strip()
    flows = list(Flow.objects.filter(shop=shop).defer("draft").order_by("title"))
    rows = Effect.objects.select_related("flow", "run").defer("run__state", "flow__draft")
    # As in the list of runs: what Sereno notes for itself is shown when asked for.
    is_whole = bool(search) or status == "failed"
    wanted = [one.pk for one in flows if (one.name == flow if flow else is_whole or not one.is_derived)]
    states = [status] if status in STATUSES else list(STATUSES)
    step = request.GET.get("step", "")[:200]
    at = next((one for one in flows if one.name == flow), None) if step and status == "failed" else None
    if at is not None:
        page = page_of(request, rows.filter(id__in=failed_effects_at(at, step)))
    elif search:
        found = rows.filter(Q(run__in=runs_matching(shop, search)) | Q(key=search), flow__in=wanted, status__in=states)
        page = page_of(request, found.filter(action=action) if action else found)
    else:
        only = ("action = %s", [action]) if action else None
        page = page_of_ends(request, rows, effect_ends(wanted, states), only)
    context = {
        "section": "effects",
        "page": page,
        "labels": labels(shop, [row.subject for row in page.rows]),
        "status": status,
        "action": action,
        "flow": flow,
        "search": search,
        "statuses_named": words.named("effect", STATUSES),
        "actions": [(name, name) for name in registry().action_names()],
        "flows": [(one.name, title_of(one)) for one in flows],
        "is_filtered": bool(status or action or flow or search),
        "card": card_of(at, step) if at is not None else None,
    }
    return render(request, "effects/list.html", context)


@require_GET
@staff()
def effect(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Effect.objects.select_related("flow", "run"), shop=request.shop, pk=id)
    definition = registry().actions.get(row.action)
    context = {
        "section": "effects",
        "effect": row,
        "definition": definition,
        "labels": labels(request.shop, [row.subject]),
    }
    return render(request, "effects/one.html", context)


@require_POST
@staff("work")
def replay_effects(request: StaffRequest) -> HttpResponse:
    """Try the ticked failed effects again, with the same keys."""
    ids = list(
        Effect.objects.filter(shop=request.shop, status="failed", pk__in=chosen_ids(request)).values_list(
            "id", flat=True
        )
    )
    if not ids:
        carry_out(request, _nothing_failed, "")
        return back(request, "/effects")
    done = carry_out(request, lambda: services.replay_effects(ids, request.user.username), "")
    if done is not None:
        messages.success(request, said_of(attending.Tried(len(ids), attending.held_back(ids))))
    return back(request, "/effects")


def _nothing_failed() -> None:
    raise ValueError(
        _("No failed effect was ticked. Only failed effects can be replayed: tick some, then press the button.")
    )
