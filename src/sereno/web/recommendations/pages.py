"""What Sereno recommends, how far that can be trusted, and what the shop wants of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.recommendations import services
from sereno.modules.recommendations.asking import WAYS, recommend
from sereno.modules.recommendations.models import Rule
from sereno.store.database import default_database
from sereno.store.models import StorefrontKey
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.naming import customer_named, products_named
from sereno.web.recommendations import words
from sereno.web.shell import render
from sereno.web.wiring import wiring

SHOWN = 200
CARDS = 8


@require_GET
@staff()
def overview(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    tried = {name: request.GET.get(name, "").strip()[:200] for name in ("way", "items", "customer", "category")}
    way = tried["way"] if tried["way"] in WAYS else "popular"
    items = products_named(shop, tried["items"].split(",")[:20])
    asked = services.asked_of(
        {"way": way, "items": items, "category": tried["category"], "limit": CARDS},
        customer_named(shop, tried["customer"]),
    )
    found = services.quality(shop.pk)
    key = StorefrontKey.objects.filter(shop=shop, revoked_at=None).order_by("-id").first()
    context: dict[str, Any] = {
        "section": "recommendations",
        "quality": found,
        "measured": [(name, label, found["measured"][name]) for name, label in words.WAYS if name in found["measured"]],
        "verdicts": words.VERDICTS,
        "outcomes": words.OUTCOMES,
        "became": words.BECAME,
        "ways": words.WAYS,
        "tried": {**tried, "way": way},
        "cards": [(one, words.why(one)) for one in recommend(default_database(), shop.pk, asked)],
        "rules": list(Rule.objects.filter(shop=shop).order_by("-id")[:SHOWN]),
        "does": words.DOES,
        "bys": words.BYS,
        "places": words.PLACES,
        "said_does": dict(words.DOES),
        "said_bys": dict(words.BYS),
        "said_places": dict(words.PLACES),
        "script": f"{wiring().base_url}/storefront/{key.token}/recommend.js" if key else "",
    }
    return render(request, "recommendations/overview.html", context)


@require_POST
@staff("work")
def learn(request: StaffRequest) -> HttpResponse:
    services.learn_now(request.shop.pk, request.user.username)
    messages.success(request, _("Sereno is learning what is new in the background. Come back in a minute."))
    return redirect("recommendations")


@require_POST
@staff("flows")
def make(request: StaffRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in ("does", "by", "value", "place")}

    def made() -> None:
        services.make_rule(request.shop.pk, **given, who=request.user.username, factor=_factor(request))

    carry_out(request, made, _("Kept. It holds from the next request on."), form="recommendation-rule")
    return redirect("recommendations")


@require_POST
@staff("flows")
def drop(request: StaffRequest, id: int) -> HttpResponse:
    try:
        rule = services.drop_rule(request.shop.pk, id, request.user.username)
    except Rule.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("The rule about “%(value)s” is gone.") % {"value": rule.value})
    return redirect("recommendations")


def _factor(request: StaffRequest) -> float:
    text = request.POST.get("factor", "").strip().replace(",", ".")
    try:
        return float(text or 2)
    except ValueError:
        raise ValueError(_("A boost is a number, such as 2 or 0.5.")) from None
