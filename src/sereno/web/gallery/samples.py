"""What a shipped flow would write, by the real renderer, about an invented customer and the shop's own products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.engine.templates import TemplateFailed, render
from sereno.modules.catalog.models import Variant
from sereno.modules.messages import present, templates
from sereno.sdk.context import Context, ShopFacts
from sereno.store.models import Shop
from sereno.web.wiring import wiring

_SURVEY = "https://example.com/survey"
_LINKS = {"unsubscribe": "#", "preferences": "#", "keep": "https://example.com/keep", "surveys": {"why-away": _SURVEY}}
LOOKED_AT = 100
"""Variants among which those with a title and a price are looked for."""
_INVENTED = (("Linen apron", "32.00"), ("Beeswax candle", "14.50"), ("Enamel mug", "18.00"))


@dataclass(frozen=True, slots=True)
class Written:
    """A message filled in. `html` is empty for a text alone."""

    name: str
    subject: str
    text: str
    html: str
    purpose: str


def mails(shop: Shop, names: Sequence[str], locale: str) -> list[Written]:
    """The mails in this language, as the sample customer would get them."""
    context = _context(shop, locale)
    return [found for name in names if (found := _mail(context, name, locale)) is not None]


def _mail(context: Context, name: str, locale: str) -> Written | None:
    template = templates.find(name, locale)
    if template is None:
        return None
    goods = {str(line["title"]): line for line in (context.records["order"] or {}).get("lines") or ()}
    shelves = {block: list(goods) for block in template.shelves}
    variables = present.variables(context, template.about, locale, goods, _LINKS, shelves)
    return Written(
        name=name,
        subject=" ".join(render(template.subject, variables).split()),
        text=render(template.text, variables),
        html=render(template.html, variables, "html"),
        purpose=template.purpose,
    )


def alerts(shop: Shop, document: Mapping[str, Any], locale: str) -> list[Written]:
    """The alerts for the staff that a flow's steps hold, filled in."""
    notices = list(_notices(document.get("steps")))
    if not notices:
        return []
    context = _context(shop, locale)
    order, customer = context.records["order"], context.records["customer"]
    variables: dict[str, Any] = {
        "store": {"name": shop.name, "locale": locale, "currency": shop.currency},
        "order": order,
        "customer": customer,
        "product": context.records["product"],
    }
    return [_alert(config, variables) for config in notices]


def _alert(config: Mapping[str, Any], variables: Mapping[str, Any]) -> Written:
    text = str(config.get("text") or "")
    try:
        said = " ".join(render(text, variables).split())
    except TemplateFailed:
        said = text
    return Written(name=str(config.get("channel") or ""), subject="", text=said, html="", purpose="staff")


def _notices(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _notices(item)]
    if not isinstance(value, dict):
        return []
    found: list[Mapping[str, Any]] = []
    for key, inner in value.items():
        found += [inner] if key == "alerts.notify" and isinstance(inner, dict) else _notices(inner)
    return found


def _context(shop: Shop, locale: str) -> Context:
    now = datetime.now(UTC)
    facts = ShopFacts(
        shop.pk, shop.name, shop.currency, shop.timezone, locale, wiring().base_url, _settings(shop.settings)
    )
    records = _records(shop, now)
    event = {"type": "order.created", "subject": "order:1024", "occurred_at": now.isoformat(), "data": {}}
    return Context(
        "sample", 1, "sample", "sample", "order:1024", facts, {}, records, event, {}, now, _no_port
    )  # fmt: skip


def _settings(own: Mapping[str, Any]) -> dict[str, Any]:
    """The shop's settings; an offer and a review are made up where the shop has none yet, so that their place shows."""
    return {"recovery_code": "HOLA10", "recovery_percent": "10", **{key: value for key, value in own.items() if value}}


def _records(shop: Shop, now: datetime) -> dict[str, Mapping[str, Any] | None]:
    lines = _lines(shop)
    total = sum(float(line["total"]) for line in lines)
    customer = {"id": "17", "first_name": "Mara", "last_name": "Vidal", "email": "mara@example.com"}
    whole = f"{total:.2f}"
    order = {
        "id": "1024", "number": "#1024", "status": "open", "currency": shop.currency, "total": whole,
        "subtotal": whole, "total_shipping": "0.00", "lines": lines, "email": customer["email"], "customer": customer,
        "placed_at": now.isoformat(), "total_refunded": lines[0]["total"], "status_url": None,
        "shipping_address": {
            "first_name": "Mara", "last_name": "Vidal", "line1": "Calle Mayor 7", "postal_code": "28013",
            "city": "Madrid", "country": "ES",
        },
        "fulfillments": [{
            "tracking_number": "TRK-204-118", "tracking_company": "Correos", "tracking_url": None,
            "estimated_delivery_at": (now + timedelta(days=2)).isoformat(),
        }],
        "refunds": [{"amount": lines[0]["total"], "currency": shop.currency}],
    }  # fmt: skip
    cart = {
        "id": "c-1024", "currency": shop.currency, "total": whole, "item_count": len(lines), "lines": lines,
        "email": customer["email"], "customer": customer,
    }  # fmt: skip
    product = {"title": lines[0]["title"], "sku": lines[0]["sku"], "available": 3, "variant_title": None}
    return {"customer": customer, "order": order, "cart": cart, "product": product}


def _lines(shop: Shop) -> list[dict[str, Any]]:
    """Two of the shop's own products with a price, else invented ones."""
    rows = Variant.objects.filter(shop=shop).order_by("key")[:LOOKED_AT]
    found = [(row.title, row.price, row.sku, row.data.get("image_url")) for row in rows if _is_shown(row)][:12]
    if not found:
        found = [(title, price, None, None) for title, price in _INVENTED]
    distinct = list({entry[0]: entry for entry in found}.values())[:2]
    return [
        {
            "title": title, "sku": sku, "price": price, "quantity": 1, "total": price, "image_url": image,
            "variant_id": None, "product_id": None,
        }
        for title, price, sku, image in distinct
    ]  # fmt: skip


def _is_shown(row: Variant) -> bool:
    try:
        return row.title is not None and float(row.price or 0) > 0
    except ValueError:
        return False


def _no_port(kind: type[Any]) -> Any:
    raise LookupError(f"a sample has no {kind.__name__}")
