"""Reading BigCommerce back, page by page and one by one.

Invariant: pages of orders and products go by id, so that none is passed over however much changes meanwhile; what
changed behind the reader's back changed after the reading began, and is found by the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, cast

from sereno.connectors.bigcommerce.client import ask, ask_list, instant, number
from sereno.connectors.reading import iso
from sereno.sdk.stores import Exchange, Item, Page, Reading, if_there

MOST = {"order": 30, "customer": 100, "product": 30, "stock_level": 200}
"""How many on a page: an answer of more than a megabyte is not taken."""
_LINES = {"include": "consignments.line_items", "consignment_structure": "object"}


def _limit(reading: Reading, kind: str) -> int:
    return max(1, min(reading.size, MOST[kind]))


def _between(reading: Reading, low: str, high: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if reading.since is not None:
        found[low] = iso(reading.since)
    if reading.until is not None:
        found[high] = iso(reading.until)
    return found


# --- orders -----------------------------------------------------------------------------------------


def read_orders(exchange: Exchange, reading: Reading) -> Page:
    """Incomplete ones are left out: they are checkouts."""
    limit = _limit(reading, "order")
    query = {"sort": "id:asc", "limit": limit, "min_id": number(reading.cursor or 1), **_LINES}
    query |= _between(reading, "min_date_modified", "max_date_modified")
    found = ask_list(exchange, "/v2/orders", query)
    kept = [one for one in found if int(one.get("status_id") or 0)]
    refunds = _refunds(exchange, kept)
    items = [order_item(_whole(exchange, one, refunds.get(str(one["id"]), []))) for one in kept]
    return Page(items, str(int(found[-1]["id"]) + 1) if len(found) >= limit else None)


def _refunds(exchange: Exchange, orders: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Of all orders of the page that gave something back, in one request."""
    ids = [str(one["id"]) for one in orders if any(sign in "123456789" for sign in str(one.get("refunded_amount")))]
    by_order: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if ids:
        query = {"order_id:in": ",".join(ids), "limit": 250}
        for one in ask_list(exchange, "/v3/orders/payment_actions/refunds", query):
            by_order[str(one.get("order_id"))].append(one)
    return by_order


def _whole(exchange: Exchange, order: dict[str, Any], refunds: list[dict[str, Any]]) -> dict[str, Any]:
    """The order with its lines, addresses, parcels and refunds as lists."""
    parts: dict[str, Any] = order.pop("consignments", None) or {}
    shipping: list[dict[str, Any]] = parts.get("shipping") or []
    places = [place for group in parts.values() if isinstance(group, list) for place in cast("list[Any]", group)]
    order["products"] = [line for place in places for line in place.get("line_items") or []]
    order["shipping_addresses"] = [{**place, "line_items": None} for place in shipping]
    order["refunds"] = refunds
    sent = int(order.get("items_shipped") or 0)
    order["shipments"] = ask_list(exchange, f"/v2/orders/{order['id']}/shipments") if sent else []
    return order


def order_item(order: Mapping[str, Any]) -> Item:
    return Item("order/read", {"data": dict(order)}, str(order["id"]), instant(order.get("date_modified")))


def fetch_order(exchange: Exchange, id: str) -> Item | None:
    """With its payments too."""
    order = _one(exchange, f"/v2/orders/{number(id)}", _LINES)
    if order is None:
        return None
    whole = _whole(exchange, order, _refunds(exchange, [order]).get(str(order["id"]), []))
    whole["transactions"] = ask_list(exchange, f"/v3/orders/{order['id']}/transactions")
    return order_item(whole)


def _one(exchange: Exchange, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    return if_there(lambda: ask(exchange, "GET", path, query=query)) or None


# --- customers --------------------------------------------------------------------------------------


def read_customers(exchange: Exchange, reading: Reading) -> Page:
    """In the order they were made, which no change disturbs."""
    page, limit = int(reading.cursor or 1), _limit(reading, "customer")
    query = {"include": "addresses", "sort": "date_created:asc", "limit": limit, "page": page}
    query |= _between(reading, "date_modified:min", "date_modified:max")
    answer = ask(exchange, "GET", "/v3/customers", query=query)
    return _page([customer_item(one) for one in answer.get("data") or []], answer, page)


def _page(items: list[Item], answer: Mapping[str, Any], page: int) -> Page:
    said: dict[str, Any] = (answer.get("meta") or {}).get("pagination") or {}
    is_last = page >= int(said.get("total_pages") or 0)
    return Page(items, None if is_last else str(page + 1), int(said["total"]) if "total" in said else None)


def customer_item(one: Mapping[str, Any]) -> Item:
    return Item("customer/read", {"data": dict(one)}, str(one["id"]), instant(one.get("date_modified")))


def fetch_customer(exchange: Exchange, id: str) -> Item | None:
    found = ask_list(exchange, "/v3/customers", {"id:in": number(id), "include": "addresses"})
    return customer_item(found[0]) if found else None


# --- products and stock -----------------------------------------------------------------------------

_ALL = {"include": "variants,primary_image"}


def read_products(exchange: Exchange, reading: Reading) -> Page:
    limit = _limit(reading, "product")
    query = {**_ALL, "sort": "id", "direction": "asc", "limit": limit, "id:min": number(reading.cursor or 1)}
    query |= _between(reading, "date_modified:min", "date_modified:max")
    found = ask_list(exchange, "/v3/catalog/products", query)
    next_one = str(int(found[-1]["id"]) + 1) if len(found) >= limit else None
    return Page([product_item(one) for one in found], next_one)


def product_item(one: Mapping[str, Any]) -> Item:
    return Item("product/read", {"data": dict(one)}, str(one["id"]), instant(one.get("date_modified")))


def fetch_product(exchange: Exchange, id: str) -> Item | None:
    found = _one(exchange, f"/v3/catalog/products/{number(id)}", _ALL)
    return product_item(found["data"]) if found else None


def read_stock(exchange: Exchange, reading: Reading) -> Page:
    """Every item at every place: BigCommerce does not say when a figure changed."""
    page = int(reading.cursor or 1)
    query = {"limit": _limit(reading, "stock_level"), "page": page}
    answer = ask(exchange, "GET", "/v3/inventory/items", query=query)
    items: list[Item] = []
    for one in answer.get("data") or []:
        for place in one.get("locations") or []:
            body = {**one["identity"], **{name: place.get(name) for name in ("location_id", "available_to_sell")}}
            items.append(Item("stock/read", {"data": body}, f"{body['variant_id']}:{body['location_id']}", None))
    return _page(items, answer, page)


READS: dict[str, Callable[[Exchange, Reading], Page]] = {
    "order": read_orders,
    "customer": read_customers,
    "product": read_products,
    "stock_level": read_stock,
}
FETCH: dict[str, Callable[[Exchange, str], Item | None]] = {
    "order": fetch_order,
    "customer": fetch_customer,
    "product": fetch_product,
}
