"""The shop's messages and those that come ready: finding one, beginning one, from nothing or from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.messages import editing, templates
from sereno.modules.messages.documents import (
    ABOUTS,
    KINDS_OF_MESSAGE,
    LOCALES,
    PURPOSES,
    Document,
    Kind,
    Purpose,
    read,
)
from sereno.store.models import MessageTemplate
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.content import rendering, words
from sereno.web.content.editor import framed
from sereno.web.content.usage import Use, uses
from sereno.web.shell import render


@dataclass(frozen=True, slots=True)
class Line:
    """A message of the list. `languages` are code and how many texts it lacks."""

    row: MessageTemplate
    document: Document
    languages: list[tuple[str, int]]
    uses: list[Use]


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that ships. `own` is the shop's of the same name, which is sent in its place."""

    name: str
    title: str
    purpose: str
    about: str
    uses: list[Use]
    own: MessageTemplate | None


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    kind, purpose = request.GET.get("kind", ""), request.GET.get("purpose", "")
    rows = list(MessageTemplate.objects.filter(shop=request.shop).order_by("title"))
    used = uses(request.shop)
    lines = [_line(row, used) for row in rows if _fits(row, search, kind, purpose)]
    own = {row.name: row for row in rows}
    ready = [
        Ready(one.name, _(one.title), one.purpose, one.about, used.get(one.name, []), own.get(one.name))
        for one in (_shipped(name) for name in templates.names())
        if search.lower() in f"{one.name} {_(one.title)}".lower() and purpose in ("", one.purpose)
    ]
    context = {
        "section": "messages",
        "lines": lines,
        "has_any": bool(rows),
        "ready": ready if kind in ("", "email") else [],
        "search": search,
        "kind": kind,
        "purpose": purpose,
        "kinds": words.KINDS,
        "purposes": words.PURPOSES,
        "abouts": words.ABOUTS,
        "kinds_named": [(key, label) for key, (label, _icon) in words.KINDS.items()],
        "is_filtered": bool(search or kind or purpose),
        "language_here": formats.language(),
        "removed": request.session.get("removed_message") if request.GET.get("removed") else None,
    }
    return render(request, "content/list.html", context)


@require_http_methods(["GET", "POST"])
@staff("flows")
def new(request: StaffRequest) -> HttpResponse:
    """A blank message: what it is, what it is for, what it is about."""
    kind, purpose = request.POST.get("kind", "email"), request.POST.get("purpose", "transactional")
    about, title = request.POST.get("about", "order"), request.POST.get("title", "")
    error = ""
    if request.method == "POST":
        if kind in KINDS_OF_MESSAGE and purpose in PURPOSES and about in ABOUTS:
            document = editing.blank(cast(Kind, kind), cast(Purpose, purpose), about, first_language(request))
            try:
                row = editing.create(request.shop.pk, title, document, request.user.username)
                return redirect("message", name=row.name)
            except ValueError as refused:
                error = words.refusal(refused)
        else:
            error = words.refusal(ValueError("choice.unknown"))
    context = {
        "section": "messages",
        "values": {"kind": kind, "purpose": purpose, "about": about, "title": title},
        "error": error,
        "kinds": words.KINDS,
        "purposes": words.PURPOSES,
        "abouts": words.ABOUTS,
    }
    return render(request, "content/new.html", context, status=422 if error else 200)


@require_POST
@staff("flows")
def begin(request: StaffRequest) -> HttpResponse:
    """A message that begins as another: a shipped one (in its place, or beside it), or one of the shop's own."""
    name, how = request.POST.get("name", ""), request.POST.get("how", "replace")
    by, shop = request.user.username, request.shop.pk
    try:
        if how == "copy":
            row = editing.copy(shop, name, _("%(title)s (copy)") % {"title": _title_of(request, name)}, by)
        else:
            document = templates.shipped_document(name)
            taken = name if how == "replace" else None
            row = editing.create(shop, str(_(templates.TITLES.get(name, name))), document, by, name=taken)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
        return redirect("messages")
    messages.success(request, _("The copy is yours: change what you like. Nothing is sent until you publish it."))
    return redirect("message", name=row.name)


@require_GET
@staff()
@xframe_options_sameorigin
def ready_preview(request: StaffRequest, name: str) -> HttpResponse:
    """A shipped mail as it would look with the shop's own brand."""
    try:
        document = templates.shipped_document(name)
    except LookupError as missing:
        raise Http404 from missing
    offered = rendering.choices(request.shop, document.about)
    where = rendering.stage(request.shop, document.about, "", is_offered=offered)
    wanted = request.GET.get("lang", "")
    locale = wanted if wanted in LOCALES else document.language(formats.language(), request.shop.locale)
    return framed(document, where, locale, "desktop")


def first_language(request: StaffRequest) -> str:
    """The language a new message is begun in: the shop's, when it is one of ours."""
    return request.shop.locale[:2] if request.shop.locale[:2] in LOCALES else "en"


def _fits(row: MessageTemplate, search: str, kind: str, purpose: str) -> bool:
    is_found = search.lower() in f"{row.title} {row.name}".lower()
    return is_found and kind in ("", row.kind) and purpose in ("", row.purpose)


def _line(row: MessageTemplate, used: dict[str, list[Use]]) -> Line:
    document = read(row.draft)
    languages = [(code, len(document.untranslated(code))) for code in document.languages]
    return Line(row, document, languages, used.get(row.name, []))


def _shipped(name: str) -> Any:
    document = templates.shipped_document(name)
    return templates.TemplateName(
        name, templates.TITLES.get(name, name), "email", document.purpose, document.about, is_own=False
    )


def _title_of(request: StaffRequest, name: str) -> str:
    row = MessageTemplate.objects.filter(shop=request.shop, name=name).only("title").first()
    if row is None:
        raise LookupError("message.unknown")
    return row.title
