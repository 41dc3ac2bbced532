"""The lists of people a connected tool keeps: how many are on each, whom a segment would put there, and filling one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.http.shops import shop_http
from sereno.modules.segments.models import Segment
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.tools import attaching, filling, mirroring, taking
from sereno.sdk.plugin import registry
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.audiences.words import reason_said
from sereno.web.connecting import one
from sereno.web.phrases import said
from sereno.web.shell import render

SEGMENTS = 200


@require_GET
@staff("settings")
def lists(request: StaffRequest, name: str) -> HttpResponse:
    """What the tool says now; with a list and a segment, what filling it would do."""
    row = one.row_of(request, name)
    http = shop_http(request.shop.settings)
    chosen, segment = request.GET.get("list", ""), request.GET.get("segment", "")
    segments = Segment.objects.filter(shop=request.shop).order_by("title").values_list("name", "title")[:SEGMENTS]
    context: dict[str, Any] = {
        "section": "connections",
        "row": row,
        "platform": row.kind,
        "segments": list(segments),
        "chosen": chosen,
        "segment": segment,
        "found": [],
        "seen": None,
        "attached": {one.list: one for one in attaching.attached(request.shop.pk) if one.connection == name},
        "mirrored": {one.list for one in mirroring.mirrored(request.shop.pk) if one.connection == name},
        "can_read": _can_read(row.kind),
        "problem": "",
    }
    try:
        found = taking.lists_of(name, shop_id=request.shop.pk, http=http)
        context |= {"found": found, "lists_named": [(place.id, place.name) for place in found]}
        if chosen and segment:
            seen = filling.foresee(name, chosen, segment, shop_id=request.shop.pk, http=http)
            context |= {"seen": seen, "turned": [(reason_said(code), count) for code, count in seen.turned.items()]}
    except (ConnectionRefused, LookupError) as refusal:
        context["problem"] = said(str(refusal.args[0] if isinstance(refusal, LookupError) else refusal))
    return render(request, "connecting/lists.html", context)


@require_POST
@staff("settings")
def fill(request: StaffRequest, name: str) -> HttpResponse:
    one.row_of(request, name)
    chosen, segment = request.POST.get("list", ""), request.POST.get("segment", "")
    if request.POST.get("how") == "attach":
        return _attach(request, name, chosen, segment)
    replaces = request.POST.get("how") == "replace"

    def put() -> filling.Filled:
        http, by = shop_http(request.shop.settings), request.user.username
        return filling.fill(name, chosen, segment, replaces=replaces, by=by, shop_id=request.shop.pk, http=http)

    done = carry_out(request, put, "")
    if done is not None:
        text = ngettext("%(num)s person was put on the list.", "%(num)s people were put on the list.", done.taken)
        messages.success(request, text % {"num": formats.number(done.taken)})
        if replaces:
            messages.info(request, _("Whoever else was on it is being taken off over there; that may take a day."))
    return redirect(f"{reverse('connection-lists', args=(name,))}?{urlencode({'list': chosen, 'segment': segment})}")


@require_POST
@staff("settings")
def mirror(request: StaffRequest, name: str) -> HttpResponse:
    """From now on it is read back who is on the list."""
    one.row_of(request, name)
    http, by = shop_http(request.shop.settings), request.user.username

    def begin() -> int:
        return mirroring.mirror(name, request.POST.get("list", ""), by=by, shop_id=request.shop.pk, http=http)

    if carry_out(request, begin, _("Who is on it is being read; then segments can ask for it.")) is None:
        return redirect("connection-lists", name)
    return redirect("audiences")


def _can_read(kind: str) -> bool:
    """Advertisers tell nobody who is on a list."""
    connector = registry().connectors.get(kind)
    tool = connector.store.tool if connector is not None and connector.store is not None else None
    return tool is not None and tool.audience is not None and tool.audience.read is not None


def _attach(request: StaffRequest, name: str, chosen: str, segment: str) -> HttpResponse:
    """From now on the list is kept in step."""

    def attach() -> int:
        http, by = shop_http(request.shop.settings), request.user.username
        return attaching.attach(name, chosen, segment, by=by, shop_id=request.shop.pk, http=http)

    if carry_out(request, attach, _("Attached: the list is being filled, and kept in step from now on.")) is None:
        return redirect(
            f"{reverse('connection-lists', args=(name,))}?{urlencode({'list': chosen, 'segment': segment})}"
        )
    return redirect("audiences")
