"""Who of the staff is asked in which chat, and as whom: entries, and the link by which one says so oneself."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.runtime.channels import keeping, staffing
from sereno.sdk.desk import DESKS
from sereno.store.models import Membership
from sereno.web.access import StaffRequest, staff
from sereno.web.channels.words import CHANNELS, DESK_REASONS
from sereno.web.shell import render


@require_http_methods(["GET", "POST"])
@staff()
def people(request: StaffRequest) -> HttpResponse:
    """Every entry; POST makes one, or ends it where `account` is empty."""
    error = ""
    values = {name: request.POST.get(name, "").strip() for name in ("kind", "person", "account")}
    if request.method == "POST":
        error = _keep(request, values)
        if not error:
            return redirect("desk-people")
    accounts = {one.channel: one for one in keeping.listed(request.shop.pk) if one.is_active}
    chats = [(kind, str(CHANNELS[kind][0])) for kind in DESKS if kind in accounts]
    members = Membership.objects.select_related("user").filter(shop=request.shop, user__is_active=True).order_by("id")
    names = [(one.user.username.lower(), one.user.first_name or one.user.username) for one in members]
    bot = accounts.get("telegram")
    context: dict[str, Any] = {
        "section": "channels",
        "tab": "desk-people",
        "entries": staffing.entries(request.shop.pk),
        "named": dict(names),
        "names": names,
        "chats": chats,
        "channels": CHANNELS,
        "values": values,
        "error": error,
        "bot": _bot(request, bot) if bot is not None else "",
        "has_slack": "slack" in accounts,
    }
    return render(request, "channels/desk.html", context, status=422 if error else 200)


def _keep(request: StaffRequest, values: dict[str, str]) -> str:
    """The error, "" where it was kept."""
    if "settings" not in request.can:
        return _("Only who may change settings can say who is who.")
    by = request.user.username
    try:
        staffing.enter(request.shop.pk, values["kind"], values["person"], values["account"], by=by, role=request.role)
    except staffing.DeskUnfit as unfit:
        return str(DESK_REASONS[unfit.code])
    kept = _("Kept: %(person)s answers questions there.") if values["account"] else _("%(person)s is not known there.")
    messages.success(request, kept % {"person": values["person"]})
    return ""


def _bot(request: StaffRequest, account: keeping.Told) -> str:
    """Where who is signed in opens the bot as themselves."""
    name = account.known_as or str(account.settings.get("bot") or "")
    if not name:
        return ""
    return f"https://t.me/{quote(name)}?start={staffing.link_word(request.shop.pk, request.user.pk)}"
