"""Reading Vendure's records back, in the shape its webhooks would have brought them.

Pages go by id, whatever has changed since: a record that changes while one reads joins further on or shifts what was
read already, so nothing is left out. (Vendure sorts by id first whatever else is asked for, and many records share an
instant after an import.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sereno.connectors.reading import as_instant, iso
from sereno.connectors.vendure.admin import ask
from sereno.sdk.stores import Exchange, Item, Page, Reading

_ADDRESS = "fullName company streetLine1 streetLine2 city province postalCode country countryCode phoneNumber"
_PERSON = "id createdAt updatedAt title firstName lastName phoneNumber emailAddress"
ORDER = f"""id createdAt updatedAt orderPlacedAt code state active currencyCode couponCodes
  total totalWithTax subTotal subTotalWithTax shipping shippingWithTax
  customer {{ {_PERSON} }} shippingAddress {{ {_ADDRESS} }} billingAddress {{ {_ADDRESS} }}
  channels {{ code pricesIncludeTax }} discounts {{ amount amountWithTax }}
  shippingLines {{ id shippingMethod {{ code name }} }}
  lines {{ id updatedAt quantity unitPrice unitPriceWithTax linePrice linePriceWithTax discountedLinePrice
    discountedLinePriceWithTax lineTax productVariant {{ id sku name productId product {{ id name }} }} }}
  payments {{ id createdAt updatedAt method amount state transactionId errorMessage
    refunds {{ id createdAt updatedAt total state reason paymentId lines {{ orderLineId quantity }} }} }}
  fulfillments {{ id createdAt updatedAt state method trackingCode lines {{ orderLineId quantity }} }}"""
VARIANT = """id createdAt updatedAt sku name price currencyCode prices { currencyCode price } productId enabled
  stockLevels { stockLocationId stockOnHand stockAllocated updatedAt stockLocation { id name } }"""
PRODUCT = f"id createdAt updatedAt name slug description enabled variants {{ {VARIANT} }}"
_KINDS = {
    "order": ("order", "orders", "Order", ORDER),
    "customer": ("customer", "customers", "Customer", _PERSON),
    "product": ("product", "products", "Product", PRODUCT),
    "stock_level": ("productVariant", "productVariants", "ProductVariant", VARIANT),
}
_MOST = 100
_STEP = timedelta(seconds=5)
"""Databases that keep whole seconds cut instants off, and an order is a moment older than its payments."""


def reader(kind: str) -> Callable[[Exchange, Reading], Page]:
    _, many, type_, fields = _KINDS[kind]
    document = f"""query($options: {type_}ListOptions) {{ {many}(options: $options) {{
  totalItems items {{ {fields} }} }} }}"""

    def read(exchange: Exchange, reading: Reading) -> Page:
        skip = int(reading.cursor or 0)
        size = min(reading.size, _MOST)
        wanted: dict[str, Any] = {}
        if reading.since is not None:
            wanted["updatedAt"] = {"after": iso(reading.since - _STEP)}
        if kind == "order":
            # What is not placed yet is a cart.
            wanted["orderPlacedAt"] = {"isNull": False}
        options = {"take": size, "skip": skip, "sort": {"id": "ASC"}, "filter": wanted}
        held = ask(exchange, document, options=options).data[many]
        rows: list[dict[str, Any]] = held["items"]
        items = [item for row in rows for item in items_of(kind, row)]
        # One record is read again with the next page: it may have moved up by one that was deleted.
        after = str(skip + size - (1 if size > 10 else 0)) if len(rows) == size else None
        return Page(items, after, held["totalItems"])

    return read


def fetcher(kind: str) -> Callable[[Exchange, str], Item | None]:
    one, _, _, fields = _KINDS[kind]
    document = f"query($id: ID!) {{ {one}(id: $id) {{ {fields} }} }}"

    def fetch(exchange: Exchange, id: str) -> Item | None:
        row = ask(exchange, document, id=id).data[one]
        return items_of(kind, row)[0] if row else None

    return fetch


def items_of(kind: str, row: Mapping[str, Any]) -> list[Item]:
    """A product comes as its own notice and one of its variants."""
    at = _end(as_instant(row.get("updatedAt")))
    if kind == "order":
        return [_item("order.read", {"order": row}, row, _newest(row) or at)]
    if kind == "customer":
        return [_item("customer.updated", {"entity": row}, row, at)]
    if kind == "product":
        variants = [{**item, "product": {"id": row.get("id")}} for item in row.get("variants") or ()]
        own = {name: value for name, value in row.items() if name != "variants"}
        found = [_item("product.updated", {"entity": own}, row, at)]
        return [*found, _item("product_variant.updated", {"entity": variants}, row, at)] if variants else found
    return [_item("stock.level", {"variant": row}, row, _newest_level(row) or at)]


def _item(topic: str, data: Mapping[str, Any], row: Mapping[str, Any], at: datetime | None) -> Item:
    body = {"topic": topic, "occurred_at": iso(at) if at else None, "data": data}
    return Item(topic, body, str(row.get("id") or ""), at)


def _newest(row: Mapping[str, Any]) -> datetime | None:
    """An order's own `updatedAt` does not move with its payments and parcels."""
    parts = [row, *(row.get("payments") or ()), *(row.get("fulfillments") or ()), *(row.get("lines") or ())]
    parts += [item for payment in row.get("payments") or () for item in payment.get("refunds") or ()]
    return _end(max((at for item in parts if (at := as_instant(item.get("updatedAt")))), default=None))


def _newest_level(row: Mapping[str, Any]) -> datetime | None:
    times = (as_instant(item.get("updatedAt")) for item in row.get("stockLevels") or ())
    return _end(max((at for at in times if at), default=None))


def _end(at: datetime | None) -> datetime | None:
    """Databases that keep whole seconds only cut them off: the end of the second, or what a webhook said within it
    would seem newer than what is read after it."""
    return at.replace(microsecond=999_000) if at is not None and at.microsecond == 0 else at
