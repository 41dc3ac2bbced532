"""The list of newsletters, and one of them: what is written while it is a draft, what became of it after."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.modules.messages import documents, printing
from sereno.modules.messages.documents import DocumentInvalid, plain_language
from sereno.modules.newsletters import services
from sereno.modules.newsletters.models import Newsletter, NewsletterPiece
from sereno.modules.newsletters.services import Standing
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.content import rendering
from sereno.web.content.editor import framed
from sereno.web.newsletters import writing
from sereno.web.newsletters.words import ANSWERS, PIECES, STATUSES, reason_said
from sereno.web.paging import page_of, page_of_ends
from sereno.web.phrases import said
from sereno.web.results.wording import rate
from sereno.web.shell import render

_STORE_NAME = re.compile(r"\{\{-?\s*store\.name\s*-?\}\}")
HEAVY = ("document", "cursor", "verdict")


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    rows = Newsletter.objects.defer(*HEAVY)
    wanted = [status] if status in STATUSES else list(STATUSES)
    page = page_of_ends(request, rows, [{"shop_id": request.shop.pk, "status": one} for one in wanted])
    counts = services.standings([row.pk for row in page.rows])
    context = {
        "section": "newsletters",
        "page": page,
        "rows": [(row, STATUSES[row.status], counts[row.pk]) for row in page.rows],
        "selects": [("status", _("Every status"), [(key, str(word.label)) for key, word in STATUSES.items()], status)],
        "is_filtered": bool(status),
        "can_write": "flows" in request.can,
    }
    return render(request, "newsletters/list.html", context)


@require_GET
@staff()
def newsletter(request: StaffRequest, newsletter: int) -> HttpResponse:
    row = get_object_or_404(Newsletter.objects.defer("cursor"), shop=request.shop, pk=newsletter)
    if row.status == "draft":
        return writing.form(request, row)
    found = services.standings([row.pk])[row.pk]
    context = {
        "section": "newsletters",
        "row": row,
        "word": STATUSES[row.status],
        "error": said(row.error),
        "found": found,
        "done": _percent(found.whole["pieces"] - found.waiting, found.whole["pieces"]),
        "figures": _figures(found),
        "left": [(reason_said(code), number) for code, number in found.left.items()],
        "reasons": [(code, reason_said(code), number) for code, number in found.reasons.items()],
        "worth": services.worth(row.pk) if found.whole["ordered"] else {},
        "subject": _subject(row, request.shop.name),
        "trial": _trial(row, found),
        "audience": row.audience,
        "is_on_its_way": row.status in ("scheduled", "preparing", "sending"),
    }
    return render(request, "newsletters/newsletter.html", context)


@require_GET
@staff()
def people(request: StaffRequest, newsletter: int) -> HttpResponse:
    """Who got it, and who did not: by status, or by what they answered."""
    row = get_object_or_404(Newsletter.objects.defer(*HEAVY), shop=request.shop, pk=newsletter)
    status, answer = request.GET.get("status", ""), request.GET.get("answer", "")
    rows = NewsletterPiece.objects.filter(newsletter_id=row.pk, shop=request.shop)
    end: dict[str, Any] = {"newsletter_id": row.pk}
    if answer in ANSWERS:
        field = {"opened": "opened_at", "clicked": "clicked_at", "ordered": "order_key", "trouble": "trouble"}[answer]
        page = page_of(request, rows.filter(**{f"{field}__isnull": False}))
    else:
        wanted = [status] if status in PIECES else list(PIECES)
        page = page_of_ends(request, rows, [{**end, "status": one} for one in wanted])
    context = {
        "section": "newsletters",
        "row": row,
        "page": page,
        "rows": [
            (piece, PIECES[piece.status], reason_said(piece.reason) if piece.reason else "") for piece in page.rows
        ],
        "selects": [
            ("status", _("Every status"), [(key, str(word.label)) for key, word in PIECES.items()], status),
            ("answer", _("Any answer"), [(key, str(said)) for key, said in ANSWERS.items()], answer),
        ],
        "is_filtered": bool(status or answer),
    }
    return render(request, "newsletters/people.html", context)


@require_GET
@staff()
def preview(request: StaffRequest, newsletter: int) -> HttpResponse:
    """The mail as the newest customer would see it: as scheduled, or while it is a draft as published."""
    row = get_object_or_404(Newsletter, shop=request.shop, pk=newsletter)
    try:
        document = documents.read(row.document or printing.freeze(request.shop.pk, row.message))
    except (ValueError, DocumentInvalid) as error:
        raise Http404 from error
    offered = rendering.choices(request.shop, "customer")
    where = rendering.stage(request.shop, "customer", "", is_offered=offered, is_flow=False)
    locale = document.language(plain_language(formats.language()), request.shop.locale)
    return framed(document, where, locale, "desktop")


def _figures(found: Standing) -> list[dict[str, Any]]:
    """What came of it, each a number that leads to its rows."""
    whole = found.whole
    lines = (
        ("sent", _("Sent"), "?status=sent"),
        ("delivered", _("Delivered"), "?status=sent"),
        ("opened", _("Opened by people"), "?answer=opened"),
        ("clicked", _("Clicked"), "?answer=clicked"),
        ("ordered", _("Ordered"), "?answer=ordered"),
        ("unsubscribed", _("Unsubscribed"), "?answer=trouble"),
        ("complained", _("Marked as spam"), "?answer=trouble"),
        ("bounced", _("Bounced"), "?answer=trouble"),
    )
    return [
        {
            "label": label,
            "value": whole[name],
            "query": query,
            "share": rate(whole[name], whole["sent"]) if name != "sent" else "",
        }
        for name, label, query in lines
    ]


def _subject(row: Newsletter, shop: str) -> str:
    """Its subject in this page's language; of a value that is each reader's own, the template stays."""
    return _STORE_NAME.sub(lambda _found: shop, services.subject_of(row.document, formats.language()[:2]))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _trial(row: Newsletter, found: Standing) -> dict[str, Any] | None:
    """How the trial of two subjects stands, or how it ended."""
    if not row.trial:
        return None
    metric = str(row.trial.get("metric") or "opened")
    verdict = row.verdict or {}
    arms = [
        {
            "name": arm.upper(),
            "sent": counts.get("sent", 0),
            "hits": counts.get(metric, 0),
            "share": _percent(counts.get(metric, 0), counts.get("sent", 0)),
        }
        for arm in "ab"
        for counts in (found.arms.get(arm, {}),)
    ]
    return {
        "metric": metric,
        "wait": row.trial.get("wait"),
        "share": row.trial.get("share"),
        "subject": next(iter((row.trial.get("subjects") or {}).values()), ""),
        "arms": arms,
        "is_over": row.winner is not None,
        "winner": verdict.get("winner", ""),
        "low": round(100 * float(verdict.get("low", 0)), 1),
        "high": round(100 * float(verdict.get("high", 0)), 1),
    }
