"""What the editor shows beside a text message: how it looks, how long it is, what it costs."""

from __future__ import annotations

from typing import Any

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import texting
from sereno.store.models import MessageTemplate
from sereno.web import formats
from sereno.web.access import StaffRequest


def phone_context(request: StaffRequest, row: MessageTemplate, context: dict[str, Any]) -> dict[str, Any]:
    """The texts as written for the record at hand, with their length; for WhatsApp also as it is registered."""
    document, state, where = context["document"], context["state"], context["where"]
    shown: dict[str, str] = {}
    broken = ""
    for key, _part, _block in document.parts():
        text, _language = document.text(key, state.locale, request.shop.locale)
        try:
            from sereno.web.content.rendering import render_line

            shown[key] = render_line(text, where, state.locale, document.about) if text else ""
        except TemplateFailed as error:
            shown[key], broken = text, str(error)
    length = texting.measure(shown["text"])
    price = (request.shop.settings or {}).get("sms_price" if row.kind == "sms" else "whatsapp_price")
    cost = texting.cost(length, price) if row.kind == "sms" else texting.cost(texting.measure("x"), price)
    own = document.text("text", state.locale, request.shop.locale)[0]
    is_simple = bool(length.odd) and not texting.measure(texting.simpler(shown["text"])).odd
    registered, values = texting.placeholders(own)
    return {
        "shown": shown,
        "broken": broken,
        "length": length,
        "limits": {"alone": texting.ALONE[length.alphabet], "parts": texting.IN_PARTS[length.alphabet]},
        "cost": None if cost is None else formats.money(str(cost), request.shop.currency),
        "price": price,
        "simpler": texting.simpler(own) if is_simple else "",
        "registered": registered,
        "values": values,
        "body_limit": texting.WHATSAPP_BODY,
    }
