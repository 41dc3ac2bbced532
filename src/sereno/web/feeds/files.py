"""One file: what Sereno makes of it before it is taken, what it brought, and what was held back."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedSource
from sereno.runtime.feeds import holding, reporting, sources
from sereno.sdk.tables import Held, Sheet
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.connecting.health import title_of_connection
from sereno.web.feeds import words
from sereno.web.paging import page_of
from sereno.web.phrases import said
from sereno.web.shell import render

SHOWN = 8
"""Records shown before they are taken."""
MOST_FAULTS = 50
MOST_REASONS = 12


@require_GET
@staff()
def page(request: StaffRequest, name: str, id: int) -> HttpResponse:
    source, row = _rows(request, name, id)
    sheet: Sheet | None = None
    problem = words.problem(row.error)
    if row.status == "looked":
        try:
            sheet = sources.look(request.shop.pk, id)
        except ValueError as wrong:
            problem = said(str(wrong)) or words.problem("feed.no_table")
    held = page_of(request, _waiting(row), 20)
    columns: list[str] = list(sheet.columns) if sheet else row.columns
    chosen = sources.layout_of(source.layout).columns
    context: dict[str, Any] = {
        "section": "feeds",
        "name": name,
        "title": title_of_connection(source.connection),
        "row": row,
        "sheet": sheet,
        "problem": problem,
        "columns": [(n, column) for n, column in enumerate(columns)],
        "chosen": chosen,
        "options": words.field_options(sheet.what) if sheet else [],
        "lacks": [words.field(one) for one in sheet.lacks] if sheet else [],
        "shown": list(sheet.entries[:SHOWN]) if sheet else [],
        "bad": [_bad(one) for one in sheet.held[:MOST_FAULTS]] if sheet else [],
        "reasons": _reasons(row, sheet)[:MOST_REASONS],
        "held": held,
        "records": [_record(one, columns) for one in held.rows],
        "state": words.state,
        "what": words.what,
        "fault": words.fault,
    }
    return render(request, "feeds/file.html", context)


@require_POST
@staff("settings")
def columns(request: StaffRequest, name: str, id: int) -> HttpResponse:
    """What each column holds: kept for this file and all that follow."""
    source, row = _rows(request, name, id)

    def put() -> None:
        sheet = sources.look(request.shop.pk, row.pk)
        if sheet is None:
            raise ValueError(_("This file was dealt with already."))
        layout = sources.layout_of(source.layout)
        chosen = {
            column: request.POST.get(f"column-{number}", "")
            for number, column in enumerate(sheet.columns)
            if column and request.POST.get(f"column-{number}", "") != (sheet.fields[number] or "")
        }
        known = {one.name for one in words.fields()} | {""}
        kept = {column: field for column, field in chosen.items() if field in known}
        changed = replace(layout, columns={**layout.columns, **kept})
        sources.change(request.shop.pk, name, by=request.user.username, layout=changed)

    carry_out(request, put, _("Kept. This is what comes of it now."))
    return redirect("feed-file", name, id)


@require_POST
@staff("work")
def settle(request: StaffRequest, name: str, id: int) -> HttpResponse:
    """Take it in, or throw it away."""
    _rows(request, name, id)
    if request.POST.get("do") == "take":
        said = _("It is being taken in. You can leave this page.")
        carry_out(request, lambda: sources.take(request.shop.pk, id, request.user.username), said)
    else:
        carry_out(request, lambda: sources.drop(request.shop.pk, id, request.user.username), _("Thrown away."))
    return redirect("feed", name)


@require_POST
@staff("work")
def record(request: StaffRequest, name: str, id: int) -> HttpResponse:
    """A record that was held back: mended with other values, or dropped."""
    row = get_object_or_404(FeedHeld.objects.select_related("file"), shop=request.shop, pk=id)
    _rows(request, name, row.file_id)
    by = request.user.username
    if request.POST.get("do") == "drop":
        carry_out(request, lambda: holding.drop(request.shop.pk, id, by), _("Dropped."))
        return redirect("feed-file", name, row.file_id)
    values = {
        (fault["row"], fault["column"]): request.POST.get(f"value-{number}", "")
        for number, fault in enumerate(row.faults)
    }
    left = carry_out(request, lambda: holding.mend(request.shop.pk, id, values, by) + 1, "")
    if left == 1:
        messages.success(request, _("Mended, and taken in."))
    elif left is not None:
        many = ngettext("Something is still wrong with it.", "%(num)s things are still wrong with it.", left - 1)
        messages.warning(request, many % {"num": left - 1})
    return redirect("feed-file", name, row.file_id)


@require_GET
@staff("work")
def report(request: StaffRequest, name: str, id: int) -> StreamingHttpResponse:
    """What was held back, or would be, as a table to be mended in a spreadsheet and brought again."""
    _source, row = _rows(request, name, id)
    sheet = sources.look(request.shop.pk, id) if row.status == "looked" else None
    if sheet is not None:
        held = [(one.line, one.rows, [asdict(fault) for fault in one.faults]) for one in sheet.held]
    else:
        held = list(_waiting(row).order_by("id").values_list("line", "rows", "faults"))
    columns = sheet.columns if sheet is not None else row.columns
    lines = reporting.report(columns, held, (_("Line"), _("Why it was held back")), words.fault)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="held-{name}-{id}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@staff("work")
def drop_all(request: StaffRequest, name: str, id: int) -> HttpResponse:
    """What waits of the file is not wanted: it was mended elsewhere, or never will be."""
    _rows(request, name, id)
    dropped = carry_out(request, lambda: holding.drop_all(request.shop.pk, id, request.user.username), "")
    if dropped is not None:
        said = ngettext("%(num)s record dropped.", "%(num)s records dropped.", dropped)
        messages.success(request, said % {"num": dropped})
    return redirect("feed-file", name, id)


def _reasons(row: FeedFile, sheet: Sheet | None) -> list[dict[str, Any]]:
    if sheet is not None:
        return reporting.reasons_of([asdict(fault) for fault in one.faults] for one in sheet.held)
    return reporting.reasons_of(_waiting(row).values_list("faults", flat=True))


def _waiting(row: FeedFile) -> QuerySet[FeedHeld]:
    return FeedHeld.objects.filter(file=row, status="waiting")


def _record(row: FeedHeld, columns: list[str]) -> dict[str, Any]:
    """With what stands beside the faults, so that one knows what it is about."""
    faulty = {fault["column"] for fault in row.faults}
    first = dict(zip(columns, row.rows[0], strict=False)) if row.rows else {}
    beside = [(column, value) for column, value in first.items() if value and column not in faulty][:8]
    return {"row": row, "beside": beside, "faults": list(enumerate(row.faults)), "can_mend": _can_mend(row)}


def _can_mend(row: FeedHeld) -> bool:
    """A row that names nothing has no column to mend."""
    return any(fault["column"] or fault["code"] == "row.too_long" for fault in row.faults)


def _bad(one: Held) -> tuple[Held, list[tuple[str, str, str]]]:
    return one, [(fault.column, words.fault(fault.code), fault.value) for fault in one.faults[:3]]


def _rows(request: StaffRequest, name: str, id: int) -> tuple[FeedSource, FeedFile]:
    found = get_object_or_404(
        FeedFile.objects.select_related("source__connection").defer("body"),
        shop=request.shop,
        source__connection__name=name,
        pk=id,
    )
    return found.source, found
