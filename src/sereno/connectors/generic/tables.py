"""Tables as marketplaces and tills export them (Amazon's order reports, eBay, Etsy, a till's stock list), as events.

A column is known by its name, whatever its case and hyphens; `columns` of the connection may name others. An order with
several lines has several rows; rows without an order that name a SKU and a quantity are stock.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.building import Found, add_order, body_hash
from sereno.connectors.reading import Reader, as_decimal, compact, written
from sereno.sdk.connector import Delivery, Mapped, Unmappable

MOST_ROWS = 200_000
NAMES: dict[str, str] = {
    "id": "amazon-order-id order-id order-number sale-id orderid",
    "placed_at": "purchase-date order-date sale-date created-date created-at placed-at",
    "paid_at": "payments-date date-paid paid-on-date paid-at",
    "updated_at": "last-updated-date updated-at",
    "status": "order-status status",
    "channel": "sales-channel marketplace channel",
    "currency": "currency currency-code",
    "email": "buyer-email buyer-email-address email",
    "name": "buyer-name full-name customer",
    "phone": "buyer-phone-number ship-phone-number phone",
    "note": "delivery-instructions buyer-note note",
    "shipping_method": "ship-service-level shipping-service shipping-method",
    "line": "order-item-id transaction-id item-id",
    "sku": "sku custom-label seller-sku",
    "title": "product-name item-title item-name title",
    "quantity": "quantity-purchased quantity qty",
    "line_total": "item-price line-total",
    "price": "unit-price price sold-for",
    "tax": "item-tax",
    "shipping": "shipping-price shipping",
    "shipping_tax": "shipping-tax",
    "discount": "item-promotion-discount discount-amount",
    "shipping_discount": "ship-promotion-discount",
    "ship_name": "recipient-name ship-name ship-to-name",
    "line1": "ship-address-1 ship-address1 ship-to-address-1",
    "line2": "ship-address-2 ship-address2 ship-to-address-2",
    "city": "ship-city ship-to-city",
    "region": "ship-state ship-to-state",
    "postal_code": "ship-postal-code ship-zipcode ship-to-zip",
    "country": "ship-country ship-to-country",
    "available": "available stock on-hand quantity-available available-quantity",
    "location": "location location-id warehouse store",
}
"""Of each field, the names its column goes by."""
TAX_ON_TOP = frozenset({"USD", "CAD"})
"""Where marketplaces write prices without the tax."""

_FULFILLED = {"shipped": "fulfilled", "partiallyshipped": "partial"}
_CANCELLED = frozenset({"cancelled", "canceled"})

Row = dict[str, str]


def is_table(delivery: Delivery) -> bool:
    """By what the sender says; else a first line that is parted into several known columns and is no JSON."""
    kind = delivery.headers.get("content-type", "")
    if kind.startswith(("text/csv", "text/tab-separated-values")):
        return True
    head = delivery.body[:4000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] in (b"{", b"[", b'"', b""):
        return False
    first = head.partition(b"\n")[0].decode("utf-8", "replace")
    return len(_columns(first, {})) >= 3


def map_table(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    """Pure. Raises Unmappable where nothing is recognised."""
    found = Found(delivery, body_hash(delivery.body), [])
    for own, rows in orders(delivery.body, settings):
        _order(found, own, rows)
    for row in stock(delivery.body, settings):
        level = compact(
            {"sku": row["sku"], "available": _number(row["available"]), "location_id": row.get("location") or None}
        )
        found.add("stock.changed", f"variant:{row['sku']}", level)
    return found.mapped()


def orders(body: bytes, settings: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """The rows of each order, in the order in which orders first come."""
    gathered: dict[str, list[Row]] = {}
    for row in _rows(body, settings):
        if own := row.get("id"):
            gathered.setdefault(own, []).append(row)
    return list(gathered.items())


def stock(body: bytes, settings: Mapping[str, Any]) -> list[Row]:
    """Rows that say how many there are of a SKU."""
    rows = _rows(body, settings)
    found = [{**row, "available": row.get("available") or row.get("quantity") or ""} for row in rows if "id" not in row]
    return [row for row in found if row.get("sku") and _number(row["available"]) is not None]


def _rows(body: bytes, settings: Mapping[str, Any]) -> list[Row]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Amazon writes its Western reports so.
        text = body.decode("cp1252", "replace")
    lines = text.splitlines()
    named = _columns(lines[0] if lines else "", settings)
    if not ("id" in named.values() or "sku" in named.values()):
        raise Unmappable("No column of the table is known: name them in the connection's setting columns.")
    if len(lines) > MOST_ROWS:
        raise Unmappable(f"The table has {len(lines)} rows; at most {MOST_ROWS} can come at once.")
    delimiter = _delimiter(lines[0])
    # Tab-parted reports do not quote: a quote there is an inch.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    next(reader, None)
    try:
        return [
            {named[place]: value.strip() for place, value in enumerate(values) if place in named and value.strip()}
            for values in reader
        ]
    except csv.Error as error:
        raise Unmappable(f"The table cannot be read: {error}") from error


def _columns(first: str, settings: Mapping[str, Any]) -> dict[int, str]:
    """Which place holds which field: by the connection's own names, else by those known."""
    known = {_plain(name): field for field, names in NAMES.items() for name in names.split()}
    for pair in str(settings.get("columns") or "").split(","):
        column, _, field = pair.partition("=")
        if field.strip() in NAMES:
            known[_plain(column)] = field.strip()
    found: dict[int, str] = {}
    for place, name in enumerate(first.split(_delimiter(first))):
        field = known.get(_plain(name))
        if field is not None and field not in found.values():
            found[place] = field
    return found


