"""What the shipped mails are about, by the first word of their names: enough of it that none is skipped for want of its
matter, and that no value it names is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from messages.mailing import CART, CUSTOMER, LINES, ORDER, make_context
from sereno.engine.templates import readings
from sereno.modules.messages import templates
from sereno.modules.messages.variables import value_at
from sereno.modules.messages.writing import variables_of
from sereno.sdk.context import Context
from sereno.sdk.ports import Recommendations

PAGE = "https://nandu.example/p/9"
GIFT = {
    "is_issued": True,
    "code": "ANA-7KQ",
    "percent": 15,
    "issued_at": "2026-11-22T08:00:00Z",
    "expires_at": "2026-12-13T08:00:00Z",
}
VARS: dict[str, Any] = {
    "gift": GIFT,
    "offer": {"amount": "50.00", "discount": "2.75", "saves": True, "until": "2026-11-24T09:00:00Z", "url": PAGE},
    "left": {"due": "12.00", "pay_url": PAGE},
    "page": {"url": PAGE},
}
STANDING = {"points": 1250, "tier": "Plata", "points_to_next": 300}
ABOUT_A_PRODUCT = {
    "browse": "interest.browsed",
    "new": "interest.arrived",
    "price": "interest.price_dropped",
    "replenish": "interest.running_out",
    "restock": "interest.restocked",
    "waiting": "waiting.requested",
    "wish": "interest.running_low",
}

OF_SOME_CODES = frozenset({"offer.amount", "offer.currency", "offer.gift", "offer.minimum"})
"""What a code has that is not in percent; a mail asks of each whether it is there."""
TYPED = frozenset({"name", "order_number", "lines", "shelves", "reviews", "event"})
"""Where words of others stand."""


class Past:
    """What would be recommended: a thing of this title, whatever the way."""

    def __init__(self, title: str, url: str) -> None:
        self.given = [{"id": "r1", "title": title, "price": "25.00", "currency": "EUR", "url": url}]

    def products(self, way: str, items: Sequence[str], person: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        return self.given[:limit]


def full_context(
    mailer: Any, name: str, *, locale: str = "es", said: str | None = None, url: str = PAGE, key: str = "run1/0"
) -> Context:
    """An effect in which this mail has everything it needs. `said` stands wherever a shop's platform, a customer or the
    staff could type it, and `url` wherever they could give an address."""
    title = said or "Jarra de barro"
    picture = "data:text/html,x" if said else url
    typed = {"title": said, "variant_title": said, "url": url, "image_url": picture}
    lines = [{**LINES[0], **typed}] if said else LINES
    parcel = {"carrier": said or "SEUR", "tracking_number": said or "PX48", "tracking_url": url}
    product = {"id": "p9", "title": title, "price": "25.00", "available": 3, "url": url, "image_url": picture}
    review = {
        "text": said or "Ha sobrevivido a dos mudanzas.",
        "author": said or "Eva",
        "rating": 5,
        "product_id": "p1",
    }
    context = make_context(
        mailer,
        key=key,
        records={
            "customer": {
                **CUSTOMER,
                "first_name": said or "Ana",
                "locale": locale,
                "last_order_at": "2026-05-02T09:00:00Z",
                "opinion": {"satisfaction": 2},
            },
            "order": {
                **ORDER,
                "number": said or "#1001",
                "lines": lines,
                "status_url": url,
                "fulfillments": [{**parcel, "estimated_delivery_at": "2026-11-24T09:00:00Z"}],
                "refunds": [{"amount": "18.00"}],
            },
            "cart": {**CART, "lines": lines, "recovery_url": url},
            "product": product,
        },
        settings={"reviews": [review]},
        variants={"p9": {**product, "is_tracked": True}},
        event=_event(name.partition("-")[0], title, url, said),
    )
    found = {**VARS, "page": {"url": url}, "left": {**VARS["left"], "pay_url": url}}
    found["offer"] = {**VARS["offer"], "url": url}

    def port(kind: type[Any]) -> Any:
        return Past(title, url) if kind is Recommendations else context.find_port(kind)

    return replace(context, vars=found, find_port=port)


def _event(kind: str, title: str, url: str, said: str | None) -> Mapping[str, Any]:
    if kind in ABOUT_A_PRODUCT:
        data = {"product_id": "p9", "kind": "wish", "title": title, "percent": 20, "confirm_url": url}
        several = {"items": ["p9"]} if kind == "new" else {}
        return {"type": ABOUT_A_PRODUCT[kind], "data": {**data, **several}}
    if kind == "tier":
        standing = {**STANDING, "next_tier": said or "Oro"}
        return {"type": "tier.reached", "data": {"id": "7", "tier": said or "Plata", "loyalty": standing}}
    if kind == "points":
        data = {"id": "7", "points": 1250, "expires_at": "2026-12-22T09:00:00Z", "loyalty": STANDING}
        return {"type": "points.expiring", "data": data}
    return {"type": "order.created", "data": {}}


def unfilled(name: str, locale: str, context: Context) -> set[str]:
    """What the mail names of its records, its event and its run, and nothing gives."""
    template = templates.find(name, locale)
    assert template is not None
    found = variables_of(template.about, template.shelves, context, locale, {})
    roots = {"event", "vars", "product", "order", "cart", "customer", "offer", "shipment", "refund"}
    paths = [path for path in named(name, locale) if path[0] in roots]
    empty = {".".join(map(str, path)) for path in paths if value_at(found, path) in (None, "")}
    return empty - OF_SOME_CODES


def named(name: str, locale: str, *parts: str) -> set[tuple[str | int, ...]]:
    """Every value that these parts of a mail name, or all of it."""
    template = templates.find(name, locale)
    assert template is not None
    texts = [getattr(template, part) for part in parts or ("subject", "html", "text")]
    return {tuple(one.path) for text in texts for one in readings(text)}
