"""Parcels of an order. Salesforce's interface tells how much of an order has left, and lets it be set, but neither
makes parcels nor writes tracking numbers: so they are kept in an attribute of the order, each with the mark of the
write it came by, and told of beside the shipments that have a number of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sereno.connectors.reading import Reader, compact
from sereno.connectors.salesforce.people import PARCELS

Kept = list[dict[str, Any]]


def kept(order: Mapping[str, Any] | Reader) -> Kept:
    """Those of our own; [] where there are none, or somebody wrote over them."""
    reader = order if isinstance(order, Reader) else Reader(order)
    try:
        found = json.loads(reader.text(PARCELS) or "[]")
    except (ValueError, RecursionError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType]


def written_down(parcels: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(parcels, separators=(",", ":"), ensure_ascii=False)


def fulfillments(order: Reader) -> list[dict[str, Any]]:
    own = order.id("orderNo")
    found = [
        compact(
            {
                "id": f"{own}:{item.text('shipmentNo', 'shipmentId')}",
                "order_id": own,
                "status": "success" if item.text("shippingStatus") == "shipped" else "pending",
                "tracking_number": item.text("trackingNumber"),
            }
        )
        for item in order.children("shipments")
        if item.text("trackingNumber") or item.text("shippingStatus") == "shipped"
    ]
    for item in map(Reader, kept(order)):
        lines = [compact({"id": line.id("id"), "quantity": line.number("quantity")}) for line in item.children("lines")]
        at = item.instant("at")
        parcel = {
            "id": f"{own}:{item.text('mark')}",
            "order_id": own,
            "status": "success",
            "carrier": item.text("carrier"),
            "tracking_number": item.text("number"),
            "tracking_url": item.text("url"),
            "lines": lines,
            "shipped_at": at,
            "created_at": at,
            "updated_at": at,
        }
        found.append(compact(parcel))
    return found
