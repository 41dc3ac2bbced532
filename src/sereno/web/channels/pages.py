"""Accounts of channels: which there are, connecting one, a test message, and what went by each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.http.shops import shop_http
from sereno.modules.messages.channels.models import ChannelMessage, PushBrowser
from sereno.runtime.channels import keeping
from sereno.sdk.plugin import registry
from sereno.sdk.result import Done
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.channels.words import CHANNELS, KINDS, STATUSES, reason
from sereno.web.paging import page_of_ends
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_GET
@staff()
def channels(request: StaffRequest) -> HttpResponse:
    """Every channel there can be, and whether it is connected."""
    held = {one.kind: one for one in keeping.listed(request.shop.pk)}
    browsers = PushBrowser.objects.filter(shop=request.shop).order_by("digest")[:1000].count()
    cards = [
        {"kind": kind, "name": name, "text": text, "icon": CHANNELS[_channel(kind)][1], "account": held.get(kind)}
        for kind, (name, text) in KINDS.items()
    ]
    context = {"section": "channels", "tab": "channels", "cards": cards, "browsers": browsers}
    return render(request, "channels/list.html", context)


@require_http_methods(["GET", "POST"])
@staff()
def account(request: StaffRequest, kind: str) -> HttpResponse:
    """One account. POST keeps what was typed once the provider took it."""
    if kind not in KINDS:
        raise Http404
    problem: keeping.ChannelUnfit | None = None
    if request.method == "POST":
        problem = _keep(request, kind)
        if problem is None:
            return redirect("channel", kind)
    accounts = keeping.listed(request.shop.pk)
    held = next((one for one in accounts if one.kind == kind), None)
    api = registry().connectors.get(kind).channel  # type: ignore[union-attr]
    assert api is not None
    typed: Any = request.POST if problem is not None else held.settings if held is not None else {}
    fields = [_field(one, typed, problem, held, is_key=True) for one in api.access]
    fields += [_field(one, typed, problem, held, is_key=False) for one in api.settings]
    context = {
        "section": "channels",
        "kind": kind,
        "name": KINDS[kind][0],
        "text": KINDS[kind][1],
        "steps": [_(step) for step in api.steps],
        "account": held,
        "fields": fields,
        "problem": reason(problem.code, str(problem)) if problem is not None and not problem.field else "",
        "sending": next((KINDS[one.kind][0] for one in accounts if one.sends and one.channel == api.channel), ""),
        "can_test": held is not None and held.is_active,
        "is_push": api.channel == "push",
        "is_desk": api.desk is not None,
    }
    return render(request, "channels/one.html", context, status=422 if problem is not None else 200)


def _keep(request: StaffRequest, kind: str) -> keeping.ChannelUnfit | None:
    if "settings" not in request.can:
        return keeping.ChannelUnfit("channel.not_allowed", _("Only who may change settings can connect a channel."))
    given = {name: str(value) for name, value in request.POST.items()}
    http = shop_http(request.shop.settings)
    try:
        told = keeping.connect(
            request.shop.pk, kind, given, given, by=request.user.username, base_url=wiring().base_url, http=http
        )
    except keeping.ChannelUnfit as unfit:
        return unfit
    said = _("Connected: %(name)s. Send yourself a test message.") if told.known_as else _("Connected.")
    messages.success(request, said % {"name": told.known_as})
    return None


@require_POST
@staff("settings")
def end(request: StaffRequest, kind: str) -> HttpResponse:
    held = next((one for one in keeping.listed(request.shop.pk) if one.kind == kind), None)
    if held is None:
        raise Http404
    said = _("Ended: nothing goes by it any more. Its key is forgotten; connect it again with the key.")
    carry_out(request, lambda: keeping.disconnect(request.shop.pk, held.connection, by=request.user.username), said)
    return redirect("channels")


@require_POST
@staff("settings")
def choose(request: StaffRequest, kind: str) -> HttpResponse:
    """Have the channel go by this account where several are connected."""
    held = next((one for one in keeping.listed(request.shop.pk) if one.kind == kind and one.is_active), None)
    if held is None:
        raise Http404
    said = _("Messages go by it from now on.")
    carry_out(request, lambda: keeping.choose(request.shop.pk, held.connection, by=request.user.username), said)
    return redirect("channel", kind)


@require_POST
@staff("settings")
def test(request: StaffRequest, kind: str) -> HttpResponse:
    """A test message, to an address typed here."""
    held = next((one for one in keeping.listed(request.shop.pk) if one.kind == kind and one.is_active), None)
    to = request.POST.get("to", "").strip()
    if held is None or not to:
        messages.error(request, _("Say to whom the test goes."))
        return redirect("channel", kind)
    text = _("A test message of %(shop)s.") % {"shop": request.shop.name}
    http = shop_http(request.shop.settings)
    outcome = keeping.try_out(request.shop.pk, held.connection, to, text, by=request.user.username, http=http)
    if isinstance(outcome, Done):
        messages.success(request, _("The provider took it. What becomes of it shows below in a moment."))
    else:
        messages.error(request, f"{reason(outcome.reason)} ({outcome.message})"[:400])
    return redirect("channel", kind)


@require_GET
@staff()
def sent(request: StaffRequest) -> HttpResponse:
    """What went by channels, newest first."""
    chosen = request.GET.get("channel", "")
    known = [chosen] if chosen in CHANNELS else list(CHANNELS)
    ends = [{"shop_id": request.shop.pk, "channel": one} for one in known]
    page = page_of_ends(request, ChannelMessage.objects.all(), ends)
    named = [(code, str(said)) for code, (said, _icon) in CHANNELS.items()]
    context = {
        "section": "channels",
        "tab": "channel-messages",
        "page": page,
        "channels": CHANNELS,
        "statuses": STATUSES,
        "rows": [(row, reason(row.reason) if row.reason else "") for row in page.rows],
        "selects": [("channel", _("Every channel"), named, chosen)],
        "is_filtered": chosen in CHANNELS,
    }
    return render(request, "channels/messages.html", context)


def _channel(kind: str) -> str:
    found = registry().connectors.get(kind)
    api = found.channel if found is not None else None
    return api.channel if api is not None else "sms"


def _field(
    one: Any, typed: Any, problem: keeping.ChannelUnfit | None, held: keeping.Told | None, *, is_key: bool
) -> dict[str, Any]:
    is_kept = is_key and held is not None and one.name in held.given
    help_ = _(one.help) if one.help else ""
    return {
        "name": one.name,
        "label": _(one.label),
        "type": "password" if one.kind == "secret" else "text",
        "value": "" if one.kind == "secret" else str(typed.get(one.name) or ""),
        "help": " ".join(part for part in (help_, _("Kept; leave it empty to keep it.") if is_kept else "") if part),
        "error": reason(problem.code, str(problem)) if problem is not None and problem.field == one.name else "",
        "is_required": one.is_required and not is_kept,
    }
