"""The page on which a shop's customer sees and says what the shop may write, reached by the link in its mails."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.customers.models import Customer, Marketing
from sereno.modules.messages import services
from sereno.modules.messages.unsubscribe import Recipient, TokenInvalid, read_token
from sereno.runtime.consenting import choose, pause
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.shell import render

PAGE = "public/preferences.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what holds and changes nothing. POST `marketing=yes|no` goes into the consent ledger, with the words
    the person saw; `pause` holds for 30 days. The sealed token alone gives the right to; nobody else can make one."""
    try:
        who = read_token(secrets.newest(), token)
    except TokenInvalid:
        return render(request, PAGE, {"state": "bad"}, status=404)
    shop = Shop.objects.filter(pk=who.shop_id).values_list("name", flat=True).first() or ""
    answers = (
        ("yes", _("Yes, write me offers and news")),
        ("pause", _("Not for the next 30 days")),
        ("no", _("No, only about my orders")),
    )
    said = request.POST.get("marketing")
    if said == "pause":
        pause(who.shop_id, who.address)
        return redirect(f"{request.path}?saved=1")
    if said in dict(answers):
        proof = {
            "by": "page",
            "said": dict(answers)[said],
            "language": get_language() or "",
            "agent": request.headers.get("User-Agent", "")[:200],
            **({"effect": who.effect} if who.effect else {}),
        }
        choose(who.shop_id, who.address, who.channel, granted=said == "yes", proof=proof)
        return redirect(f"{request.path}?saved=1")
    state = "missing" if request.method == "POST" else "saved" if request.GET.get("saved") else "ask"
    holds = _holds(who)
    now = "" if holds is None else "yes" if holds else "no"
    if now == "yes" and _is_paused(who):
        now = "pause"
    found = {"state": state, "who": who, "sender": shop, "answers": answers, "now": now, "others": _others(who, token)}
    return render(request, PAGE, found, status=422 if state == "missing" else 200)


def _is_paused(who: Recipient) -> bool:
    return Marketing.objects.filter(
        shop_id=who.shop_id, address=who.address.lower(), paused_until__gt=datetime.now(UTC)
    ).exists()


def _others(who: Recipient, token: str) -> str:
    """The page of the ways beside mail, where the shop has some that are opened there."""
    settings = Shop.objects.filter(pk=who.shop_id).values_list("settings", flat=True).first() or {}
    has_some = who.channel == "email" and {"push", "telegram"} & set(settings.get("channels") or ())
    return f"/hear/{token}" if has_some else ""


def _holds(who: Recipient) -> bool | None:
    """What holds now: nothing at all to a suppressed address, else the ledger, else the platform's word."""
    if services.is_suppressed(who.shop_id, who.address, who.channel):
        return False
    said = services.allows(who.shop_id, who.address, who.channel, "marketing")
    if said is not None or who.channel != "email":
        return said
    known = Customer.objects.filter(shop_id=who.shop_id, email=who.address, accepts_email__isnull=False)
    return known.order_by("-version").values_list("accepts_email", flat=True).first()
