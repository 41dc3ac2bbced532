"""A customer's own page: what they have, what it buys, and the codes they bought. Reached by a sealed link.

Invariant: GET changes nothing; a form that is sent twice buys once.
"""

from __future__ import annotations

from secrets import token_hex

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.commerce.loyalty import POINTS
from sereno.commerce.money import AmountInvalid, Money
from sereno.modules.loyalty import services
from sereno.runtime.loyalty import people, programs
from sereno.sdk.incentives import PointsRefused
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.store.sealing import TokenInvalid, unseal
from sereno.web.incentives.words import KIND, MOVED, refusal
from sereno.web.shell import render

PAGE = "incentives/own.html"
_BAD = {"state": "bad", "is_done": False, "wrong": ""}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest, token: str) -> HttpResponse:
    try:
        shop_id, customer = unseal(secrets.newest(), services.PURPOSE, token)
    except (TokenInvalid, ValueError, TypeError):
        return _quiet(render(request, PAGE, _BAD, status=404))
    shop = Shop.objects.filter(pk=shop_id).first()
    if shop is None:
        return _quiet(render(request, PAGE, _BAD, status=404))
    wrong = ""
    if request.method == "POST":
        said = request.POST
        try:
            if said.get("reward"):
                people.buy(shop.pk, str(customer), said["reward"][:40], f"own:{said.get('key', '')[:40]}")
            else:
                amount = Money.parse(said.get("amount", "").replace(",", "."), said.get("currency", ""))
                people.claim(shop.pk, str(customer), amount, f"own:{said.get('key', '')[:40]}")
            return _quiet(redirect(f"{request.path}?done=1"))
        except PointsRefused as refused:
            wrong = refusal(refused.code)
        except AmountInvalid:
            wrong = refusal("loyalty.no_amount")
    return _quiet(_page(request, shop, str(customer), wrong))


def _page(request: HttpRequest, shop: Shop, customer: str, wrong: str) -> HttpResponse:
    accounts = services.accounts_of(shop.pk, customer)
    points = next((one for one in accounts if one.unit == POINTS), None)
    program = programs.find_program(shop.pk).program
    context = {
        "state": "shown",
        "sender": shop.name,
        "program": program,
        "points": points,
        "credits": [(one.unit, services.amount_in(one.unit, one.available)) for one in accounts if one.unit != POINTS],
        "purchases": services.purchases(accounts, 20),
        "history": services.history(accounts, 20),
        "kinds": KIND,
        "moved": MOVED,
        "key": token_hex(12),
        "path": request.path,
        "wrong": wrong,
        "is_done": bool(request.GET.get("done")),
    }
    return render(request, PAGE, context, status=409 if wrong else 200)


def _quiet(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    answer["Cache-Control"] = "no-store"
    return answer
