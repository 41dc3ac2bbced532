"""The page on which a customer answers a survey, reached by the link in a mail.

Invariant: GET changes nothing, for mailboxes open links by themselves. A press in a mail (`?overall=4`) fills in the
page; it counts once a person is there: the script posts it when somebody moves, touches or types, the button always.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.messages.unsubscribe import SURVEY
from sereno.modules.surveys import reading, services
from sereno.modules.surveys.reading import SCALES, Survey
from sereno.runtime import surveying
from sereno.runtime.surveying import Answer, Asked, Held, TooLate
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.store.sealing import TokenInvalid, unseal
from sereno.web.shell import render

PAGE = "surveys/answer.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """POST `part=press` keeps what the press said and answers 204; otherwise the whole page is kept. Who has the sealed
    token answers for the one person it was made for, which is all it gives."""
    try:
        shop_id, name, email, order, effect = unseal(secrets.newest(), SURVEY, token)
        asked = Asked(str(name), str(email), str(order), str(effect))
    except (TokenInvalid, ValueError, TypeError):
        return _quiet(render(request, PAGE, {"state": "bad"}, status=404))
    shop = Shop.objects.filter(pk=shop_id).first()
    found = services.find(shop.pk, asked.survey) if shop is not None else None
    if shop is None or found is None:
        return _quiet(render(request, PAGE, {"state": "bad"}, status=404))
    if not found.is_open:
        return _quiet(render(request, PAGE, {"state": "closed", "sender": shop.name}, status=410))
    survey, missing, state = found.survey, [], "ask"
    if request.method == "POST":
        is_whole = request.POST.get("part") != "press"
        said, missing = reading.read_answers(survey, dict(request.POST.lists()))
        if said.answers and (not missing or not is_whole):
            taken = Answer(said.answers, lambda one: reading.measured(survey, one), is_whole, get_language() or "")
            try:
                surveying.answer(shop.pk, asked, taken)
            except TooLate:
                return _quiet(render(request, PAGE, {"state": "late", "sender": shop.name}, status=409))
            return HttpResponse(status=204) if not is_whole else _quiet(redirect(f"{request.path}?sent=1"))
        if not is_whole:
            return HttpResponse(status=422)
        state = "missing"
    held = surveying.held_answer(shop.pk, asked)
    if request.GET.get("sent") and held is not None:
        state = "thanks"
    return _quiet(_page(request, shop, survey, state, missing, held))


def _page(
    request: HttpRequest, shop: Shop, survey: Survey, state: str, missing: list[str], held: Held | None
) -> HttpResponse:
    given = dict(request.POST.lists()) if request.method == "POST" else dict(request.GET.lists())
    pressed, _missing = reading.read_answers(survey, given)
    values = {**(held.answers if held is not None else {}), **pressed.answers}
    language = get_language() or shop.locale
    questions: list[dict[str, Any]] = [
        {
            "id": one.id,
            "kind": one.kind,
            "label": reading.said(one.label, language, shop.locale),
            "is_needed": one.is_needed,
            "is_missing": one.id in missing,
            "scale": list(SCALES.get(one.kind, ())),
            "choices": [(choice.value, reading.said(choice.label, language, shop.locale)) for choice in one.choices],
            "value": values.get(one.id),
        }
        for one in survey.questions
    ]
    context = {
        "state": state,
        "sender": shop.name,
        "title": reading.said(survey.title, language, shop.locale),
        "intro": reading.said(survey.intro, language, shop.locale),
        "thanks": reading.said(survey.thanks, language, shop.locale),
        "questions": questions,
        "is_pressed": bool(pressed.answers) and request.method == "GET" and state == "ask",
    }
    return render(request, PAGE, context, status=422 if state == "missing" else 200)


def _quiet(response: HttpResponse) -> HttpResponse:
    """The address itself is a key: into no index with it."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
