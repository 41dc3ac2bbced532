"""Trying the draft on a cart: what it would offer somebody, and why, word by word. Nothing is noted."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET

from sereno.engine.decisions.document import read_plan
from sereno.modules.customers.models import Customer
from sereno.runtime.decisions.asking import Facts, rehearse
from sereno.sdk.plugin import registry
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.controls import number_of
from sereno.web.decisions.drafts import DOINGS, KINDS, draft_of
from sereno.web.shell import render

DEVICES = {"desktop": mark("computer"), "mobile": mark("telephone"), "tablet": mark("tablet")}
FIELDS = ("total", "item_count", "country", "postal_code", "device", "language", "email", "visitor")


@require_GET
@staff()
def trying(request: StaffRequest) -> HttpResponse:
    """The facts stand in the address, so that a case can be sent to a colleague."""
    given = {name: request.GET.get(name, "").strip()[:254] for name in FIELDS}
    if not any(request.GET.get(name) for name in FIELDS):
        given |= {"total": "120", "country": "ES", "device": "mobile", "visitor": "v-1"}
    plan = read_plan(draft_of(request).draft, registry())
    email = given["email"].lower()
    key = (
        Customer.objects.filter(shop=request.shop, email=email).values_list("key", flat=True).first() if email else None
    )
    answer = rehearse(request.shop.pk, plan, _facts(given, request.shop.currency, key or ""))
    names = {one.id: one.name for one in plan.options}
    context = {
        "section": "decisions",
        "given": given,
        "currency": request.shop.currency,
        "devices": list(DEVICES.items()),
        "answer": answer,
        "kinds": [(label, [one for one in answer.offered if one.kind == kind]) for kind, label in KINDS.items()],
        "doings": DOINGS,
        "names": names,
        "rule_names": {one.id: one.name for one in plan.rules},
        "whys": _whys(),
        "is_unknown": bool(email) and key is None,
    }
    return render(request, "decisions/try.html", context)


def _facts(given: dict[str, str], currency: str, customer: str) -> Facts:
    cart: dict[str, Any] = {"currency": currency}
    for name in ("total", "item_count"):
        number = number_of(given[name])
        if number is not None:
            cart[name] = str(number) if name == "total" else float(number)
    address = {name: given[name] for name in ("country", "postal_code") if given[name]}
    visitor = {name: given[name] for name in ("device", "language") if given[name]}
    visitor["id"] = given["visitor"] or "v-1"
    address = {name: value.upper() if name == "country" else value for name, value in address.items()}
    return Facts(cart, address, visitor, customer, given["email"].lower())


def _whys() -> dict[str, str]:
    return {
        "split": _("by chance, the same every time"),
        "winner": _("it won, and everybody has it"),
        "not_asked": _("not for this visitor"),
        "unknown": _("the condition could not be answered"),
        "nobody": _("the visitor cannot be known again"),
    }
