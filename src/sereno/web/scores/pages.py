"""What is expected of each customer, who is in which group, and how far that can be trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.scores.models import CustomerScore, LeadScore, ScoreJob, ScoreState
from sereno.runtime.scoring import ask_scores
from sereno.web.access import StaffRequest, staff
from sereno.web.scores.words import GROUPS, MEANINGS, SIGNALS, qualities
from sereno.web.shell import render
from sereno.web.subjects import labels

SHOWN = 50
SOON = timedelta(days=7)
LATE = timedelta(days=60)


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    shop, asked = request.shop, request.GET
    state = ScoreState.objects.filter(shop=shop).first()
    group, by = asked.get("group", ""), asked.get("by", "")
    rows = CustomerScore.objects.filter(shop=shop)
    if group in GROUPS:
        rows = rows.filter(group=group)
    if by == "due":
        today = datetime.now(UTC).date()
        rows = rows.filter(due_on__gte=today - LATE, due_on__lte=today + SOON).order_by("due_on", "id")
    else:
        rows = rows.order_by("-value", "id")
    found, start, older = _page(request, rows)
    counts = state.groups if state is not None else {}
    context = {
        "section": "scores",
        "state": state,
        "rows": found,
        "labels": labels(shop, [f"customer:{one.key}" for one in found]),
        "groups": [(name, word, MEANINGS[name], counts.get(name, 0)) for name, word in GROUPS.items()],
        "most": max(counts.values(), default=0),
        "words": GROUPS,
        "group": group if group in GROUPS else "",
        "by": by,
        "selects": [
            ("group", _("All groups"), [(name, word.label) for name, word in GROUPS.items()], group),
            ("by", _("Most valuable first"), [("due", _("Due now, longest first"))], by),
        ],
        "qualities": [one for one in qualities(state.quality) if one.name != "lead"] if state is not None else [],
        "horizon": state.quality.get("horizon") if state is not None else None,
        "older": older,
        "first": reverse("scores") if start else None,
        "job": ScoreJob.objects.filter(shop=shop).order_by("-id").first(),
    }
    return render(request, "scores/scores.html", context)


@require_GET
@staff()
def leads(request: StaffRequest) -> HttpResponse:
    """Who has not ordered yet, the likeliest first."""
    shop = request.shop
    state = ScoreState.objects.filter(shop=shop).first()
    found, start, older = _page(request, LeadScore.objects.filter(shop=shop).order_by("-chance", "id"))
    acts = {one.key: [(SIGNALS[name], one.signals[name]) for name in SIGNALS if name in one.signals] for one in found}
    context = {
        "section": "scores",
        "state": state,
        "rows": found,
        "acts": acts,
        "labels": labels(shop, [f"customer:{one.key}" for one in found]),
        "quality": next((one for one in qualities(state.quality) if one.name == "lead"), None) if state else None,
        "number": state.quality.get("leads") if state else None,
        "older": older,
        "first": reverse("scores-leads") if start else None,
        "job": ScoreJob.objects.filter(shop=shop).order_by("-id").first(),
    }
    return render(request, "scores/leads.html", context)


def _page(request: StaffRequest, rows: QuerySet[Any]) -> tuple[list[Any], int, str | None]:
    """The rows from `after` on, where that is, and the address of what follows."""
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    found = list(rows[start : start + SHOWN + 1])
    query = request.GET.copy()
    query["after"] = str(start + SHOWN)
    return found[:SHOWN], start, f"?{query.urlencode()}" if len(found) > SHOWN else None


@require_POST
@staff("work")
def anew(request: StaffRequest) -> HttpResponse:
    if ask_scores(request.shop.pk, request.user.username):
        messages.success(request, _("Customers are being scored anew in the background. Come back in a minute."))
    else:
        messages.info(request, _("Customers are being scored already."))
    return redirect("scores")
