"""What the shop's own pages tell: who waits, wishes, looked; and the script that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from sereno.runtime.interests import asking
from sereno.store.storefronts import Storefront
from sereno.web.people.addresses import client_address, place_of
from sereno.web.people.tries import Limit
from sereno.web.storefronts.asking import script, storefront, told
from sereno.web.wiring import wiring

FORMS = Limit("interest", 20, timedelta(hours=1))
"""Addresses given from one place without a proof of who it is."""
OF_ADDRESS = Limit("interest-address", 5, timedelta(hours=1))
"""Things one address may be put in line for without a proof, from wherever: each may be a mail that asks to confirm."""


@storefront
def interest(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """Kept, or `pending` until the address's owner said yes. A form whose hidden field is filled in was no person's,
    and is told the same as everybody."""
    values: dict[str, Any] = body if isinstance(body, dict) else {}
    who = str(values.get("customer") or "")
    person = who if shop.is_proven(who, str(values.get("proof") or "")) else ""
    if values.get("what") == "list":
        return told({"wishes": asking.wishes_of(shop.shop_id, person) if person else []})
    said = asking.said_of(values, person)
    if str(values.get("website") or "").strip():
        return told({"status": "kept"})
    place = place_of(client_address(request))
    if not person and not (FORMS.take(f"{shop.shop_id}|{place}") and OF_ADDRESS.take(f"{shop.shop_id}|{said.email}")):
        response = told({"error": "too.often"}, 429)
        response["Retry-After"] = "3600"
        return response
    return told({"status": asking.say(shop.shop_id, said, base_url=wiring().base_url)})


snippet = script("wishes.js")
