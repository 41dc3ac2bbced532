"""Who waits for what and wishes what, whom Sereno is telling of it, and the shop's rules for that."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.interests import services
from sereno.runtime.interests import asking
from sereno.runtime.interests.rules import LIMITS
from sereno.store.models import StorefrontKey
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.naming import customer_named, products_named
from sereno.web.shell import render
from sereno.web.wiring import wiring

KINDS = (mark("Waits"), mark("Wish"), mark("In the cart"), mark("Looked at"))
STATES = {
    "active": mark("Wants it"),
    "told": mark("Was told"),
    "bought": mark("Bought it"),
    "left": mark("Does not want it any more"),
}
TELLINGS = {
    "restock": mark("Back in stock"),
    "price": mark("Costs less"),
    "low": mark("Few left"),
    "arrival": mark("New of a kind"),
}
RULES = {
    "restock_wave_hours": (
        mark("Hours until the next in line are told"),
        mark("So long those who were told have the pieces to themselves."),
    ),
    "restock_people_per_unit": (
        mark("People told for each piece"),
        mark("One is fair; more sells sooner and disappoints some."),
    ),
    "price_drop_percent": (
        mark("Percent a price must drop"),
        mark("Measured from the price last told, so that small steps add up."),
    ),
    "few_left": (mark("How many pieces are few"), mark("Told once each time it gets there.")),
    "browse_rest_hours": (
        mark("Hours after which a visit is over"),
        mark("Then what was looked at may be told."),
    ),
}


@require_GET
@staff()
def overview(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("product", "customer")}
    key = StorefrontKey.objects.filter(shop=shop, revoked_at=None).order_by("-id").first()
    held = asking.rules_in(shop.settings)
    product = next(iter(products_named(shop, [asked["product"]])), "")
    people = services.newest(shop.pk, product=product, person=customer_named(shop, asked["customer"]))
    titles = services.titles(shop.pk, people)
    context: dict[str, Any] = {
        "section": "interests",
        "wanted": services.wanted(shop.pk),
        "asked": asked,
        "product": product,
        "people": people,
        "titles": titles,
        "rounds": services.rounds(shop.pk),
        "habits": services.habits(shop.pk),
        "kinds": KINDS,
        "states": STATES,
        "tellings": TELLINGS,
        "numbers": [(name, *RULES[name], held[name], *LIMITS[name][1:]) for name in LIMITS],
        "script": f"{wiring().base_url}/storefront/{key.token}/wishes.js" if key else "",
    }
    return render(request, "interests/overview.html", context)


@require_POST
@staff("flows")
def rules(request: StaffRequest) -> HttpResponse:
    def keep() -> None:
        given: dict[str, int] = {}
        for name in LIMITS:
            text = request.POST.get(name, "").strip()
            if not text.isascii() or not text.isdigit():
                raise ValueError(_("%(what)s: give a whole number.") % {"what": RULES[name][0]})
            _usual, least, most = LIMITS[name]
            if not least <= int(text[:9]) <= most:
                limits = {"what": RULES[name][0], "least": least, "most": most}
                raise ValueError(_("%(what)s: between %(least)s and %(most)s.") % limits)
            given[name] = int(text[:9])
        asking.set_rules(request.shop.pk, given, request.user.username)

    carry_out(request, keep, _("Kept. It holds for what happens from now on."), form="interests-rules")
    return redirect("interests")
