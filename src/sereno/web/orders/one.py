"""One order with its whole story: what came in about it, what flows did, what is reserved, its tickets, and what staff
may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.commerce.merging import parts
from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Order, OrderStanding, PickTicket
from sereno.modules.orders.reasons import WORDS, advice_of, label_of, note_of
from sereno.modules.orders.refusals import change_words
from sereno.modules.orders.tickets import address_lines, ticket_pdf
from sereno.modules.stock.models import StockReservation
from sereno.runtime.orders import self_service
from sereno.runtime.orders.doing import BY_HAND, HOST
from sereno.runtime.stores.abilities import lacks
from sereno.sdk.discretion import discreet, hides, level
from sereno.sdk.plugin import registry
from sereno.store.models import Effect, EventLink, Run, RunLink
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.event_words import event_word
from sereno.web.documents import title_of
from sereno.web.flowtree import action_sentence
from sereno.web.orders.money import money_of
from sereno.web.orders.words import words_of
from sereno.web.risk.card import risk_of
from sereno.web.shell import render
from sereno.web.story import Moment
from sereno.web.words import word

HOSTS = (HOST.name, self_service.HOST.name)
CHANGES = ("order.change_requested", "order.changed", "order.change_refused")
SHOWN = 60
"""Of events; and of runs and effects as many."""


@require_GET
@staff()
def order(request: StaffRequest, id: int) -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(Order, shop=shop, pk=id)
    standing = OrderStanding.objects.filter(shop=shop, key=row.key).first()
    held: Mapping[str, Any] = standing.data if standing is not None else {}
    is_held = bool(held.get("is_held"))
    lacking = lacks(registry(), shop.pk, BY_HAND)
    customer = Customer.objects.filter(shop=shop, key=row.customer_key).first() if row.customer_key else None
    data: dict[str, Any] = discreet(row.data)
    context = {
        "section": "orders",
        "order": row,
        "data": data,
        "lines": parts(row.data.get("lines")),
        "address": address_lines(data),
        "customer": customer,
        "customer_name": "" if customer is None or hides("customer.name") else customer.name,
        "standing": held,
        "is_held": is_held,
        "note": note_of(held),
        "reasons": [(code, label_of(code), advice_of(code)) for code in held.get("hold_reasons") or ()],
        "words": words_of(row.status, row.payment_status, row.fulfillment_status, is_held=is_held),
        "moments": _story(shop.pk, row.key),
        "tickets": list(PickTicket.objects.filter(shop=shop, subject=f"order:{row.key}").order_by("id")[:20]),
        "reserved": list(
            StockReservation.objects.filter(shop=shop, order_key=row.key).order_by("item", "location")[:100]
        ),
        "risk": risk_of(shop.pk, row.key),
        "money": money_of(row.data),
        "once": uuid4().hex,
        "able": [one for one in BY_HAND if one not in lacking],
        "hold_reasons": [(code, str(found.label)) for code, found in WORDS.items() if code != "other"],
    }
    return render(request, "orders/one.html", context)


@require_GET
@staff()
def ticket(request: StaffRequest, ticket: str) -> HttpResponse:
    """The PDF. Who may not see people sees no address."""
    row = get_object_or_404(PickTicket, shop=request.shop, key=ticket)
    key = str(row.data.get("order_id") or "")
    found = None if level() else Order.objects.filter(shop=request.shop, key=key).first()
    answer = HttpResponse(
        ticket_pdf(row.data, found.data if found is not None else None, request.shop.name),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = f'inline; filename="{row.key}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _story(shop_id: int, key: str) -> list[Moment]:
    """Events about it, and what runs about it did, newest first."""
    subject = f"order:{key}"
    links = (
        EventLink.objects.filter(shop=shop_id, link=subject).select_related("event").order_by("-occurred_at")[:SHOWN]
    )
    found = [_of_event(link.event) for link in links]
    alive = RunLink.objects.filter(shop=shop_id, link=subject).order_by().values("run_id")[:SHOWN]
    own = Run.objects.filter(shop=shop_id, subject=subject).order_by("-id").values("pk")[:SHOWN]
    every = Run.objects.filter(Q(pk__in=alive) | Q(pk__in=own)).select_related("flow").defer("state", "flow__draft")
    runs = [run for run in every.order_by("-id") if not run.flow.is_derived or run.flow.name in HOSTS]
    found += [_of_run(run) for run in runs if run.flow.name not in HOSTS]
    effects = Effect.objects.filter(run__in=[run.pk for run in runs]).select_related("flow").defer("flow__draft")
    found += [_of_effect(one) for one in effects.order_by("-id")[:SHOWN]]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _of_event(event: Any) -> Moment:
    note = ""
    if event.type == "order.held":
        note = ", ".join(label_of(str(code)) for code in event.data.get("hold_reasons") or ())
    elif event.type == "order.routed":
        note = " · ".join(str(event.data[one]) for one in ("warehouse", "team", "queue") if event.data.get(one))
    elif event.type in CHANGES:
        note = change_words(event.data)
    icon, tone = _LOOKS.get(event.type, ("radio", ""))
    by = event.data.get("held_by" if event.type == "order.held" else "released_by") or ""
    said = event_word(event.type)
    if by and event.type in ("order.held", "order.released"):
        said = _("%(what)s by %(who)s") % {"what": said, "who": by}
    return Moment(event.occurred_at, icon, tone, said, reverse("event", args=[event.pk]), note)


_LOOKS = {
    "order.created": ("shopping-cart", "info"),
    "order.paid": ("circle-check", "ok"),
    "order.held": ("hand", "lamp"),
    "order.released": ("circle-play", "ok"),
    "order.verified": ("shield-check", "ok"),
    "order.routed": ("git-branch", "info"),
    "order.cancelled": ("ban", "bad"),
    "order.fulfilled": ("send", "ok"),
    "pick_ticket.created": ("clipboard", "info"),
    "order.change_requested": ("pencil", "info"),
    "order.changed": ("pencil", "ok"),
    "order.change_refused": ("pencil", "lamp"),
    "order.prepay_offered": ("tag", "info"),
    "order.prepaid": ("circle-check", "ok"),
    "order.payment_failed": ("circle-x", "bad"),
}


def _of_run(run: Any) -> Moment:
    shown = word("run", run.status)
    said = _("Flow %(flow)s began") % {"flow": title_of(run.flow)}
    note = str(_("in shadow")) if run.is_shadow else str(shown.label)
    return Moment(run.started_at, "workflow", "", said, reverse("run", args=[run.uid]), note)


def _of_effect(effect: Any) -> Moment:
    shown = word("effect", effect.status)
    note = str(shown.label) if effect.status != "failed" else f"{shown.label}: {effect.message or effect.error or ''}"
    said = action_sentence(effect.action, effect.config)
    tone = "" if shown.tone == "idle" else shown.tone
    at = effect.finished_at or effect.created_at
    return Moment(at, shown.icon, tone, said, reverse("effect", args=[effect.pk]), note)
