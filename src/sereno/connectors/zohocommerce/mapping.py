"""What Zoho Commerce's records mean, as its webhooks bring them and as they are read.

A webhook brings the whole record as it is then, so what happened is told by its state and not by the event's name. The
same version is the same fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from sereno.commerce.identity import stock_key
from sereno.connectors.building import Found, add_order
from sereno.connectors.reading import Reader, parse
from sereno.connectors.zohocommerce import records
from sereno.sdk.connector import Delivery, Mapped, Unmappable

FORM = b"JSONString="


def value_of(body: bytes) -> Any:
    """Zoho's words about its webhooks are that the body is JSON; some come as a form with the JSON in it. Raises
    Unmappable."""
    if not body.startswith(FORM):
        return parse(body)
    try:
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))
    except ValueError as error:
        raise Unmappable("The form has too many fields.") from error
    return parse(fields.get("JSONString", "").encode())


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """Pure. `key` names the delivery. Raises Unmappable. A body is a record, bare or under its name, or a list of them
    under theirs."""
    body = value_of(delivery.body) if delivery.value is None else delivery.value
    if not isinstance(body, dict):
        raise Unmappable(f"The body is not a JSON object but a {type(body).__name__}.")
    notes: list[str] = []
    found = Found(delivery, key, notes)
    found.skip("list.empty")
    for kind, one in records_of(Reader(body, notes), delivery.topic):
        handler = TOPICS.get(kind)
        if handler is None:
            found.skip("topic.not_used" if kind else "topic.missing")
            continue
        handler(found, one)
    return found.mapped()


def records_of(root: Reader, topic: str) -> list[tuple[str, Reader]]:
    for name in ("salesreturn", *TOPICS):
        # A return names its order, a variant its product.
        if root.has(f"{name}_id"):
            return [(name, root)]
    for name in TOPICS:
        if isinstance(root.raw(name), Mapping):
            return [(name, root.child(name))]
        if root.has(f"{name}s"):
            return [(name, one) for one in root.children(f"{name}s")]
    return [(topic.strip().lower().partition(".")[0], root)]


def version_of(root: Reader, topic: str) -> str | None:
    """The record and its time of change; None where either is not said."""
    found = records_of(root, topic)
    kind, one = found[0] if len(found) == 1 else ("", root)
    own, changed = one.id(f"{kind}_id"), one.text("last_modified_time")
    return f"{kind}:{own}:{changed}" if own and changed else None


def _need(data: Mapping[str, Any], what: str) -> str:
    if not data.get("id"):
        raise Unmappable(f"{what} without an id.")
    return data["id"]


def _order(found: Found, reader: Reader) -> None:
    order = records.order(reader)
    own = _need(order, "A sales order")
    if order["status"] == "draft":
        found.skip("order.not_placed")
        return
    add_order(found, order, "order.created")
    if order.get("updated_at") and order.get("updated_at") != order.get("placed_at"):
        name = f"order:{own}:updated:{order['updated_at']}"
        found.add("order.updated", f"order:{own}", order, id=name, at=order["updated_at"])


def _product(found: Found, reader: Reader) -> None:
    product = records.product(reader)
    own, made, changed = _need(product, "A product"), product.get("created_at"), product.get("updated_at")
    if made is not None:
        found.add("product.created", f"product:{own}", product, id=f"product:{own}:created", at=made)
    if changed != made or made is None:
        name = f"product:{own}:updated:{changed or found.key}"
        found.add("product.updated", f"product:{own}", product, id=name, at=changed)


def _variant(found: Found, reader: Reader) -> None:
    """A figure is named by its delivery: whoever reads it compares it with what is known."""
    level = records.stock_level(reader)
    if level is None:
        raise Unmappable("A variant without an id.")
    if level.get("is_tracked"):
        found.add("stock.changed", f"variant:{stock_key(level)}", level)
    else:
        found.skip("stock.not_tracked")


TOPICS: dict[str, Callable[[Found, Reader], None]] = {
    "salesorder": _order,
    "variant": _variant,
    "product": _product,
}
