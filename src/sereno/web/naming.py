"""Whom and what somebody means who types an address, a SKU or a title where a page asks for a customer or a product:
nobody knows the ids that the store gives."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.modules.catalog.models import Product, Variant
from sereno.modules.customers.models import Customer
from sereno.store.models import Shop


def customer_named(shop: Shop, text: str) -> str:
    """The key of the customer of this address (their main record), else what was typed."""
    text = text.strip()
    if "@" not in text or text.startswith("email:"):
        return text
    address = text.lower()
    found = Customer.objects.filter(shop=shop, email__in={text, address}).order_by("-is_main", "key")
    key = found.values_list("key", "merged_into").first()
    return f"email:{address}" if key is None else key[1] or key[0]


def products_named(shop: Shop, texts: Sequence[str]) -> list[str]:
    """The keys of the products of these ids, SKUs or titles, each in its place; what is none of them stays as typed."""
    texts = [one.strip() for one in texts if one.strip()]
    held = Product.objects.filter(shop=shop)
    known = set(held.filter(key__in=texts).values_list("key", flat=True))
    rest = [one for one in texts if one not in known]
    by_text = dict(held.filter(title__in=rest).order_by("-key").values_list("title", "key")) if rest else {}
    variants = Variant.objects.filter(shop=shop, sku__in=rest).order_by("-key") if rest else Variant.objects.none()
    by_text |= {sku: key for sku, key in variants.values_list("sku", "product_key") if key}
    return [by_text.get(one, one) for one in texts]


def is_customer(shop: Shop, key: str) -> bool:
    return Customer.objects.filter(shop=shop, key=key).exists()


def is_product(shop: Shop, key: str) -> bool:
    """True of everything where the catalogue is not known at all."""
    held = Product.objects.filter(shop=shop)
    return held.filter(key=key).exists() or not held.exists()
