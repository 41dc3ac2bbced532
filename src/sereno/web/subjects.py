"""Subjects as people know them: `order:5612404291584` is "#12338", a customer a name, a cart whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from sereno.modules.catalog.models import Product, Variant
from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Cart, Order
from sereno.modules.stock.models import StockItem, StockLevel
from sereno.sdk.discretion import level
from sereno.store.models import Shop
from sereno.web.formats import money


def labels(shop: Shop, subjects: Iterable[str]) -> dict[str, str]:
    """What to call each of these, in one query. A subject nobody knows has no entry."""
    by_kind: dict[str, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        kind, _colon, key = subject.partition(":")
        if kind in _KINDS and key:
            by_kind.setdefault(kind, []).append(key)
    parts = [_rows(shop, kind, keys) for kind, keys in by_kind.items()]
    if not parts:
        return {}
    found: dict[str, str] = {}
    for kind, key, *values in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        columns, name = _KINDS[kind][1:]
        text = name(*values[: len(columns)])
        if text and not (level() == "all" and kind == "customer"):
            found[f"{kind}:{key}"] = text
    return found


def _rows(shop: Shop, kind: str, keys: list[str]) -> QuerySet[Any, Any]:
    """Kind, key and three columns, so that all kinds are of one shape."""
    model, columns, _name = _KINDS[kind]
    key = "item" if model is StockItem else "key"
    given = [F(column) for column in columns] + [Value(None, CharField())] * (3 - len(columns))
    shown = {f"said_{place}": Cast(value, CharField()) for place, value in enumerate(given)}
    rows = model._default_manager.filter(shop=shop, **{f"{key}__in": keys}).order_by()
    return rows.annotate(said_kind=Value(kind), **shown).values_list("said_kind", key, *shown)


def _order(number: str | None, email: str | None) -> str:
    if not number:
        return email or ""
    return number if number.startswith("#") else f"#{number}"


def _cart(email: str | None, total: str | None, currency: str | None) -> str:
    if email:
        return _("Cart of %(person)s") % {"person": email}
    if total and currency:
        return _("Cart of %(total)s") % {"total": money(total, currency)}
    return _("A cart without a name")


def _customer(name: str | None, email: str | None) -> str:
    return name or email or ""


def _titled(title: str | None, sku: str | None) -> str:
    return title or sku or ""


_KINDS: dict[str, tuple[type[Model], tuple[str, ...], Callable[..., str]]] = {
    "order": (Order, ("number", "email"), _order),
    "cart": (Cart, ("email", "total", "currency"), _cart),
    "checkout": (Cart, ("email", "total", "currency"), _cart),
    "customer": (Customer, ("name", "email"), _customer),
    "product": (Product, ("title", "sku"), _titled),
    "variant": (Variant, ("title", "sku"), _titled),
    "sku": (StockItem, ("title", "item"), _titled),
    "inventory_item": (StockLevel, ("title", "sku"), _titled),
}
