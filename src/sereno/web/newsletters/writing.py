"""Writing a newsletter, seeing whom it would reach, and what people do with one: schedule, pause, go on, end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.engine.durations import format_instant
from sereno.modules.messages import documents, printing
from sereno.modules.messages.documents import Document, plain_language
from sereno.modules.messages.templates import published_document
from sereno.modules.newsletters.models import Newsletter
from sereno.modules.segments.models import Segment
from sereno.runtime.newsletters import changing
from sereno.runtime.newsletters.audience import count
from sereno.runtime.newsletters.plan import PlanInvalid, read_audience
from sereno.sdk.plugin import registry
from sereno.sdk.topics import topics_of
from sereno.store.database import default_database
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.content import rendering, trying
from sereno.web.content.screen import colleagues
from sereno.web.content.words import LANGUAGES
from sereno.web.newsletters import forms
from sereno.web.newsletters.words import PROVIDER_CHOICES, reason_said
from sereno.web.phrases import said
from sereno.web.shell import render

SEGMENTS = 200


@require_http_methods(["GET", "POST"])
@staff("flows")
def new(request: StaffRequest) -> HttpResponse:
    if request.method == "GET":
        return form(request, None)
    try:
        written = changing.read_written(forms.given(request.POST, request.shop))
        id_ = changing.create(request.shop.pk, written, request.user.username)
    except PlanInvalid as wrong:
        messages.error(request, said(str(wrong)))
        return form(request, None)
    messages.success(request, _("The draft is kept. Look whom it reaches, then send or schedule it."))
    return redirect("newsletter", id_)


@require_POST
@staff("flows")
def change(request: StaffRequest, newsletter: int) -> HttpResponse:
    """Keep the draft; with `send` also schedule it as it stands."""

    row = get_object_or_404(Newsletter, shop=request.shop, pk=newsletter)
    try:
        written = changing.read_written(forms.given(request.POST, request.shop))
        changing.change(request.shop.pk, newsletter, written, request.user.username)
    except ValueError as wrong:
        messages.error(request, said(str(wrong)))
        return form(request, row) if row.status == "draft" else redirect("newsletter", newsletter)
    if "send" in request.POST:
        _schedule(request, newsletter)
    else:
        messages.success(request, _("The draft is kept."))
    return redirect("newsletter", newsletter)


@require_POST
@staff("flows")
def test(request: StaffRequest, newsletter: int) -> HttpResponse:
    """Send it as it was kept to somebody who works in this shop; where two subjects are tried, with each."""
    row = get_object_or_404(Newsletter, shop=request.shop, pk=newsletter)
    to = request.POST.get("to", "")
    try:
        document = documents.read(row.document or printing.freeze(request.shop.pk, row.message))
    except ValueError as wrong:
        messages.error(request, said(str(wrong)))
        return redirect("newsletter", newsletter)
    locale = document.language(request.POST.get("language", ""), request.shop.locale)
    offered = rendering.choices(request.shop, "customer")
    where = rendering.stage(request.shop, "customer", "", is_offered=offered, is_flow=False)
    second = str(((row.trial or {}).get("subjects") or {}).get(locale) or "")
    for one in (document, _with_subject(document, locale, second)) if second else (document,):
        told, is_sent = trying.send_test(request, one, where, locale, to)
        if not is_sent:
            messages.error(request, told)
            break
    else:
        trying.note_test(request, row.message, {"to": to, "language": locale, "newsletter": newsletter})
        messages.success(request, told)
    return redirect("newsletter", newsletter)


@require_POST
@staff("flows")
def do(request: StaffRequest, newsletter: int) -> HttpResponse:
    """What the buttons of its page do."""
    get_object_or_404(Newsletter.objects.only("pk"), shop=request.shop, pk=newsletter)
    shop, by, what = request.shop.pk, request.user.username, request.POST.get("do", "")
    doings: dict[str, tuple[Callable[[], Any], str]] = {
        "take_back": (lambda: changing.take_back(shop, newsletter, by), _("It is a draft again.")),
        "pause": (lambda: changing.pause(shop, newsletter, by), _("Paused. Nothing more leaves until you resume it.")),
        "resume": (lambda: changing.resume(shop, newsletter, by), _("It goes on where it stopped.")),
        "cancel": (lambda: changing.cancel(shop, newsletter, by), _("Cancelled. What has not gone never goes.")),
        "again": (
            lambda: changing.send_unknown(shop, newsletter, by),
            _("They are written to again; somebody may get it twice."),
        ),
        "show": (lambda: changing.publish(shop, newsletter, True, by), _("It stands in the public archive.")),
        "hide": (lambda: changing.publish(shop, newsletter, False, by), _("It is out of the public archive.")),
        "remove": (lambda: changing.remove(shop, newsletter, by), _("The draft is thrown away.")),
    }
    if what in doings:
        carry_out(request, *doings[what])
    return redirect("newsletters") if what == "remove" else redirect("newsletter", newsletter)


@require_GET
@staff()
def audience(request: StaffRequest, newsletter: int) -> HttpResponse:
    """Whom it would reach now, for the draft's page: by the form as it stands there, else as it was kept."""
    row = get_object_or_404(Newsletter.objects.only("audience"), shop=request.shop, pk=newsletter)
    asked: Any = row.audience
    if "name" in request.GET:
        names = {"inside": request.GET.getlist("inside"), "outside": request.GET.getlist("outside")}
        asked = {**names, "when": request.GET.get("condition", ""), "hold_out": forms.hold_out(request.GET)}
        asked |= {"topic": request.GET.get("topic", "")}
    context: dict[str, Any] = {"wrong": ""}
    database = default_database()
    try:
        with database.read() as tx:
            scope = {"now": format_instant(datetime.now(UTC))}
            read = read_audience(asked)
            found = count(tx, registry(), database.dialect, request.shop.pk, read, printing.refused, scope)
    except (PlanInvalid, LookupError) as wrong:
        context["wrong"] = said(str(wrong.args[0] if wrong.args else wrong))
    else:
        context["found"] = found
        context["about"] = round(found.writable * found.of / found.looked) if found.looked else 0
        context["left"] = [(reason_said(code), number) for code, number in found.left.items()]
    return render(request, "newsletters/audience.html", context)


