"""What Salesforce's records mean: orders, customers and products of SCAPI, inventory records of OCAPI.

A record seen again in the same version is the same fact, so readings may overlap. A body that only names a record (a
cartridge's notice) makes a thin event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sereno.commerce.identity import stock_key
from sereno.connectors.building import Found, add_order
from sereno.connectors.reading import Reader, compact, parse
from sereno.connectors.salesforce import people, records
from sereno.sdk.connector import Delivery, Mapped, Unmappable

Handler = Callable[[Found, Reader, str], None]


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable. A body may be one record or a list of them, as `data` or
    `hits`."""
    body = parse(delivery.body)
    notes: list[str] = []
    if isinstance(body, list):
        items = Reader({"items": body}, notes).children("items")
    elif isinstance(body, dict):
        root = Reader(body, notes)
        is_list = root.has("data") or root.has("hits")
        items = root.children("data", "hits") if is_list else [root]
    else:
        raise Unmappable(f"The body is not a JSON object but a {type(body).__name__}.")
    found = Found(delivery, key, notes)
    found.skip("list.empty" if not items else "nothing.found")
    name, _, state = delivery.topic.strip().lower().strip("/").partition("/")
    for one in items:
        # A customer found by a search is inside the hit.
        reader = one.child("data") if one.has("relevance") else one
        handler = TOPICS.get(name) or TOPICS.get(guess(reader))
        if handler is None:
            found.skip("topic.not_used" if name else "topic.missing")
            continue
        handler(found, reader, state)
    return found.mapped()


def guess(reader: Reader) -> str:
    """What a body is, by fields only that record has."""
    for names, kind in (
        (("orderNo",), "orders"),
        (("customerNo",), "customers"),
        (("product_id", "inventory_list_id"), "inventory"),
        (("id", "type"), "products"),
    ):
        if all(reader.has(name) for name in names):
            return kind
    return ""


def version_of(reader: Reader) -> str | None:
    """A record's id and time of change, which name its version."""
    own, changed = reader.id("orderNo", "customerNo", "id"), reader.text("lastModified")
    return f"{own}:{changed}" if own and changed else None


def _need(reader: Reader, name: str, what: str) -> str:
    own = reader.id(name)
    if own is None:
        raise Unmappable(f"{what} without {name}.")
    return own


def _changed(found: Found, kind: str, data: Mapping[str, Any], made: object) -> None:
    """That it was made, told once; that it changed, by its version."""
    own, changed = data["id"], data.get("updated_at")
    found.add(f"{kind}.created", f"{kind}:{own}", data, id=f"{kind}:{own}:created", at=made)
    if changed != made:
        name = f"{kind}:{own}:updated:{changed or found.key}"
        found.add(f"{kind}.updated", f"{kind}:{own}", data, id=name, at=changed)


def _thin(found: Found, kind: str, reader: Reader, name: str, state: str) -> bool:
    """Whether the body only names the record; then that is told."""
    if set(reader.data) - {name, "lastModified", "siteId"}:
        return False
    own = _need(reader, name, kind)
    is_new = state == "created"
    data = compact({"id": own, "is_thin": True, "updated_at": reader.instant("lastModified")})
    named = f"{kind}:{own}:created" if is_new else None
    found.add(f"{kind}.{'created' if is_new else 'updated'}", f"{kind}:{own}", data, id=named)
    return True


def _order(found: Found, reader: Reader, state: str) -> None:
    own = _need(reader, "orderNo", "An order")
    if _thin(found, "order", reader, "orderNo", state):
        return
    order = records.order(reader)
    if reader.text("status") in ("created", "failed"):
        # Not placed: the basket became an order whose payment is still to come, or did not.
        add_order(found, order, None)
        found.skip("order.not_placed")
        return
    add_order(found, order, "order.created")
    if order.get("updated_at") != order.get("placed_at"):
        name = f"order:{own}:updated:{order.get('updated_at')}"
        found.add("order.updated", f"order:{own}", order, id=name, at=order.get("updated_at"))


def _customer(found: Found, reader: Reader, state: str) -> None:
    _need(reader, "customerNo", "A customer")
    if not _thin(found, "customer", reader, "customerNo", state):
        customer = people.customer(reader)
        _changed(found, "customer", customer, customer.get("created_at"))


def _product(found: Found, reader: Reader, state: str) -> None:
    _need(reader, "id", "A product")
    if not _thin(found, "product", reader, "id", state):
        product = records.product(reader)
        _changed(found, "product", product, product.get("created_at"))


def _stock(found: Found, reader: Reader, state: str) -> None:
    """An order does not count as a change of the record there, so a figure is named by its delivery: whoever reads it
    compares it with what is known."""
    level = records.stock_level(reader)
    if level is None:
        raise Unmappable("An inventory record without a product_id.")
    found.add("stock.changed", f"variant:{stock_key(level)}", level)


TOPICS: dict[str, Handler] = {
    "orders": _order,
    "customers": _customer,
    "products": _product,
    "inventory": _stock,
}
