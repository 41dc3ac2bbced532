"""What Magento's REST bodies mean. Magento Open Source sends no webhooks: its records are polled by `updated_at`.

A record seen again in the same version is the same fact, so polls may overlap.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sereno.commerce.identity import stock_key
from sereno.connectors.building import Found, add_once, add_order, body_hash
from sereno.connectors.magento import catalog, orders
from sereno.connectors.reading import Reader, value_of
from sereno.sdk.connector import Delivery, Mapped, Unmappable

Handler = Callable[[Found, Reader], None]


def map_delivery(delivery: Delivery) -> Mapped:
    """Pure. Raises Unmappable."""
    body = value_of(delivery)
    notes: list[str] = []
    root = Reader(body, notes)
    if isinstance(body, list):
        items = Reader({"items": body}, notes).children("items")
    elif root.has("search_criteria") or (root.has("total_count") and not root.has("entity_id")):
        items = root.children("items")
    elif isinstance(body, dict):
        items = [root]
    else:
        raise Unmappable(f"The body is not a JSON object but a {type(body).__name__}.")
    found = Found(delivery, "", notes)
    found.skip("list.empty" if not items else "nothing.found")
    kind = topic_name(delivery.topic)
    for reader in items:
        handler = TOPICS.get(kind) or TOPICS.get(guess(reader))
        if handler is None:
            found.skip("topic.not_used" if kind else "topic.missing")
            continue
        found.key = version_of(reader) or f"at:{delivery.received_at.isoformat()}"
        handler(found, reader)
    return found.mapped()


def topic_name(topic: str) -> str:
    """`orders`, also of a file named `order.new.json` or an address `/rest/V1/orders`."""
    name = topic.strip().lower().rstrip("/").rpartition("/")[2]
    word = re.split(r"[._?]", name)[0]
    return word if word in TOPICS else f"{word}s" if f"{word}s" in TOPICS else ""


def guess(reader: Reader) -> str:
    """What a body is, by fields only that record has."""
    for names, kind in (
        (("increment_id", "grand_total", "items", "quote_id"), "orders"),
        (("sku", "type_id"), "products"),
        (("email", "website_id", "store_id"), "customers"),
        (("tracks", "order_id"), "shipments"),
        (("adjustment", "order_id"), "creditmemos"),
    ):
        if all(reader.has(name) for name in names):
            return kind
    return ""


def version_of(reader: Reader) -> str | None:
    """A record's id and time of change, which name its version."""
    own = reader.id("entity_id", "id", "sku")
    changed = reader.text("updated_at", "created_at")
    return f"{own}:{changed}" if own and changed else None


def _order(found: Found, reader: Reader) -> None:
    own = reader.id("entity_id")
    if own is None:
        raise Unmappable("An order without an entity_id.")
    order = orders.order(reader)
    # A poll does not say whether the order is new: that it was made is told once, its changes by version.
    add_order(found, order, "order.created")
    if order.get("updated_at") != order.get("placed_at"):
        name = f"order:{own}:updated:{order.get('updated_at')}"
        found.add("order.updated", f"order:{own}", order, id=name, at=order.get("updated_at"))


def _customer(found: Found, reader: Reader) -> None:
    own = reader.id("id")
    if own is None:
        raise Unmappable("A customer without an id.")
    customer = orders.customer(reader)
    at, changed = customer.get("created_at"), customer.get("updated_at")
    found.add("customer.created", f"customer:{own}", customer, id=f"customer:{own}:created", at=at)
    if changed != at:
        found.add("customer.updated", f"customer:{own}", customer, id=f"customer:{own}:updated:{changed}", at=changed)


def _product(found: Found, reader: Reader) -> None:
    product = catalog.product(reader, found.delivery.received_at.date())
    own = product.get("id")
    if own is None:
        raise Unmappable("A product without an id or SKU.")
    at, changed = product.get("created_at"), product.get("updated_at")
    found.add("product.created", f"product:{own}", product, id=f"product:{own}:created", at=at)
    if changed != at:
        found.add("product.updated", f"product:{own}", product, id=f"product:{own}:updated:{changed}", at=changed)
    level = catalog.stock_level(reader)
    if level:
        name = f"stock:{own}:{level['available']}:{changed or found.key}"
        found.add("stock.changed", f"variant:{own}", level, id=name, at=changed)


def _shipment(found: Found, reader: Reader) -> None:
    parcel = orders.shipment(reader)
    add_once(found, "shipment", "shipped", parcel, at=parcel.get("shipped_at"))


def _credit_memo(found: Found, reader: Reader) -> None:
    refund = orders.credit_memo(reader)
    add_once(found, "refund", "created", refund, at=refund.get("created_at"))


def _source_item(found: Found, reader: Reader) -> None:
    """Magento does not say when a figure changed, so it is named by its delivery: whoever reads it compares it with
    what is known."""
    level = catalog.source_item(reader)
    if level is None:
        raise Unmappable("A source item without a SKU or a quantity.")
    found.key = body_hash(found.delivery.body)
    found.add("stock.changed", f"variant:{stock_key(level)}", level)


TOPICS: dict[str, Handler] = {
    "orders": _order,
    "customers": _customer,
    "products": _product,
    "shipments": _shipment,
    "creditmemos": _credit_memo,
    "sourceitems": _source_item,
}