def form(request: StaffRequest, row: Newsletter | None) -> HttpResponse:
    """The page of a draft."""
    values = forms.shown(row, request.shop)
    if request.method == "POST":
        values = forms.typed(request.POST)
    segments = Segment.objects.filter(shop=request.shop).order_by("title").values_list("name", "title")[:SEGMENTS]
    chosen = sorted(printing.choices(request.shop.pk), key=lambda one: not one[2])
    context = {
        "section": "newsletters",
        "row": row,
        "values": values,
        # The shop's own come first: what ships is written for flows.
        "messages": [
            *((("", _("Choose a message")),) if not values["message"] else ()),
            *((name, title if is_own else _(title)) for name, title, is_own in chosen),
        ],
        "is_there": row is not None and any(name == row.message for name, *_rest in chosen),
        "segments": list(segments),
        "subjects": (subjects := _subjects(request, values)),
        "spoken": [(language, label) for language, label, *_texts in subjects],
        "locale": plain_language(formats.language()),
        "colleagues": [(one, one) for one in colleagues(request)],
        "topics": _topics(request, str((values["audience"] or {}).get("topic") or "")),
        "providers": [
            (name, PROVIDERS_SAID[name], (values["pace"].get("providers") or {}).get(name, ""))
            for name in PROVIDER_CHOICES
        ],
        "can_write": "flows" in request.can,
    }
    return render(request, "newsletters/draft.html", context)


def _with_subject(document: Document, locale: str, subject: str) -> Document:
    texts = {**document.texts, locale: {**document.texts.get(locale, {}), "subject": subject}}
    return replace(document, texts=texts)


def _subjects(request: StaffRequest, values: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Of each language the message is in: what it is called, its own subject, and the second one."""
    document = published_document(values["message"], request.shop.pk) if values["message"] else None
    known = document.languages if document is not None else (plain_language(request.shop.locale),)
    names = dict.fromkeys((*known, *values["subjects"]))
    texts = document.texts if document is not None else {}
    return [
        (one, LANGUAGES.get(one, one), (texts.get(one) or {}).get("subject", ""), values["subjects"].get(one, ""))
        for one in names
    ]


def _topics(request: StaffRequest, held: str) -> list[tuple[str, str]]:
    """What it may be about; also what it is about where the shop has no such topic any more. Empty: nothing to say."""
    locale = get_language() or request.shop.locale
    known = [(one.name, one.title(locale, request.shop.locale)) for one in topics_of(request.shop.settings)]
    if held and held not in dict(known):
        known.append((held, held))
    return [("", _("No topic: everybody who allows marketing")), *known] if known else []


PROVIDERS_SAID = {
    "google": "Gmail",
    "microsoft": "Outlook, Hotmail",
    "yahoo": "Yahoo, AOL",
    "apple": "iCloud",
    "other": "…",
}


def _schedule(request: StaffRequest, id: int) -> None:
    shop = request.shop
    row = Newsletter.objects.only("message").get(shop=shop, pk=id)

    def schedule() -> datetime:
        document = printing.freeze(shop.pk, row.message)
        return changing.schedule(shop.pk, id, document, request.user.username)

    carry_out(request, schedule, _("It is scheduled, with the message as it is published now."))
