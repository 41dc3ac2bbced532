"""The page on which somebody who was asked says that they still want to hear from the shop."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.messages.unsubscribe import TokenInvalid, read_token
from sereno.runtime.consenting import renew
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.shell import render

PAGE = "public/keep.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, for mail scanners follow links. POST goes into the consent ledger, with the words
    the person saw. The sealed token alone gives the right to."""
    try:
        who = read_token(secrets.newest(), token)
    except TokenInvalid:
        return render(request, PAGE, {"state": "bad"}, status=404)
    shop = Shop.objects.filter(pk=who.shop_id).values_list("name", flat=True).first() or ""
    question = _("Yes, keep writing to me")
    state = "ask"
    if request.method == "POST":
        proof = {
            "by": "page",
            "said": question,
            "language": get_language() or "",
            "agent": request.headers.get("User-Agent", "")[:200],
        }
        renew(who.shop_id, who.address, who.channel, who.effect, proof)
        state = "done"
    preferences = request.path.replace("/keep/", "/preferences/", 1)
    found = {"state": state, "who": who, "sender": shop, "question": question, "preferences": preferences}
    return render(request, PAGE, found)
