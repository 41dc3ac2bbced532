"""Pages for a shop's customers, without a sign-in: leaving marketing mail, by link and in one click (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.messages import services
from sereno.modules.messages.unsubscribe import TokenInvalid, read_token
from sereno.runtime.consenting import choose
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.shell import render


@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, for mail scanners follow links. POST unsubscribes, or with `undo` takes it back.
    The token alone gives the right to: a mail program's one-click request carries no cookie."""
    try:
        who = read_token(secrets.newest(), token)
    except TokenInvalid:
        return render(request, "public/unsubscribe.html", {"state": "bad", "who": None, "sender": ""}, status=404)
    sender = Shop.objects.filter(pk=who.shop_id).values_list("name", flat=True).first() or ""
    state = "ask"
    if request.method == "POST":
        proof = {"by": "one-click" if request.POST.get("List-Unsubscribe") else "page"}
        if who.effect:
            proof["effect"] = who.effect
        if request.POST.get("undo"):
            choose(who.shop_id, who.address, who.channel, granted=True, proof=proof)
            state = "back"
        else:
            choose(who.shop_id, who.address, who.channel, granted=False, source="unsubscribe", proof=proof)
            state = "done"
    elif services.allows(who.shop_id, who.address, who.channel, "marketing") is False:
        state = "done"
    return render(request, "public/unsubscribe.html", {"state": state, "who": who, "sender": sender})
