"""What customers answered, and the questions they are asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.orders.models import Order
from sereno.modules.surveys import reading, services
from sereno.modules.surveys.counting import Counted
from sereno.modules.surveys.reading import LOCALES, Survey, SurveyInvalid
from sereno.modules.surveys.services import Kept, SurveyConflict
from sereno.sdk.languages import matched, said, with_words
from sereno.sdk.site import handle_of
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.surveys import words
from sereno.web.unsaved import Editing

SPANS = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365), "": None}
WORDS_SHOWN = 25


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    held = services.surveys(request.shop.pk)
    numbers = services.numbers(request.shop.pk, [one.name for one in held])
    found = [(one, _title(one, request.shop), numbers.get(one.name, 0)) for one in held]
    return render(request, "surveys/list.html", {"section": "surveys", "found": found, "most": services.COUNTED})


@require_GET
@staff()
def report(request: StaffRequest, name: str) -> HttpResponse:
    kept = _kept(request, name)
    span = request.GET.get("days", "90")
    span = span if span in SPANS else "90"
    found = services.report(request.shop.pk, kept.survey, SPANS[span])
    newest = list(services.answers_of(request.shop.pk, name, SPANS[span])[:WORDS_SHOWN])
    language, about = get_language() or request.shop.locale, [one.about for one in newest if one.about]
    context: dict[str, Any] = {
        "section": "surveys",
        "kept": kept,
        "title": _title(kept, request.shop),
        "report": found,
        "figures": [_figure(one, language, request.shop.locale) for one in found.questions],
        "orders": dict(Order.objects.filter(shop=request.shop, key__in=about).values_list("key", "id")),
        "newest": [(one, _said(kept.survey, one.answers, language, request.shop.locale)) for one in newest],
        "labels": labels(request.shop, [f"customer:{one.customer}" for one in newest if one.customer]),
        "selects": [
            ("days", _("All the time"), [(key, words.SPANS[key]) for key in SPANS if key], span),
        ],
    }
    return render(request, "surveys/report.html", context)


@require_http_methods(["GET", "POST"])
@staff("flows")
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """The texts of one language at a time, and the questions all languages share. `do` is `save`, `add`, or what is to
    happen to one question (`up:2`, `drop:2`), or another language's texts (`in:es`); only `save` keeps anything."""
    kept = _kept(request, name)
    editing = Editing(request, "survey", name, reading.write(kept.survey), kept.version)
    if request.method == "POST":
        done = editing.take(
            lambda document, language: _edited(document, request.POST, language),
            lambda document, version: services.save(
                request.shop.pk, name, document, request.user.username, version=version
            ),
            {
                SurveyInvalid: lambda invalid: words.problem(invalid.code),
                SurveyConflict: lambda _conflict: _(
                    "Somebody else has changed this survey meanwhile. Load the page anew, and do it once more."
                ),
            },
            done=_("Saved. Links that are out already show it from now on."),
            here=reverse("survey-edit", args=[name]),
        )
        if done is not None:
            return done
    context: dict[str, Any] = {
        "section": "surveys",
        "kept": kept,
        "title": _title(kept, request.shop),
        "kinds": words.KINDS,
        "has_choices": ("choice", "choices"),
        "words_in": said,
    }
    return editing.page("surveys/edit.html", context)


@require_POST
@staff("flows")
def make(request: StaffRequest) -> HttpResponse:
    """A new survey with one question, to be edited."""
    name = handle_of(request.POST.get("name", ""))[:40]
    language = request.shop.locale[:2] if request.shop.locale[:2] in LOCALES else "en"
    first = {"id": "overall", "kind": "rating", "label": {language: _("All in all?")}, "is_needed": True}
    if not reading.NAME.fullmatch(name) or services.find(request.shop.pk, name) is not None:
        messages.error(request, _("A name is of small letters, digits and dashes, and not taken yet."))
        return redirect("surveys")
    title = request.POST.get("name", "").strip() or name
    services.save(request.shop.pk, name, {"title": {language: title}, "questions": [first]}, request.user.username)
    return redirect("survey-edit", name)


