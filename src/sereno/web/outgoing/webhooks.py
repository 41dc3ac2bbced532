"""Outgoing webhooks: whom Sereno tells of its own events, how that goes, and a test."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.runtime import services, webhooks
from sereno.runtime.hooks import DELIVER
from sereno.store.models import Effect, Webhook
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.paging import page_of
from sereno.web.shell import render

EXPLAINED = {
    "run.finished": mark("A run came to its end"),
    "run.ended": mark("A run was ended early, by an event or a person"),
    "run.failed": mark("A run failed"),
    "effect.failed": mark("A mail, a call or another action failed for good"),
    "approval.requested": mark("A run asks a person"),
    "approval.decided": mark("A person answered"),
    "flow.published": mark("A new version of a flow went live"),
    "flow.paused": mark("A flow was paused"),
    "flow.resumed": mark("A flow goes on"),
    "alert.raised": mark("Something is amiss"),
    "alert.settled": mark("What was amiss is over"),
    "connection.silent": mark("A connection is silent"),
    "order.held": mark("An order is held"),
    "order.released": mark("An order that was held may go on"),
    "order.verified": mark("An order was verified"),
    "order.routed": mark("An order was routed"),
    "order.changed": mark("A customer changed or cancelled an order"),
    "order.prepaid": mark("An order to be paid at the door was paid before"),
    "pick_ticket.created": mark("A pick ticket was made"),
}
_SHOWN_ONCE = "webhook-secret"


@require_http_methods(["GET", "POST"])
@staff("settings")
def hooks(request: StaffRequest) -> HttpResponse:
    """The list, and the form for a new one. Its secret is shown once, on its own page."""
    name, url = request.POST.get("name", "").strip(), request.POST.get("url", "").strip()
    chosen = _types(request) if request.method == "POST" else list(EXPLAINED)[2:5]
    error = ""
    if request.method == "POST":
        try:
            id_, secret = webhooks.create_webhook(request.shop.pk, name, url, chosen, request.user.username)
        except ValueError:
            error = _refusal(name, url, chosen)
        else:
            request.session[_SHOWN_ONCE] = {"id": id_, "secret": secret}
            return redirect("webhook", id_)
    context = {
        "section": "webhooks",
        "rows": list(Webhook.objects.filter(shop=request.shop).order_by("-id")),
        "explained": EXPLAINED,
        "chosen": chosen,
        "name": name,
        "address": url,
        "error": error,
    }
    return render(request, "outgoing/webhooks.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
@staff("settings")
def hook(request: StaffRequest, id: int) -> HttpResponse:
    """One webhook with its last messages; POST changes it."""
    row = get_object_or_404(Webhook, shop=request.shop, pk=id)
    error, by = "", request.user.username
    if request.method == "POST":
        name, url = request.POST.get("name", "").strip(), request.POST.get("url", "").strip()
        types = _types(request)
        try:
            webhooks.change_webhook(request.shop.pk, row.pk, by, name=name, url=url, types=types)
        except ValueError:
            error = _refusal(name, url, types)
            row.name, row.url, row.types = name, url, types
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", row.pk)
    shown: dict[str, Any] = request.session.pop(_SHOWN_ONCE, None) or {}
    sent = Effect.objects.filter(run_id=row.run, action=DELIVER)
    context = {
        "section": "webhooks",
        "row": row,
        "page": page_of(request, sent, 20),
        "failed": sent.filter(status="failed").exists(),
        "secret": shown.get("secret") if shown.get("id") == row.pk else None,
        "explained": EXPLAINED,
        "chosen": list(EXPLAINED) if "*" in row.types else row.types,
        "error": error,
    }
    return render(request, "outgoing/webhook.html", context, status=422 if error else 200)


@require_POST
@staff("settings")
def act(request: StaffRequest, id: int) -> HttpResponse:
    """`do`: test, rotate, pause, resume, resend or remove."""
    row = get_object_or_404(Webhook, shop=request.shop, pk=id)
    shop, by, doing = request.shop.pk, request.user.username, request.POST.get("do", "")
    if doing == "test":
        sent = _("A test message is on its way. It appears in the list below.")
        carry_out(request, lambda: webhooks.test_webhook(shop, row.pk, by), sent)
    elif doing == "rotate":
        secret = carry_out(request, lambda: webhooks.rotate_webhook_secret(shop, row.pk, by), "")
        request.session[_SHOWN_ONCE] = {"id": row.pk, "secret": secret}
    elif doing in ("pause", "resume"):
        said = _("Paused. Messages wait.") if doing == "pause" else _("Messages go out again.")
        wanted: Any = "paused" if doing == "pause" else "active"
        carry_out(request, lambda: webhooks.set_webhook_status(shop, row.pk, wanted, by), said)
    elif doing == "resend":
        failed = Effect.objects.filter(run_id=row.run, action=DELIVER, status="failed").order_by("id")
        ids = list(failed.values_list("id", flat=True)[:1000])
        count = services.replay_effects(ids, by)
        said = ngettext("%(num)s message is sent again.", "%(num)s messages are sent again.", count) % {"num": count}
        messages.success(request, said)
    elif doing == "remove":
        carry_out(request, lambda: webhooks.remove_webhook(shop, row.pk, by), _("The webhook is removed."))
        return redirect("webhooks")
    return redirect("webhook", row.pk)


@require_GET
@staff("settings")
def message(request: StaffRequest, id: int, number: int) -> HttpResponse:
    """One message with its body."""
    row = get_object_or_404(Webhook, shop=request.shop, pk=id)
    effect = get_object_or_404(Effect, shop=request.shop, run_id=row.run, action=DELIVER, pk=number)
    context = {"section": "webhooks", "row": row, "effect": effect, "body": effect.config.get("body")}
    return render(request, "outgoing/message.html", context)


def _types(request: StaffRequest) -> list[str]:
    return [one for one in EXPLAINED if one in request.POST.getlist("types")]


def _refusal(name: str, url: str, types: list[str]) -> str:
    """What to mend, in the reader's language."""
    if not name or len(name) > 100:
        return _("Give it a name of at most 100 characters.")
    if not types:
        return _("Tick at least one event.")
    if "@" in url:
        return _("The address must not carry a password; messages are signed, which proves more.")
    if not url.startswith(("http://", "https://")):
        return _("The address begins with https:// and names a host.")
    return _("That cannot be used: check the address, or remove a webhook you no longer need.")
