"""The public archive: newsletters the shop chose to show, as anybody may read them. Nothing in it is about a reader."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import documents
from sereno.modules.messages.documents import Document, DocumentInvalid
from sereno.modules.newsletters import services
from sereno.modules.newsletters.models import Newsletter
from sereno.store.models import Shop
from sereno.web import formats
from sereno.web.content import rendering
from sereno.web.content.editor import MAIL_POLICY
from sereno.web.shell import render
from sereno.web.wiring import wiring

SHOWN = 100


@require_GET
def index(request: HttpRequest, shop: str) -> HttpResponse:
    sender = get_object_or_404(Shop, slug=shop)
    rows = services.public_ones(sender.pk).only("slug", "document", "finished_at", "name")[:SHOWN]
    found = [(row, services.subject_of(row.document, formats.language()) or row.name) for row in rows]
    context = {"sender": sender, "rows": [(row, _plain(subject) or row.name) for row, subject in found]}
    return render(request, "newsletters/archive.html", context)


@require_GET
def one(request: HttpRequest, shop: str, slug: str) -> HttpResponse:
    sender, row, _document = _found(shop, slug)
    subject = _plain(services.subject_of(row.document, formats.language())) or row.name
    return render(request, "newsletters/shown.html", {"sender": sender, "row": row, "subject": subject})


@require_GET
def mail(request: HttpRequest, shop: str, slug: str) -> HttpResponse:
    """The mail by itself, for the sandboxed frame."""
    sender, _row, document = _found(shop, slug)
    where = rendering.Stage(sender, rendering.facts_of(sender), "customer", "", {"customer": {}}, is_flow=False)
    locale = document.language(formats.language(), sender.locale)
    try:
        content = rendering.render(document, where, locale)
    except TemplateFailed as error:
        raise Http404 from error
    answer = HttpResponse(content.html or "")
    answer["Content-Security-Policy"] = MAIL_POLICY.replace("img-src", f"img-src {wiring().base_url}")
    return answer


def _found(shop: str, slug: str) -> tuple[Shop, Newsletter, Document]:
    sender = get_object_or_404(Shop, slug=shop)
    row = get_object_or_404(services.public_ones(sender.pk), slug=slug)
    try:
        return sender, row, documents.read(row.document)
    except DocumentInvalid as error:
        raise Http404 from error


def _plain(subject: str) -> str:
    """A subject without what it says to one reader; empty where little is left."""
    return "" if "{{" in subject or "{%" in subject else subject
