"""The permission to write in the store of a connection: given, asked about, taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sereno.modules.http.shops import shop_http
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.stores import permitting
from sereno.web.access import StaffRequest, staff
from sereno.web.connecting import one, permission, words
from sereno.web.shell import forget_attention


@require_POST
@staff("settings")
def give(request: StaffRequest, name: str) -> HttpResponse:
    """Keep the key once the platform took it. What was typed stays in the form when it did not."""
    row = one.row_of(request, name)
    values = permission.read(row, request.POST.dict())
    is_asked = request.POST.get("unasked") != "yes"
    try:
        told = permitting.give_access(
            name,
            values,
            by=request.user.username,
            shop_id=request.shop.pk,
            http=shop_http(request.shop.settings),
            is_asked=is_asked,
        )
    except ConnectionRefused as refusal:
        part = permission.part_of(row, may_see=True, typed=values, refusal=refusal)
        return one.shown(request, row, part)
    finally:
        forget_attention(request.shop)
    if told.shop:
        messages.success(request, _("The key is right: it opens %(shop)s.") % {"shop": told.shop})
    else:
        messages.success(
            request, _("The key is kept.") if is_asked else _("The key is kept, without asking the store.")
        )
    return _back(name)


@require_POST
@staff("settings")
def check(request: StaffRequest, name: str) -> HttpResponse:
    one.row_of(request, name)
    http = shop_http(request.shop.settings)
    try:
        told = permitting.check_access(name, by=request.user.username, shop_id=request.shop.pk, http=http)
    except ConnectionRefused as refusal:
        messages.error(request, words.refusal_of_access(refusal.code, str(refusal)))
    else:
        if told.lacking:
            messages.warning(request, _("The store takes the key, but it may not do everything: see below."))
        else:
            messages.success(request, _("The store takes the key."))
    finally:
        forget_attention(request.shop)
    return _back(name)


@require_POST
@staff("settings")
def take(request: StaffRequest, name: str) -> HttpResponse:
    one.row_of(request, name)
    permitting.take_access(name, by=request.user.username, shop_id=request.shop.pk)
    forget_attention(request.shop)
    messages.success(
        request, _("The key is forgotten: nothing is written there any more. Take it back over there too.")
    )
    return _back(name)


def _back(name: str) -> HttpResponse:
    answer = redirect("connection", name)
    answer["Location"] += "#access"
    return answer
