"""The inbox of questions: what runs ask people, answered by mouse, by one key, or many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from markupsafe import Markup

from sereno.runtime import services
from sereno.store.models import Approval, RunTrace
from sereno.web.access import StaffRequest, instead_of, may_answer, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.paging import page_of
from sereno.web.shell import forget_attention, render
from sereno.web.story import Line, story
from sereno.web.subjects import labels

SHOWN = 50
SOON = timedelta(hours=3)
TOLD = 3
"""Lines of the run so far that a question shows: how it began, and the last ones."""
_LEFT_OUT = frozenset({"approval.asked", "approval.asked_forever", "approval.next"})


@dataclass(frozen=True, slots=True)
class Question:
    """An open question. `so_far` are the last things its run did; `is_urgent`: its time is nearly over."""

    row: Approval
    so_far: list[Line]
    is_mine: bool
    is_urgent: bool


@require_GET
@staff()
def approvals(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    is_open = request.GET.get("state") != "answered"
    rows = Approval.objects.filter(shop=shop).select_related("run", "run__flow").defer("run__state", "run__flow__draft")
    answered = page_of(request, rows.exclude(status="open"), SHOWN) if not is_open else None
    asked = list(rows.filter(status="open").order_by("id")[:SHOWN]) if is_open else []
    told = _told(asked, shop.timezone)
    soon = datetime.now(UTC) + SOON
    questions = [
        Question(
            row,
            told.get(row.run_id, []),
            may_answer(request, row.by, row.not_by),
            row.expires_at is not None and row.expires_at < soon,
        )
        for row in asked
    ]
    # What ends soonest first; what never ends last.
    questions.sort(key=lambda one: (one.row.expires_at is None, one.row.expires_at or one.row.created_at, one.row.pk))
    shown = [one.row for one in questions] + (answered.rows if answered else [])
    context = {
        "section": "approvals",
        "questions": questions,
        "page": answered,
        "is_open": is_open,
        "count": Approval.objects.filter(shop=shop, status="open")[:1000].count(),
        "labels": labels(shop, [row.run.subject for row in shown]),
    }
    return render(request, "desk/approvals.html", context)


@require_POST
@staff("work")
def decide(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Approval, shop=request.shop, pk=id)
    if not may_answer(request, row.by, row.not_by):
        raise PermissionDenied
    approved = request.POST.get("answer") == "yes"
    said = _("Approved. The run goes on.") if approved else _("Refused. The run takes its other branch.")
    if Approval.objects.filter(run=row.run_id, step=row.step).exclude(pk=row.pk).exists():
        said = _("Your answer is kept. Others were asked too; the run goes on as their answers allow.")
    note = request.POST.get("note", "").strip()[:500]
    other = instead_of(request, row.by)
    by = request.user.username
    carry_out(request, lambda: services.decide_approval(row.pk, approved, by, note, instead_of=other), said)
    return back(request, "/approvals")


@require_POST
@staff("work")
def decide_many(request: StaffRequest) -> HttpResponse:
    """The same answer to all that are ticked and may be answered by this person; each counts for itself."""
    approved = request.POST.get("answer") == "yes"
    note = request.POST.get("note", "").strip()[:500]
    rows = Approval.objects.filter(shop=request.shop, status="open", pk__in=chosen_ids(request)).order_by("id")
    done, left = 0, 0
    for row in rows:
        try:
            if not may_answer(request, row.by, row.not_by):
                raise LookupError
            other = instead_of(request, row.by)
            services.decide_approval(row.pk, approved, request.user.username, note, instead_of=other)
            done += 1
        except (LookupError, ValueError):
            left += 1
    forget_attention(request.shop)
    if not done and not left:
        messages.error(request, _("Nothing was ticked. Tick some questions, then press the button."))
    if done:
        said = (
            ngettext("%(num)s question approved.", "%(num)s questions approved.", done)
            if approved
            else ngettext("%(num)s question refused.", "%(num)s questions refused.", done)
        )
        messages.success(request, said % {"num": done})
    if left:
        said = ngettext(
            "%(num)s question could not be answered: it is somebody else's, or it was answered meanwhile.",
            "%(num)s questions could not be answered: they are somebody else's, or were answered meanwhile.",
            left,
        )
        messages.warning(request, said % {"num": left})
    return back(request, "/approvals")


def _told(asked: Iterable[Approval], zone: str) -> Mapping[int, list[Line]]:
    """By run: the last lines of its story before the question, all runs in one query."""
    traces: dict[int, list[RunTrace]] = {}
    for trace in RunTrace.objects.filter(run__in=[row.run_id for row in asked]).order_by("id"):
        traces.setdefault(trace.run_id, []).append(trace)
    return {run: _last_lines(story(found, zone)) for run, found in traces.items()}


def _last_lines(lines: list[Line]) -> list[Line]:
    found = [line for line in lines if line.code not in _LEFT_OUT and line.say != Markup()]
    return found if len(found) <= TOLD else [found[0], *found[1 - TOLD :]]
