"""The customer's own page for channels: notifications of this browser, and the shop's bot. Reached by a sealed link.

Invariant: nothing is asked of the browser before a button is pressed; what they saw goes into the ledger with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from sereno.modules.messages.unsubscribe import Recipient, TokenInvalid, read_token
from sereno.runtime.channels import keeping, subscribing
from sereno.sdk.channels import CHANNELS as TO_CUSTOMERS
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.channels.words import CHANNELS
from sereno.web.shell import render

PAGE = "channels/hear.html"
LARGEST = 8192
WORKER = Path(__file__).parent.parent / "static" / "js" / "push-worker.js"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hear(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what there is. POST `subscription` keeps this browser; `stop` forgets them all."""
    try:
        who = read_token(secrets.newest(), token)
    except TokenInvalid:
        return render(request, PAGE, {"state": "bad"}, status=404)
    customer = subscribing.customer_of(who.shop_id, who.address) if who.channel == "email" else ""
    key = keeping.push_key(who.shop_id) if customer else ""
    if request.method == "POST":
        return _post(request, who, customer, key)
    shop = Shop.objects.filter(pk=who.shop_id).values_list("name", flat=True).first() or ""
    bot = next((one for one in keeping.listed(who.shop_id) if one.kind == "telegram" and one.is_active), None)
    name = str(bot.known_as or bot.settings.get("bot") or "") if bot is not None else ""
    word = subscribing.telegram_word(who.shop_id, customer) if name and customer else ""
    ways = _ways(who.shop_id, customer) if customer else []
    wanted = subscribing.order_of(who.shop_id, customer) if customer else []
    context = {
        "ways": [("", _("No wish")), *ways] if len(ways) > 1 else [],
        "first": wanted[0] if wanted else "",
        "state": "saved" if request.GET.get("saved") else "ask",
        "sender": shop,
        "key": key,
        "is_on": bool(key) and subscribing.has_browser(who.shop_id, customer),
        "bot": f"https://t.me/{quote(name)}?start={word}" if word else "",
        "promise": said(),
    }
    return render(request, PAGE, context)


def _ways(shop_id: int, customer: str) -> list[tuple[str, str]]:
    """The channels by which the shop can write, mail among them."""
    held = {one.channel for one in keeping.listed(shop_id) if one.is_active}
    return [(name, str(CHANNELS[name][0])) for name in ("email", *TO_CUSTOMERS) if name == "email" or name in held]


def said() -> str:
    return _("Notify me in this browser about my orders, and about offers and news")


def _post(request: HttpRequest, who: Recipient, customer: str, key: str) -> HttpResponse:
    proof = {"by": "page", "said": said(), "language": get_language() or ""}
    proof["agent"] = request.headers.get("User-Agent", "")[:200]
    if request.POST.get("stop") and customer:
        subscribing.unsubscribe(who.shop_id, customer, {**proof, "said": _("No more notifications")})
        return redirect(f"{request.path}?saved=1")
    if "first" in request.POST and customer:
        first = request.POST["first"]
        known = [name for name, _said in _ways(who.shop_id, customer)]
        order = [first, *(one for one in known if one != first)] if first in known else []
        subscribing.set_order(who.shop_id, customer, order, by=who.address)
        return redirect(f"{request.path}?saved=1")
    held = request.POST.get("subscription", "")
    try:
        found = json.loads(held) if key and len(held) <= LARGEST else None
        if not isinstance(found, dict):
            raise ValueError("no subscription")
        subscribing.subscribe(who.shop_id, customer, found, get_language() or "", proof)
    except ValueError:
        return render(request, PAGE, {"state": "odd"}, status=422)
    return redirect(f"{request.path}?saved=1")


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """What shows a notification when it comes: the browser keeps it."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
