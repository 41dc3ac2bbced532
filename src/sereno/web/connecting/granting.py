"""A key handed over by the platform itself: the way there, the way back, and the inbox for platforms that send it."""

from __future__ import annotations

import json
import time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.http.shops import shop_http
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.stores import granting
from sereno.store.models import Connection
from sereno.web.access import StaffRequest, staff
from sereno.web.connecting import one, permission, words
from sereno.web.shell import forget_attention, render

SESSION = "grants"
"""Where the session keeps, by connection, what was begun: nonce, address, when."""
SHOWN_FOR = 900
LARGEST = 16_384


@require_http_methods(["GET", "POST"])
@staff("settings")
def begin(request: StaffRequest, name: str) -> HttpResponse:
    """The page with the way to the platform. A link and no redirect, for a form may lead to our own pages only."""
    row = one.row_of(request, name)
    if request.method == "POST":
        return _begun(request, row)
    held = _held(request, name)
    if held is None:
        return redirect("connection", name)
    grant = granting.grant_of(name, request.shop.pk)
    context = {
        "section": "connections",
        "row": row,
        "title": row.settings.get("title") or row.name,
        "platform": words.platform(row.kind),
        "address": held["address"],
        "comes_back": grant is not None and grant.comes_by == "redirect",
    }
    return render(request, "connecting/grant.html", context)


def _begun(request: StaffRequest, row: Connection) -> HttpResponse:
    back, inbox = permission.addresses(row.name)
    values = {key.removeprefix("grant-"): value for key, value in request.POST.items() if key.startswith("grant-")}
    try:
        begun = granting.begin(
            row.name,
            {key: str(value) for key, value in values.items()},
            by=request.user.username,
            shop_id=request.shop.pk,
            back=back,
            inbox=inbox,
        )
    except ConnectionRefused as refusal:
        messages.error(request, words.refusal_of_access(refusal.code, str(refusal)))
        return redirect("connection", row.name)
    held: dict[str, Any] = request.session.get(SESSION) or {}
    held[row.name] = {"nonce": begun.nonce, "address": begun.address, "at": time.time()}
    request.session[SESSION] = held
    return redirect("connection-grant", row.name)


@require_GET
@staff("settings")
def back(request: StaffRequest, name: str) -> HttpResponse:
    """The browser comes back, with the key or after the platform has sent it."""
    row = one.row_of(request, name)
    grant, held = granting.grant_of(name, request.shop.pk), _held(request, name)
    came = {key: str(value) for key, value in request.GET.items()}
    if grant is not None and grant.comes_by == "post":
        _forget(request, name)
        if row.access and came.get("success") == "1":
            messages.success(request, _("The key is here."))
        else:
            messages.warning(request, _("No key has come. Say yes over there, or paste one."))
    elif held is None:
        messages.error(request, words.refusal_of_access("access.state", ""))
    else:
        _forget(request, name)
        places = permission.addresses(name)
        try:
            granting.finish(
                name,
                came,
                http=shop_http(request.shop.settings),
                nonce=held["nonce"],
                back=places[0],
                inbox=places[1],
            )
            messages.success(request, _("The key is here, and the store takes it."))
        except ConnectionRefused as refusal:
            messages.error(request, words.refusal_of_access(refusal.code, str(refusal)))
    forget_attention(request.shop)
    return redirect("connection", name)


@csrf_exempt
@require_POST
def received(request: HttpRequest, name: str) -> HttpResponse:
    """A platform sends a key that somebody here has just asked for. Whatever is wrong is answered alike."""
    row = Connection.objects.select_related("shop").filter(name=name).first()
    came = _read(request)
    if row is None or came is None:
        raise Http404
    places = permission.addresses(name)
    try:
        granting.finish(name, came, http=shop_http(row.shop.settings), nonce=None, back=places[0], inbox=places[1])
    except (ConnectionRefused, LookupError):
        raise Http404 from None
    return HttpResponse(status=200)


def _read(request: HttpRequest) -> dict[str, str] | None:
    if len(request.body) > LARGEST:
        return None
    try:
        found = json.loads(request.body)
    except ValueError:
        return None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else None


def _held(request: StaffRequest, name: str) -> dict[str, Any] | None:
    held = (request.session.get(SESSION) or {}).get(name)
    return held if held is not None and time.time() - held["at"] < SHOWN_FOR else None


def _forget(request: StaffRequest, name: str) -> None:
    held: dict[str, Any] = request.session.get(SESSION) or {}
    held.pop(name, None)
    request.session[SESSION] = held
