"""What the shop's marketing is about: the topics its customers choose from on their preference page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import preferences
from sereno.runtime.preferences import Current, TopicsChanged
from sereno.sdk.topics import LONGEST_TITLE, MOST_TOPICS, TopicsInvalid, name_for
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import LANGUAGES, render

UNDO = "topics"
"""In a session: the topics before its last change."""
Document = list[dict[str, Any]]


@require_GET
@staff()
def topics(request: StaffRequest) -> HttpResponse:
    return _page(request, preferences.current(request.shop.settings))


@require_POST
@staff("flows")
def change(request: StaffRequest) -> HttpResponse:
    """One change: `do` is `add`, `undo`, or what is to become of the topic of this number (`save:0`, `up:1`,
    `remove:2`)."""
    held = preferences.current(request.shop.settings)
    do = request.POST.get("do", "")
    document = _undone(request, held) if do == "undo" else _changed(do, request.POST, held, request.shop.locale)
    if document is None:
        messages.error(request, _("That is not possible now: the topics have changed. Look at them again."))
        return redirect("topics")
    by, expected = request.user.username, request.POST.get("tag")
    try:
        after = preferences.change_topics(request.shop.pk, document, by, expected=expected)
    except TopicsInvalid as refusal:
        errors = list(dict.fromkeys(_refused(code) for _where, code in refusal.refusals))
        return _page(request, held, given=request.POST, errors=errors)
    except TopicsChanged:
        messages.error(request, _("Somebody else changed the topics at the same time. Look at them, and try again."))
        return redirect("topics")
    if do != "undo":
        request.session[UNDO] = {"tag": after.tag, "document": held.document()}
    messages.success(request, _("Kept. Customers see it on their preference page from now on."))
    return redirect("topics")


def _undone(request: StaffRequest, held: Current) -> Document | None:
    kept = request.session.pop(UNDO, None)
    return kept["document"] if isinstance(kept, dict) and kept.get("tag") == held.tag else None


def _changed(do: str, said: QueryDict, held: Current, locale: str) -> Document | None:
    """The topics as they are to be; None where there is no such topic."""
    document = held.document()
    titles = {code: said.get(f"title-{code}", "") for code, _name in LANGUAGES}
    if do == "add":
        first = next((titles[code] for code in (locale[:2], *titles) if titles.get(code, "").strip()), "")
        return [*document, {"name": name_for(first, [one["name"] for one in document]), "titles": titles}]
    what, _colon, number = do.partition(":")
    place = int(number) if number.isdecimal() and len(number) < 4 else MOST_TOPICS
    if place >= len(document) or what not in ("save", "up", "remove"):
        return None
    if what == "save":
        document[place]["titles"] = titles
    elif what == "remove":
        del document[place]
    elif place:
        document[place - 1 : place + 1] = [document[place], document[place - 1]]
    return document


def _page(
    request: StaffRequest, held: Current, *, given: Mapping[str, Any] | None = None, errors: Sequence[str] = ()
) -> HttpResponse:
    undo = request.session.get(UNDO)
    context = {
        "section": "newsletters",
        "tag": held.tag,
        "topics": held.topics,
        "all_languages": LANGUAGES,
        "locale": request.shop.locale,
        "is_full": len(held.topics) >= MOST_TOPICS,
        "longest": LONGEST_TITLE,
        "given": given or {},
        "errors": errors,
        "can_undo": isinstance(undo, dict) and undo.get("tag") == held.tag,
    }
    return render(request, "topics/page.html", context, status=422 if errors else 200)


def _refused(code: str) -> str:
    """What is wrong, by code of `sdk.topics.REFUSALS`."""
    known = {
        "list": _("There are at most 20 topics."),
        "keys": _("A topic is a name and what people read."),
        "name": _("A topic's name is of small letters, digits and hyphens."),
        "twice": _("There is a topic of this name already."),
        "titles": _("What people read has at most 60 characters."),
        "no_title": _("Say what people read in at least one language."),
    }
    return known.get(code, code)