@require_POST
@staff("flows")
def switch(request: StaffRequest, name: str) -> HttpResponse:
    _kept(request, name)
    is_open = request.POST.get("open") == "yes"
    services.set_open(request.shop.pk, name, is_open, request.user.username)
    messages.success(request, _("Answers are taken again.") if is_open else _("No answers are taken any more."))
    return redirect("survey", name)


def _kept(request: StaffRequest, name: str) -> Kept:
    found = services.find(request.shop.pk, name)
    if found is None:
        raise Http404
    return found


def _title(kept: Kept, shop: Shop) -> str:
    return reading.said(kept.survey.title, get_language() or shop.locale, shop.locale)


def _figure(found: Counted, language: str, fallback: str) -> dict[str, Any]:
    """A question as the page shows it: shares as (label, number, per cent)."""
    named = {one.value: reading.said(one.label, language, fallback) for one in found.question.choices}
    named |= {True: _("Yes"), False: _("No")} if found.question.kind == "yes_no" else {}
    return {
        "label": reading.said(found.question.label, language, fallback),
        "kind": found.question.kind,
        "answered": found.answered,
        "shares": [
            (named.get(value, value), number, round(100 * number / found.answered, 1) if found.answered else 0)
            for value, number in found.shares
        ],
        "mean": found.mean,
        "promoters": found.promoters,
    }


def _said(survey: Survey, answers: dict[str, Any], language: str, fallback: str) -> list[tuple[str, str]]:
    """What somebody said, in words: question and answer, the texts last."""
    found: list[tuple[str, str]] = []
    for one in survey.questions:
        value = answers.get(one.id)
        if value is None:
            continue
        named = {choice.value: reading.said(choice.label, language, fallback) for choice in one.choices}
        values = value if isinstance(value, list) else [value]
        shown = ", ".join(_("Yes") if v is True else _("No") if v is False else named.get(v, str(v)) for v in values)
        found.append((reading.said(one.label, language, fallback), shown))
    return found


# --- the form ---------------------------------------------------------------------------------------


def _edited(document: dict[str, Any], form: QueryDict, language: str) -> dict[str, Any]:
    """The document with what the form says of this language and of the questions."""
    for name in ("title", "intro", "thanks"):
        document[name] = with_words(document[name], language, form.get(name, ""))
    questions: list[dict[str, Any]] = []
    for at, held in enumerate(document["questions"]):
        questions.append(_question(held, form, f"q{at}", language))
    do, _mark, which = form.get("do", "save").partition(":")
    place = int(which) if which.isascii() and which.isdigit() and int(which) < len(questions) else -1
    if do == "add":
        taken = {one["id"] for one in questions}
        id = next(f"q{number}" for number in range(1, len(taken) + 2) if f"q{number}" not in taken)
        questions.append({"id": id, "kind": "text", "label": {language: _("Your question")}})
    elif do == "drop" and place >= 0:
        questions.pop(place)
    elif do == "up" and place > 0:
        questions.insert(place - 1, questions.pop(place))
    return {**document, "questions": questions}


def _question(held: dict[str, Any], form: QueryDict, mark: str, language: str) -> dict[str, Any]:
    kind = form.get(f"{mark}-kind", held["kind"])
    found: dict[str, Any] = {
        "id": held["id"],
        "kind": kind,
        "label": with_words(held["label"], language, form.get(f"{mark}-label", "")),
        "is_needed": form.get(f"{mark}-needed") == "on",
    }
    if kind in ("choice", "choices"):
        found["choices"] = _choices(held.get("choices", []), form.get(f"{mark}-choices", ""), language)
    return found


def _choices(held: list[dict[str, Any]], text: str, language: str) -> list[dict[str, Any]]:
    """One a line. What is still there keeps its value, and so the answers it has had."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    shown = [said(one["label"], language) for one in held]
    taken = {one["value"] for one in held}
    found: list[dict[str, Any]] = []
    for line, at in zip(lines, matched(shown, lines), strict=True):
        if at is None:
            value = next(f"c{number}" for number in range(1, 100) if f"c{number}" not in taken)
            taken.add(value)
            found.append({"value": value, "label": {language: line}})
        elif line == shown[at]:
            found.append(held[at])
        else:
            found.append({**held[at], "label": with_words(held[at]["label"], language, line)})
    return found
