"""Keys that stand in the storefront's pages, with what to paste there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sereno.store import storefronts
from sereno.store.models import StorefrontKey
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_http_methods(["GET", "POST"])
@staff("settings")
def keys(request: StaffRequest) -> HttpResponse:
    """The list; a new key's secret is shown once, on the page that answers the form."""
    secret, error = "", ""
    name, origins = request.POST.get("name", "").strip()[:100], request.POST.get("origins", "")[:4000]
    if request.method == "POST":
        try:
            if not name:
                raise ValueError(_("Give the key a name, so that you know later what uses it."))
            _key, secret = storefronts.issue(request.shop.pk, name, origins.split(), request.user.username)
            name = origins = ""
        except ValueError as refusal:
            error = str(refusal)
    rows = list(StorefrontKey.objects.filter(shop=request.shop).order_by("-id")[:50])
    live = next((one for one in rows if one.revoked_at is None), None)
    context = {
        "section": "decisions",
        "rows": rows,
        "secret": secret,
        "error": error,
        "name": name,
        "origins": origins,
        "home": f"{wiring().base_url}/storefront/{live.token}/" if live else "",
    }
    return render(request, "decisions/keys.html", context, status=422 if error else 200)


@require_POST
@staff("settings")
def revoke(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(StorefrontKey, shop=request.shop, pk=id, revoked_at=None)
    storefronts.revoke(row, request.user.username)
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": row.name})
    return redirect("storefront-keys")
