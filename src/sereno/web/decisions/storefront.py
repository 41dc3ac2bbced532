"""The addresses a shop's checkout asks: the decision, and the script that asks for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sereno.runtime.decisions.asking import ask
from sereno.runtime.decisions.telling import facts_in, told_openly
from sereno.store.storefronts import Storefront
from sereno.web.storefronts.asking import script, storefront, told


@storefront
def decide(request: HttpRequest, shop: Storefront, body: Any) -> HttpResponse:
    """What this visitor's checkout offers. Who the customer is counts only when the shop's server signed it."""
    facts = facts_in(body, agent=request.headers.get("User-Agent", "")[:500], is_proven=shop.is_proven)
    return told(told_openly(ask(shop.shop_id, facts)))


snippet = script("storefront.js")
