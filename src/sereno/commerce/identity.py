"""How records are named: the keys they are kept under and the refs by which events find them.

Invariant: the same facts give the same names whatever way they came in (a webhook, a file, another flow).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

LONGEST = 180
"""Characters of a key: with its kind before it, it must fit the columns that hold links."""

_ORDER_PARTS = frozenset({"payment", "refund", "fulfillment", "shipment", "dispute", "gift_card", "return"})
"""Nouns whose records belong to an order by their `order_id`."""


def customer_key(customer_id: object, email: object) -> str | None:
    """The platform's id; else `email:<address>` for a guest; else None."""
    known = text(customer_id)
    if known:
        return known
    address = text(email)
    return f"email:{address.lower()}" if address else None


def stock_key(data: Mapping[str, Any]) -> str | None:
    """What is counted: the inventory item where the platform has such a thing, else the variant, else the SKU."""
    return text(data.get("inventory_item_id")) or variant_key(data)


def variant_key(data: Mapping[str, Any]) -> str | None:
    """The variant's id, else its SKU, else the product's id (platforms that count whole products)."""
    return text(data.get("variant_id")) or text(data.get("sku")) or text(data.get("product_id"))


def refs_of(type: str, subject: str, data: Mapping[str, Any]) -> dict[str, str]:
    """The records an event is about, kind -> id, read from its canonical data; the subject is always among them when
    it has the form `kind:id`. Anything may be missing or of an odd type."""
    noun = type.partition(".")[0]
    found: dict[str, str | None] = {}
    if noun in ("cart", "checkout"):
        found["cart"] = text(data.get("id"))
        found["checkout"] = text(data.get("checkout_id"))
        found["order"] = text(data.get("order_id"))
        found |= _person(data)
    elif noun == "order":
        found["order"] = text(data.get("id"))
        found["cart"] = text(data.get("cart_id"))
        found["checkout"] = text(data.get("checkout_id"))
        found |= _person(data)
    elif noun in _ORDER_PARTS:
        found[noun] = text(data.get("id"))
        found["order"] = text(data.get("order_id"))
        found["payment"] = found.get("payment") or text(data.get("payment_id"))
        # The e-mail address alone does not make a guest of whoever ordered: the order knows its customer.
        found["customer"] = text(data.get("customer_id"))
        found["email"] = _email(data.get("email"))
    elif noun == "customer":
        found["customer"] = customer_key(data.get("id"), data.get("email"))
        found["email"] = _email(data.get("email"))
    elif noun in ("consent", "privacy"):
        found |= _person(data)
    elif noun == "app":
        found["shop"] = text(data.get("shop_id"))
    elif noun == "product":
        found["product"] = text(data.get("id"))
        if type == "product.viewed":
            found |= _person(data)
    elif noun in ("variant", "stock"):
        found["variant"] = variant_key(data)
        found["product"] = text(data.get("product_id"))
        found["sku"] = text(data.get("sku"))
        found["stock_level"] = stock_key(data)
    else:
        found |= {kind: text(data.get(f"{kind}_id")) for kind in ("order", "cart", "product", "variant")}
        found |= _person(data)
    kind, colon, key = subject.partition(":")
    held = found.get(kind)
    # An address is only the name of somebody who has no better one.
    if colon and key and (not held or (kind == "customer" and held.startswith("email:"))):
        found[kind] = text(key)
    return {kind: key for kind, key in found.items() if key}


def text(value: object) -> str | None:
    """An id as text; None for what cannot be one. Whole numbers only: 17.0 is not an id. A very long one is shortened
    so that it still names one thing."""
    if isinstance(value, str):
        found = (value.replace("\x00", "") if "\x00" in value else value).strip()
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        found = str(value)
    else:
        return None
    if len(found) > LONGEST:
        found = f"{found[:140]}~{blake2b(found.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
    return found or None


def _person(data: Mapping[str, Any]) -> dict[str, str | None]:
    """The customer's refs: of the data itself, else of the customer inside it."""
    inside = data.get("customer")
    person: Mapping[str, Any] = inside if isinstance(inside, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    email = _email(data.get("email")) or _email(person.get("email"))
    return {"customer": customer_key(data.get("customer_id") or person.get("id"), email), "email": email}


def _email(value: object) -> str | None:
    found = text(value)
    return found.lower() if found else None
