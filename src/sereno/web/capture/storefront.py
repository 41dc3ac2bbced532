"""What a shop's own pages ask of its forms: which there are, the token of a view, and what somebody sent."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from sereno.modules.forms import services
from sereno.modules.forms.services import Kept
from sereno.runtime.forms import taking
from sereno.runtime.forms.taking import ViewInvalid
from sereno.sdk.languages import LOCALES
from sereno.store.models import Shop
from sereno.store.storefronts import Storefront, find
from sereno.web.capture.sending import Incomplete, TooOften, take
from sereno.web.storefronts.asking import script, storefront, told

KEPT_SECONDS = 60


@require_GET
def listing(request: HttpRequest, key: str) -> HttpResponse:
    """The open forms, without anything a visitor may not know. Browsers keep it for a minute; the script for as long as
    nobody answers."""
    shop = find(key)
    if shop is None:
        raise Http404
    text, tag = services.served(shop.shop_id, _locale(shop.shop_id))
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(text, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, stale-while-revalidate=86400"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@storefront
def form(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """`what` is `begin`: a view is counted and its token given; or `send`. A form whose hidden field is filled in was
    no person's, and is told the same as everybody."""
    values: dict[str, Any] = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    kept = services.find(shop.shop_id, str(values.get("form") or "")[:40])
    if kept is None or not kept.is_open:
        return told({"error": "form.closed"}, 410)
    if values.get("what") == "begin":
        return told({"token": taking.begin(shop.shop_id, kept.name, _variant(kept, values.get("variant")))})
    if values.get("what") != "send":
        raise ValueError("`what` is begin or send")
    if str(values.get("website") or "").strip():
        return told({"pending": False, "code": ""})
    locale = str(values.get("locale") or "")[:2]
    given = {str(id): _texts(said) for id, said in _mapping(values.get("values")).items()}
    try:
        view = taking.read_view(shop.shop_id, kept.name, str(values.get("token") or ""))
        taken, code = take(
            request,
            kept,
            shop.shop_id,
            _locale(shop.shop_id),
            view,
            given,
            page=str(values.get("page") or "")[:300],
            locale=locale if locale in LOCALES else "",
        )
    except ViewInvalid as invalid:
        return told({"error": invalid.code}, 409)
    except Incomplete as incomplete:
        return told({"error": "form.incomplete", "fields": incomplete.wrong}, 422)
    except TooOften:
        response = told({"error": "too.often"}, 429)
        response["Retry-After"] = "3600"
        return response
    return told({"pending": taken.pending, "code": code})


def _variant(kept: Kept, said: object) -> str:
    return "" if kept.form.other is None else "b" if said == "b" else "a"


def _locale(shop_id: int) -> str:
    return Shop.objects.filter(pk=shop_id).values_list("locale", flat=True).first() or "en"


def _mapping(value: Any) -> dict[Any, Any]:
    return cast("dict[Any, Any]", value) if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    held = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(one)[:4000] for one in held[:20] if isinstance(one, str | int)]


snippet = script("capture.js")
