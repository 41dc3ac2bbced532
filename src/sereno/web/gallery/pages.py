"""The gallery: every flow that ships, what it would write, what it needs, putting it in, and its first run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST
from markupsafe import Markup

from sereno.runtime import installing
from sereno.runtime.staff import audit, open_staff
from sereno.store.fields import to_micros
from sereno.store.models import Flow, Shop
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.builder.speech import speech_of
from sereno.web.flowtree import step_cards, trigger_cards
from sereno.web.gallery import catalogue, samples
from sereno.web.gallery.catalogue import AREAS, STATES, Entry
from sereno.web.gallery.needs import SETTINGS, needs_of, settings_of
from sereno.web.gallery.picture import picture
from sereno.web.live.reading import newest_runs
from sereno.web.security import MAIL_POLICY
from sereno.web.shell import LANGUAGES, render
from sereno.web.subjects import labels


@dataclass(frozen=True, slots=True)
class Tile:
    """An entry with its picture and what it is made of."""

    entry: Entry
    picture: Markup
    makeup: Sequence[str]


@require_GET
@staff()
def gallery(request: StaffRequest) -> HttpResponse:
    search, area = request.GET.get("q", "").strip(), request.GET.get("area", "")
    state = request.GET.get("state", "")
    every = catalogue.entries(request.shop, formats.language())
    found = catalogue.narrowed(every, search, area, state)
    here = list(dict.fromkeys(entry.shipped.room for entry in every))
    context = {
        "section": "templates",
        "groups": [
            (name, [_tile(entry) for entry in found if entry.shipped.room == name])
            for name in here
            if any(entry.shipped.room == name for entry in found)
        ],
        "area_names": {name: str(AREAS.get(name, (name, ""))[0]) for name in here},
        "states_named": {key: str(word) for key, word in STATES.items()},
        "search": search,
        "area": area,
        "state": state,
        "is_filtered": bool(search or area or state),
    }
    return render(request, "gallery/list.html", context)


@require_GET
@staff()
def template(request: StaffRequest, name: str) -> HttpResponse:
    entry = _entry(request, name)
    language = _language(request)
    shop = request.shop
    fields = [(key, SETTINGS[key], shop.settings.get(key) or "") for key in settings_of(entry)]
    context = {
        "section": "templates",
        "entry": entry,
        "trigger": trigger_cards(entry.document, speech_of(entry.document)),
        "steps": step_cards(entry.document.get("steps"), speech=speech_of(entry.document)),
        "makeup": catalogue.makeup(entry.document),
        "needs": needs_of(shop, entry),
        "fields": fields,
        "mails": samples.mails(shop, entry.shipped.messages, language),
        "alerts": samples.alerts(shop, entry.document, language),
        "shown_language": language,
    }
    return render(request, "gallery/one.html", context)


@require_GET
@staff()
@xframe_options_sameorigin
def message(request: StaffRequest, name: str, message: str) -> HttpResponse:
    """A mail of the flow as its reader would see it, for the sandboxed frame."""
    entry = _entry(request, name)
    if message not in entry.shipped.messages:
        raise Http404
    written = samples.mails(request.shop, [message], _language(request))
    if not written:
        raise Http404
    response = HttpResponse(written[0].html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


@require_POST
@staff("flows")
def install(request: StaffRequest, name: str) -> HttpResponse:
    """Into the shop, in the reader's language: in shadow unless a draft is asked for."""
    entry = _entry(request, name)
    mode = "draft" if request.POST.get("mode") == "draft" else "shadow"
    if entry.flow is not None:
        messages.info(request, _("“%(title)s” is in your shop already.") % {"title": entry.words.title})
        return redirect("flow-next", name=name)
    words = {"title": entry.words.title}
    said = (
        _("“%(title)s” is in your shop as a draft.") % words
        if mode == "draft"
        else _("“%(title)s” is in your shop, in shadow: it decides and records, and sends nothing.") % words
    )
    by, language = request.user.username, formats.language()
    carry_out(request, lambda: installing.install(request.shop.pk, entry.shipped, language, mode, by), said)
    return redirect("flow-next", name=name)


@require_POST
@staff("flows")
def update(request: StaffRequest, name: str) -> HttpResponse:
    """The newest text as the flow's draft; what is live stays as it is."""
    entry = _entry(request, name)
    said = _("The new text is the flow's draft. Read it, then publish it; what is live has not changed.")
    by, language = request.user.username, formats.language()
    carry_out(request, lambda: installing.update(request.shop.pk, entry.shipped, language, by), said)
    return redirect("flow", name=name)


@require_POST
@staff("settings")
def settings(request: StaffRequest, name: str) -> HttpResponse:
    """The shop's settings that this flow reads; an empty one is taken away."""
    entry = _entry(request, name)
    given = {key: request.POST.get(key, "").strip()[:2000] for key in settings_of(entry) if key in request.POST}
    changed = {key: value for key, value in given.items() if value != str(request.shop.settings.get(key) or "")}
    if changed:
        kept = {**request.shop.settings, **changed}
        staff_ = open_staff()
        Shop.objects.filter(pk=request.shop.pk).update(
            settings={key: value for key, value in kept.items() if value != ""}
        )
        with staff_.database.transaction() as tx:
            details = {"settings": sorted(changed)}
            audit(
                tx,
                request.shop.pk,
                to_micros(datetime.now(UTC)),
                request.user.username,
                "shop.changed",
                request.shop.slug,
                details,
            )
        messages.success(request, _("Saved. It holds for every flow of the shop."))
    return redirect(f"{reverse('template', args=[name])}#needs")


@require_GET
@staff()
def next_steps(request: StaffRequest, name: str) -> HttpResponse:
    """What happens next with a flow that was just put in; its first run shows here as soon as it is there."""
    row = get_object_or_404(Flow, shop=request.shop, name=name, is_derived=False)
    entry = catalogue.entry_of(request.shop, formats.language(), name)
    runs = newest_runs(row, 5)
    context = {
        "section": "flows",
        "flow": row,
        "view": "next",
        "has_unpublished": False,
        "entry": entry,
        "needs": [need for need in needs_of(request.shop, entry) if need.state != "met"] if entry is not None else [],
        "runs": runs,
        "labels": labels(request.shop, [one.subject for one in runs]),
    }
    return render(request, "gallery/next.html", context)


def _entry(request: StaffRequest, name: str) -> Entry:
    found = catalogue.entry_of(request.shop, formats.language(), name)
    if found is None:
        raise Http404
    return found


def _tile(entry: Entry) -> Tile:
    speech = speech_of(entry.document)
    cards = step_cards(entry.document.get("steps"), speech=speech)
    return Tile(entry, picture(trigger_cards(entry.document, speech), cards), catalogue.makeup(entry.document))


def _language(request: StaffRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(LANGUAGES) else formats.language()
