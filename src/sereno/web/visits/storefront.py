"""A page that a known customer looks at, told by the shop's own pages; and the script that does it."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from sereno.runtime.visits.rules import is_machine, seen_of
from sereno.runtime.visits.taking import take
from sereno.store.storefronts import Storefront
from sereno.web.storefronts.asking import script, storefront, told


@storefront
def visit(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """`started`, `kept`, or `ignored` for a program. Without the shop's signature of who it is nothing is kept."""
    values = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    who = str(values.get("customer") or "")
    if not shop.is_proven(who, str(values.get("proof") or "")):
        raise ValueError("who this is must be proven")
    if is_machine(request.headers.get("User-Agent", "")[:500]):
        return told({"status": "ignored"})
    own_host = urlsplit(request.headers.get("Origin", "")).hostname or ""
    return told({"status": take(shop.shop_id, seen_of(values, who, request.headers, own_host))})


snippet = script("visits.js")
