"""Tables as marketplaces and tills export them (Amazon's order reports, eBay, Etsy, a till's sales or stock), as facts.

A column is known by its name, whatever its case and hyphens; `columns` of the connection may name others. An order with
several lines has several rows; rows without an order that name a SKU and a quantity are stock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.building import Found, add_order, body_hash
from sereno.connectors.generic.columns import (
    CUSTOM,
    KINDS,
    MOST_ROWS,
    NAMES,
    decoded,
    fields_of,
    header_of,
    plain,
    rows_of,
)
from sereno.connectors.generic.odd import Odd
from sereno.connectors.generic.values import value_of
from sereno.connectors.reading import Reader, as_decimal, compact, written
from sereno.sdk.connector import Delivery, Mapped, Unmappable
from sereno.sdk.tables import Layout

TAX_ON_TOP = frozenset({"USD", "CAD"})
"""Where marketplaces write prices without the tax."""

_FULFILLED = {"shipped": "fulfilled", "partiallyshipped": "partial"}
_CANCELLED = frozenset({"cancelled", "canceled"})
_OF_ORDER = Layout(decimal="")

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
    return sum(field is not None for field in fields_of(header_of(first), {})) >= 3


def map_table(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    """Pure. Raises Unmappable where nothing is recognised. What cannot be read of a row is left out."""
    found = Found(delivery, body_hash(delivery.body), [])
    rows = _rows(delivery.body, settings)
    orders: dict[str, list[Row]] = {}
    for row in rows:
        if own := row.get("id"):
            orders.setdefault(own, []).append(row)
    for own, of_order in orders.items():
        add(found, own, of_order)
    for row in rows:
        how_many = row.get("available") or row.get("quantity")
        if "id" not in row and row.get("sku") and how_many:
            found.add("stock.changed", f"variant:{row['sku']}", level({**row, "available": how_many}))
    return found.mapped()


def _rows(body: bytes, settings: Mapping[str, Any]) -> list[Row]:
    text = decoded(body)
    first = text.partition("\n")[0]
    chosen: dict[str, str] = {}
    for pair in str(settings.get("columns") or "").split(","):
        column, _, field = pair.partition("=")
        if field.strip() in NAMES:
            chosen[plain(column)] = field.strip()
    fields = fields_of(header_of(first), chosen)
    if "id" not in fields and "sku" not in fields:
        raise Unmappable("No column of the table is known: name them in the connection's setting columns.")
    if text.count("\n") > MOST_ROWS:
        raise Unmappable(f"The table has {text.count(chr(10))} rows; at most {MOST_ROWS} can come at once.")
    found: list[Row] = []
    for _line, values in rows_of(text):
        row: Row = {}
        for field, value in zip(fields, values, strict=False):
            if field is not None and value:
                row |= _leniently(field, value)
        found.append(row)
    return found


def _leniently(field: str, value: str) -> Row:
    try:
        return {field: value_of(KINDS[field], value, _OF_ORDER)}
    except Odd as odd:
        if str(odd) == "amount.ambiguous":
            return {field: value_of(KINDS[field], value, replace(_OF_ORDER, decimal=","))}
        return {}


def level(row: Mapping[str, str]) -> dict[str, Any]:
    """How many there are of an item at a place."""
    return compact(
        {
            "sku": row["sku"],
            "title": row.get("title"),
            "available": Reader(row).number("available"),
            "location_id": row.get("location") or None,
            "updated_at": row.get("updated_at"),
        }
    )


def add(found: Found, own: str, rows: Sequence[Row]) -> None:
    """The events of an order, by its rows."""
    order = record(own, rows)
    add_order(found, order, "order.created")
    if order.get("updated_at") and order["updated_at"] != order.get("placed_at"):
        content = body_hash(msgspec.json.encode(order, order="sorted"))
        found.add("order.updated", f"order:{own}", order, id=f"order:{own}:updated:{content}", at=order["updated_at"])


def record(own: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The canonical order."""
    first = rows[0]
    reader = Reader(first)
    currency = currencies.code(first.get("currency"))
    digits = currencies.digits_of(currency)
    status = plain(first.get("status", ""))
    lines = [_line(number, row, digits) for number, row in enumerate(rows, 1)]
    shipping = _sum(rows, "shipping") - _sum(rows, "shipping_discount")
    tax = _sum(rows, "tax") + _sum(rows, "shipping_tax")
    discount = _sum(rows, "discount")
    goods = sum((Decimal(line["total"]) for line in lines), Decimal(0))
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
    quantity = Reader(row).number("quantity") or 0
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


def _decimal(text: str | None) -> Decimal:
    """Below zero counts as what it takes off."""
    return abs(as_decimal(text) or Decimal(0))


CONSENTS = {"accepts_email": "email", "accepts_sms": "sms"}
"""Column -> the channel it is about."""


def add_customer(found: Found, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the rows of one person tell of them, the later before the earlier; and, apart from it, what they allow, each
    word with where and when it was said."""
    row: dict[str, str] = {}
    for one in rows:
        row |= {name: value for name, value in one.items() if value}
    email = row.get("email")
    own = customer_key(row.get("customer_id"), email)
    names = " ".join(row[one] for one in ("first_name", "last_name") if row.get(one))
    tags = [tag.strip() for one in rows for tag in re.split(r"[;,|]", one.get("tags", "")) if tag.strip()]
    kept = ("phone", "first_name", "last_name", "locale", "birthday", "updated_at")
    record = compact(
        {
            "id": own,
            "email": email,
            "name": row.get("name") or names or None,
            **{one: row.get(one) for one in kept},
            "tags": list(dict.fromkeys(tags)) or None,
            "default_address": _under("home_", row) or None,
            "custom": _under(f"{CUSTOM}.", row) or None,
        }
    )
    found.add("customer.updated", f"customer:{own}", record)
    said: list[dict[str, Any]] = []
    for one in rows:
        for column, channel in CONSENTS.items():
            if not one.get(column):
                continue
            granted = one[column] == "yes"
            consent = {"customer_id": own, "email": email, "phone": row.get("phone"), "channel": channel}
            consent |= {"purpose": "marketing", "granted": granted, "changed_at": one.get("consent_at")}
            consent["state"] = "subscribed" if granted else "unsubscribed"
            consent["source"] = (one.get("consent_source") or "file")[:64]
            if consent not in said:
                said.append(consent)
    for consent in said:
        found.add("consent.changed", f"customer:{own}", compact(consent))
    return record


def _under(start: str, row: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(start): value for name, value in row.items() if name.startswith(start)}


def products(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The canonical product whose variants these rows are."""
    first = rows[0]
    own = first.get("product") or first["sku"]
    variants = [
        compact(
            {
                "variant_id": row["sku"],
                "product_id": own,
                "sku": row["sku"],
                "barcode": row.get("barcode"),
                "price": row.get("price"),
                "compare_at_price": row.get("compare_at"),
                "cost": row.get("cost"),
                "currency": row.get("currency"),
            }
        )
        for row in rows
    ]
    prices = [Decimal(row["price"]) for row in rows if row.get("price")]
    return compact(
        {
            "id": own,
            "title": first.get("title"),
            "vendor": first.get("vendor"),
            "product_type": first.get("product_type"),
            "description": first.get("description"),
            "status": "draft" if first.get("shown") == "no" else "active",
            "sku": first["sku"],
            "price": format(min(prices), "f") if prices else None,
            "currency": first.get("currency"),
            "variants": variants,
            "variant_count": len(variants),
            "updated_at": first.get("updated_at"),
        }
    )
