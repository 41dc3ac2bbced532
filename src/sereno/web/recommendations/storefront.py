"""The addresses a shop's pages ask: what to recommend, what was looked at and clicked, and the script that does it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sereno.modules.recommendations import services, showing
from sereno.store.database import default_database
from sereno.store.fields import storable
from sereno.store.storefronts import Storefront
from sereno.web.storefronts.asking import script, storefront, told


@storefront
def recommend(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """What to show. Whose past counts is believed only when the shop's server signed it (`customer`, `proof`)."""
    values = _mapping(body)
    who = str(values.get("customer") or "")
    person = who if shop.is_proven(who, str(values.get("proof") or "")) else None
    asked = services.asked_of(values, person)
    found = services.show(default_database(), shop.shop_id, asked, _visit(values))
    return told({"items": services.told(services.named(found)), "place": asked.place or asked.way})


@storefront
def seen(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """A visit looked at a product, clicked on what was recommended, or placed an order."""
    values = _mapping(body)
    visit, database = _visit(values), default_database()
    if not visit:
        raise ValueError("`visit` is missing")
    if values.get("clicked"):
        services.clicked(database, shop.shop_id, storable(str(values["clicked"]))[:12], visit)
    if values.get("order"):
        showing.bought(database, shop.shop_id, visit, storable(str(values["order"]))[:400])
    asked = services.asked_of({"items": values.get("items")})
    if asked.items:
        services.looked_at(database, shop.shop_id, visit, asked.items)
    return told({})


snippet = script("recommend.js")


def _mapping(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("an object is expected")
    return body


def _visit(values: dict[str, Any]) -> str:
    found = values.get("visit")
    return found[:100] if isinstance(found, str) else ""
