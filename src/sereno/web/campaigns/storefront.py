"""What the shop's own pages are given to show: for everybody by GET, so that browsers and caches keep it, and for
somebody who is known by POST."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from sereno.runtime.content import showing
from sereno.store.storefronts import Storefront, find
from sereno.web.shell import LANGUAGES
from sereno.web.storefronts.asking import script, storefront, told

FRESH_SECONDS, STALE_SECONDS = 30, 86_400
_LOCALES = frozenset(code for code, _name in LANGUAGES)


@require_GET
def everybody(request: HttpRequest, key: str, locale: str) -> HttpResponse:
    """The same to whoever asks: nothing in it is secret, so it needs no origin. A cache may answer for us for a day
    while we are away."""
    shop = find(key)
    if shop is None or locale not in _LOCALES:
        raise Http404
    body, tag = showing.for_everybody(shop.shop_id, locale)
    is_known = tag in request.headers.get("If-None-Match", "")
    response = HttpResponse(status=304) if is_known else HttpResponse(body, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = (
        f"public, max-age={FRESH_SECONDS}, stale-while-revalidate={STALE_SECONDS}, stale-if-error={STALE_SECONDS}"
    )
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@storefront
def theirs(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """What a customer sees besides; nothing for one who is not proven."""
    values: dict[str, Any] = body if isinstance(body, dict) else {}
    who, locale = str(values.get("customer") or ""), str(values.get("language") or "")[:2]
    if not shop.is_proven(who, str(values.get("proof") or "")):
        return told({"campaigns": []})
    return told(showing.for_customer(shop.shop_id, who, locale))


snippet = script("site-content.js")
