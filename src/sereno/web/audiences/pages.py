"""One page of all lists of other tools: those filled from segments or by flows, those read back, whichever tool keeps
them; and of paused advertisements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.tools import attaching, mirroring
from sereno.runtime.tools.attaching import Attached
from sereno.sdk.plugin import registry
from sereno.store.fields import from_micros
from sereno.store.models import Audit, Connection, Run, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.audiences.flowing import lists_of_flows
from sereno.web.audiences.words import KINDS, READ_BACK, STATES, reason_said, trouble_said
from sereno.web.shell import render

FILLED = 10
INSTANTS = ("made_at", "compared_at", "compare_at", "in_step_at", "there_at", "next_at", "failed_at")


@require_GET
@staff()
def audiences(request: StaffRequest) -> HttpResponse:
    found = attaching.attached(request.shop.pk)
    names = {(one.connection, one.list) for one in found}
    tools = _tools(request.shop)
    ads = attaching.paused_ads(request.shop.pk)
    runs = set(Run.objects.filter(uid__in=[one.run for one in ads if one.run]).values_list("uid", flat=True))
    context = {
        "section": "audiences",
        "rows": [_shown(one) for one in found],
        "mirrors": [_read_back(one) for one in mirroring.mirrored(request.shop.pk)],
        "by_flows": lists_of_flows(request.shop),
        "tools": [(row, kind, sum(1 for one in found if one.connection == row.name)) for row, kind in tools],
        "filled": [line for line in _filled(request.shop) if (line["connection"], line["list"]) not in names],
        "ads": [(one, KINDS.get(one.kind, ""), from_micros(one.at), one.run in runs) for one in ads],
    }
    return render(request, "audiences/audiences.html", context)


@require_POST
@staff("settings")
def detach(request: StaffRequest, id: int) -> HttpResponse:
    stays = request.POST.get("stays") == "yes"

    def let_go() -> bool:
        attaching.detach(id, stays=stays, by=request.user.username, shop_id=request.shop.pk)
        return True

    done = _("Detached: whoever is on it stays.") if stays else _("Detached: those we put on it are being taken off.")
    carry_out(request, let_go, done)
    return redirect("audiences")


@require_POST
@staff("settings")
def compare(request: StaffRequest, id: int) -> HttpResponse:
    def look() -> bool:
        attaching.hurry(id, by=request.user.username, shop_id=request.shop.pk)
        return True

    carry_out(request, look, _("Everybody is being compared now."))
    return redirect("audiences")


@require_POST
@staff("settings")
def unmirror(request: StaffRequest, id: int) -> HttpResponse:
    def stop() -> bool:
        mirroring.unmirror(id, by=request.user.username, shop_id=request.shop.pk)
        return True

    carry_out(request, stop, _("It is read no more; nobody counts as being on it from now on."))
    return redirect("audiences")


@require_POST
@staff("settings")
def read_now(request: StaffRequest, id: int) -> HttpResponse:
    def read() -> bool:
        mirroring.read_now(id, by=request.user.username, shop_id=request.shop.pk)
        return True

    carry_out(request, read, _("It is being read now."))
    return redirect("audiences")


def _read_back(one: mirroring.Mirrored) -> dict[str, Any]:
    return {
        "one": one,
        "word": READ_BACK[one.state],
        "platform": _platform(one.kind),
        "trouble": trouble_said(one.error) if one.error else "",
        "read_at": None if one.read_at is None else from_micros(one.read_at),
        "next_at": from_micros(one.next_at),
    }


def _platform(kind: str) -> str:
    connector = registry().connectors.get(kind)
    return connector.name if connector is not None else kind


def _shown(one: Attached) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__slots__}
    instants = {name: None if values[name] is None else from_micros(values[name]) for name in INSTANTS}
    turned = sorted(one.turned.items(), key=lambda item: (-item[1], item[0]))
    more = {
        "word": STATES[one.state],
        "platform": _platform(one.kind),
        "turned": [(reason_said(code), number) for code, number in turned],
        "trouble": trouble_said(one.error) if one.error else "",
    }
    return {**values, **instants, **more}


def _tools(shop: Shop) -> Sequence[tuple[Connection, str]]:
    """Connections that keep lists of people, and have a key."""
    found: list[tuple[Connection, str]] = []
    for row in Connection.objects.filter(shop=shop, is_active=True).exclude(access="").order_by("name"):
        connector = registry().connectors.get(row.kind)
        tool = connector.store.tool if connector is not None and connector.store is not None else None
        if connector is not None and tool is not None and tool.audience is not None:
            found.append((row, connector.name))
    return found


def _filled(shop: Shop) -> list[dict[str, Any]]:
    """Lists that were filled once, the newest filling of each."""
    rows = Audit.objects.filter(shop=shop, action="connection.list_filled").order_by("-id")[: FILLED * 3]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        about: dict[str, Any] = row.details
        line = {"connection": row.target, "at": row.at, "list": str(about.get("list") or ""), **about}
        found.setdefault((row.target, line["list"]), line)
    return list(found.values())[:FILLED]
