"""An invented order, cart and customer, to look at a message with while a shop has none of its own; and what a flow
would tell a message when it sends it, which no record of a shop says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


def sample_records(currency: str, now: datetime) -> dict[str, Mapping[str, Any] | None]:
    """Records as the runtime would read them."""
    customer = {"id": "1", "first_name": "Mara", "last_name": "Vidal", "email": "mara@example.com"}
    lines = [
        _line("Enamel mug", "Blue", "18.00", 2),
        _line("Linen apron", None, "32.00", 1),
    ]
    common = {"currency": currency, "lines": lines, "email": customer["email"], "customer": customer}
    address = {
        "first_name": "Mara",
        "last_name": "Vidal",
        "line1": "Calle Mayor 7",
        "postal_code": "28013",
        "city": "Madrid",
        "country": "ES",
    }
    order = {
        **common,
        "id": "1024",
        "number": "#1024",
        "total": "72.95",
        "subtotal": "68.00",
        "total_shipping": "4.95",
        "placed_at": now.isoformat(),
        "status_url": "https://example.com/orders/1024",
        "shipping_address": address,
        "total_refunded": "18.00",
        "fulfillments": [
            {
                "carrier": "Correos",
                "tracking_number": "PX4829301",
                "tracking_url": "https://example.com/parcels/PX4829301",
                "estimated_delivery_at": (now + timedelta(days=2)).isoformat(),
            }
        ],
        "refunds": [{"amount": "18.00", "currency": currency}],
    }
    cart = {**common, "id": "c-1", "total": "68.00", "item_count": 3, "recovery_url": "https://example.com/cart/c-1"}
    return {"customer": customer, "order": order, "cart": cart, "product": None}


def sample_event(product: str, title: str, now: datetime) -> dict[str, Any]:
    """What the event that starts a flow may say: of a product, points, a tier, a survey."""
    return {
        "title": title or "Enamel mug",
        "variant_id": product or None,
        "percent": "15",
        "points": 120,
        "expires_at": (now + timedelta(days=14)).isoformat(),
        "tier": "Gold",
        "loyalty": {"points": 340, "points_to_next": 160, "next_tier": "Platinum"},
        "confirm_url": "https://example.com/confirm",
    }


def sample_results(currency: str, now: datetime, *, with_code: bool) -> dict[str, Any]:
    """What steps before a message may have found: a code of the reader's own, a page, what is left to pay."""
    until = (now + timedelta(days=7)).isoformat()
    page = {"url": "https://example.com/your-page"}
    code = {"is_issued": True, "code": "MARA-7K2Q", "percent": "10", "currency": currency}
    return {
        "page": page,
        "left": {"due": "6.00", "pay_url": "https://example.com/pay"},
        "offer": {**page, "saves": True, "discount": "3.00", "amount": "69.95", "until": until},
        **({"code": {**code, "issued_at": now.isoformat(), "expires_at": until}} if with_code else {}),
    }


def _line(title: str, variant: str | None, price: str, quantity: int) -> dict[str, Any]:
    total = f"{float(price) * quantity:.2f}"
    return {"title": title, "variant_title": variant, "price": price, "quantity": quantity, "total": total}
