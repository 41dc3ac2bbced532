"""A new flow: its name and what starts it, and the builder opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.engine.flow import is_flow_name, to_yaml
from sereno.engine.trigger import OWN_EVENTS
from sereno.runtime import drafting
from sereno.sdk.plugin import registry
from sereno.store.models import Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.builder import source
from sereno.web.builder.forms.event_words import AREAS, area_of, event_word
from sereno.web.builder.palette import folded
from sereno.web.shell import render

FIRST = ("order.paid", "order.created", "checkout.abandoned", "shipment.delivered", "customer.created", "stock.changed")
"""The events most flows begin with."""
_ICONS = {
    "order": "package",
    "payment": "key",
    "shipment": "send",
    "cart": "shopping-cart",
    "customer": "user",
    "segment": "users",
    "product": "tag",
    "purchase_order": "clipboard",
    "shop": "house",
    "custom": "radio",
}
RESERVED = ("new", "install", "map")
"""Names that addresses have already."""
Trigger = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Start:
    """Something that starts a flow. `value` is what the form sends."""

    value: str
    icon: str
    label: str
    hint: str
    words: str


@require_http_methods(["GET", "POST"])
@staff("flows")
def new_flow(request: StaffRequest) -> HttpResponse:
    if request.method == "POST" and "text" in request.POST:
        return source.new_source(request)
    title = request.POST.get("title", "").strip()[:200]
    error = ""
    if request.method == "POST":
        chosen = request.POST.get("trigger", "")
        trigger = trigger_of(chosen)
        if trigger is not None:
            return _begin(request, title or _default_title(chosen), trigger)
        error = _("Choose what starts the flow.")
    context = {
        "section": "flows",
        "title": title,
        "error": error,
        "first": [_start(name) for name in FIRST],
        "others": _others(),
        "areas": _areas(),
    }
    return render(request, "builder/new.html", context, status=422 if error else 200)


def trigger_of(value: str) -> Trigger | None:
    """The trigger for what the form sent; None for what it does not offer."""
    kind, _colon, name = value.partition(":")
    if kind == "event" and registry().event_type(name) is not None:
        return {"event": name}
    return {
        "schedule": {"schedule": "0 9 * * *"},
        "date": {"date": "customer.created_at", "offset": "0d", "at": "09:00"},
        "manual": {"manual": "order"},
        "absent": {"absent": "order.created", "since": "cart.updated", "within": "4h"},
    }.get(kind if not name else "")


def free_name(shop: Any, title: str) -> str:
    """A name for the flow's address, from its title, that no other flow of the shop has."""
    stem = slugify(title)[:80].strip("-") or "flow"
    stem = f"{stem}-flow" if stem in RESERVED or not is_flow_name(stem) else stem
    taken = set(Flow.objects.filter(shop=shop, name__startswith=stem).values_list("name", flat=True))
    return next(name for name in [stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))] if name not in taken)


def _begin(request: StaffRequest, title: str, trigger: Trigger) -> HttpResponse:
    name = free_name(request.shop, title)
    text = to_yaml({"flow": name, "name": title, "trigger": trigger, "steps": []})
    drafting.create_draft(request.shop.pk, name, title, text, request.user.username)
    return redirect(f"{reverse('builder', args=(name,))}?{urlencode({'at': 'trigger'})}")


def _default_title(value: str) -> str:
    kind, _colon, name = value.partition(":")
    return event_word(name) if kind == "event" else next(start.label for start in _others() if start.value == kind)


def _start(name: str) -> Start:
    definition = registry().events.get(name)
    label = event_word(name)
    return Start(
        f"event:{name}",
        _ICONS[area_of(name)],
        label,
        name,
        folded(f"{label} {name} {(definition and definition.description) or ''}"),
    )


def _areas() -> list[tuple[str, list[Start]]]:
    """All other events, by area."""
    found: dict[str, list[Start]] = {area: [] for area in AREAS}
    for name in registry().event_names():
        if name not in FIRST and name not in OWN_EVENTS:
            found[area_of(name)].append(_start(name))
    return [(str(AREAS[area]), starts) for area, starts in found.items() if starts]


def _others() -> list[Start]:
    return [
        _other("schedule", "calendar", _("On a schedule"), _("Every morning, each Monday, the first of the month")),
        _other("date", "flag", _("On a date of a record"), _("Some days before or after a date, such as a birthday")),
        _other("absent", "hourglass", _("When something does not happen"), _("A cart, and no order within four hours")),
        _other("manual", "hand", _("When a person starts it"), _("By a button, for one record")),
    ]


def _other(value: str, icon: str, label: str, hint: str) -> Start:
    return Start(value, icon, label, hint, re.sub(r"\s+", " ", folded(f"{label} {hint} {value}")))
