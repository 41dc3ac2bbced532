"""What a record means that was read back: all the facts it shows, each named as its webhook would have named it.

Invariant: what was told already is told under the same name, so that it is no second event. That a record changed has
no name in webhooks: who reads names it by the record's version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sereno.connectors.building import Found, add_order
from sereno.connectors.reading import Reader
from sereno.connectors.shopify import catalog, orders, people
from sereno.sdk.connector import Unmappable

Entry = Callable[[Found, Reader], None]


def order(**parts: Entry) -> Entry:
    """`parts`: who tells the facts of the order's lists."""

    def handle(found: Found, reader: Reader) -> None:
        data = orders.order(reader)
        _need(data, "An order")
        add_order(found, data, "order.created")
        _changed(found, "order", data, data.get("placed_at"))
        for name, entry in parts.items():
            for part in reader.children(name):
                entry(found, part)

    return handle


def customer(found: Found, reader: Reader) -> None:
    data = people.customer(reader)
    _need(data, "A customer")
    _made(found, "customer", data)
    _changed(found, "customer", data, data.get("created_at"))


def product(found: Found, reader: Reader) -> None:
    data = catalog.product(reader)
    _need(data, "A product")
    _made(found, "product", data)
    _changed(found, "product", data, data.get("created_at"))
    if data.get("published_at") and data.get("status") == "active":
        name = f"product:{data['id']}:published:{data['published_at']}"
        found.add("product.published", f"product:{data['id']}", data, id=name, at=data["published_at"])


def _need(data: Mapping[str, Any], what: str) -> None:
    if not data.get("id"):
        raise Unmappable(f"{what} without an id.")


def _made(found: Found, kind: str, data: Mapping[str, Any]) -> None:
    name = f"{kind}:{data['id']}"
    found.add(f"{kind}.created", name, data, id=f"{name}:created", at=data.get("created_at"))


def _changed(found: Found, kind: str, data: Mapping[str, Any], made_at: object) -> None:
    at = data.get("updated_at")
    if at and at != made_at:
        name = f"{kind}:{data['id']}"
        found.add(f"{kind}.updated", name, data, at=at)
