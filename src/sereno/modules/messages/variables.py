"""What a message may name: for checking it, and for choosing from a list. Pure but for the registry of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce.schema import Field, Record
from sereno.engine.names import nearest
from sereno.sdk.config import mark as _
from sereno.sdk.plugin import registry

STORE = (
    "name", "currency", "locale", "timezone", "website", "support_email", "support_phone", "postal_address", "logo",
    "brand_color", "button_color", "link_color", "background_color", "font", "social", "media_url", "story",
)  # fmt: skip
INSIDE: dict[str, tuple[str, ...]] = {
    "store": STORE,
    "offer": ("code", "percent", "until", "amount", "currency", "minimum", "gift", "url", "kind", "is_own"),
    "links": ("unsubscribe", "preferences", "order", "pay", "surveys", "keep"),
}
"""What stands in the values that are worked out; of the others the records say it."""
RECORDS = {"order": "order", "cart": "cart", "customer": "customer", "product": "product"}
OPEN = frozenset({"vars", "event", "shelves", "shipment", "refund", "lines", "reviews", "totals", "address", "gone"})
"""Roots whose inside is not known beforehand."""
PLAIN = frozenset({"locale", "timezone", "now", "name", "currency", "order_number", "has_pictures", "cart_url"})
ROOTS = PLAIN | OPEN | frozenset(INSIDE) | frozenset(RECORDS)


@dataclass(frozen=True, slots=True)
class Variable:
    """One value to choose. `liquid` is what is put into the text; `example` its value on the record at hand."""

    liquid: str
    label: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Values that belong together."""

    label: str
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that is not one; `is_root` when not even its beginning is. `nearest` is the right name it may mean."""

    name: str
    is_root: bool
    nearest: str | None


_READER = (
    ("{{ name }}", _("First name, where it is known")),
    ("{{ customer.last_name }}", _("Last name")),
    ("{{ customer.email }}", _("E-mail")),
)
_ORDER = (
    ("{{ order_number }}", _("Number of the order")),
    ("{{ order.total | money }}", _("Total of the order")),
    ("{{ order.placed_at | date: 'long' }}", _("Day of the order")),
    ("{{ order.status_url }}", _("Page of the order")),
    ("{{ links.order }}", _("Link to change or cancel the order")),
    ("{{ links.pay }}", _("Link to pay what is open")),
    ("{{ lines.first.title }}", _("First product")),
    ("{{ lines.size }}", _("How many products")),
    ("{{ shipment.carrier }}", _("Carrier")),
    ("{{ shipment.tracking_number }}", _("Number of the parcel")),
    ("{{ shipment.tracking_url }}", _("Page of the parcel")),
    ("{{ shipment.estimated_delivery_at | date: 'long' }}", _("Day it is expected")),
    ("{{ refund.amount | money }}", _("Money returned")),
)
_CART = (
    ("{{ cart_url }}", _("Page of the cart")),
    ("{{ cart.total | money }}", _("Total of the cart")),
    ("{{ lines.first.title }}", _("First product")),
    ("{{ lines.size }}", _("How many products")),
    ("{{ offer.code }}", _("Discount code")),
    ("{{ offer.percent | number }}", _("Discount in percent")),
    ("{{ offer.until | date: 'long' }}", _("Last day of the discount")),
)
_SHOP = (
    ("{{ store.name }}", _("Name of the shop")),
    ("{{ store.website }}", _("Its website")),
    ("{{ store.support_email }}", _("Its e-mail for questions")),
    ("{{ store.support_phone }}", _("Its telephone")),
    ("{{ store.postal_address }}", _("Its postal address")),
    ("{{ store.story }}", _("What it says of itself")),
)
_LINKS = (
    ("{{ links.unsubscribe }}", _("Link to unsubscribe")),
    ("{{ links.preferences }}", _("Link to choose what to get")),
    ("{{ links.keep }}", _("Link to stay on the list")),
)
_LOGIC = (
    ("{% if name %}{{ name }}, {% endif %}", _("Only when the first name is known")),
    ("{% for line in lines %}\n- {{ line.title }}\n{% endfor %}", _("A line for each product")),
)
_GROUPS: dict[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = {
    "order": ((_("The reader"), _READER), (_("The order"), _ORDER)),
    "cart": ((_("The reader"), _READER), (_("The cart"), _CART)),
    "customer": ((_("The reader"), _READER),),
}


def groups(about: str, purpose: str) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """What to choose from in a message about this record: headings, then Liquid and label."""
    found: list[tuple[str, Sequence[tuple[str, str]]]] = [*_GROUPS[about], (_("The shop"), _SHOP)]
    if purpose == "marketing":
        found.append((_("Links"), _LINKS))
    return [*found, (_("Conditions"), _LOGIC)]


def fields(root: str) -> list[tuple[str, str]]:
    """Every plain field of a record, as Liquid and in words."""
    record = registry().records.get(root)
    held = record.fields.values() if record is not None else ()
    return [
        (f"{{{{ {root}.{field.name}{_FILTERS.get(field.kind, '')} }}}}", field.description)
        for field in held
        if field.kind not in ("record", "list", "map", "any", "boolean")
    ]


_FILTERS = {"money": " | money", "timestamp": " | date", "date": " | date", "number": " | number"}


def unknown(path: Sequence[str | int]) -> Unknown | None:
    """What of a path is not known; None when all is, as far as can be told."""
    root = str(path[0])
    if root not in ROOTS:
        return Unknown(root, True, nearest(root, ROOTS))
    rest = [part for part in path[1:] if isinstance(part, str)]
    if not rest or root in OPEN or root in PLAIN or rest[0] in ("size", "first", "last"):
        return None
    if root in INSIDE:
        known = INSIDE[root]
        return None if rest[0] in known else Unknown(f"{root}.{rest[0]}", False, _with(root, nearest(rest[0], known)))
    record = registry().records.get(RECORDS[root])
    return _inside(root, rest, record) if record is not None else None


def _inside(prefix: str, rest: Sequence[str], record: Record) -> Unknown | None:
    field: Field | None = record.get(rest[0])
    if field is None:
        if prefix == "order" and rest[0] == "status_url":
            return None
        return Unknown(f"{prefix}.{rest[0]}", False, _with(prefix, nearest(rest[0], record.fields)))
    if len(rest) > 1 and isinstance(field.of, Record) and field.kind == "record":
        return _inside(f"{prefix}.{rest[0]}", rest[1:], field.of)
    return None


def _with(prefix: str, name: str | None) -> str | None:
    return f"{prefix}.{name}" if name else None


def value_at(variables: Mapping[str, Any], path: Sequence[str | int]) -> Any:
    """What stands at a path, or None."""
    value: Any = variables
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part in ("first", "last", "size"):
            value = len(value) if part == "size" else (value[0 if part == "first" else -1] if value else None)
        else:
            return None
    return value
