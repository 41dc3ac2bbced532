"""What customers may change of their orders by themselves, and where they pay: the shop's rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_http_methods

from sereno.commerce.self_service import KINDS, STEPS, RulesInvalid, rules_of
from sereno.modules.orders.refusals import change_words
from sereno.runtime.orders import self_service
from sereno.store.models import Event
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.event_words import event_word
from sereno.web.shell import render

CAN = {
    "address": (mark("The delivery address"), mark("within the same country")),
    "items": (mark("How many of each"), mark("fewer, or none of it")),
    "cancel": (mark("Cancel the order"), mark("what was paid is given back")),
}
UNTIL = {
    "routed": mark("it is sent to a warehouse, a team or a queue"),
    "picked": mark("a ticket to pick it is made"),
    "label": mark("its parcel has a label"),
}
WRONG = {
    "minutes": mark("Write a whole number of minutes, from 1 to 43200 (a month)."),
    "pay_url": mark(
        "Write an address that begins with https:// and names its host; in it {order} {number} {amount} {currency} "
        "{email} {reference} are filled in."
    ),
}
SHOWN = 20
TOLD = ("order.change_requested", "order.changed", "order.change_refused", "order.prepaid")


@require_http_methods(["GET", "POST"])
@staff()
def rules(request: StaffRequest) -> HttpResponse:
    held = rules_of(request.shop.settings)
    document, errors = held.document(), {}
    if request.method == "POST":
        if "settings" not in request.can:
            return redirect("self-service")
        document = _given(request)
        try:
            self_service.change_rules(
                request.shop.pk, document, request.user.username, expected=request.POST.get("tag", "")
            )
        except RulesInvalid as wrong:
            errors = {field: str(WRONG.get(field, what)) for field, what in wrong.problems}
        except self_service.SettingsChanged:
            messages.error(request, _("Somebody else changed the rules at the same time. Look at them, and try again."))
            return redirect("self-service")
        else:
            messages.success(request, _("Kept. It holds for every order from now on."))
            return redirect("self-service")
    context = {
        "section": "self-service",
        "rules": document,
        "tag": self_service.tag_of(held),
        "errors": errors,
        "can_change": [(one, *CAN[one]) for one in KINDS],
        "steps": [(one, UNTIL[one]) for one in STEPS],
        "moments": _lately(request),
    }
    return render(request, "selfservice/rules.html", context, status=422 if errors else 200)


def _given(request: StaffRequest) -> dict[str, Any]:
    minutes = request.POST.get("minutes", "").strip()
    return {
        "is_on": "is_on" in request.POST,
        "minutes": int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 9 else minutes,
        "until": request.POST.get("until", ""),
        "can": [one for one in KINDS if one in request.POST.getlist("can")],
        "takes_more": "takes_more" in request.POST,
        "pay_url": request.POST.get("pay_url", "").strip(),
    }


@dataclass(frozen=True, slots=True)
class Deed:
    """What a customer did, in words."""

    at: datetime
    say: str
    number: str
    note: str
    href: str


def _lately(request: StaffRequest) -> list[Deed]:
    """What customers did last: the newest of each kind of event, by its index."""
    found: list[Event] = []
    for type_ in TOLD:
        found += Event.objects.filter(shop=request.shop, type=type_).order_by("-id")[:SHOWN]
    newest = sorted(found, key=lambda one: one.pk, reverse=True)[:SHOWN]
    return [
        Deed(one.occurred_at, event_word(one.type), str(one.data.get("number") or one.data.get("id") or ""),
             change_words(one.data), reverse("event", args=[one.pk]))
        for one in newest
    ]  # fmt: skip