def _delimiter(first: str) -> str:
    return max("\t,;", key=first.count)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _order(found: Found, own: str, rows: Sequence[Row]) -> None:
    order = _record(own, rows)
    add_order(found, order, "order.created")
    if order.get("updated_at") and order["updated_at"] != order.get("placed_at"):
        content = body_hash(msgspec.json.encode(order, order="sorted"))
        found.add("order.updated", f"order:{own}", order, id=f"order:{own}:updated:{content}", at=order["updated_at"])


def _record(own: str, rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    reader = Reader(first)
    currency = currencies.code(first.get("currency"))
    digits = currencies.digits_of(currency)
    status = _plain(first.get("status", ""))
    lines = [_line(number, row, digits) for number, row in enumerate(rows, 1)]
    shipping = _sum(rows, "shipping") - _sum(rows, "shipping_discount")
    tax = _sum(rows, "tax") + _sum(rows, "shipping_tax")
    discount = _sum(rows, "discount")
    goods = sum((_decimal(line["total"]) for line in lines), Decimal(0))
    total = goods + shipping + (tax if currency in TAX_ON_TOP else 0)
    paid_at = reader.instant("paid_at")
    is_cancelled = status in _CANCELLED
    customer_id = customer_key(None, reader.email("email"))
    placed_at = reader.instant("placed_at")
    is_paid = paid_at is not None or (bool(status) and status != "pending")
    address = _address(reader)
    return compact(
        {
            "id": own,
            "number": own,
            "status": "cancelled" if is_cancelled else "open",
            "platform_status": first.get("status"),
            "currency": currency,
            "total": written(total, digits),
            "subtotal": written(goods, digits),
            "total_discount": written(discount, digits) if discount else None,
            "total_shipping": written(shipping, digits) if shipping else None,
            "total_tax": written(tax, digits) if tax else None,
            "payment_status": "voided" if is_cancelled else "paid" if is_paid else "pending",
            "fulfillment_status": _FULFILLED.get(status, "unfulfilled"),
            "channel": first.get("channel"),
            "shipping_method": first.get("shipping_method"),
            "note": first.get("note"),
            "customer": compact({"id": customer_id, "email": reader.email("email"), "name": first.get("name")}),
            "customer_id": customer_id,
            "email": reader.email("email"),
            "phone": first.get("phone"),
            "shipping_address": address,
            "lines": lines,
            "line_count": len(lines),
            "item_count": sum(line.get("quantity") or 0 for line in lines),
            "placed_at": placed_at,
            "paid_at": (paid_at or placed_at) if is_paid and not is_cancelled else None,
            "updated_at": reader.instant("updated_at") or placed_at,
        }
    )


def _line(number: int, row: Row, digits: int) -> dict[str, Any]:
    """A marketplace's `item-price` is of the whole line, a `price` of one piece."""
    quantity = _number(row.get("quantity", "")) or 0
    whole = _decimal(row["line_total"]) if row.get("line_total") else None
    each = _decimal(row["price"]) if row.get("price") else None
    if whole is None:
        whole = (each or Decimal(0)) * Decimal(str(quantity))
    elif each is None and quantity:
        each = whole / Decimal(str(quantity))
    discount = _decimal(row.get("discount"))
    return compact(
        {
            "id": row.get("line") or str(number),
            "sku": row.get("sku"),
            "variant_id": row.get("sku"),
            "title": row.get("title"),
            "quantity": quantity,
            "price": None if each is None else written(each, digits),
            "total": written(whole - discount, digits),
            "total_discount": written(discount, digits) if discount else None,
            "total_tax": written(_decimal(row["tax"]), digits) if row.get("tax") else None,
        }
    )


def _address(reader: Reader) -> dict[str, Any] | None:
    names = {"ship_name": "name", "line1": "line1", "line2": "line2", "city": "city", "region": "region"}
    names |= {"postal_code": "postal_code", "country": "country"}
    return compact({to: reader.text(name) for name, to in names.items()}) or None


def _sum(rows: Sequence[Row], name: str) -> Decimal:
    return sum((_decimal(row.get(name)) for row in rows), Decimal(0))


def _decimal(text: object) -> Decimal:
    """An amount as exports write it, also with its currency before it; below zero counts as what it takes off."""
    cleaned = re.sub(r"[^\d.,-]", "", str(text or ""))
    return abs(as_decimal(cleaned) or Decimal(0))


def _number(text: str) -> int | float | None:
    return Reader({"n": text}).number("n")
