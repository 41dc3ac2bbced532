"""The page behind the link in "confirm your place": GET asks and changes nothing, for mail scanners follow links."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.interests.models import Item
from sereno.runtime.interests import asking
from sereno.store.models import Shop
from sereno.web.shell import LANGUAGES, render

PAGE = "interests/waiting.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest, token: str) -> HttpResponse:
    """POST takes the place in line, or with `leave` gives it up. The token is the right to that alone."""
    try:
        place = asking.read_place(token)
        is_leaving = bool(request.POST.get("leave"))
        if request.method == "POST":
            asking.confirm(token, is_leaving=is_leaving)
    except ValueError:
        response = render(request, PAGE, {"state": "bad"}, status=404)
        response["Referrer-Policy"] = "no-referrer"
        return response
    title = (
        Item.objects.filter(shop_id=place.shop_id, product=place.product).values_list("title", flat=True).first() or ""
    )
    found = {
        "state": "ask" if request.method == "GET" else "left" if is_leaving else "done",
        "sender": Shop.objects.filter(pk=place.shop_id).values_list("name", flat=True).first() or "",
        "title": title,
        "address": place.email,
    }
    language = place.locale[:2] if place.locale[:2] in dict(LANGUAGES) else None
    if language is None:
        response = render(request, PAGE, found)
    else:
        with override(language):
            response = render(request, PAGE, found)
    response["Referrer-Policy"] = "no-referrer"
    return response
