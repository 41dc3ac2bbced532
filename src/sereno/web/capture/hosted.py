"""A form on a page of its own, for a link in a profile or a code on paper. It works without JavaScript."""

from __future__ import annotations

from secrets import choice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.forms import services
from sereno.modules.forms.services import Kept
from sereno.runtime.forms import taking
from sereno.runtime.forms.taking import ViewInvalid
from sereno.sdk.languages import said
from sereno.store.models import Shop
from sereno.web.capture.sending import Incomplete, TooOften, take
from sereno.web.shell import render

PAGE = "capture/hosted.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hosted(request: HttpRequest, shop: str, name: str) -> HttpResponse:
    """GET counts a view and gives the token with which it is sent."""
    place = Shop.objects.filter(slug=shop).first()
    kept = services.find(place.pk, name) if place is not None else None
    if place is None or kept is None:
        return render(request, PAGE, {"state": "bad"}, status=404)
    if not kept.is_open:
        return render(request, PAGE, {"state": "closed", "sender": place.name}, status=410)
    if request.method == "GET":
        variant = "" if kept.form.other is None else choice("ab")
        return _page(request, place, kept, taking.begin(place.pk, kept.name, variant))
    token, language = request.POST.get("token", ""), get_language() or place.locale
    if request.POST.get("website", "").strip():
        return render(request, PAGE, {"state": "done", "sender": place.name, "thanks": "", "code": ""})
    values = {key: [str(one) for one in held] for key, held in request.POST.lists()}
    try:
        view = taking.read_view(place.pk, kept.name, token)
        taken, code = take(
            request, kept, place.pk, place.locale, view, values, page=request.path[:300], locale=language[:2]
        )
    except ViewInvalid as invalid:
        fresh = token if invalid.code == "view.fast" else taking.begin(place.pk, kept.name, "")
        return _page(request, place, kept, fresh, error=_("That took too long, or was too quick. Send it once more."))
    except Incomplete as incomplete:
        return _page(request, place, kept, token, wrong=incomplete.wrong)
    except TooOften:
        return _page(request, place, kept, token, error=_("That was a lot at once. Try again in an hour."), status=429)
    texts = kept.form.texts_of(view.variant)
    context: dict[str, Any] = {
        "state": "done",
        "sender": place.name,
        "thanks": said(texts["thanks"], language, place.locale),
        "thanks_text": said(texts["thanks_text"], language, place.locale),
        "pending": taken.pending,
        "code": code,
        "onward": kept.form.after.redirect if kept.form.after.redirect.startswith("http") else "",
    }
    return render(request, PAGE, context)


def _page(
    request: HttpRequest,
    shop: Shop,
    kept: Kept,
    token: str,
    *,
    wrong: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    language, form = get_language() or shop.locale, kept.form
    try:
        variant = taking.read_view(shop.pk, kept.name, token).variant
    except ViewInvalid:
        variant = "a"
    texts = form.texts_of(variant)
    words = {
        "missing": _("Please fill this in."),
        "email": _("That does not look like an e-mail address."),
        "phone": _("That does not look like a telephone number."),
        "birthday": _("That is no date."),
    }
    fields: list[dict[str, Any]] = [
        {
            "id": one.id,
            "kind": one.kind,
            "label": said(one.label, language, shop.locale),
            "is_needed": one.is_needed,
            "choices": [(choice.value, said(choice.label, language, shop.locale)) for choice in one.choices],
            "values": request.POST.getlist(one.id),
            "wrong": words.get((wrong or {}).get(one.id, ""), ""),
        }
        for one in form.fields
    ]
    context: dict[str, Any] = {
        "state": "ask",
        "sender": shop.name,
        "title": said(texts["title"], language, shop.locale),
        "intro": said(texts["intro"], language, shop.locale),
        "button": said(texts["button"], language, shop.locale) or _("Send"),
        "fields": fields,
        "token": token,
        "error": error,
    }
    return render(request, PAGE, context, status=422 if wrong else status)
