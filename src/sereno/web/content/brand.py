"""The shop's brand, in one place: what all its messages look like, shipped ones and its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.modules.messages import branding, pictures
from sereno.modules.messages.compiling import contrast
from sereno.store.models import Audit, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.content import rendering, words
from sereno.web.content.media import take
from sereno.web.shell import render

FONTS = {
    "system": "System",
    "arial": "Arial",
    "verdana": "Verdana",
    "trebuchet": "Trebuchet",
    "georgia": "Georgia",
    "times": "Times",
}
PRICES = ("sms_price", "whatsapp_price")


@require_http_methods(["GET", "POST"])
@staff()
def brand(request: StaffRequest) -> HttpResponse:
    held = dict(request.shop.settings or {})
    values = {key: str(held.get(key) or "") for key in (*branding.KEYS, *PRICES)}
    errors: dict[str, str] = {}
    if request.method == "POST":
        if "flows" not in request.can:
            from django.core.exceptions import PermissionDenied

            raise PermissionDenied
        values = {key: request.POST.get(key, values[key]).strip()[:500] for key in values}
        errors = {key: words.refusal(ValueError(code)) for key, code in branding.problems(values).items()}
        errors |= {key: words.refusal(ValueError("price.invalid")) for key in PRICES if not _is_price(values[key])}
        if request.FILES.get("file"):
            try:
                values["brand_logo"] = take(request, request.shop)
                errors.pop("brand_logo", None)
            except pictures.PictureInvalid as refused:
                errors["brand_logo"] = words.refusal(refused)
        if not errors:
            _keep(request, values)
            messages.success(request, _("Kept. Every message looks like this from now on."))
            return redirect("message-brand")
    return render(request, "content/brand.html", _context(request, values, errors), status=422 if errors else 200)


def _context(request: StaffRequest, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    found = rendering.brand_of(request.shop)
    return {
        "section": "messages",
        "values": values,
        "errors": errors,
        "fonts": FONTS,
        "places": branding.PLACES,
        "brand": found,
        "on_white": contrast(found.colour, "#ffffff"),
    }


def _keep(request: StaffRequest, values: dict[str, str]) -> None:
    with transaction.atomic():
        shop = Shop.objects.select_for_update().get(pk=request.shop.pk)
        before = dict(shop.settings or {})
        changed = {key: value for key, value in values.items() if value != str(before.get(key) or "")}
        after = {**before, **values}
        shop.settings = {key: value for key, value in after.items() if value != ""}
        shop.save(update_fields=["settings"])
        if changed:
            Audit.objects.create(
                shop=shop,
                at=datetime.now(UTC),
                by=request.user.username[:200],
                action="brand.changed",
                target=shop.slug,
                details=changed,
            )


def _is_price(text: str) -> bool:
    if not text:
        return True
    try:
        found = Decimal(text)
    except InvalidOperation:
        return False
    return found.is_finite() and 0 <= found < 100
