"""The shop's own page, going from one shop to another, and making one more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sereno.runtime import services
from sereno.store.models import Membership, Shop
from sereno.store.trail import note
from sereno.web.access import StaffRequest, staff
from sereno.web.people import places, sessions
from sereno.web.shell import render


@require_POST
@staff()
def switch(request: StaffRequest) -> HttpResponse:
    """To another shop of the same person; an unknown one is no different from somebody else's."""
    found = next((one.shop for one in request.memberships if one.shop.slug == request.POST.get("shop")), None)
    if found is None:
        messages.error(request, _("You do not belong to that shop."))
    else:
        request.session["shop"] = found.pk
    return redirect("home")


@require_http_methods(["GET", "POST"])
@staff("settings")
def settings(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    values = {name: str(getattr(shop, name)) for name in places.BASICS}
    values |= {one.key: str(shop.settings.get(one.key, "")) for one in places.SETTINGS}
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {name: " ".join(request.POST.get(name, "").split()) for name in values}
        kept, errors = places.read_settings(values)
        errors |= places.basics_errors(values)
        if not errors:
            _keep(shop, values, kept, request.user.username)
            messages.success(request, _("The shop's settings are kept. What runs from now on goes by them."))
            return redirect("shop-settings")
    context = {
        "section": "shop-settings",
        "values": values,
        "errors": errors,
        "zones": places.zones(),
        "groups": (
            (_("Mails to customers"), places.SENDER),
            (_("When something counts"), places.THRESHOLDS),
            (_("Measuring"), places.MEASURING),
            (_("Alerts to the staff"), places.ALERTS),
        ),
    }
    return render(request, "people/shop.html", context, status=422 if errors else 200)


def _keep(shop: Shop, values: dict[str, str], kept: dict[str, Any], by: str) -> None:
    """Settings the page does not know stay as they are."""
    with transaction.atomic():
        row = Shop.objects.select_for_update().get(pk=shop.pk)
        before = {name: getattr(row, name) for name in places.BASICS} | row.settings
        row.name, row.currency = values["name"][:200], values["currency"].upper()
        row.timezone, row.locale = values["timezone"], values["locale"]
        known = {one.key for one in places.SETTINGS}
        row.settings = {key: value for key, value in row.settings.items() if key not in known} | kept
        row.save(update_fields=[*places.BASICS, "settings"])
        after = {name: getattr(row, name) for name in places.BASICS} | row.settings
        if before == after:
            return
        hidden = {key: _("(changed)") for key in places.SECRET if before.get(key) != after.get(key)}
        shown_before = {key: value for key, value in before.items() if key not in places.SECRET}
        shown_after = {key: value for key, value in after.items() if key not in places.SECRET} | hidden
        gone = dict.fromkeys(shown_before.keys() - shown_after.keys(), "")
        note(shop.pk, by, "shop.changed", row.slug, before=shown_before, after=shown_after | gone)


@require_http_methods(["GET", "POST"])
@staff("settings")
def add(request: StaffRequest) -> HttpResponse:
    """One more shop, by an owner, who owns it."""
    if request.role != "owner":
        raise PermissionDenied
    shop = request.shop
    values = {"name": "", "currency": shop.currency, "timezone": shop.timezone, "locale": shop.locale}
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {name: " ".join(request.POST.get(name, "").split()) for name in values}
        errors = places.basics_errors(values)
        if not errors:
            request.session["shop"] = make_shop(values, request.user)
            sessions.rotate(request)
            messages.success(request, _("%(shop)s is there, and you are its owner.") % {"shop": values["name"]})
            return redirect("welcome")
    context = {"section": "shop-add", "values": values, "errors": errors, "zones": places.zones()}
    return render(request, "people/shop-add.html", context, status=422 if errors else 200)


def make_shop(values: dict[str, str], owner: Any) -> int:
    """A shop with its first owner; gives its id."""
    shop_id = services.create_shop(
        slug=places.free_slug(values["name"]),
        name=values["name"][:200],
        currency=values["currency"].upper(),
        timezone=values["timezone"],
        locale=values["locale"],
    )
    with transaction.atomic():
        Membership.objects.create(user=owner, shop_id=shop_id, role="owner")
        note(shop_id, owner.username, "person.joined", owner.username, after={"role": "owner"})
    return shop_id
