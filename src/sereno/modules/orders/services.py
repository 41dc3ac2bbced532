"""Orders as the API and the command line tell them: one shape for both. Reading only; see `runtime.orders` for what is
done to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.commerce.payments import differences
from sereno.modules.orders.models import Order, OrderStanding, PickTicket
from sereno.modules.orders.reasons import label_of
from sereno.store.fields import instant_text

PLACES = ("warehouse", "team", "queue")


def told(shop_id: int, orders: Iterable[Order]) -> list[dict[str, Any]]:
    """A row of each, with where it stands; one query for all."""
    found = list(orders)
    held = OrderStanding.objects.filter(shop=shop_id, key__in=[one.key for one in found])
    standings = {one.key: one.data for one in held}
    return [_row(one, standings.get(one.key, {})) for one in found]


def told_whole(row: Order) -> dict[str, Any]:
    """One order with its record and its tickets."""
    (found,) = told(row.shop_id, [row])
    tickets = PickTicket.objects.filter(shop=row.shop_id, subject=f"order:{row.key}").order_by("id")[:50]
    codes = [one.code for one in differences(row.data)]
    return {**found, "data": row.data, "tickets": [one.data for one in tickets], "payment_differences": codes}


def held_orders(shop_id: int, limit: int) -> list[dict[str, Any]]:
    """Those that are held, the longest first."""
    keys = list(
        OrderStanding.objects.filter(shop=shop_id, is_held=True)
        .order_by("held_at", "id")
        .values_list("key", flat=True)[:limit]
    )
    rows = {one.key: one for one in Order.objects.filter(shop=shop_id, key__in=keys)}
    return told(shop_id, [rows[key] for key in keys if key in rows])


def _row(row: Order, standing: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [str(one) for one in standing.get("hold_reasons") or ()] if standing.get("is_held") else []
    return {
        "order": row.key,
        "number": row.number,
        "status": row.status,
        "payment_status": row.payment_status,
        "fulfillment_status": row.fulfillment_status,
        "total": row.total,
        "currency": row.currency,
        "email": row.email,
        "placed_at": instant_text(row.placed_at),
        "is_held": bool(standing.get("is_held")),
        "hold_reasons": reasons,
        "hold_reasons_said": [label_of(one) for one in reasons],
        "hold_note": standing.get("hold_note") if reasons else None,
        "held_at": standing.get("held_at") if reasons else None,
        "held_by": standing.get("held_by") if reasons else None,
        "is_verified": standing.get("is_verified"),
        **{name: standing.get(name) for name in PLACES},
    }
