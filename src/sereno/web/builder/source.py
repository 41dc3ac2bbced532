"""The same flow as YAML: read, mended and published as text. What is saved here is the draft the tree shows."""

from __future__ import annotations

import difflib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.engine.documents import read_document
from sereno.engine.run import LIVE
from sereno.runtime import drafting, services
from sereno.runtime.drafting import Draft, DraftConflict
from sereno.store.models import Flow, Run
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.builder.screen import saved
from sereno.web.builder.weaving import woven
from sereno.web.documents import problems_of
from sereno.web.highlight import yaml_lines
from sereno.web.shell import render

EXAMPLE = """\
flow: thank-big-orders
name: Thank big orders
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - orders.add_tag: {tag: big-order}
  - alerts.notify: {channel: email, text: "A big order: {{ order.number }}"}
"""


@require_http_methods(["GET", "POST"])
@staff("flows")
def source(request: StaffRequest, name: str) -> HttpResponse:
    """`do`: `check` shows the problems, `draft` keeps the text whatever it is, `publish` needs it to be right."""
    try:
        draft = drafting.open_draft(request.shop.pk, name)
    except LookupError as missing:
        raise Http404(str(missing)) from None
    except ValueError as refusal:
        messages.error(request, str(refusal))
        return redirect("flow", name=name)
    if request.method == "GET":
        return _show(request, draft, draft.text, checked=False)
    text, wanted = _text(request), request.POST.get("do", "check")
    if wanted == "check":
        return _show(request, draft, text, checked=True, status=422 if problems_of(text) else 200)
    try:
        kept = drafting.change_draft(
            request.shop.pk,
            name,
            text,
            expected=_revision(request, draft),
            by=request.user.username,
            what=_("Changed the YAML"),
        )
    except DraftConflict as conflict:
        return _show_conflict(request, conflict, text, _revision(request, draft))
    if wanted != "publish":
        messages.success(request, _("The draft is kept. Nothing changes until you publish it."))
        return redirect("flow-edit", name=name)
    if kept.problems:
        return _show(request, kept, text, checked=True, status=422)
    return _publish(request, name)


@require_http_methods(["GET", "POST"])
@staff("flows")
def new_source(request: StaffRequest) -> HttpResponse:
    """A new flow from its text. Nothing is kept while it has problems, for it has no name to be kept under."""
    if request.method == "GET":
        return _show_new(request, EXAMPLE)
    text, wanted = _text(request), request.POST.get("do", "check")
    problems = problems_of(text)
    if problems or wanted == "check":
        return _show_new(request, text, checked=True, status=422 if problems else 200)
    document = read_document(text)[0].document
    name = str(document["flow"])
    if Flow.objects.filter(shop=request.shop, name=name).exists():
        messages.error(request, _("There is a flow of that name already. Open it, or give yours another name."))
        return _show_new(request, text, status=422)
    title = str(document.get("name") or name)
    made = carry_out(
        request, lambda: drafting.create_draft(request.shop.pk, name, title, text, request.user.username), ""
    )
    if made is None:
        return _show_new(request, text, status=422)
    return _publish(request, name) if wanted == "publish" else redirect("builder", name=name)


def _publish(request: StaffRequest, name: str) -> HttpResponse:
    inflight = request.POST.get("inflight", "finish")
    chosen: Any = inflight if inflight in ("finish", "move", "end") else "finish"
    note = request.POST.get("note", "").strip()[:500]
    number = carry_out(
        request,
        lambda: services.publish(request.shop.pk, name, request.user.username, note=note, inflight=chosen),
        "",
    )
    if number is None:
        return redirect("flow-edit", name=name)
    messages.success(request, _("Version %(number)s is live.") % {"number": number})
    return redirect("flow", name=name)


def _show(
    request: StaffRequest,
    draft: Draft,
    text: str,
    *,
    checked: bool,
    conflict: DraftConflict | None = None,
    is_woven: bool = False,
    status: int = 200,
) -> HttpResponse:
    problems = problems_of(text)
    context = {
        **_common(request, text, problems, checked or bool(problems)),
        "draft": draft,
        "flow": draft,
        "tab": "source",
        "saved": saved(draft, request.user.username),
        "in_flight": Run.objects.filter(flow_id=draft.flow_id, status__in=LIVE).count(),
        "conflict": conflict,
        "is_woven": is_woven,
        "theirs": _difference(text, draft.text) if conflict is not None else [],
    }
    return render(request, "builder/source.html", context, status=status)


def _show_conflict(request: StaffRequest, conflict: DraftConflict, mine: str, revision: int) -> HttpResponse:
    """Both changes put together where they touch different lines, for a last look; else mine, beside what differs."""
    base = drafting.draft_text(request.shop.pk, conflict.current.name, revision)
    together = woven(base, mine, conflict.current.text) if base is not None else None
    text = mine if together is None else together
    return _show(
        request,
        conflict.current,
        text,
        checked=False,
        conflict=conflict,
        is_woven=together is not None,
        status=409,
    )


def _show_new(request: StaffRequest, text: str, *, checked: bool = False, status: int = 200) -> HttpResponse:
    problems = problems_of(text) if checked else ()
    return render(request, "builder/new-source.html", {**_common(request, text, problems, checked)}, status=status)


def _common(request: StaffRequest, text: str, problems: Any, checked: bool) -> dict[str, Any]:
    return {
        "section": "flows",
        "text": text,
        "problems": problems,
        "checked": checked,
        "lines": yaml_lines(text, {problem.line for problem in problems}) if problems else "",
        "note": request.POST.get("note", ""),
        "in_flight": 0,
    }


def _text(request: StaffRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def _revision(request: StaffRequest, draft: Draft) -> int:
    """The revision the text was made on. A program that sends none means the draft as it is."""
    given = request.POST.get("revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else draft.revision


def _difference(mine: str, theirs: str) -> list[tuple[str, str]]:
    """Lines of theirs and mine that differ, as (`+` theirs, `-` mine, line)."""
    lines = difflib.unified_diff(mine.splitlines(), theirs.splitlines(), lineterm="", n=1)
    return [(line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++"))][:200]
